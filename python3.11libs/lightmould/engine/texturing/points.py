"""Textured points that pictures show, and how far a look is from them.

What a backend is given and gives back; `fused.shade` and `plain.shade` compute it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.raster.fragments import Singles

BANDS = 64
"""Of the texture's rows, into which points are sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What pictures show of a textured surface.

    Attributes:
        rows: (P, 16) u, v, normal (3), tangent (3), the bitangent's sign, unit direction to the
            eye (3), true linear color (3), and how much of the light its mirror sees past the
            object; sorted by band.
        starts: (BANDS + 1,) where each band begins; by v downwards from 1.
    """

    rows: Singles
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class PointLook:
    """What points look like.

    Attributes:
        texture: (S, S, 8) channels of `shading`.
        images: (L, N + 2, N + 2, 3) of `light.filtered`.
    """

    texture: Singles
    images: Singles


@dataclass(frozen=True, slots=True, eq=False)
class PointDifference:
    """How far a look is from the pictures.

    Attributes:
        loss: mean over the points.
        texture: (S, S, 8) its gradient by the texture; the occluded amount has none.
        images: (L, N + 2, N + 2, 3) its gradient by the filtered light.
    """

    loss: float
    texture: Singles
    images: Singles
