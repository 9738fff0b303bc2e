"""Displacements of a mesh's vertices that bend little, and the mesh as their solver sees it."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix

from lightmould.engine.geometry import kernels_displacement
from lightmould.model.arrays import Floats, Ints

SHRINK, GROW = 0.5, -0.53
"""Of the way to the neighbors' mean, forth and back: together they leave what is smooth alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbors:
    """Which vertices are joined by edges.

    Attributes:
        starts: (V + 1,) where each vertex's neighbors begin.
        others: (E,) the neighbors, ascending; each edge appears from both of its ends.
    """

    starts: Ints
    others: Ints


def neighbors_of(faces: Ints, count: int) -> Neighbors:
    """The neighbors of `count` vertices of a mesh (F, 3)."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (count, count)).tocsr()
    graph.sort_indices()
    return Neighbors(graph.indptr.astype(np.int32), graph.indices.astype(np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """What displacements should obey: a symmetric matrix on the mesh, and a right side.

    Attributes:
        neighbors: the mesh.
        diagonal: (V,).
        beside: (E,) the matrix beside its diagonal, as the neighbors are listed.
        stiffness: weight of the squared bends of the displacement, which come on top.
        right: (V,).
    """

    neighbors: Neighbors
    diagonal: Floats
    beside: Floats
    stiffness: float
    right: Floats

    def solved(self, precision: float = 1e-3, rounds: int = 250) -> Floats:
        """(V,) the displacement, by conjugate gradients.

        Args:
            precision: share of the first residual, as the preconditioner weighs it, that may stay.
            rounds: at most.
        """
        found = np.zeros_like(self.right)
        kernels_displacement.solve(
            self.neighbors.starts,
            self.neighbors.others,
            self.diagonal,
            self.beside,
            self.stiffness,
            self.right,
            precision,
            rounds,
            found,
        )
        return found


def smoothed(positions: Floats, neighbors: Neighbors, rounds: int) -> Floats:
    """(V, 3) the positions without bumps of a few edges; what is larger stays, and its size, too.

    Source: Taubin 1995, "A signal processing approach to fair surface design".
    """
    mesh = neighbors.starts, neighbors.others
    columns = []
    for axis in range(3):
        values = np.ascontiguousarray(positions[:, axis])
        bends = np.zeros_like(values)
        for share in (SHRINK, GROW) * rounds:
            kernels_displacement.bend(*mesh, values, bends)
            values = values - share * bends
        columns.append(values)
    return np.stack(columns, axis=1)
