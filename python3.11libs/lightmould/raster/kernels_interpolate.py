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


@njit(cache=True, nogil=True)
def derive(
    values: Array, faces: Array, triangle: Array, slopes: Array, first: int, last: int, out: Array
) -> None:
    """Fill rows first to last of the slopes (H, W, A, 2) of values (V, A).

    Args:
        values: (V, A).
        faces: (F, 3).
        triangle: (H, W).
        slopes: (H, W, 2, 2) of the barycentrics.
        first: row.
        last: one beyond the last row.
        out: (H, W, A, 2).
    """
    for y in range(first, last):
        for x in range(triangle.shape[1]):
            f = triangle[y, x]
            if f < 0:
                out[y, x] = 0
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            for c in range(values.shape[1]):
                along, across = values[i, c] - values[k, c], values[j, c] - values[k, c]
                for way in range(2):
                    out[y, x, c, way] = slopes[y, x, 0, way] * along + slopes[y, x, 1, way] * across


@njit(cache=True, nogil=True)
def derive_backward(
    values: Array,
    faces: Array,
    triangle: Array,
    slopes: Array,
    grad: Array,
    first: int,
    last: int,
    out_values: Array,
    out_slopes: Array,
) -> None:
    """Add to out_values (V, A), float64; fill rows first to last of out_slopes (H, W, 2, 2)."""
    for y in range(first, last):
        for x in range(triangle.shape[1]):
            f = triangle[y, x]
            out_slopes[y, x] = 0
            if f < 0:
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            for way in range(2):
                s0, s1 = np.float64(slopes[y, x, 0, way]), np.float64(slopes[y, x, 1, way])
                g0 = g1 = 0.0
                for c in range(values.shape[1]):
                    g = np.float64(grad[y, x, c, way])
                    out_values[i, c] += s0 * g
                    out_values[j, c] += s1 * g
                    out_values[k, c] -= (s0 + s1) * g
                    g0 += g * (values[i, c] - values[k, c])
                    g1 += g * (values[j, c] - values[k, c])
                out_slopes[y, x, 0, way] = g0
                out_slopes[y, x, 1, way] = g1
