"""Kernels: bilinear lookups in one image, and their gradients."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def straddle(share: float, size: int, wrap: bool) -> tuple[int, int, float]:
    """The texels before and after a place along an axis of 0 to 1, and the weight of the second."""
    # In float64: a float32 knows a place among a thousand texels to a hundredth of one.
    place = share * 1.0
    if wrap:
        place = (place - np.floor(place)) * size - 0.5
        if place < 0:
            place += size
        first = min(int(place), size - 1)
        return first, 0 if first + 1 == size else first + 1, place - first
    place = place * size - 0.5
    if place < 0:
        return 0, 0, 0.0
    first = int(min(place, size - 1.0))
    return first, min(first + 1, size - 1), min(place - first, 1.0)


@njit(cache=True, nogil=True)
def silent(grad: Array) -> bool:
    """Whether a gradient (C,) is 0 throughout."""
    return not grad.any()


@njit(cache=True, nogil=True)
def sample(image: Array, uv: Array, wrap: bool, first: int, last: int, out: Array) -> None:
    """Fill rows first to last of one picture (h, w, C) from image (H, W, C)."""
    height, width, channels = image.shape
    for row in range(first, last):
        for column in range(uv.shape[1]):
            u, v = uv[row, column, 0], uv[row, column, 1]
            if not (np.isfinite(u) and np.isfinite(v)):
                for c in range(channels):
                    out[row, column, c] = np.nan
                continue
            left, right, s = straddle(u, width, wrap)
            above, below, t = straddle(1 - v, height, wrap)
            a, b = np.float32((1 - s) * (1 - t)), np.float32(s * (1 - t))
            d, e = np.float32((1 - s) * t), np.float32(s * t)
            for c in range(channels):
                upper = a * image[above, left, c] + b * image[above, right, c]
                out[row, column, c] = upper + (
                    d * image[below, left, c] + e * image[below, right, c]
                )


@njit(cache=True, nogil=True)
def sample_backward_uv(
    image: Array, uv: Array, wrap: bool, grad: Array, first: int, last: int, out: Array
) -> None:
    """Fill rows first to last of the gradient (h, w, 2) of one picture's uv."""
    height, width, channels = image.shape
    for row in range(first, last):
        for column in range(uv.shape[1]):
            u, v = uv[row, column, 0], uv[row, column, 1]
            grad_x = grad_y = 0.0
            if np.isfinite(u) and np.isfinite(v) and not silent(grad[row, column]):
                left, right, s = straddle(u, width, wrap)
                above, below, t = straddle(1 - v, height, wrap)
                for c in range(channels):
                    g = np.float64(grad[row, column, c])
                    north = image[above, right, c] - image[above, left, c]
                    south = image[below, right, c] - image[below, left, c]
                    west = image[below, left, c] - image[above, left, c]
                    east = image[below, right, c] - image[above, right, c]
                    grad_x += g * ((1 - t) * north + t * south)
                    grad_y += g * ((1 - s) * west + s * east)
            out[row, column, 0] = grad_x * width
            out[row, column, 1] = -grad_y * height


@njit(cache=True, nogil=True)
def sample_backward_image(
    uv: Array, wrap: bool, grad: Array, first: int, last: int, out: Array
) -> None:
    """Add the gradient of texel rows first to last of one image (H, W, C).

    Every band reads all samples in the same order and keeps what falls into its rows: the same
    bytes for any bands, without private copies of a large image.

    Args:
        uv: (N, h, w, 2).
        wrap: or clamp.
        grad: (N, h, w, C).
        first: row of texels.
        last: one beyond the last row.
        out: (H, W, C).
    """
    height, width, channels = out.shape
    for n in range(uv.shape[0]):
        for row in range(uv.shape[1]):
            for column in range(uv.shape[2]):
                u, v = uv[n, row, column, 0], uv[n, row, column, 1]
                # The picture's background asks for one texel over and over, and gives it nothing.
                if silent(grad[n, row, column]) or not (np.isfinite(u) and np.isfinite(v)):
                    continue
                above, below, t = straddle(1 - v, height, wrap)
                if not (first <= above < last or first <= below < last):
                    continue
                left, right, s = straddle(u, width, wrap)
                if first <= above < last:
                    a, b = np.float32((1 - s) * (1 - t)), np.float32(s * (1 - t))
                    for c in range(channels):
                        out[above, left, c] += a * grad[n, row, column, c]
                        out[above, right, c] += b * grad[n, row, column, c]
                if first <= below < last:
                    d, e = np.float32((1 - s) * t), np.float32(s * t)
                    for c in range(channels):
                        out[below, left, c] += d * grad[n, row, column, c]
                        out[below, right, c] += e * grad[n, row, column, c]
