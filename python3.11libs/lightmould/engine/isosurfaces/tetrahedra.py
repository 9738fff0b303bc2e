"""The surface where a distance changes sign in tetrahedra: one vertex per crossed edge.

Every cell of the grid is six tetrahedra around its diagonal, and every grid point may be moved by
up to half a cell. Always a closed manifold, of about three times as many faces as a dual surface
on the same grid, many of them slivers.

Source: Shen et al. 2021, "Deep marching tetrahedra", section 3.1: the crossing of an edge a, b is
(x_a s_b - x_b s_a) / (s_b - s_a), the x being the moved points.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.isosurfaces import kernels_tetrahedra
from lightmould.engine.isosurfaces.cells import Cells, passed, starts_of, tetrahedra_faces
from lightmould.engine.isosurfaces.surface import FARTHEST, Gradients, Parameters
from lightmould.model.arrays import Floats, Ints
from lightmould.raster.fragments import Array
from lightmould.raster.pool import shared


@dataclass(frozen=True, slots=True, eq=False)
class Tetrahedra:
    """A surface through tetrahedra; made by `marching_tetrahedra`.

    Attributes:
        vertices: (V, 3) in cells.
        faces: (F, 3), counter-clockwise seen from outside.
        penalty: mean over the vertices of how far, squared, the ends of their edges are moved.
        distance: (X, Y, Z) as given.
        deformation: (X, Y, Z, 3) as given.
        cells: that the surface passes.
        starts: (C + 1,) the first vertex of each cell.
    """

    vertices: Floats
    faces: Ints
    penalty: float
    distance: Array
    deformation: Array
    cells: Cells
    starts: NDArray[np.int64]

    def backward(self, grad_vertices: NDArray[Any], penalty_weight: float = 0.0) -> Gradients:
        """The gradients of distance and deformation; see `Isosurface`."""
        grad = np.ascontiguousarray(grad_vertices, np.float64).reshape(self.vertices.shape)
        shape, kind = self.distance.shape, self.distance.dtype
        pull = penalty_weight / max(len(self.vertices), 1)
        known: tuple[Any, ...] = (
            self.distance,
            self.deformation,
            self.cells.corners,
            self.cells.cases,
        )
        known += (self.starts, FARTHEST, grad, pull)
        out = (np.zeros(shape, kind), np.zeros((*shape, 3), kind))
        for pieces in self.cells.plane_pieces:
            shared().run(
                kernels_tetrahedra.place_backward, [(*known, a, b, *out) for a, b in pieces]
            )
        return Gradients(*out)


def marching_tetrahedra(parameters: Parameters) -> Tetrahedra:
    """The zero level of a distance on a grid of moved tetrahedra.

    Args:
        parameters: their weights play no part.
    """
    distance, deformation, _ = parameters.arrays
    cells = passed(distance)
    crossed = (cells.cases >> 1) ^ np.where(cells.cases & 1, 127, 0).astype(np.uint8)
    starts = starts_of(_ones()[crossed])
    counts, table = tetrahedra_faces()
    face_starts = starts_of(counts[cells.cases])
    vertices, penalties = np.zeros((starts[-1], 3)), np.zeros(starts[-1])
    faces = np.zeros((face_starts[-1], 3), np.int32)
    known: tuple[Any, ...] = (distance, deformation, cells.corners, cells.cases, starts, FARTHEST)
    shared().run(
        kernels_tetrahedra.place,
        [(*known, a, b, vertices, penalties) for a, b in cells.pieces],
    )
    known = (cells.corners, cells.cases, cells.slots, starts, counts, table, face_starts)
    shared().run(kernels_tetrahedra.connect, [(*known, a, b, faces) for a, b in cells.pieces])
    penalty = float(penalties.sum()) / max(len(vertices), 1)
    return Tetrahedra(vertices, faces, penalty, distance, deformation, cells, starts)


def _ones() -> NDArray[np.int64]:
    """(256,) how many bits are set in each number."""
    return np.array([number.bit_count() for number in range(256)])
