"""What a capture gives, and how it is to look."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError

Output: TypeAlias = Literal["color", "depth", "normal", "id", "uv"]
OUTPUTS: tuple[Output, ...] = ("color", "depth", "normal", "id", "uv")
USUAL: tuple[Output, ...] = ("color", "depth", "normal")


@dataclass(frozen=True, slots=True)
class Style:
    """How a scene is seen.

    Attributes:
        lit: shade colors by a light at the camera; else they are those of the surfaces.
        background: sRGB, 0 to 1.
        normal_space: of normals.
        point_size: diameter of points, pixels.
    """

    lit: bool = True
    background: tuple[float, float, float] = (1.0, 1.0, 1.0)
    normal_space: Literal["world", "camera"] = "world"
    point_size: float = 3.0

    def __post_init__(self) -> None:
        if not all(0 <= number <= 1 for number in self.background):
            found = f"{self.background}"
            raise SettingsError("background", found, "three numbers from 0 to 1", "Correct it.")
        if not (isfinite(self.point_size) and 0 < self.point_size <= 1000):
            found = f"{self.point_size}"
            raise SettingsError("point_size", found, "pixels above 0, at most 1000", "Correct it.")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The pictures of one camera; None where they were not asked for. Nothing is antialiased.

    Attributes:
        color: (H, W, 3) uint8 sRGB.
        depth: (H, W) float32 metres along the viewing axis; inf where nothing is seen.
        normal: (H, W, 3) float32 unit, towards the camera, in the style's space; 0 where nothing
            is seen, or a point without a normal.
        id: (H, W) uint16, the object's number in the scene, from 1 on; 0 where nothing is seen.
        uv: (H, W, 2) float32; NaN where nothing is seen, or what has no uvs.
    """

    color: NDArray[np.uint8] | None = None
    depth: NDArray[np.float32] | None = None
    normal: NDArray[np.float32] | None = None
    id: NDArray[np.uint16] | None = None
    uv: NDArray[np.float32] | None = None
