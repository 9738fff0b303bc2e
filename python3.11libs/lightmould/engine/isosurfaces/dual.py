"""The surface where a distance grid changes sign, as a mesh of dual vertices.

One vertex per loop of the surface through a cell, at the mean of the crossings on the cell's
edges; one quad per crossed edge. Fewer slivers than marching cubes, and every vertex is a smooth
function of the distances around it, so gradients flow back to the grid.

Source: Gibson 1998, "Constrained elastic surface nets"; where the surface passes a cell more than
once, Nielson 2004, "Dual marching cubes". The indexing is our own.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.isosurfaces import kernels_dual, kernels_flexicubes
from lightmould.engine.isosurfaces.cells import Cells, loops, passed, starts_of
from lightmould.engine.isosurfaces.surface import Gradients
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import pool
from lightmould.raster.fragments import Array
from lightmould.raster.shares import bands

SLABS = 16
"""Pieces that a surface is cut into across the x axis, whatever the number of threads."""


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """A dual surface; made by `dual`. See `surface.Isosurface`.

    Attributes:
        vertices: (V, 3) in cells.
        faces: (F, 3), counter-clockwise seen from outside; two after one another are a quad.
        penalty: always 0.
        distance: (X, Y, Z) as given.
        cells: that the surface passes.
        forms: (C,) how it passes them.
        starts: (C + 1,) the first vertex of each cell.
    """

    vertices: Floats
    faces: Ints
    penalty: float
    distance: Array
    cells: Cells
    forms: NDArray[np.int64]
    starts: NDArray[np.int64]

    def backward(
        self,
        grad_vertices: NDArray[Any],
        penalty_weight: float = 0.0,  # noqa: ARG002  (there is no penalty)
    ) -> Gradients:
        """The gradients of the distance; see `Isosurface`."""
        out = np.zeros_like(self.distance)
        known = (self.distance, self.cells.corners, self.forms, _edges(), self.starts)
        slabs = _slabs(self.cells)
        # Slabs of one parity share no grid point: threads may add to them at once.
        for parity in (0, 1):
            pool.shared().run(
                kernels_dual.place_backward,
                [(*known, grad_vertices, a, b, out) for a, b in slabs[parity::2]],
            )
        return Gradients(out)


def dual(distance: Array) -> Dual:
    """The zero level of a distance grid.

    Args:
        distance: (X, Y, Z) float, negative inside; the outermost layer counts as outside.
    """
    distance = np.ascontiguousarray(distance)
    cells = passed(distance)
    forms = np.zeros(len(cells.cases), np.int64)
    table = loops()
    kernels_flexicubes.form(cells.corners, cells.cases, cells.slots, table.twofold, forms)
    starts = starts_of(table.counts[forms])
    quad_starts = starts_of(_quads_of()[cells.cases])
    vertices = np.zeros((starts[-1], 3))
    faces = np.zeros((2 * quad_starts[-1], 3), np.int32)
    slabs, threads = _slabs(cells), pool.shared()
    known = (cells.corners, forms, _edges(), starts)
    threads.run(kernels_dual.place, [(distance, *known, a, b, vertices) for a, b in slabs])
    around = (cells.corners, cells.cases, cells.slots, forms, table.labels, starts, quad_starts)
    threads.run(kernels_dual.connect, [(*around, a, b, faces) for a, b in slabs])
    return Dual(vertices, faces, 0.0, distance, cells, forms, starts)


def dual_mesh(distance: NDArray[np.floating[Any]]) -> tuple[Floats, Ints]:
    """The zero level of a distance grid as triangles.

    Args:
        distance: (X, Y, Z), negative inside; the outermost layer counts as outside.

    Returns:
        (V, 3) vertices in grid index units, and (F, 3) faces, counter-clockwise from outside.
    """
    found = dual(distance)
    return found.vertices, found.faces


def _slabs(cells: Cells) -> list[tuple[int, int]]:
    """Ranges of cells, each of some whole planes and about as long as the others."""
    count = len(cells.cases)
    if not count:
        return []
    # The plane at which each of equal shares would begin.
    begins = [np.searchsorted(cells.planes, a, side="right") - 1 for a, _ in bands(count, SLABS)]
    return [*pairwise([*sorted({int(cells.planes[x]) for x in begins}), count])]


@cache
def _edges() -> NDArray[np.int8]:
    """(512, 12, 3) the crossed edges of a form: axis, u and v, loop; -1 after the last one."""
    table = np.full((512, 12, 3), -1, np.int8)
    for form, row in enumerate(loops().labels):
        crossed = np.flatnonzero(row >= 0)
        table[form, : len(crossed)] = np.stack([crossed >> 2, crossed & 3, row[crossed]], axis=1)
    return table


@cache
def _quads_of() -> NDArray[np.int64]:
    """(256,) crossed edges that begin at the lowest corner of a cell of each case."""
    case = np.arange(256)
    crossed = [(case >> corner & 1) != (case & 1) for corner in (4, 2, 1)]
    counts: NDArray[np.int64] = np.stack(crossed).sum(axis=0, dtype=np.int64)
    return counts
