"""What rasterization leaves at every pixel."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError
from lightmould.model.arrays import Ints

Singles: TypeAlias = NDArray[np.float32]
# What kernels take: numba, not mypy, knows their elements' types.
Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Fragments:
    """Which triangle each pixel sees, and where on it.

    The arrays are neither copied nor locked: an optimizer makes megabytes of them every step.

    Attributes:
        triangle: (N, H, W) int32 index of the nearest triangle; -1 where there is none.
        barycentric: (N, H, W, 2) float32 perspective-correct weights of the triangle's corners 0
            and 1, that of corner 2 makes the sum 1; 0 where there is no triangle.
        depth: (N, H, W) float32 z/w, -1 near to 1 far; 1 where there is no triangle.
    """

    triangle: Ints
    barycentric: Singles
    depth: Singles

    def __post_init__(self) -> None:
        shape = self.triangle.shape
        found = f"{shape}, {self.barycentric.shape}, {self.depth.shape}"
        if len(shape) != 3 or self.barycentric.shape != (*shape, 2) or self.depth.shape != shape:
            wanted = "(N, H, W), (N, H, W, 2), (N, H, W)"
            raise SettingsError("fragments", found, wanted, "Pass the arrays of one rasterization.")

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.triangle.shape[2], self.triangle.shape[1]
