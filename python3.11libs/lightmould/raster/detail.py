"""Which level of a mip chain a lookup reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from lightmould.raster.fragments import Array

# What is beyond a texture's border: the texture again, its border, nothing; or it is a cube map.
Boundary: TypeAlias = Literal["wrap", "clamp", "zero", "cube"]


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """The level of detail of lookups: 0 the finest level, 1 the next one; clamped to the chain.

    With derivatives it is the logarithm to base 2 of the longer axis of a pixel's footprint, in
    texels of the finest level, plus `level`; without them it is `level`.

    Attributes:
        derivatives: (N, h, w, 2, 2) float32 of u and v per pixel right and down; for a cube
            (N, h, w, 3, 2), of the direction; or None.
        level: (N, h, w) float32, or None for 0.

    Source: Heckbert 1989, Fundamentals of Texture Mapping and Image Warping, section 3.5: the
        ellipse that a pixel's circle becomes; its axes are the singular values of the slopes.
    """

    derivatives: Array | None = None
    level: Array | None = None


class MipGradients(NamedTuple):
    """Gradients of a lookup in a mip chain.

    Attributes:
        levels: as the levels.
        uv: as uv.
        derivatives: as those of the detail; None where it has none.
        level: as that of the detail; None where it has none.
    """

    levels: Sequence[Array]
    uv: Array
    derivatives: Array | None
    level: Array | None
