# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""A pinhole camera in Blender's world: which pixel shows a point, and what a pixel's center sees.

NumPy and nothing of Blender's. Pixel (0, 0) is the outer corner of the top left pixel, x to the
right, y down: the center of that pixel is (0.5, 0.5). The camera looks along its own -Z, +Y up.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pinhole:
    """Where a camera is and what its lens does.

    Attributes:
        size: (width, height), pixels.
        focal: (fx, fy), pixels.
        center: (cx, cy), pixels.
        near: what is nearer along the axis is not seen, metres.
        far: nor is what is farther.
        world_from_camera: (4, 4), rigid.
    """

    size: tuple[int, int]
    focal: tuple[float, float]
    center: tuple[float, float]
    near: float
    far: float
    world_from_camera: Floats

    @property
    def intrinsics(self) -> Floats:
        """(3, 3) K of the image, for cameras that look along +Z with +Y down, as OpenCV's do."""
        (fx, fy), (cx, cy) = self.focal, self.center
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])

    def seen(self, points: Any) -> Any:
        """Points of the world, (..., 3), as the camera has them: x right, y up, z behind it."""
        moved = np.asarray(points, np.float64) - self.world_from_camera[:3, 3]
        return turned(self.world_from_camera[:3, :3].T, moved)

    def pixels(self, points: Any) -> Floats:
        """Where points of the world, (..., 3), are in the image: (..., 2), NaN if not in front."""
        seen = self.seen(points)
        depth = np.where(seen[..., 2] < 0, -seen[..., 2], np.nan)
        x = self.center[0] + self.focal[0] * seen[..., 0] / depth
        y = self.center[1] - self.focal[1] * seen[..., 1] / depth
        return np.stack([x, y], axis=-1)

    def depths(self, points: Any) -> Floats:
        """How far points of the world, (..., 3), are along the axis: (...), metres."""
        depths: Floats = -self.seen(points)[..., 2]
        return depths

    def points(self, depths: Any) -> Any:
        """What the pixels' centers see of the world, (H, W, 3), from a picture of depths."""
        rows, columns = np.indices(np.shape(depths)) + 0.5
        (fx, fy), (cx, cy) = self.focal, self.center
        rays = [(columns - cx) / fx, (cy - rows) / fy, np.full(np.shape(depths), -1.0)]
        seen = np.stack(rays, axis=-1) * np.asarray(depths, np.float64)[..., None]
        rotation, place = self.world_from_camera[:3, :3], self.world_from_camera[:3, 3]
        return turned(rotation, seen) + place


def turned(matrix: Any, vectors: Any) -> Any:
    """`matrix`, (3, 3), applied to vectors, (..., 3), term by term.

    What a product of matrices adds first depends on how they lie in memory, and with it the last
    bit; here, the same vectors give the same result in every process.
    """
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.stack([x * row[0] + y * row[1] + z * row[2] for row in matrix], axis=-1)


def of_length_1(vectors: Any) -> Any:
    """Vectors, (..., 3), of the same directions; those of no length keep it."""
    squares = vectors * vectors
    lengths = np.sqrt(squares[..., 0] + squares[..., 1] + squares[..., 2])
    return vectors / np.where(lengths > 0, lengths, 1)[..., None]
