"""Shading of textured points, and the gradient of its difference from pictures, on every core.

Points are sorted by where they lie in the texture and cut into bands of its rows. Neighboring
bands share a row of texels, so even bands go first and odd ones after: nobody adds to a texel at
the same time, and the bytes don't depend on the number of threads.
"""

import numpy as np

from lightmould.engine.fused import kernels_shade as kernels
from lightmould.engine.texturing.light import split_sum
from lightmould.engine.texturing.points import BANDS, PointDifference, PointLook, Points
from lightmould.raster.fragments import Singles
from lightmould.raster.pool import shared

LIGHT_SUMS = 32
"""Private gradients of the light."""


def shade(rows: Singles, texture: Singles, light: Singles) -> Singles:
    """(P, 3) linear radiance toward the eye.

    Args:
        rows: (P, 16) of `points.Points`, in any order.
        texture: (S, S, 8) channels of `shading`.
        light: of `light.filtered`.
    """
    if len(texture) == 1:  # the kernel looks at four texels
        texture = np.tile(texture, (2, 2, 1))
    out = np.zeros((len(rows), 3), np.float32)
    step = max(1, -(-len(rows) // (4 * shared().count)))
    table = split_sum()
    shared().run(
        kernels.shade,
        [
            (rows, texture, light, table, first, min(first + step, len(rows)), out)
            for first in range(0, len(rows), step)
        ],
    )
    return out


def difference(
    points: Points, look: PointLook, every: tuple[int, int], softness: float
) -> PointDifference:
    """The loss of some of the points, and its gradients.

    Args:
        points: sorted.
        look: what they look like.
        every: (n, k) looks at points k, k + n, k + 2 n, ... of each band.
        softness: where the loss turns from squares to absolute values, on the tone curve.
    """
    step, offset = every
    texture, light = look.texture, look.images
    grad_texture = np.zeros(texture.shape, np.float32)
    grad_light = np.zeros((LIGHT_SUMS, *light.shape), np.float32)
    losses = np.zeros((BANDS, 1))
    table = split_sum()

    def piece(band: int) -> tuple[object, ...]:
        first, last = points.starts[band] + offset, points.starts[band + 1]
        sums = grad_texture, grad_light[band % LIGHT_SUMS], losses[band]
        return points.rows, texture, light, table, softness, first, last, step, *sums

    # Bands of a small texture share rows with more than their neighbors.
    apart = 2 if len(texture) >= 2 * BANDS else LIGHT_SUMS
    for turn in range(apart):
        chains = [
            [piece(band) for band in range(first, BANDS, LIGHT_SUMS)]
            for first in range(turn, LIGHT_SUMS, apart)
        ]
        shared().run_chains(kernels.shade_backward, chains)
    for part in grad_light[1:]:
        grad_light[0] += part
    share = 1 / max(1, _count(points, step, offset))
    return PointDifference(
        float(losses.sum()) * share, grad_texture * np.float32(share), grad_light[0] * share
    )


def _count(points: Points, step: int, offset: int) -> int:
    lengths = np.diff(points.starts) - offset
    return int(np.maximum(0, -(-lengths // step)).sum())
