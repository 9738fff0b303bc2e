"""Kernels: a scene drawn once, fast and exactly, for pictures that need no gradients.

Visibility is decided on corners snapped to 1/256 pixel, by the inverse of the depth, which is
linear on the screen. Everything else is computed where a pixel's ray meets the plane of its
triangle, in float64: see `kernels_resolve`.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# Marks a corner that is too near or too far aside, in fixed-point coordinates.
NOWHERE: Final = -(2**31)

# Corners farther aside than this, in pixels, are cut off before they overflow.
GUARD: Final = 2.0**20

# Of `paint`.
FRONT: Final = False
BACK: Final = True

# The most corners that a triangle has once five planes have cut it.
MOST_CORNERS: Final = 8


@njit(cache=True, nogil=True)
def place(
    positions: Array, pose: Array, lens: Array, eye: Array, screen: Array, fixed: Array
) -> None:
    """Where corners are for one camera.

    Args:
        positions: (V, 3) float64 metres.
        pose: (4, 4) float64 camera_from_world.
        lens: (8,) float64 width, height, fx, fy, cx, cy, near, far.
        eye: (V, 3) float64, filled: x right, y up, depth.
        screen: (V, 3) float64, filled: x, y in pixels, 1 / depth.
        fixed: (V, 2) int32, filled: 1/256 pixel, or NOWHERE.
    """
    for v in range(positions.shape[0]):
        x, y, z = positions[v, 0], positions[v, 1], positions[v, 2]
        eye[v, 0] = pose[0, 0] * x + pose[0, 1] * y + pose[0, 2] * z + pose[0, 3]
        eye[v, 1] = pose[1, 0] * x + pose[1, 1] * y + pose[1, 2] * z + pose[1, 3]
        eye[v, 2] = -(pose[2, 0] * x + pose[2, 1] * y + pose[2, 2] * z + pose[2, 3])
    settle(eye, lens, screen, fixed)


@njit(cache=True, nogil=True)
def settle(eye: Array, lens: Array, screen: Array, fixed: Array) -> None:
    """Fill corners' places on the screen, exact and fixed."""
    for v in range(eye.shape[0]):
        fixed[v, 0] = NOWHERE
        if not eye[v, 2] >= lens[6]:
            continue
        nearness = 1 / eye[v, 2]
        x = lens[4] + lens[2] * eye[v, 0] * nearness
        y = lens[5] - lens[3] * eye[v, 1] * nearness
        screen[v, 0], screen[v, 1], screen[v, 2] = x, y, nearness
        if abs(x) <= GUARD and abs(y) <= GUARD:
            fixed[v, 0] = np.int32(np.floor(x * 256 + 0.5))
            fixed[v, 1] = np.int32(np.floor(y * 256 + 0.5))


@njit(cache=True, nogil=True)
def cut(faces: Array, eye: Array, fixed: Array, lens: Array) -> tuple[Array, Array]:
    """The pieces within the planes of triangles that reach beyond them.

    Both triangles at an edge cut it at the same point, from the corner inside to the other one.

    Returns:
        (P * 3, 3) float64, the pieces' corners as `eye` has them, three each; and (P,) int32, the
        triangle that each is of.
    """
    crossing = np.zeros(faces.shape[0] if reach_out(fixed) else 0, np.int32)
    count = 0
    for f in range(len(crossing)):
        a, b, c = faces[f]
        if min(fixed[a, 0], fixed[b, 0], fixed[c, 0]) > NOWHERE:
            continue
        if max(eye[a, 2], eye[b, 2], eye[c, 2]) >= lens[6]:
            crossing[count] = f
            count += 1
    most = count * (MOST_CORNERS - 2)
    corner, owner = np.zeros((most * 3, 3)), np.zeros(most, np.int32)
    aside = GUARD * 0.99  # so that no corner is beyond the guard by a rounding
    planes = np.array(
        (
            (0.0, 0.0, 1.0, -lens[6]),
            (lens[2], 0.0, aside + lens[4], 0.0),
            (-lens[2], 0.0, aside - lens[4], 0.0),
            (0.0, -lens[3], aside + lens[5], 0.0),
            (0.0, lens[3], aside - lens[5], 0.0),
        )
    )
    polygon, other = np.zeros((MOST_CORNERS + 1, 3)), np.zeros((MOST_CORNERS + 1, 3))
    pieces = 0
    for index in range(count):
        f = crossing[index]
        for k in range(3):
            polygon[k] = eye[faces[f, k]]
        corners = 3
        for p in range(5):
            kept = 0
            for k in range(corners):
                one, two = polygon[k], polygon[(k + 1) % corners]
                in_one, in_two = inside(planes[p], one), inside(planes[p], two)
                if in_one >= 0:
                    other[kept] = one
                    kept += 1
                if in_one >= 0 > in_two:
                    other[kept] = one + (two - one) * (in_one / (in_one - in_two))
                    kept += 1
                elif in_two >= 0 > in_one:
                    other[kept] = two + (one - two) * (in_two / (in_two - in_one))
                    kept += 1
            corners = kept
            polygon, other = other, polygon
        for k in range(corners):
            # What was cut at the near plane lies on it, save for a rounding.
            polygon[k, 2] = max(polygon[k, 2], lens[6])
        for k in range(2, corners):
            corner[pieces * 3] = polygon[0]
            corner[pieces * 3 + 1] = polygon[k - 1]
            corner[pieces * 3 + 2] = polygon[k]
            owner[pieces] = f
            pieces += 1
    return corner[: pieces * 3], owner[:pieces]


@njit(cache=True, nogil=True)
def reach_out(fixed: Array) -> bool:
    """Whether any corner is too near or too far aside."""
    v = 0
    while v < fixed.shape[0] and fixed[v, 0] != NOWHERE:
        v += 1
    return v < fixed.shape[0]


@njit(cache=True, nogil=True)
def inside(plane: Array, point: Array) -> float:
    """How far within a plane a point is."""
    return float(plane[0] * point[0] + plane[1] * point[1] + plane[2] * point[2] + plane[3])


@njit(cache=True, nogil=True)
def see(
    faces: Array,
    owner: Array,
    fixed: Array,
    screen: Array,
    first: int,
    last: int,
    nearness: Array,
    seen: Array,
) -> None:
    """Add triangles to rows first to last: the nearest at each pixel's center.

    Those that show their backs come last: where they are hidden, they are passed over.

    Args:
        faces: (F, 3) int32.
        owner: (F,) int32, what to note for each.
        fixed: of `place`.
        screen: of `place`.
        first: row.
        last: one beyond the last row.
        nearness: (H, W) float32, 1 / depth; that of the far plane where nothing is.
        seen: (H, W) int32, the nearest triangle's owner.
    """
    later = np.zeros(faces.shape[0], np.int32)
    count = 0
    for f in range(faces.shape[0]):
        if not paint(faces, owner, f, FRONT, fixed, screen, first, last, nearness, seen):
            later[count] = f
            count += 1
    for index in range(count):
        paint(faces, owner, later[index], BACK, fixed, screen, first, last, nearness, seen)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def paint(
    faces: Array,
    owner: Array,
    f: int,
    behind: bool,
    fixed: Array,
    screen: Array,
    first: int,
    last: int,
    nearness: Array,
    seen: Array,
) -> bool:
    """Add one triangle; False if it shows its back and has to wait until it may be `behind`.

    By then what is in front of a closed surface's back has been drawn, and mostly no more is to do
    than to see that.
    """
    face = np.uintp(f)
    a, b, c = np.uintp(faces[face, 0]), np.uintp(faces[face, 1]), np.uintp(faces[face, 2])
    ay, by, cy = int(fixed[a, 1]), int(fixed[b, 1]), int(fixed[c, 1])
    # The pixels whose centers, 128/256 in, lie within the bounds.
    top = max(first, (min(ay, by, cy) + 127) >> 8)
    bottom = min(last - 1, (max(ay, by, cy) - 128) >> 8)
    if top > bottom:
        return True
    ax, bx, cx = int(fixed[a, 0]), int(fixed[b, 0]), int(fixed[c, 0])
    lowest, highest = min(ax, bx, cx), max(ax, bx, cx)
    left = max(0, (lowest + 127) >> 8)
    right = min(seen.shape[1] - 1, (highest - 128) >> 8)
    if left > right or lowest == NOWHERE:
        return True
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if area == 0:
        return True
    if area > 0 and not behind:
        return False
    if behind and is_hidden(
        np.float32(max(screen[a, 2], screen[b, 2], screen[c, 2])),
        top,
        bottom,
        left,
        right,
        nearness,
    ):
        return True
    if area < 0:
        b, c = c, b
        bx, by, cx, cy = cx, cy, bx, by
    x0, y0 = (left << 8) + 128, (top << 8) + 128
    # Edge functions, at least 0 inside; a center exactly on an edge belongs to the triangle
    # to its right or below it: elsewhere 1 is taken off.
    dx0, dy0, dx1, dy1, dx2, dy2 = cx - bx, cy - by, ax - cx, ay - cy, bx - ax, by - ay
    row0 = dx0 * (y0 - by) - dy0 * (x0 - bx) - (0 if dy0 < 0 or (dy0 == 0 and dx0 > 0) else 1)
    row1 = dx1 * (y0 - cy) - dy1 * (x0 - cx) - (0 if dy1 < 0 or (dy1 == 0 and dx1 > 0) else 1)
    row2 = dx2 * (y0 - ay) - dy2 * (x0 - ax) - (0 if dy2 < 0 or (dy2 == 0 and dx2 > 0) else 1)
    # Steps from pixel to pixel are multiples of 256, so the last 8 bits never change a sign.
    row0, row1, row2 = row0 >> 8, row1 >> 8, row2 >> 8
    origin_x, origin_y, origin = screen[a, 0], screen[a, 1], screen[a, 2]
    u1, v1, z1 = screen[b, 0] - origin_x, screen[b, 1] - origin_y, screen[b, 2] - origin
    u2, v2, z2 = screen[c, 0] - origin_x, screen[c, 1] - origin_y, screen[c, 2] - origin
    determinant = u1 * v2 - v1 * u2
    slope_x = slope_y = 0.0
    if determinant != 0:
        slope_x = (z1 * v2 - z2 * v1) / determinant
        slope_y = (z2 * u1 - z1 * u2) / determinant
    # A sliver's plane is steep without meaning: it stays between its corners.
    least, most = origin + min(0.0, z1, z2), origin + max(0.0, z1, z2)
    begin = origin + slope_x * (left + 0.5 - origin_x) + slope_y * (top + 0.5 - origin_y)
    for y in range(top, bottom + 1):
        row = np.uintp(y)
        start, stop = span(row0, dy0, 0, right - left)
        start, stop = span(row1, dy1, start, stop)
        start, stop = span(row2, dy2, start, stop)
        for x in range(start, stop + 1):
            z, column = np.float32(min(max(begin + slope_x * x, least), most)), np.uintp(left + x)
            if z > nearness[row, column]:
                nearness[row, column] = z
                seen[row, column] = owner[face]
        row0 += dx0
        row1 += dx1
        row2 += dx2
        begin += slope_y
    return True


@njit(cache=True, nogil=True)
def is_hidden(
    nearest: np.float32, top: int, bottom: int, left: int, right: int, nearness: Array
) -> bool:
    """Whether all pixels of a rectangle see something that is at least as near."""
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            if nearness[np.uintp(y), np.uintp(x)] < nearest:
                return False
    return True


@njit(cache=True, nogil=True)
def span(edge: int, step: int, start: int, stop: int) -> tuple[int, int]:
    """The pixels of `start` to `stop` where an edge function, falling by `step`, is at least 0."""
    if step > 0:
        return start, min(stop, edge // step)
    if step < 0:
        return max(start, -(edge // -step)), stop
    return start, stop if edge >= 0 else start - 1
