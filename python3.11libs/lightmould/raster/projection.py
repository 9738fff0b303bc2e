"""What a mesh looks like to the pixels of a batch of images."""

from typing import Any

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster import kernels_coverage
from lightmould.raster.arguments import (
    checked_batch,
    checked_faces,
    checked_neighbors,
    checked_triangle,
    plain,
)
from lightmould.raster.fragments import Array, Fragments
from lightmould.raster.pool import Threads


def project(threads: Threads, clip: Array, size: tuple[int, int]) -> tuple[Floats, Ints]:
    """Pixels x, y and z/w (N, V, 3), and x, y in 1/256 pixel (N, V, 2), NOWHERE if not drawn."""
    screen = np.zeros((*clip.shape[:2], 3))
    fixed = np.zeros((*clip.shape[:2], 2), np.int32)
    threads.run(
        kernels_coverage.project,
        [(clip[n], *size, screen[n], fixed[n]) for n in range(len(clip))],
    )
    return screen, fixed


class Silhouettes:
    """What antialiasing and its gradient both begin with: checked arguments, projected mesh."""

    def __init__(
        self,
        threads: Threads,
        color: Array,
        clip: Array,
        faces: Ints,
        fragments: Fragments,
        neighbors: Ints,
    ) -> None:
        self.clip = plain("clip", clip, (-1, -1, 4), np.float32)
        self.faces = checked_faces(faces, self.clip.shape[1])
        self.neighbors = checked_neighbors(neighbors, len(self.faces))
        self.triangle = checked_triangle(fragments, len(self.faces))
        checked_batch("clip", len(self.clip), len(self.triangle), one_for_all=False)
        shape = self.triangle.shape
        self.depth = plain("depth", fragments.depth, shape, np.float32)
        self.color = plain("color", color, (*shape, -1), np.float32)
        self.screen, fixed = project(threads, self.clip, fragments.size)
        self.facing = np.zeros((len(self.clip), len(self.faces)), np.int8)
        threads.run(
            kernels_coverage.face,
            [(fixed[n], self.screen[n], self.faces, self.facing[n]) for n in range(len(fixed))],
        )

    def of(self, n: int) -> tuple[Any, ...]:
        """The kernels' arguments for one image."""
        mesh = self.screen[n], self.faces, self.neighbors, self.facing[n]
        return *mesh, self.triangle[n], self.depth[n], self.color[n]
