"""The dual surface of a distance with weights that let every vertex and quad turn to the picture.

One vertex per loop of the surface through a cell, at the weighted mean of the crossings on its
edges; one quad per crossed edge. The crossings move with weights of the cell's corners (alpha),
their mean with weights of its edges (beta), the grid's points by up to half a cell, and the bend
of a quad with a weight of each cell (gamma). With even weights this is a dual surface, save that
a cell with several loops has as many vertices: the mesh is always a closed manifold.

Source: Shen et al. 2023, "Flexible isosurface extraction for gradient-based mesh optimization",
sections 4.1 to 4.3; the code and the tables are our own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.isosurfaces import kernels_flexicubes, kernels_quads
from lightmould.engine.isosurfaces.cells import Cells, edge_corners, loops, passed, starts_of
from lightmould.engine.isosurfaces.surface import (
    FARTHEST,
    GAMMA,
    HEAVIEST,
    STEEPEST,
    Gradients,
    Parameters,
)
from lightmould.model.arrays import Floats, Ints
from lightmould.raster.fragments import Array
from lightmould.raster.pool import shared

_LIMITS = (FARTHEST, HEAVIEST)


@dataclass(frozen=True, slots=True, eq=False)
class FlexiCubes:
    """A flexible dual surface; made by `flexicubes`.

    Attributes:
        vertices: (V, 3) in cells: D dual ones, then one in the middle of each quad if it bends.
        faces: (F, 3), counter-clockwise seen from outside.
        penalty: mean over the dual vertices of the mean absolute deviation of their distances to
            the crossings around them, cells (the paper's L_dev, eq. 8): even ones sit well.
        arrays: distance, deformation and weights as given, with zeros for None.
        cells: that the surface passes.
        forms: (C,) how it passes them.
        starts: (C + 1,) the first dual vertex of each cell.
        quads: (Q, 4) dual vertices around each crossed edge.
        owners: (Q, 4) the cells of these vertices.
        bends: whether quads have a vertex in their middle.
    """

    vertices: Floats
    faces: Ints
    penalty: float
    arrays: tuple[Array, Array, Array]
    cells: Cells
    forms: NDArray[np.int64]
    starts: NDArray[np.int64]
    quads: Ints
    owners: Ints
    bends: bool

    def backward(self, grad_vertices: NDArray[Any], penalty_weight: float = 0.0) -> Gradients:
        """The gradients of distance, deformation and weights; see `Isosurface`."""
        grad = np.ascontiguousarray(grad_vertices, np.float64).reshape(self.vertices.shape)
        duals, listed = int(self.starts[-1]), len(self.cells.cases)
        own, by_gamma = grad[:duals].copy(), np.zeros(listed)
        if self.bends:
            free, gammas = _gammas(self.arrays[2], self.cells)
            kernels_quads.fan_backward(
                self.quads, self.owners, gammas, duals, self.vertices, grad, own, by_gamma
            )
            by_gamma *= free
        known: tuple[Any, ...] = (*self.arrays, self.cells.corners, self.forms)
        known += (edge_corners(), loops().labels, self.starts, _LIMITS)
        scale = penalty_weight / max(duals, 1)
        shape, kind = self.arrays[0].shape, self.arrays[0].dtype
        out = (np.zeros(shape, kind), np.zeros((*shape, 3), kind), np.zeros((listed, 21), kind))
        for pieces in self.cells.plane_pieces:
            shared().run(
                kernels_flexicubes.place_backward,
                [(*known, own, scale, a, b, *out) for a, b in pieces],
            )
        out[2][:, GAMMA] = by_gamma
        return Gradients(out[0], out[1], self.cells.corners, out[2])


def flexicubes(parameters: Parameters, *, bends: bool) -> FlexiCubes:
    """The zero level of a distance as a flexible dual surface.

    Args:
        parameters: None stands for zeros.
        bends: whether each quad is four triangles around a vertex that moves with gamma, as it
            should be while gamma is sought; else two, along the diagonal that gamma prefers.
    """
    arrays = parameters.arrays
    cells, table = passed(arrays[0]), loops()
    forms = np.zeros(len(cells.cases), np.int64)
    kernels_flexicubes.form(cells.corners, cells.cases, cells.slots, table.twofold, forms)
    starts = starts_of(table.counts[forms])
    duals = int(starts[-1])
    quads, owners = _quads(cells, forms, starts)
    vertices = np.zeros((duals + (len(quads) if bends else 0), 3))
    penalties = np.zeros(duals)
    known = (*arrays, cells.corners, forms, edge_corners(), table.labels, starts)
    shared().run(
        kernels_flexicubes.place,
        [(*known, _LIMITS, a, b, vertices, penalties) for a, b in cells.pieces],
    )
    gammas = _gammas(arrays[2], cells)[1]
    faces = np.zeros((len(quads) * (4 if bends else 2), 3), np.int32)
    if bends:
        kernels_quads.fan(quads, owners, gammas, duals, vertices, faces)
    else:
        kernels_quads.split(quads, owners, gammas, faces)
    penalty = float(penalties.sum()) / max(duals, 1)
    return FlexiCubes(vertices, faces, penalty, arrays, cells, forms, starts, quads, owners, bends)


def _quads(cells: Cells, forms: NDArray[np.int64], starts: NDArray[np.int64]) -> tuple[Ints, Ints]:
    inside = cells.cases & 1
    crossed = [(cells.cases >> corner & 1) != inside for corner in (4, 2, 1)]
    quad_starts = starts_of(np.sum(crossed, axis=0))
    quads = np.zeros((quad_starts[-1], 4), np.int32)
    owners = np.zeros_like(quads)
    known = (cells.corners, cells.cases, cells.slots, forms, loops().labels, starts, quad_starts)
    shared().run(kernels_quads.connect, [(*known, a, b, quads, owners) for a, b in cells.pieces])
    return quads, owners


def _gammas(weights: Array, cells: Cells) -> tuple[NDArray[np.bool_], Floats]:
    """Whether the cells' gammas may still move, and what they are, (C,), 0 to 1."""
    raw = weights[(*cells.corners.T, GAMMA)].astype(np.float64)
    return np.abs(raw) <= STEEPEST, 0.5 + np.clip(raw, -STEEPEST, STEEPEST)
