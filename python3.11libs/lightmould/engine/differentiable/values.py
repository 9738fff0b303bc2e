"""What the differentiable operations take and give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from torch import Tensor

from lightmould.model.arrays import Ints
from lightmould.raster.detail import Boundary

Indices: TypeAlias = Tensor | Ints


@dataclass(frozen=True, slots=True, eq=False)
class Fragments:
    """Which triangle each pixel sees, and where on it; none of it carries gradients.

    Attributes:
        triangle: (N, H, W) int32 index of the nearest triangle; -1 where there is none.
        barycentric: (N, H, W, 2) as `rasterize` returns them, without their gradients.
        depth: (N, H, W) z/w, -1 near to 1 far; 1 where there is no triangle.
        derivatives: (N, H, W, 2, 2) of the barycentrics, with gradients, where the rasterizer
            made them along the way (nvdiffrast does); else None.
    """

    triangle: Tensor
    barycentric: Tensor
    depth: Tensor
    derivatives: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lod:
    """Which level of a mip chain lookups read; see `texture`.

    Attributes:
        derivatives: (N, h, w, 2 or 3, 2) or None.
        level: (N, h, w) or None.
        levels: how many at most, or None.
    """

    derivatives: Tensor | None
    level: Tensor | None
    levels: int | None

    @property
    def bilinear(self) -> bool:
        """Whether only the finest level is read."""
        return self.derivatives is None and self.level is None


class Backend(Protocol):
    """Who does the work for the tensors of one kind of device; see the package's functions."""

    def rasterize(
        self, clip: Tensor, faces: Indices, size: tuple[int, int]
    ) -> tuple[Fragments, Tensor]:
        """As `differentiable.rasterize`."""
        ...

    def barycentric_derivatives(self, clip: Tensor, faces: Indices, fragments: Fragments) -> Tensor:
        """As `differentiable.barycentric_derivatives`."""
        ...

    def interpolate(
        self, attributes: Tensor, faces: Indices, fragments: Fragments, barycentric: Tensor
    ) -> Tensor:
        """As `differentiable.interpolate`."""
        ...

    def attribute_derivatives(
        self, attributes: Tensor, faces: Indices, fragments: Fragments, derivatives: Tensor
    ) -> Tensor:
        """As `differentiable.attribute_derivatives`."""
        ...

    def texture(
        self, image: Tensor | Sequence[Tensor], uv: Tensor, boundary: Boundary, lod: Lod
    ) -> Tensor:
        """As `differentiable.texture`."""
        ...

    def antialias(
        self,
        color: Tensor,
        clip: Tensor,
        faces: Indices,
        fragments: Fragments,
        adjacency: Indices | None,
    ) -> Tensor:
        """As `differentiable.antialias`."""
        ...
