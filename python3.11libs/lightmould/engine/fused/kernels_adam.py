"""Kernels: one step of Adam over a texture, texel by texel."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def step_texture(
    texture: Array,
    grad: Array,
    first_moment: Array,
    second_moment: Array,
    rates: Array,
    limits: Array,
    pulls: Array,
    corrections: Array,
    first: int,
    last: int,
) -> None:
    """Move rows first to last of a texture (H, W, C); texels that nothing pulls stay.

    Args:
        texture: (H, W, C), moved.
        grad: (H, W, C); where all of a texel's are 0, it is left alone.
        first_moment: (H, W, C), updated.
        second_moment: (H, W, C), updated.
        rates: (C,) step lengths; a channel with rate 0 stays.
        limits: (C, 2) least and largest values.
        pulls: (C,) share of its way to zero that each channel goes besides.
        corrections: beta 1, beta 2, and both bias corrections at this step.
        first: row.
        last: one beyond the last row.
    """
    keep, keep_square, bias, bias_square = corrections
    channels = texture.shape[2]
    one = np.float32(1)
    for row in range(first, last):
        for column in range(texture.shape[1]):
            pulled = False
            for c in range(channels):
                pulled = pulled or grad[row, column, c] != 0
            if not pulled:
                continue
            for c in range(channels):
                if rates[c] == 0:
                    continue
                g = grad[row, column, c]
                m = keep * first_moment[row, column, c] + (one - keep) * g
                s = keep_square * second_moment[row, column, c] + (one - keep_square) * g * g
                first_moment[row, column, c] = m
                second_moment[row, column, c] = s
                value = texture[row, column, c]
                value -= rates[c] * (m * bias) / (np.sqrt(s * bias_square) + np.float32(1e-12))
                value -= pulls[c] * value
                texture[row, column, c] = min(max(value, limits[c, 0]), limits[c, 1])
