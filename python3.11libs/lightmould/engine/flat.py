"""A mesh with a color at every vertex, and how far its pictures are from the true ones.

What a backend is given and gives back; `fused.flat` and `plain.flat` compute it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.engine import kernels_views
from lightmould.engine.views import Views
from lightmould.model.arrays import Ints
from lightmould.raster import pool
from lightmould.raster.fragments import Singles

TONE = 1e-3
"""Radiance added before the square root of the tone curve, so that black has a slope."""

SOFT = 1e-4
"""Square of the difference of tones below which the Charbonnier loss is quadratic."""


@dataclass(frozen=True, slots=True, eq=False)
class FlatMesh:
    """A surface that shines by itself. The arrays are neither copied nor locked.

    Attributes:
        positions: (V, 3) float32 metres, world space.
        colors: (V, 3) float32 linear radiance.
        faces: (F, 3) int32, welded: neighbors share vertices.
        adjacency: (F, 3) int32 of `raster.cpu.adjacency`.
    """

    positions: Singles
    colors: Singles
    faces: Ints
    adjacency: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Pictures to be compared with. The arrays are neither copied nor locked.

    Attributes:
        clip_from_world: (N, 4, 4) float32.
        truth: (N, H, W, 4) float32: linear color premultiplied by alpha, and alpha.
        empty: (N, 2) float64, of each picture against nothing: the sum of the losses of color
            over its pixels and channels, and the sum of its squared alphas.
    """

    clip_from_world: Singles
    truth: Singles
    empty: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class FlatDifference:
    """How far pictures of a mesh are from the true ones.

    Attributes:
        loss: mean over pixels and channels of the Charbonnier loss on a square-root tone curve,
            and the mask's weight times the mean over pixels of the squared error of alpha.
        grad_positions: (V, 3) float32, of the loss.
        grad_colors: (V, 3) float32, of the loss.
    """

    loss: float
    grad_positions: Singles
    grad_colors: Singles


def targets_of(views: Views) -> Targets:
    """Views ready to be compared with."""
    matrices = np.stack([camera.clip_from_world for camera in views.cameras])
    truth = np.zeros((*views.alpha.shape, 4), np.float32)
    empty = np.zeros((len(truth), 2))
    pool.shared().run(
        kernels_views.pack,
        [
            (views.color[n], views.alpha[n], np.float32(TONE), np.float32(SOFT), truth[n], empty[n])
            for n in range(len(truth))
        ],
    )
    return Targets(matrices.astype(np.float32), truth, empty)
