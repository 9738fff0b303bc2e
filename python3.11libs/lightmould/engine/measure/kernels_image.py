"""Kernels: how far two pictures are apart, pixel by pixel and window by window."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

OBJECT, WHOLE, COVERED, SHARED, EITHER = range(5)
"""Where `tally` adds up what."""

LUMINANCE_FLOOR, CONTRAST_FLOOR = 0.01**2, 0.03**2


@njit(cache=True, nogil=True)
def tally(found: Array, truth: Array, white: Array, error: Array, sums: Array) -> None:
    """Compare two straight-alpha pictures (H, W, 4), clipped to 0 to 1.

    Args:
        found: a picture.
        truth: the other.
        white: (2, H, W, 3) receives both over white.
        error: (H, W) receives the mean square of the difference over black.
        sums: (5,) grows by the squares of the difference over black where the truth has an object
            and over white everywhere, the pixels of that object, and the pixels that both and
            either cover by more than half.
    """
    height, width = error.shape
    for y in range(height):
        for x in range(width):
            a = min(max(float(found[y, x, 3]), 0.0), 1.0)
            b = min(max(float(truth[y, x, 3]), 0.0), 1.0)
            square = full = 0.0
            for c in range(3):
                f = min(max(float(found[y, x, c]), 0.0), 1.0) * a
                t = min(max(float(truth[y, x, c]), 0.0), 1.0) * b
                g, u = f + (1 - a), t + (1 - b)
                white[0, y, x, c], white[1, y, x, c] = g, u
                square += (f - t) * (f - t)
                full += (g - u) * (g - u)
            error[y, x] = square / 3
            sums[WHOLE] += full
            if b > 0:
                sums[OBJECT] += square
                sums[COVERED] += 1
            sums[SHARED] += a > 0.5 and b > 0.5
            sums[EITHER] += a > 0.5 or b > 0.5


@njit(cache=True, nogil=True)
def dissimilarity(x: Array, y: Array, weights: Array) -> float:
    """The sum of 1 - structural similarity over all windows of two pictures (H, W, C).

    A window is as wide as there are `weights`, which are those along its side. Source: as
    `image.ssim`.
    """
    height, width, channels = x.shape
    down = np.zeros((width, channels, 4))
    total = 0.0
    for row in range(height - len(weights) + 1):
        for column in range(width):
            for c in range(channels):
                mean_x = mean_y = squares = both = 0.0
                for tap in range(len(weights)):
                    a, b = float(x[row + tap, column, c]), float(y[row + tap, column, c])
                    mean_x += weights[tap] * a
                    mean_y += weights[tap] * b
                    squares += weights[tap] * (a * a + b * b)
                    both += weights[tap] * (a * b)
                means = down[column, c]
                means[0], means[1], means[2], means[3] = mean_x, mean_y, squares, both
        for column in range(width - len(weights) + 1):
            for c in range(channels):
                mean_x = mean_y = squares = both = 0.0
                for tap in range(len(weights)):
                    means = down[column + tap, c]
                    mean_x += weights[tap] * means[0]
                    mean_y += weights[tap] * means[1]
                    squares += weights[tap] * means[2]
                    both += weights[tap] * means[3]
                product, power = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
                similar = (2 * product + LUMINANCE_FLOOR) * (2 * (both - product) + CONTRAST_FLOOR)
                apart = (power + LUMINANCE_FLOOR) * (squares - power + CONTRAST_FLOOR)
                total += 1 - similar / apart
    return total
