"""The difference of flat pictures on every core; `plain.flat` is the slow twin.

Bands of rows list what they cover and touch nothing else; what an empty picture would lose is
known beforehand. The same bytes for any number of threads: how the rows are cut depends on the
pictures alone, every band has a private sum, and the sums are added up in order.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lightmould.engine.flat import FlatDifference, FlatMesh, Targets
from lightmould.engine.fused import kernels_flat, kernels_flat_backward, kernels_silhouette
from lightmould.model.arrays import Ints
from lightmould.raster import kernels_coverage, pool
from lightmould.raster.arguments import checked_faces, checked_neighbors, plain
from lightmould.raster.fragments import Array
from lightmould.raster.shares import SUMS, bands

VERTICES_A_PIECE = 4096
"""Vertices whose private sums are added up at once."""


@dataclass(frozen=True, slots=True)
class _Band:
    """Rows of one picture, and where they keep their lists."""

    index: int
    slot: int
    first: int
    last: int
    pixels: slice
    crossings: slice
    marks: slice


class Buffers:
    """Memory that is used again from step to step: fresh pages cost more than the work on them."""

    def __init__(self) -> None:
        self._kept: dict[str, Array] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        """An array of that shape: 0 where never written to, else whatever was written last."""
        size = int(np.prod(shape))
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            # Half as much again, because a mesh that is refined grows a little every step.
            kept = self._kept[name] = np.zeros(size + size // 2, dtype)
        return kept[:size].reshape(shape)


def flat_difference(
    mesh: FlatMesh,
    targets: Targets,
    chosen: Ints,
    mask_weight: float,
    buffers: Buffers | None = None,
) -> FlatDifference:
    """How far pictures of a mesh are from the true ones, and which way is down.

    Args:
        mesh: the surface.
        targets: all pictures.
        chosen: (B,) indices of those to compare with.
        mask_weight: of the squared error of alpha.
        buffers: to use again in the next call.

    Raises:
        SettingsError: shapes or indices that do not fit together.
    """
    return _Pass(mesh, targets, chosen, buffers or Buffers()).run(mask_weight)


class _Pass:
    """One call: each method is one stage, and its kernels run side by side."""

    def __init__(self, mesh: FlatMesh, targets: Targets, chosen: Ints, buffers: Buffers) -> None:
        self.positions = plain("positions", mesh.positions, (-1, 3), np.float32)
        count = len(self.positions)
        self.colors = plain("colors", mesh.colors, (count, 3), np.float32)
        self.faces = checked_faces(mesh.faces, count)
        self.neighbors = checked_neighbors(mesh.adjacency, len(self.faces))
        truth = plain("truth", targets.truth, (-1, -1, -1, 4), np.float32)
        self.truth = [truth[n].reshape(-1, 4) for n in chosen]
        shape = (len(truth), 4, 4)
        matrices = plain("clip_from_world", targets.clip_from_world, shape, np.float32)
        self.matrices = matrices[chosen]
        self.empty = targets.empty[chosen].sum(axis=0)
        batch, (self.height, self.width) = len(chosen), truth.shape[1:3]
        self.threads = pool.shared()
        pixels = self.height * self.width
        self.clip = buffers.array("clip", (batch, count, 4), np.float32)
        self.screen = buffers.array("screen", (batch, count, 3), np.float64)
        self.fixed = buffers.array("fixed", (batch, count, 2), np.int32)
        self.triangle = buffers.array("triangle", (batch, self.height, self.width), np.int32)
        self.depth = buffers.array("depth", (batch, self.height, self.width), np.float32)
        self.picture = buffers.array("picture", (batch, pixels, 3), np.float32)
        self.inner = buffers.array("inner", (batch, pixels, 3), np.float32)
        self.blended = buffers.array("blended", (batch, pixels, 4), np.float32)
        self.covered = buffers.array("covered", (batch, pixels), np.int32)
        self.weights = buffers.array("weights", (batch, pixels, 2), np.float32)
        crossings = 2 * pixels + SUMS * self.width
        self.pairs = buffers.array("pairs", (batch, crossings), np.int32)
        self.edges = buffers.array("edges", (batch, crossings, 2), np.int32)
        self.offsets = buffers.array("offsets", (batch, crossings), np.float32)
        rows = self.height + SUMS
        self.marks = buffers.array("marks", (batch, rows, self.width), np.uint8)
        self.facing = buffers.array("facing", (batch, len(self.faces)), np.int8)
        self.outlines = buffers.array("outlines", (batch, 3 * len(self.faces), 2), np.int32)
        self.outline_counts = np.zeros((batch, 1), np.int64)
        self.windows = np.tile(np.array([0, self.width, 0, self.height]), (batch, 1))
        self.buffers = buffers

    def run(self, mask_weight: float) -> FlatDifference:
        images = range(len(self.truth))
        self.threads.run(
            kernels_flat.project,
            [
                (
                    self.positions,
                    self.matrices[n],
                    self.clip[n],
                    self.screen[n],
                    self.fixed[n],
                    self.windows[n],
                )
                for n in images
            ],
        )
        self.threads.run(
            kernels_silhouette.outline,
            [
                (
                    self.screen[n],
                    self.fixed[n],
                    self.faces,
                    self.neighbors,
                    self.facing[n],
                    self.outlines[n],
                    self.outline_counts[n],
                )
                for n in images
            ],
        )
        pieces = self._bands()
        counts = np.zeros((len(pieces), 2), np.int64)
        self._see(pieces, counts)
        extra = self._compare(pieces, counts, mask_weight)
        grads = self._hand_back(pieces, counts)
        area = len(self.truth) * self.height * self.width
        empty = self.empty[0] / (3 * area) + mask_weight * self.empty[1] / area
        return FlatDifference(float(empty + extra), *grads)

    def _bands(self) -> list[_Band]:
        """The rows that each picture's mesh may cover, in about as many pieces as private sums."""
        images = len(self.truth)
        pieces: list[_Band] = []
        for n in range(images):
            top, bottom = int(self.windows[n, 2]), int(self.windows[n, 3])
            for k, (a, b) in enumerate(bands(bottom - top, max(1, SUMS // max(images, 1)))):
                first, last = top + a, top + b
                pixels = slice(first * self.width, last * self.width)
                crossings = slice((2 * first + k) * self.width, (2 * last + k + 1) * self.width)
                marks = slice(first + k, last + k + 1)
                pieces.append(_Band(len(pieces), n, first, last, pixels, crossings, marks))
        return pieces

    def _see(self, pieces: list[_Band], counts: Array) -> None:
        mesh = [(self.fixed[n], self.screen[n], self.faces) for n in range(len(self.truth))]
        self.threads.run(
            kernels_coverage.see,
            [
                (*mesh[p.slot], p.first, p.last, self.triangle[p.slot], self.depth[p.slot])
                for p in pieces
            ],
        )
        self.threads.run(
            kernels_flat.shade,
            [
                (
                    self.clip[p.slot],
                    self.faces,
                    self.colors,
                    self.triangle[p.slot],
                    self.windows[p.slot],
                    p.first,
                    p.last,
                    self.covered[p.slot, p.pixels],
                    self.weights[p.slot, p.pixels],
                    self.picture[p.slot],
                    counts[p.index, :1],
                )
                for p in pieces
            ],
        )
        self.threads.run(
            kernels_silhouette.crossings,
            [
                (
                    self.screen[p.slot],
                    self.fixed[p.slot],
                    self.faces,
                    self.neighbors,
                    self.triangle[p.slot],
                    self.depth[p.slot],
                    self.outlines[p.slot],
                    self.outline_counts[p.slot],
                    self.windows[p.slot],
                    p.first,
                    p.last,
                    self.marks[p.slot, p.marks],
                    self.pairs[p.slot, p.crossings],
                    self.edges[p.slot, p.crossings],
                    self.offsets[p.slot, p.crossings],
                    counts[p.index, 1:],
                )
                for p in pieces
            ],
        )

    def _compare(self, pieces: list[_Band], counts: Array, mask_weight: float) -> float:
        """The loss less that of empty pictures; its gradient is left where the pictures were."""
        area = len(self.truth) * self.height * self.width
        scales = np.array([1 / (3 * area), mask_weight / area, self.width])
        losses = np.zeros((len(pieces), 1))
        self.threads.run(
            kernels_flat.compare,
            [
                (
                    self.triangle[p.slot].reshape(-1),
                    self.picture[p.slot],
                    self.truth[p.slot],
                    p.first,
                    p.last,
                    self.covered[p.slot, p.pixels],
                    self.pairs[p.slot, p.crossings],
                    self.offsets[p.slot, p.crossings],
                    counts[p.index],
                    scales,
                    self.blended[p.slot],
                    losses[p.index],
                )
                for p in pieces
            ],
        )
        return float(losses.sum())

    def _hand_back(self, pieces: list[_Band], counts: Array) -> tuple[Array, Array]:
        size = np.array([self.width, self.height])
        count = len(self.positions)
        # Never anything but 0 between two calls: `add_up` clears what it has read.
        sums = self.buffers.array("sums", (len(pieces), count, 6), np.float32)
        self.threads.run(
            kernels_flat_backward.hand_back,
            [
                (
                    self.clip[p.slot],
                    self.screen[p.slot],
                    self.faces,
                    self.colors,
                    self.triangle[p.slot].reshape(-1),
                    self.picture[p.slot],
                    self.blended[p.slot],
                    size,
                    p.first,
                    p.last,
                    self.covered[p.slot, p.pixels],
                    self.weights[p.slot, p.pixels],
                    self.pairs[p.slot, p.crossings],
                    self.edges[p.slot, p.crossings],
                    self.offsets[p.slot, p.crossings],
                    counts[p.index],
                    self.inner[p.slot],
                    sums[p.index],
                )
                for p in pieces
            ],
        )
        matrices = self.matrices[[p.slot for p in pieces]].astype(np.float64)
        grad_positions = np.zeros((count, 3), np.float32)
        grad_colors = np.zeros((count, 3), np.float32)
        self.threads.run(
            kernels_flat_backward.add_up,
            [
                (sums, matrices, first, last, grad_positions, grad_colors)
                for first, last in bands(count, -(-count // VERTICES_A_PIECE))
            ],
        )
        return grad_positions, grad_colors
