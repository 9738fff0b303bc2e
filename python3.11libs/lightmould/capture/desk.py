"""Room to draw in, kept from frame to frame: memory that is new is memory to be zeroed."""

from dataclasses import dataclass

import numpy as np

from lightmould.capture.look import Look
from lightmould.capture.pictures import check_size
from lightmould.model.arrays import Floats, Ints
from lightmould.raster.fragments import Array


@dataclass(slots=True, eq=False)
class Placed:
    """Where corners and points are for one camera; see `raster.kernels_draw`.

    Attributes:
        eye: (V, 3) float64.
        screen: (V, 3) float64.
        fixed: (V, 2) int32.
        dot_eye: (P, 3) float64, of points.
        dot_screen: (P, 3) float64.
        dot_fixed: (P, 2) int32.
    """

    eye: Floats
    screen: Floats
    fixed: Ints
    dot_eye: Floats
    dot_screen: Floats
    dot_fixed: Ints

    @classmethod
    def room(cls, scene: Look) -> "Placed":
        """Arrays to be filled."""
        corners, dots = len(scene.positions), len(scene.dots)
        return cls(
            np.zeros((corners, 3)),
            np.zeros((corners, 3)),
            np.zeros((corners, 2), np.int32),
            np.zeros((dots, 3)),
            np.zeros((dots, 3)),
            np.zeros((dots, 2), np.int32),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """What drawing needs.

    Attributes:
        placed: where things are.
        nearness: (H, W) float32, 1 / depth.
        seen: (H, W) int32, triangles, then points.
    """

    placed: Placed
    nearness: Array
    seen: Array

    @classmethod
    def room(cls, scene: Look, size: tuple[int, int]) -> "Desk":
        """For a scene and pictures of (width, height) pixels.

        Raises:
            SettingsError: the pictures are too large to be drawn.
        """
        check_size(size)
        width, height = size
        return cls(
            Placed.room(scene),
            np.zeros((height, width), np.float32),
            np.zeros((height, width), np.int32),
        )
