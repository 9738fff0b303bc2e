"""Kernels: which faces of a mesh one camera sees, exactly, whatever the size of its pixels.

Triangles are sorted into the tiles of a grid over the picture; a point of a face is then compared
with the triangles of its tile alone.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# Where a face is looked at: its middle, and halfway from there to its corners. Barycentrics.
POINTS: Final = (
    (1 / 3, 1 / 3, 1 / 3),
    (2 / 3, 1 / 6, 1 / 6),
    (1 / 6, 2 / 3, 1 / 6),
    (1 / 6, 1 / 6, 2 / 3),
)

# What hides a point is nearer by more than this share of its distance: touching hides nothing.
NEARER: Final = 1e-6

# Triangles are larger by this share, so that no ray slips between two that share an edge.
LARGER: Final = 1e-9

# Triangles that are thinner than this, seen from the eye, hide nothing. About steradians.
THINNEST: Final = 1e-14

# Tiles of the grid: about half as many as there are triangles, and not more than this many a side.
MOST_TILES: Final = 512


@njit(cache=True, nogil=True)
def look(
    positions: Array,
    faces: Array,
    normals: Array,
    pose: Array,
    lens: Array,
    cosine: Array,
    density: Array,
) -> None:
    """Fill one camera's row of cosines and densities, (F,) float32; 0 where it sees no face.

    Args:
        positions: (V, 3) float64.
        faces: (F, 3) int32.
        normals: (F, 3) float64 unit; 0 where a face has no area.
        pose: (4, 4) float64 world_from_camera.
        lens: (8,) float64 width, height, fx, fy, cx, cy, near, far.
        cosine: of the angle between the normal and the way to the camera.
        density: pixels per metre of surface: the root of those per square metre.
    """
    width, height, fx, fy, cx, cy, near, far = lens
    corners = from_eye(positions, pose)
    cones, ahead = span(corners, faces)
    grid = lay(corners, faces, ahead, lens)
    starts, lists, everywhere = sort(corners, faces, ahead, grid, lens)
    point, eye = np.zeros(3), pose[:3, 3]
    for f in range(faces.shape[0]):
        cosine[f] = 0
        density[f] = 0
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        above = 0.0
        for k in range(3):
            above += normals[f, k] * (eye[k] - positions[a, k])
        if not above > 0:
            continue
        for w0, w1, w2 in POINTS:
            distance = 0.0
            for k in range(3):
                point[k] = w0 * corners[a, k] + w1 * corners[b, k] + w2 * corners[c, k]
                distance += point[k] ** 2
            depth = point[2]
            if depth < near or depth > far:
                continue
            x, y = cx + fx * point[0] / depth, cy - fy * point[1] / depth
            if x < 0 or y < 0 or x > width or y > height:
                continue
            tile = column(grid, x) + row(grid, y) * int(grid[4])
            near_by = lists[starts[tile] : starts[tile + 1]]
            if hides(f, point, near, cones, near_by) or hides(f, point, near, cones, everywhere):
                continue
            cosine[f] = max(above / np.sqrt(distance), 1e-30)
            density[f] = np.sqrt(fx * fy * above / depth**3)
            break


@njit(cache=True, nogil=True)
def from_eye(positions: Array, pose: Array) -> Array:
    """(V, 3) x to the right, y up and depth, metres."""
    out = np.zeros(positions.shape)
    for v in range(positions.shape[0]):
        for k in range(3):
            for i in range(3):
                out[v, k] += (positions[v, i] - pose[i, 3]) * pose[i, k]
        out[v, 2] = -out[v, 2]
    return out


@njit(cache=True, nogil=True)
def span(corners: Array, faces: Array) -> tuple[Array, Array]:
    """The cones of triangles seen from the eye, and where triangles are.

    The first (F, 9) gives barycentrics: rows 0 and 1 times a ray that ends at a point are those of
    corners 0 and 1 where the ray meets the plane, times how much farther the point is than the
    plane; row 2 times the ray is that ratio. All 0 where a triangle is seen from its edge.

    The second (F,) int8: 0 behind the eye, 1 ahead of it, 2 on both sides.
    """
    cones, ahead = np.zeros((len(faces), 9)), np.zeros(len(faces), np.int8)
    across = np.zeros((3, 3))
    for f in range(len(faces)):
        a, b, c = corners[faces[f, 0]], corners[faces[f, 1]], corners[faces[f, 2]]
        if max(a[2], b[2], c[2]) <= 0:
            continue
        ahead[f] = 1 if min(a[2], b[2], c[2]) > 1e-9 * max(a[2], b[2], c[2]) else 2
        cross(b, c, across[0])
        cross(c, a, across[1])
        cross(a, b, across[2])
        volume = dot(a, across[0])
        lengths = np.sqrt(dot(a, a) * dot(b, b) * dot(c, c))
        if abs(volume) <= THINNEST * lengths:
            continue
        for k in range(3):
            cones[f, k] = across[0, k] / volume
            cones[f, 3 + k] = across[1, k] / volume
            cones[f, 6 + k] = (across[0, k] + across[1, k] + across[2, k]) / volume
    return cones, ahead


@njit(cache=True, nogil=True)
def cross(one: Array, other: Array, out: Array) -> None:
    """Fill `out` with the cross product."""
    out[0] = one[1] * other[2] - one[2] * other[1]
    out[1] = one[2] * other[0] - one[0] * other[2]
    out[2] = one[0] * other[1] - one[1] * other[0]


@njit(cache=True, nogil=True)
def dot(one: Array, other: Array) -> float:
    """The scalar product."""
    return float(one[0] * other[0] + one[1] * other[1] + one[2] * other[2])


@njit(cache=True, nogil=True)
def hides(face: int, point: Array, near: float, cones: Array, triangles: Array) -> bool:
    """Whether one of the triangles, other than the face, lies between the eye and a point of it."""
    x, y, depth = point
    farthest = depth / near
    for g in triangles:
        ratio = cones[g, 6] * x + cones[g, 7] * y + cones[g, 8] * depth
        if ratio <= 1 + NEARER or ratio > farthest or g == face:
            continue
        edge = -LARGER * ratio
        first = cones[g, 0] * x + cones[g, 1] * y + cones[g, 2] * depth
        if first < edge:
            continue
        second = cones[g, 3] * x + cones[g, 4] * y + cones[g, 5] * depth
        if second >= edge and ratio - first - second >= edge:
            return True
    return False


@njit(cache=True, nogil=True)
def lay(corners: Array, faces: Array, ahead: Array, lens: Array) -> Array:
    """A grid over the mesh in the picture: x, y, tiles a pixel across and down, columns, rows."""
    width, height, fx, fy, cx, cy = lens[:6]
    left, top, right, bottom = width, height, 0.0, 0.0
    for f in range(len(faces)):
        if ahead[f] == 2:
            left, top, right, bottom = 0.0, 0.0, width, height
        if ahead[f] != 1:
            continue
        for k in range(3):
            x, y, depth = corners[faces[f, k]]
            left, right = min(left, cx + fx * x / depth), max(right, cx + fx * x / depth)
            top, bottom = min(top, cy - fy * y / depth), max(bottom, cy - fy * y / depth)
    left, top = max(left, 0.0), max(top, 0.0)
    right, bottom = max(min(right, width), left + 1e-6), max(min(bottom, height), top + 1e-6)
    side = np.sqrt((right - left) * (bottom - top) / max(len(faces) / 2, 1.0))
    columns = min(max(np.ceil((right - left) / side), 1.0), MOST_TILES)
    rows = min(max(np.ceil((bottom - top) / side), 1.0), MOST_TILES)
    across, down = columns / (right - left), rows / (bottom - top)
    return np.array([left, top, across, down, columns, rows])


@njit(cache=True, nogil=True)
def column(grid: Array, x: float) -> int:
    """The column of tiles that x is in, or the nearest."""
    return int(min(max((x - grid[0]) * grid[2], 0.0), grid[4] - 1))


@njit(cache=True, nogil=True)
def row(grid: Array, y: float) -> int:
    """The row of tiles that y is in, or the nearest."""
    return int(min(max((y - grid[1]) * grid[3], 0.0), grid[5] - 1))


@njit(cache=True, nogil=True)
def sort(
    corners: Array, faces: Array, ahead: Array, grid: Array, lens: Array
) -> tuple[Array, Array, Array]:
    """Triangles by tile: where each tile's begin, one after the other; and those on both sides.

    Returns:
        (T + 1,), (L,) and (E,) int64.
    """
    fx, fy, cx, cy = lens[2:6]
    columns, rows = int(grid[4]), int(grid[5])
    bounds = np.zeros((len(faces), 4), np.int32)
    starts = np.zeros(columns * rows + 2, np.int64)
    for f in range(len(faces)):
        bounds[f, 1] = -1
        if ahead[f] != 1:
            continue
        left = top = np.inf
        right = bottom = -np.inf
        for k in range(3):
            x, y, depth = corners[faces[f, k]]
            left, right = min(left, cx + fx * x / depth), max(right, cx + fx * x / depth)
            top, bottom = min(top, cy - fy * y / depth), max(bottom, cy - fy * y / depth)
        if right < 0 or bottom < 0 or left > lens[0] or top > lens[1]:
            continue
        # A little wider than they are, for a point exactly on a corner.
        bounds[f, 0], bounds[f, 1] = column(grid, left - 1e-6), column(grid, right + 1e-6)
        bounds[f, 2], bounds[f, 3] = row(grid, top - 1e-6), row(grid, bottom + 1e-6)
        for j in range(bounds[f, 2], bounds[f, 3] + 1):
            for i in range(bounds[f, 0], bounds[f, 1] + 1):
                starts[j * columns + i + 2] += 1
    starts = np.cumsum(starts)
    lists = np.zeros(starts[-1], np.int64)
    for f in range(len(faces)):
        if bounds[f, 1] < 0:
            continue
        for j in range(bounds[f, 2], bounds[f, 3] + 1):
            for i in range(bounds[f, 0], bounds[f, 1] + 1):
                # Each start moves on to the next one's place as its tile is filled.
                lists[starts[j * columns + i + 1]] = f
                starts[j * columns + i + 1] += 1
    return starts[:-1], lists, np.flatnonzero(ahead == 2)
