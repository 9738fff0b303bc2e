"""The cells of a grid that a surface passes, and what their corners' signs imply: computed tables.

Corner c of a cell lies at (c >> 2, c >> 1 & 1, c & 1) from its lowest one, and bit c of a cell's
case says that this corner is inside. Edge 4 a + 2 u + v runs along axis a, from the corner that
is u further along the next axis and v along the one after. Face 2 a + s is the low (s = 0) or
high one across axis a.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.isosurfaces import kernels_cells
from lightmould.model.arrays import Ints
from lightmould.raster.fragments import Array
from lightmould.raster.pool import shared
from lightmould.raster.shares import bands

_STRIDE = (4, 2, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells that a surface passes, in the grid's memory order.

    Attributes:
        corners: (C, 3) indices of their lowest corners.
        cases: (C,) uint8, which corners are inside.
        slots: (X - 1, Y - 1, Z - 1) where in this list a cell is; 0 also for those that are not.
        planes: (X,) the cells with first index x are planes[x] to planes[x + 1].
    """

    corners: Ints
    cases: NDArray[np.uint8]
    slots: Ints
    planes: NDArray[np.int64]

    @property
    def pieces(self) -> list[tuple[int, int]]:
        """The list in pieces for threads."""
        return bands(len(self.cases), 4 * shared().count) if len(self.cases) else []

    @property
    def plane_pieces(self) -> list[list[tuple[int, int]]]:
        """Ranges of the list in two rounds.

        Within a round no two share a corner, so threads may add to the corners at once, and each
        corner's sum has two parts in one order: the same bytes for any number of threads.
        """
        ranges = [
            (int(self.planes[x]), int(self.planes[x + 1])) for x in range(len(self.planes) - 1)
        ]
        return [[one for one in ranges[parity::2] if one[0] < one[1]] for parity in (0, 1)]


def passed(distance: Array) -> Cells:
    """The cells where a distance (X, Y, Z) changes sign; the outermost layer is outside."""
    shape = tuple(side - 1 for side in distance.shape)
    cases = np.zeros(shape, np.uint8)
    counts = np.zeros(shape[0], np.int64)
    pieces = bands(shape[0], 4 * shared().count)
    shared().run(kernels_cells.classify, [(distance, a, b, cases, counts) for a, b in pieces])
    planes = starts_of(counts)
    corners = np.zeros((planes[-1], 3), np.int32)
    listed = np.zeros(planes[-1], np.uint8)
    slots = np.zeros(shape, np.int32)
    shared().run(
        kernels_cells.enlist,
        [(cases, a, b, planes, corners, listed, slots) for a, b in pieces],
    )
    return Cells(corners, listed, slots, planes)


def starts_of(counts: NDArray[Any]) -> NDArray[np.int64]:
    """(N + 1,) where each of N runs of these lengths begins, and where the last one ends."""
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


@cache
def edge_corners() -> NDArray[np.int64]:
    """(12, 2) the corners at the low and the high end of each edge of a cell."""
    rows = []
    for axis in range(3):
        along, second, third = (_STRIDE[(axis + k) % 3] for k in range(3))
        for u, v in ((0, 0), (0, 1), (1, 0), (1, 1)):
            rows.append((u * second + v * third, u * second + v * third + along))
    return np.array(rows)


@dataclass(frozen=True, slots=True, eq=False)
class Loops:
    """How a surface passes a cell: in closed loops over the cell's faces, one vertex each.

    A form is twice the case, plus one if the cell's one face that would join two cells by two
    edges is cut the other way.

    Attributes:
        counts: (512,) loops of a form.
        labels: (512, 12) the loop that crosses each edge; -1 where the edge is not crossed.
        twofold: (256,) the face that one loop crosses twice; -1 in nearly all cases.

    Source: the dual of Nielson 2004, "Dual marching cubes". Where two cells meet in a twofold
    face of both, all edges of the mesh have two faces again if the face is cut the other way
    (Wenger 2013, "Isosurfaces", manifold dual contouring). The tables are computed.
    """

    counts: NDArray[np.uint8]
    labels: NDArray[np.int8]
    twofold: NDArray[np.int8]


@cache
def loops() -> Loops:
    """The loops of every case, inside parts that touch at a face's diagonal being separate."""
    labels = np.zeros((256, 2, 12), np.int8)
    twofold = np.full(256, -1, np.int8)
    for case in range(256):
        labels[case] = _labels(case, joined=-1)
        for face in range(6):
            edges = [edge for edge, _ in _around(face)]
            found = labels[case, 0, edges]
            if found.min() >= 0 and found.min() == found.max():
                twofold[case] = face
                labels[case, 1] = _labels(case, joined=face)
    flat = labels.reshape(512, 12)
    return Loops((flat.max(axis=1) + 1).astype(np.uint8), flat, twofold)


def _labels(case: int, joined: int) -> NDArray[np.int8]:
    """(12,) the loop over each edge; on face `joined` the inside corners are not separate."""
    ends = edge_corners()
    inside = np.array([bool(case >> corner & 1) for corner in range(8)])
    crossed = inside[ends[:, 0]] != inside[ends[:, 1]]
    label = np.where(crossed, np.arange(12), -1)
    for face in range(6):
        around = _around(face)
        cut = [k for k in range(4) if crossed[around[k][0]]]
        # The edges before and after a corner that is cut off.
        pairs = [cut] if len(cut) == 2 else []
        if len(cut) == 4:
            off = [k for k in range(4) if inside[around[k][1]] != (face == joined)]
            pairs = [[k - 1, k] for k in off]
        for a, b in pairs:
            one, other = label[around[a][0]], label[around[b][0]]
            label[label == max(one, other)] = min(one, other)
    names = sorted(set(label[crossed]))
    return np.array([names.index(one) if one >= 0 else -1 for one in label], np.int8)


def _around(face: int) -> tuple[tuple[int, int], ...]:
    """Round a face: four times an edge and the corner where it begins."""
    axis, side = divmod(face, 2)
    across, second, third = (_STRIDE[(axis + k) % 3] for k in range(3))
    start = side * across
    corners = (start, start + second, start + second + third, start + third)
    ends = [frozenset(pair) for pair in edge_corners().tolist()]
    return tuple(
        (ends.index(frozenset((corners[k], corners[(k + 1) % 4]))), corners[k]) for k in range(4)
    )


@cache
def tetrahedra_faces() -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """The triangles in the six tetrahedra of a cell, by its case.

    Returns:
        (256,) how many; and (256, 12, 3, 2) for each triangle's corners the cell's corner where
        a crossed edge begins, and its direction: the corner that it leads to from corner 0.

    Source: Kuhn 1960, six tetrahedra around the diagonal; the cut of each is computed.
    """
    counts = np.zeros(256, np.uint8)
    table = np.zeros((256, 12, 3, 2), np.int8)
    for case in range(256):
        for chain in _chains():
            for triangle in _cut(chain, case):
                table[case, counts[case]] = triangle
                counts[case] += 1
    return counts, table


def _chains() -> Iterator[tuple[int, int, int, int]]:
    """The tetrahedra of a cell: paths along three axes from corner 0 to corner 7."""
    for first in _STRIDE:
        for second in _STRIDE:
            if first != second:
                yield 0, first, first + second, 7


def _cut(chain: tuple[int, int, int, int], case: int) -> Iterator[list[tuple[int, int]]]:
    """The triangles where a tetrahedron is cut, counter-clockwise seen from outside.

    Of four corners the first, between the lowest on both sides, is the end of the diagonal.
    """
    inside = [corner for corner in chain if case >> corner & 1]
    outside = [corner for corner in chain if not case >> corner & 1]
    if not inside or not outside:
        return
    pairs = [(a, b) for a in inside for b in outside]
    if len(pairs) == 4:
        pairs = [pairs[0], pairs[1], pairs[3], pairs[2]]
    place = np.array([[corner >> 2, corner >> 1 & 1, corner & 1] for corner in range(8)])
    points = np.array([place[a] + place[b] for a, b in pairs]) / 2
    outward = place[outside].mean(axis=0) - place[inside].mean(axis=0)
    if np.cross(points[1] - points[0], points[2] - points[0]) @ outward < 0:
        pairs = [pairs[0], *pairs[:0:-1]]
    edges = [(min(a, b), a ^ b) for a, b in pairs]
    yield edges[:3]
    if len(edges) == 4:
        yield [edges[0], edges[2], edges[3]]
