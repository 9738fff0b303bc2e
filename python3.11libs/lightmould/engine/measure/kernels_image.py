"""Kernels: how far two pictures are apart, pixel by pixel."""

from numba import njit

from lightmould.raster.fragments import Array

OBJECT, WHOLE, COVERED, SHARED, EITHER = range(5)
"""Where `tally` adds up what."""


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
