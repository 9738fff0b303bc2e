"""Kernels: mip chains, levels of detail, and their gradients.

Numba's cache watches a kernel's own file only, so callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.cube import AXES
from lightmould.raster.fragments import Array

# As in kernels_texture.
CUBE: Final = 3


@njit(cache=True, nogil=True)
def halve(fine: Array, first: int, last: int, coarse: Array) -> None:
    """Fill rows first to last of a level (h, w, C) with the means of 2 x 2 texels of the finer."""
    down, right = fine.shape[0] // coarse.shape[0], fine.shape[1] // coarse.shape[1]
    part = np.float32(1 / (down * right))
    for row in range(first, last):
        for column in range(coarse.shape[1]):
            for c in range(coarse.shape[2]):
                total = np.float32(0)
                for i in range(down):
                    for j in range(right):
                        total += fine[row * down + i, column * right + j, c]
                coarse[row, column, c] = part * total


@njit(cache=True, nogil=True)
def halve_backward(coarse: Array, first: int, last: int, fine: Array) -> None:
    """Add the gradient of a level's rows first to last to that of the finer one (H, W, C)."""
    down, right = fine.shape[0] // coarse.shape[0], fine.shape[1] // coarse.shape[1]
    part = np.float32(1 / (down * right))
    for row in range(first, last):
        for column in range(coarse.shape[1]):
            for c in range(coarse.shape[2]):
                share = part * coarse[row, column, c]
                for i in range(down):
                    for j in range(right):
                        fine[row * down + i, column * right + j, c] += share


@njit(cache=True, nogil=True)
def face_of(direction: Array) -> int:
    """As in kernels_texture, the face of a cube that a direction points to; -1 for none."""
    face, farthest, whole = -1, 0.0, 0.0
    for axis in range(3):
        length = abs(float(direction[axis]))
        whole += length
        if length > farthest:
            face, farthest = 2 * axis + (0 if direction[axis] > 0 else 1), length
    return face if np.isfinite(whole) else -1


@njit(cache=True, nogil=True)
def footprint(
    uv: Array, slopes: Array, height: int, width: int, boundary: int, seen: Array, out: Array
) -> int:
    """Fill the slopes (2, 2) of a lookup's column and row, in texels per pixel right and down.

    Args:
        uv: (2,) or (3,).
        slopes: (2 or 3, 2) of uv.
        height: of the texture.
        width: of the texture.
        boundary: its number.
        seen: (3, 3) scratch: for a cube the direction and its slopes as the face sees them.
        out: (2, 2).

    Returns:
        The cube's face; -1 where the lookup points nowhere.
    """
    if boundary != CUBE:
        for way in range(2):
            out[0, way] = width * np.float64(slopes[0, way])
            out[1, way] = -height * np.float64(slopes[1, way])
        return 0
    face = face_of(uv)
    if face < 0:
        return -1
    for k in range(3):
        seen[k] = 0
        for axis in range(3):
            seen[k, 0] += AXES[face, k, axis] * uv[axis]
            seen[k, 1] += AXES[face, k, axis] * slopes[axis, 0]
            seen[k, 2] += AXES[face, k, axis] * slopes[axis, 1]
    for k in range(2):
        for way in range(2):
            slope = seen[k, 1 + way] - seen[k, 0] / seen[2, 0] * seen[2, 1 + way]
            out[k, way] = 0.5 * width * slope / seen[2, 0]
    return face


@njit(cache=True, nogil=True)
def detail(
    uv: Array,
    slopes: Array,
    bias: Array,
    height: int,
    width: int,
    boundary: int,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill rows first to last of levels of detail (h, w), float64.

    The logarithm of the longer axis of a pixel's footprint, in texels of the finest level, is half
    that of the larger eigenvalue of J J^T, J the footprint's slopes.

    Args:
        uv: (h, w, 2 or 3).
        slopes: (h, w, 2 or 3, 2) of uv, or (0, ...) for none.
        bias: (h, w) added to it, or (0, 0) for none.
        height: of the finest level.
        width: of the finest level.
        boundary: its number.
        first: row.
        last: one beyond the last row.
        out: (h, w).
    """
    j, seen = np.zeros((2, 2)), np.zeros((3, 3))
    for row in range(first, last):
        for column in range(uv.shape[1]):
            lod = np.float64(bias[row, column]) if bias.shape[0] else 0.0
            if slopes.shape[0]:
                here = uv[row, column]
                if footprint(here, slopes[row, column], height, width, boundary, seen, j) < 0:
                    lod = np.nan
                else:
                    a, d = j[0, 0] ** 2 + j[0, 1] ** 2, j[1, 0] ** 2 + j[1, 1] ** 2
                    c = j[0, 0] * j[1, 0] + j[0, 1] * j[1, 1]
                    lod += 0.5 * np.log2((a + d) / 2 + np.hypot((a - d) / 2, c))
            out[row, column] = lod


@njit(cache=True, nogil=True)
def detail_backward(
    uv: Array,
    slopes: Array,
    grad: Array,
    height: int,
    width: int,
    boundary: int,
    first: int,
    last: int,
    out_uv: Array,
    out_slopes: Array,
) -> None:
    """Add to rows first to last of out_uv (h, w, 2 or 3); fill those of out_slopes (h, w, ., 2)."""
    j, seen, to_j, to_seen = np.zeros((2, 2)), np.zeros((3, 3)), np.zeros((2, 2)), np.zeros((3, 3))
    for row in range(first, last):
        for column in range(uv.shape[1]):
            out_slopes[row, column] = 0
            here, g = uv[row, column], np.float64(grad[row, column])
            if g == 0:
                continue
            face = footprint(here, slopes[row, column], height, width, boundary, seen, j)
            a, d = j[0, 0] ** 2 + j[0, 1] ** 2, j[1, 0] ** 2 + j[1, 1] ** 2
            c, h = j[0, 0] * j[1, 0] + j[0, 1] * j[1, 1], (a - d) / 2
            r = np.hypot(h, c)
            g *= 0.5 / np.log(2) / ((a + d) / 2 + r)
            # A round footprint has no longer axis: its gradient is that of the mean.
            lean, turn = (h / r, c / r) if r > 0 else (0.0, 0.0)
            for way in range(2):
                to_j[0, way] = g * ((1 + lean) * j[0, way] + turn * j[1, way])
                to_j[1, way] = g * ((1 - lean) * j[1, way] + turn * j[0, way])
            if boundary != CUBE:
                for way in range(2):
                    out_slopes[row, column, 0, way] = width * to_j[0, way]
                    out_slopes[row, column, 1, way] = -height * to_j[1, way]
                continue
            m = seen[2, 0]
            to_seen[:] = 0
            for k in range(2):
                share = seen[k, 0] / m
                for way in range(2):
                    part = 0.5 * width / m * to_j[k, way]
                    to_seen[k, 1 + way] += part
                    to_seen[2, 1 + way] -= share * part
                    to_seen[k, 0] -= seen[2, 1 + way] / m * part
                    to_seen[2, 0] += share * seen[2, 1 + way] / m * part
                    to_seen[2, 0] -= j[k, way] / m * to_j[k, way]
            for axis in range(3):
                for k in range(3):
                    out_uv[row, column, axis] += AXES[face, k, axis] * to_seen[k, 0]
                    for way in range(2):
                        out_slopes[row, column, axis, way] += (
                            AXES[face, k, axis] * to_seen[k, 1 + way]
                        )
