"""Kernels that put the points that pictures show into the order of the texture."""

import numpy as np
from numba import njit

from lightmould.engine.fused.kernels_shade import Number, fold, shade, straddle
from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def count(
    triangle: Array, bary: Array, alpha: Array, faces: Array, uvs: Array, tiles: int, counts: Array
) -> None:
    """Add to how many fully covered pixels of a picture lie in each tile of the texture."""
    height, width = triangle.shape
    for row in range(height):
        for column in range(width):
            t = triangle[row, column]
            if t < 0 or alpha[row, column] <= np.float32(0.999):
                continue
            counts[tile_of(bary[row, column], faces[t], uvs, tiles)] += 1


@njit(cache=True, nogil=True)
def tile_of(bary: Array, face: Array, uvs: Array, tiles: int) -> int:
    """Which tile a place of a triangle lies in: bands of rows, each cut into columns."""
    p, q = bary[0], bary[1]
    r = np.float32(1) - p - q
    u = p * uvs[face[0], 0] + q * uvs[face[1], 0] + r * uvs[face[2], 0]
    v = p * uvs[face[0], 1] + q * uvs[face[1], 1] + r * uvs[face[2], 1]
    row = min(max(int((1 - v) * tiles), 0), tiles - 1)
    column = min(max(int(u * tiles), 0), tiles - 1)
    return row * tiles + column


@njit(cache=True, nogil=True)
def place(
    triangle: Array,
    bary: Array,
    alpha: Array,
    color: Array,
    faces: Array,
    corners: Array,
    vertices: Array,
    views: Array,
    eye: Array,
    turn: Array,
    tiles: int,
    next_free: Array,
    points: Array,
) -> None:
    """Write a picture's points where the counts of all pictures say.

    `corners` (C, 12) has u, v, normal, tangent, handedness, position; `turn` (3, 3) leads from the
    world to where the light stands still.
    """
    height, width = triangle.shape
    one = np.float32(1)
    for row in range(height):
        for column in range(width):
            t = triangle[row, column]
            if t < 0 or alpha[row, column] <= np.float32(0.999):
                continue
            face = faces[t]
            tile = tile_of(bary[row, column], face, corners, tiles)
            out = points[next_free[tile]]
            next_free[tile] += 1
            p, q = bary[row, column, 0], bary[row, column, 1]
            fill(out, p, q, one - p - q, face, corners, eye)
            for k in range(3):
                out[12 + k] = color[row, column, k]
            out[15] = openness(out, p, q, one - p - q, face, vertices, views)
            turned(out, turn)


@njit(cache=True, nogil=True)
def picture(
    triangle: Array,
    bary: Array,
    faces: Array,
    corners: Array,
    vertices: Array,
    views: Array,
    eye: Array,
    turn: Array,
    look: tuple[Array, Array, Array],
    samples: int,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill rows first to last of a picture (H, W, 4), which has samples x samples points a pixel.

    `look` is the texture, the filtered light and the split-sum table.
    """
    width = triangle.shape[1]
    points, colors = np.zeros((width, 16), np.float32), np.zeros((width, 3), np.float32)
    places = np.zeros(width, np.int64)
    texture, light, table = look
    share = np.float32(1 / (samples * samples))
    none = int(np.int64(0))  # a literal would have `shade` compiled once more
    for row in range(first * samples, last * samples):
        n = none
        for column in range(width):
            t = triangle[row, column]
            if t >= 0:
                p, q = bary[row, column, 0], bary[row, column, 1]
                r = np.float32(1) - p - q
                fill(points[n], p, q, r, faces[t], corners, eye)
                points[n, 15] = openness(points[n], p, q, r, faces[t], vertices, views)
                turned(points[n], turn)
                places[n] = column // samples
                n += 1
        shade(points, texture, light, table, none, n, colors)
        for k in range(n):
            pixel = out[row // samples, places[k]]
            for c in range(3):
                pixel[c] += share * colors[k, c]
            pixel[3] += share


@njit(cache=True, nogil=True)
def fill(
    out: Array, p: Number, q: Number, r: Number, face: Array, corners: Array, eye: Array
) -> None:
    """The first 12 columns of a point: where it is, its frame, and where the eye is."""
    a, b, c = face[0], face[1], face[2]
    for k in range(9):
        out[k] = p * corners[a, k] + q * corners[b, k] + r * corners[c, k]
    for k in range(3):
        out[9 + k] = eye[k] - (
            p * corners[a, 9 + k] + q * corners[b, 9 + k] + r * corners[c, 9 + k]
        )
    # Literals would each have `unit` compiled once more.
    normal, tangent, ray = int(np.int64(2)), int(np.int64(5)), int(np.int64(9))
    unit(out, normal)
    along = out[2] * out[5] + out[3] * out[6] + out[4] * out[7]
    for k in range(3):
        out[5 + k] -= along * out[2 + k]
    unit(out, tangent)
    out[8] = np.float32(1) if out[8] >= 0 else np.float32(-1)
    unit(out, ray)


@njit(cache=True, nogil=True)
def openness(
    out: Array, p: Number, q: Number, r: Number, face: Array, vertices: Array, views: Array
) -> Number:
    """How much of the light a point reflects toward the eye, 0 to 1; the rest hides behind."""
    cosine = np.float32(2) * (out[2] * out[9] + out[3] * out[10] + out[4] * out[11])
    u, v = fold(cosine * out[2] - out[9], cosine * out[3] - out[10], cosine * out[4] - out[11])
    side, half = views.shape[1] - 2, np.float32(0.5)
    i, s = straddle((u * half + half) * side + half, side + 2)
    j, t = straddle((v * half + half) * side + half, side + 2)
    total = np.float32(0)
    for corner in range(3):
        weight = p if corner == 0 else (q if corner == 1 else r)
        seen = views[vertices[face[corner]]]
        upper = seen[j, i] + s * (np.float32(seen[j, i + 1]) - np.float32(seen[j, i]))
        lower = seen[j + 1, i] + s * (np.float32(seen[j + 1, i + 1]) - np.float32(seen[j + 1, i]))
        total += weight * (upper + t * (lower - upper))
    return min(max(total / np.float32(255), np.float32(0)), np.float32(1))


@njit(cache=True, nogil=True)
def turned(out: Array, turn: Array) -> None:
    """Turn the normal, the tangent and the direction to the eye of a point."""
    for first in (2, 5, 9):
        x, y, z = out[first], out[first + 1], out[first + 2]
        for k in range(3):
            out[first + k] = turn[k, 0] * x + turn[k, 1] * y + turn[k, 2] * z


@njit(cache=True, nogil=True)
def unit(row: Array, first: int) -> None:
    """Scale three numbers to length one."""
    square = row[first] ** 2 + row[first + 1] ** 2 + row[first + 2] ** 2
    scale = np.float32(1) / np.sqrt(max(square, np.float32(1e-20)))
    for k in range(3):
        row[first + k] *= scale
