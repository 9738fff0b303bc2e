"""Normals, bends and colors of a mesh on every core, and the way back; `plain.shell` is the twin.

Faces that are near in memory have vertices that are near in memory: chunks of faces add to
ranges of vertices, and chunks whose ranges do not meet run side by side. The same bytes for any
number of threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.fused import kernels_vertices
from lightmould.engine.shell import ShellGradients, ShellInput
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import pool
from lightmould.raster.fragments import Singles
from lightmould.raster.shares import bands

CHUNKS = 16
"""Pieces of work, whatever the number of threads."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """A shaded mesh.

    Attributes:
        colors: (V, 3) float32 linear radiance: albedo times the light at the normal.
        roughness: mean over the vertices of the square of their distance to the mean of their
            neighbors.
        given: what it is made from.
        sums: (V, 7) scratch of the kernels.
        rounds: chunks of faces; within a round they share no vertex.
    """

    colors: Singles
    roughness: float
    given: ShellInput
    sums: Floats
    rounds: Sequence[Sequence[Range]]

    def backward(self, grad_colors: Singles, roughness_weight: float) -> ShellGradients:
        """The gradients of what it is made from.

        Args:
            grad_colors: (V, 3).
            roughness_weight: gradient of the loss by the roughness.
        """
        given, threads = self.given, pool.shared()
        count = len(given.vertices)
        nodes, albedo = np.zeros((count, 6)), np.zeros((count, 3))
        vertices = np.zeros((count, 3))
        pieces = bands(count, CHUNKS)
        light = np.zeros((len(pieces), 9, 3))
        known = given.vertices, self.sums, given.albedo, given.light, grad_colors
        stiffness = roughness_weight / max(count, 1)
        threads.run(
            kernels_vertices.shade_backward,
            [
                (*known, stiffness, a, b, nodes, albedo, light[n], vertices)
                for n, (a, b) in enumerate(pieces)
            ],
        )
        for chunks in self.rounds:
            threads.run(
                kernels_vertices.collect_backward,
                [(given.vertices, given.faces, nodes, a, b, vertices) for a, b in chunks],
            )
        return ShellGradients(vertices, albedo, light.sum(axis=0))


def shell(given: ShellInput) -> Shell:
    """Shade a mesh.

    Args:
        given: vertices, faces, albedo and light.
    """
    threads = pool.shared()
    count = len(given.vertices)
    sums = np.zeros((count, 7))
    rounds = _rounds(given.faces)
    for chunks in rounds:
        threads.run(
            kernels_vertices.collect,
            [(given.vertices, given.faces, a, b, sums) for a, b in chunks],
        )
    colors = np.zeros((count, 3), np.float32)
    pieces = bands(count, CHUNKS)
    roughness = np.zeros((len(pieces), 1))
    known = (given.vertices, sums, given.albedo, given.light)
    threads.run(
        kernels_vertices.shade,
        [(*known, a, b, colors, roughness[n]) for n, (a, b) in enumerate(pieces)],
    )
    return Shell(colors, float(roughness.sum()) / max(count, 1), given, sums, rounds)


def _rounds(faces: Ints) -> list[list[Range]]:
    """Chunks of faces, by turns in two rounds; larger ones until no two of a round meet."""
    count = CHUNKS
    while count > 2 and len(faces):
        chunks = bands(len(faces), count)
        ends = np.zeros((len(chunks), 2), np.int64)
        pool.shared().run(
            kernels_vertices.reach,
            [(faces, a, b, ends[n]) for n, (a, b) in enumerate(chunks)],
        )
        if all(_apart(ends[parity::2]) for parity in (0, 1)):
            return [chunks[0::2], chunks[1::2]]
        count //= 2
    return [[(0, len(faces))]]


def _apart(ends: NDArray[np.int64]) -> bool:
    """Whether ranges (N, 2) of vertices, first and last, do not meet."""
    ordered = ends[np.argsort(ends[:, 0], kind="stable")]
    return bool((ordered[1:, 0] > ordered[:-1, 1]).all())
