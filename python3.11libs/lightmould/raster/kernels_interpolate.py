"""Kernels: attributes of vertices, spread over fragments, and their gradient."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def interpolate(
    values: Array, faces: Array, triangle: Array, weights: Array, first: int, last: int, out: Array
) -> None:
    """Fill rows first to last of one image (H, W, A) from values (V, A)."""
    channels = values.shape[1]
    for y in range(first, last):
        for x in range(triangle.shape[1]):
            f = triangle[y, x]
            if f < 0:
                for c in range(channels):
                    out[y, x, c] = 0
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            b0, b1 = weights[y, x, 0], weights[y, x, 1]
            b2 = np.float32(1) - b0 - b1
            for c in range(channels):
                out[y, x, c] = b0 * values[i, c] + b1 * values[j, c] + b2 * values[k, c]


@njit(cache=True, nogil=True)
def interpolate_backward(
    values: Array,
    faces: Array,
    triangle: Array,
    weights: Array,
    grad: Array,
    first: int,
    last: int,
    out_values: Array,
    out_weights: Array,
) -> None:
    """Add to out_values (V, A), float64, and fill rows first to last of out_weights (H, W, 2)."""
    channels = values.shape[1]
    for y in range(first, last):
        for x in range(triangle.shape[1]):
            f = triangle[y, x]
            g0 = g1 = 0.0
            if f >= 0:
                i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
                b0, b1 = np.float64(weights[y, x, 0]), np.float64(weights[y, x, 1])
                b2 = 1 - b0 - b1
                for c in range(channels):
                    g = np.float64(grad[y, x, c])
                    out_values[i, c] += b0 * g
                    out_values[j, c] += b1 * g
                    out_values[k, c] += b2 * g
                    g0 += g * (values[i, c] - values[k, c])
                    g1 += g * (values[j, c] - values[k, c])
            out_weights[y, x, 0] = g0
            out_weights[y, x, 1] = g1
