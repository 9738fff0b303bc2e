"""Kernels: pictures made smaller, and packed for comparison."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def halve(color: Array, alpha: Array, half_color: Array, half_alpha: Array) -> None:
    """Fill a picture (h, w, 3) and its alpha (h, w) with means of 2 x 2 pixels of larger ones."""
    quarter = np.float32(0.25)
    for y in range(half_alpha.shape[0]):
        for x in range(half_alpha.shape[1]):
            for c in range(3):
                upper = color[2 * y, 2 * x, c] + color[2 * y, 2 * x + 1, c]
                lower = color[2 * y + 1, 2 * x, c] + color[2 * y + 1, 2 * x + 1, c]
                half_color[y, x, c] = quarter * (upper + lower)
            upper = alpha[2 * y, 2 * x] + alpha[2 * y, 2 * x + 1]
            lower = alpha[2 * y + 1, 2 * x] + alpha[2 * y + 1, 2 * x + 1]
            half_alpha[y, x] = quarter * (upper + lower)


@njit(cache=True, nogil=True)
def pack(color: Array, alpha: Array, tone: float, soft: float, truth: Array, empty: Array) -> None:
    """Fill a picture (H, W, 4), and (2,) what nothing would lose against it, as `flat.Targets`."""
    hue, cover = 0.0, 0.0
    black, none = np.sqrt(tone), np.sqrt(soft)
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = alpha[y, x]
            truth[y, x, 3] = a
            cover += np.float64(a) * a
            for c in range(3):
                value = color[y, x, c]
                truth[y, x, c] = value
                if value == 0:
                    hue += none
                else:
                    error = black - np.sqrt(value + tone)
                    hue += np.sqrt(error * error + soft)
    empty[0], empty[1] = hue, cover


@njit(cache=True, nogil=True)
def premultiply(picture: Array, alpha: Array, table: Array, color: Array) -> bool:
    """Fill color (H, W, 3) by a table of 256 values; False if a value is none of a byte's."""
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            for c in range(3):
                steps = picture[y, x, c] * np.float32(255)
                nearest = np.rint(steps)
                if not (0 <= nearest <= 255 and abs(steps - nearest) < 1e-3):
                    return False
                color[y, x, c] = table[int(nearest)] * alpha[y, x]
    return True
