"""The surface where a signed distance grid changes sign, as a mesh of dual vertices.

One vertex per cell that the surface passes, at the mean of the crossings on the cell's edges;
one quad per crossed edge. Fewer slivers than marching cubes, and every vertex is a smooth
function of the distances around it, so gradients flow back to the grid.

Source: Gibson 1998, "Constrained elastic surface nets"; the indexing is our own.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.model.arrays import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """How the mesh hangs on the grid, for one pattern of signs.

    Attributes:
        edges: (E, 2) flat indices of the grid points at the ends of each crossed edge; the
            first lies lower along the edge's axis.
        edge_vertices: (E, 4) the vertices of the cells around each crossed edge.
        vertex_count: how many vertices there are.
        faces: (2E, 3) triangles, counter-clockwise seen from outside.
    """

    edges: NDArray[np.int64]
    edge_vertices: NDArray[np.int64]
    vertex_count: int
    faces: Ints


def dual_topology(inside: NDArray[np.bool_]) -> Topology:
    """The mesh that a pattern of signs implies.

    Args:
        inside: (X, Y, Z) True where the distance is negative; the outermost layer must be False,
            so that the mesh is closed.

    Returns:
        Crossed edges in x, y, z order, each in the grid's memory order.
    """
    cells_shape = tuple(side - 1 for side in inside.shape)
    edges, cells, outward = [], [], []
    for axis in range(3):
        low, high = _ends(axis)
        where = np.argwhere(inside[low] != inside[high])
        start = np.ravel_multi_index(tuple(where.T), inside.shape)
        stop = np.ravel_multi_index(
            tuple((where + np.eye(3, dtype=np.int64)[axis]).T), inside.shape
        )
        edges.append(np.stack([start, stop], axis=1))
        cells.append(_cells_around(where, axis, cells_shape))
        outward.append(inside.reshape(-1)[start])
    around = np.concatenate(cells)
    active, vertices = np.unique(around, return_inverse=True)
    vertices = vertices.reshape(-1, 4)
    quads = np.where(np.concatenate(outward)[:, None], vertices, vertices[:, ::-1])
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    return Topology(np.concatenate(edges), vertices, len(active), faces)


def dual_mesh(distance: NDArray[np.floating[Any]]) -> tuple[Floats, Ints]:
    """The zero level of a distance grid as triangles.

    Args:
        distance: (X, Y, Z), negative inside; the outermost layer counts as outside.

    Returns:
        (V, 3) vertices in grid index units, and (F, 3) faces, counter-clockwise from outside.
    """
    topology = dual_topology(closed(distance < 0))
    values = np.where(np.isfinite(distance), distance, 0).astype(np.float64).reshape(-1)
    ends = values[topology.edges]
    # A forced border may have the inside's sign: the crossing then sits in the middle.
    span = np.where(ends[:, 0] * ends[:, 1] < 0, ends[:, 0] - ends[:, 1], 0.0)
    share = np.where(span != 0, ends[:, 0] / np.where(span != 0, span, 1.0), 0.5)
    points = np.stack(np.unravel_index(topology.edges, distance.shape), axis=-1).astype(np.float64)
    crossings = points[:, 0] + share[:, None] * (points[:, 1] - points[:, 0])
    owners = topology.edge_vertices.reshape(-1)
    counts = np.bincount(owners, minlength=topology.vertex_count)
    sums = [
        np.bincount(owners, np.repeat(crossings[:, axis], 4), topology.vertex_count)
        for axis in range(3)
    ]
    return np.stack(sums, axis=1) / counts[:, None], topology.faces


def closed(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A copy of a pattern of signs whose outermost layer is outside."""
    core = np.zeros_like(inside)
    core[1:-1, 1:-1, 1:-1] = inside[1:-1, 1:-1, 1:-1]
    return core


def _ends(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    low = [slice(None)] * 3
    high = [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return tuple(low), tuple(high)


def _cells_around(
    where: NDArray[np.int64], axis: int, cells_shape: tuple[int, ...]
) -> NDArray[np.int64]:
    """The four cells around edges, counter-clockwise seen from the high end of the axis."""
    second, third = (axis + 1) % 3, (axis + 2) % 3
    corners = []
    for back_second, back_third in ((1, 1), (0, 1), (0, 0), (1, 0)):
        cell = where.copy()
        cell[:, second] -= back_second
        cell[:, third] -= back_third
        corners.append(np.ravel_multi_index(tuple(cell.T), cells_shape))
    return np.stack(corners, axis=1)
