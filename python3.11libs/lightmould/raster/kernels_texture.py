"""Kernels: lookups in images, cubes and their mip chains, and their gradients.

All levels of one texture lie in one array of texels (T, C), finest first; a table (L, 3) holds each
level's first texel, height and width. A lookup blends four texels of one or two levels.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.cube import AXES
from lightmould.raster.fragments import Array

# A boundary's number is its place among arguments.BOUNDARIES.
WRAP: Final = 0
CLAMP: Final = 1
CUBE: Final = 3


@njit(cache=True, nogil=True)
def straddle(share: float, size: int, boundary: int) -> tuple[int, int, float]:
    """The texels before and after a place along an axis of 0 to 1, and the weight of the second.

    -1 stands for a texel beyond the border that is 0.
    """
    # In float64: a float32 knows a place among a thousand texels to a hundredth of one.
    place = share * 1.0
    if boundary == WRAP:
        place = (place - np.floor(place)) * size - 0.5
        if place < 0:
            place += size
        first = min(int(place), size - 1)
        return first, 0 if first + 1 == size else first + 1, place - first
    place = place * size - 0.5
    if boundary == CLAMP:
        if place < 0:
            return 0, 0, 0.0
        first = int(min(place, size - 1.0))
        return first, min(first + 1, size - 1), min(place - first, 1.0)
    if not -1 < place < size:
        return -1, -1, 0.0
    first = int(np.floor(place))
    return first, first + 1 if first + 1 < size else -1, place - first


@njit(cache=True, nogil=True)
def face_of(x: float, y: float, z: float) -> int:
    """The face of a cube that a direction points to, -1 for one that points nowhere."""
    across, up, along = abs(x), abs(y), abs(z)
    if not np.isfinite(across + up + along) or across + up + along == 0:
        return -1
    if across >= up and across >= along:
        return 0 if x > 0 else 1
    if up >= along:
        return 2 if y > 0 else 3
    return 4 if z > 0 else 5


@njit(cache=True, nogil=True)
def onto(face: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """A vector as a face sees it: along its rows, down its columns, outwards."""
    s, t, m = AXES[face, 0], AXES[face, 1], AXES[face, 2]
    return (
        s[0] * x + s[1] * y + s[2] * z,
        t[0] * x + t[1] * y + t[2] * z,
        m[0] * x + m[1] * y + m[2] * z,
    )


@njit(cache=True, nogil=True)
def off(face: int, s: float, t: float, m: float) -> tuple[float, float, float]:
    """The inverse of `onto`."""
    a = AXES[face]
    return (
        a[0, 0] * s + a[1, 0] * t + a[2, 0] * m,
        a[0, 1] * s + a[1, 1] * t + a[2, 1] * m,
        a[0, 2] * s + a[1, 2] * t + a[2, 2] * m,
    )


@njit(cache=True, nogil=True)
def texel_of(face: int, column: int, row: int, size: int) -> int:
    """A cube's texel at a place of a face, or on the next face beyond an edge; -1 in corners."""
    beyond_side, beyond_end = not 0 <= column < size, not 0 <= row < size
    if beyond_side and beyond_end:
        return -1
    if beyond_side or beyond_end:
        # The center of the next face's texel: on its plane, half a texel from the shared edge.
        s, t, m = (2 * column + 1) / size - 1, (2 * row + 1) / size - 1, 1 - 1 / size
        s = np.sign(s) if beyond_side else s
        t = np.sign(t) if beyond_end else t
        x, y, z = off(face, s, t, m)
        face = face_of(x, y, z)
        s, t, _ = onto(face, x, y, z)
        column, row = int((s + 1) * 0.5 * size), int((t + 1) * 0.5 * size)
    return (face * size + row) * size + column


@njit(cache=True, nogil=True)
def locate(uv: Array, boundary: int) -> tuple[int, float, float]:
    """A lookup's face, -1 for nowhere, and its place there, 0 to 1 to the right and down."""
    if boundary == CUBE:
        x, y, z = float(uv[0]), float(uv[1]), float(uv[2])
        face = face_of(x, y, z)
        if face < 0:
            return -1, 0.0, 0.0
        s, t, m = onto(face, x, y, z)
        return face, (s / m + 1) * 0.5, (t / m + 1) * 0.5
    u, v = float(uv[0]), float(uv[1])
    return 0 if np.isfinite(u) and np.isfinite(v) else -1, u, 1 - v


@njit(cache=True, nogil=True)
def gather(
    face: int, s: float, t: float, level: Array, boundary: int
) -> tuple[int, int, int, int, float, float]:
    """The four texels of a level around a place, -1 for none, and the shares of right and lower."""
    start, height, width = level[0], level[1], level[2]
    if boundary == CUBE:
        x, y = s * width - 0.5, t * height - 0.5
        left, above = int(np.floor(x)), int(np.floor(y))
        a, b = x - left, y - above
        if 0 <= left < width - 1 and 0 <= above < height - 1:
            p = start + (face * height + above) * width + left
            return p, p + 1, p + width, p + width + 1, a, b
        p, q = texel_of(face, left, above, width), texel_of(face, left + 1, above, width)
        above += 1
        r, m = texel_of(face, left, above, width), texel_of(face, left + 1, above, width)
    else:
        left, right, a = straddle(s, width, boundary)
        above, below, b = straddle(t, height, boundary)
        above, below = above * width, below * width
        p, q, r, m = above + left, above + right, below + left, below + right
        if min(left, right, above, below) < 0:
            p, q = p if min(above, left) >= 0 else -1, q if min(above, right) >= 0 else -1
            r, m = r if min(below, left) >= 0 else -1, m if min(below, right) >= 0 else -1
    p, q = p if p < 0 else p + start, q if q < 0 else q + start
    r, m = r if r < 0 else r + start, m if m < 0 else m + start
    return p, q, r, m, a, b


@njit(cache=True, nogil=True)
def weigh(
    face: int, s: float, t: float, level: Array, boundary: int, place: Array, weight: Array
) -> bool:
    """Fill four texels (4,), and (3, 4) weights and their slopes along s and t.

    Returns:
        Whether there are any; False where all that is met is 0.
    """
    place[0], place[1], place[2], place[3], a, b = gather(face, s, t, level, boundary)
    weight[0, 0], weight[0, 1] = (1 - a) * (1 - b), a * (1 - b)
    weight[0, 2], weight[0, 3] = (1 - a) * b, a * b
    weight[1, 1], weight[1, 3] = (1 - b) * level[2], b * level[2]
    weight[1, 0], weight[1, 2] = -weight[1, 1], -weight[1, 3]
    weight[2, 2], weight[2, 3] = (1 - a) * level[1], a * level[1]
    weight[2, 0], weight[2, 1] = -weight[2, 2], -weight[2, 3]
    if place.min() >= 0:
        return True
    known = place.max()
    for way in range(3):
        spare = 0.0
        for k in range(4):
            if place[k] < 0:
                spare += weight[way, k]
                weight[way, k] = 0
        for k in range(4):
            # Where three faces of a cube meet, the fourth texel is the mean of the three.
            if boundary == CUBE and place[k] >= 0:
                weight[way, k] += spare / 3
    for k in range(4):
        place[k] = known if place[k] < 0 else place[k]
    return bool(known >= 0)


@njit(cache=True, nogil=True)
def between(lod: float, levels: int) -> tuple[int, float]:
    """The finer of the two levels that a level of detail lies between, and the coarser's share."""
    lod = min(max(lod, 0.0), levels - 1.0)
    finer = int(lod)
    return finer, lod - finer


@njit(cache=True, nogil=True)
def sample(
    texels: Array,
    table: Array,
    boundary: int,
    uv: Array,
    lod: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill rows first to last of one picture (h, w, C); lod (h, w), or (0, 0) for the finest."""
    place, weight = np.zeros(4, np.int64), np.zeros((3, 4))
    channels = texels.shape[1]
    for row in range(first, last):
        for column in range(uv.shape[1]):
            face, s, t = locate(uv[row, column], boundary)
            detail = lod[row, column] if lod.shape[0] else 0.0
            if face < 0 or np.isnan(detail):
                for c in range(channels):
                    out[row, column, c] = np.nan
                continue
            for c in range(channels):
                out[row, column, c] = 0
            finer, coarser_share = between(detail, len(table))
            for step in range(2 if coarser_share > 0 else 1):
                share = coarser_share if step else 1 - coarser_share
                p, q, r, m, x, y = gather(face, s, t, table[finer + step], boundary)
                a, b = np.float32(share * (1 - x) * (1 - y)), np.float32(share * x * (1 - y))
                d, e = np.float32(share * (1 - x) * y), np.float32(share * x * y)
                if min(p, q, r, m) < 0:
                    if not weigh(face, s, t, table[finer + step], boundary, place, weight):
                        continue
                    p, q, r, m = place
                    a, b = np.float32(share * weight[0, 0]), np.float32(share * weight[0, 1])
                    d, e = np.float32(share * weight[0, 2]), np.float32(share * weight[0, 3])
                for c in range(channels):
                    upper = a * texels[p, c] + b * texels[q, c]
                    out[row, column, c] += upper + (d * texels[r, c] + e * texels[m, c])


@njit(cache=True, nogil=True)
def sample_backward_uv(
    texels: Array,
    table: Array,
    boundary: int,
    uv: Array,
    lod: Array,
    grad: Array,
    first: int,
    last: int,
    out: Array,
    out_lod: Array,
) -> None:
    """Fill rows first to last of the gradients of uv (h, w, 2 or 3) and of lod (h, w)."""
    place, weight = np.zeros(4, np.int64), np.zeros((3, 4))
    for row in range(first, last):
        for column in range(uv.shape[1]):
            out[row, column] = 0
            face, s, t = locate(uv[row, column], boundary)
            detail = lod[row, column] if lod.shape[0] else 0.0
            if face < 0 or np.isnan(detail) or not grad[row, column].any():
                continue
            finer, coarser_share = between(detail, len(table))
            blended = 0 < detail < len(table) - 1
            along = down = deeper = 0.0
            for step in range(2 if blended else 1):
                share = coarser_share if step else 1 - coarser_share
                if not weigh(face, s, t, table[finer + step], boundary, place, weight):
                    continue
                value = 0.0
                for k in range(4):
                    dot = 0.0
                    for c in range(texels.shape[1]):
                        dot += np.float64(grad[row, column, c]) * texels[place[k], c]
                    value += weight[0, k] * dot
                    along += share * weight[1, k] * dot
                    down += share * weight[2, k] * dot
                deeper += value if step else -value
            if blended:
                out_lod[row, column] = deeper
            if boundary != CUBE:
                out[row, column, 0], out[row, column, 1] = along, -down
                continue
            x, y, z = float(uv[row, column, 0]), uv[row, column, 1], uv[row, column, 2]
            p, q, m = onto(face, x, y, z)
            along, down = 0.5 * along / m, 0.5 * down / m
            x, y, z = off(face, along, down, -(along * p + down * q) / m)
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = x, y, z


@njit(cache=True, nogil=True)
def sample_backward_texels(
    table: Array,
    boundary: int,
    uv: Array,
    lod: Array,
    grad: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Add the gradient of texels first to last of one texture (T, C).

    Every band reads all samples in the same order and keeps what falls into its texels: the same
    bytes for any bands, without private copies of a large texture.

    Args:
        table: (L, 3).
        boundary: its number.
        uv: (N, h, w, 2 or 3).
        lod: (N, h, w), or (N, 0, 0).
        grad: (N, h, w, C).
        first: texel.
        last: one beyond the last texel.
        out: (T, C).
    """
    place, weight = np.zeros(4, np.int64), np.zeros((3, 4))
    for n in range(uv.shape[0]):
        for row in range(uv.shape[1]):
            for column in range(uv.shape[2]):
                # The picture's background asks for one texel over and over, and gives it nothing.
                if not grad[n, row, column].any():
                    continue
                face, s, t = locate(uv[n, row, column], boundary)
                detail = lod[n, row, column] if lod.shape[1] else 0.0
                if face < 0 or np.isnan(detail):
                    continue
                finer, coarser_share = between(detail, len(table))
                for step in range(2 if coarser_share > 0 else 1):
                    share = coarser_share if step else 1 - coarser_share
                    if not weigh(face, s, t, table[finer + step], boundary, place, weight):
                        continue
                    for k in range(4):
                        if first <= place[k] < last:
                            part = np.float32(share * weight[0, k])
                            for c in range(out.shape[1]):
                                out[place[k], c] += part * grad[n, row, column, c]
