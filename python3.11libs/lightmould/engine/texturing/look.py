"""What a reconstruction finds beside the shape: textures and light."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

LightFrame: TypeAlias = Literal["world", "camera"]
"""What the light stands still with: on a turntable that is the camera."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Textures and light.

    Attributes:
        texture: (S, S, 8) channels of `shading`, row 0 on top.
        light: (N, N, 3) linear radiance, octahedral, of `engine.light`.
        frame: what the light stands still with.
    """

    texture: NDArray[np.float32]
    light: NDArray[np.float32]
    frame: LightFrame = "world"
