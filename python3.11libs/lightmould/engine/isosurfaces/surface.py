"""What every isosurface of the engine is: a mesh made from a grid's numbers, and the way back."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError
from lightmould.model.arrays import Floats, Ints
from lightmould.raster.fragments import Array

FARTHEST = 0.499
"""Cells that a grid point may be moved by, along each axis: neighbors never meet."""

HEAVIEST = 0.99
"""How far a flexible weight may be from 1: it stays positive."""

STEEPEST = 0.495
"""How far the weight of a quad's diagonal may be from a half."""

ALPHA, BETA, GAMMA = slice(0, 8), slice(8, 20), 20
"""Columns of a cell's weights: its corners, its edges, its quads' diagonals."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """What an isosurface is made from. All zeros but the distance is the undeformed, even one.

    Attributes:
        distance: (X, Y, Z) float, negative inside; the outermost layer counts as outside.
        deformation: (X, Y, Z, 3) cells that each grid point is moved by; beyond `FARTHEST` it
            moves no further. None where the isosurface has none.
        weights: (X - 1, Y - 1, Z - 1, 21) of each cell, as differences from the even weights: of
            its 8 corners (alpha), of its 12 edges (beta), and of its quads' diagonals (gamma).
            None where the isosurface has none.
    """

    distance: Array
    deformation: Array | None = None
    weights: Array | None = None

    def __post_init__(self) -> None:
        shape = self.distance.shape
        if len(shape) != 3 or min(shape) < 2 or self.distance.dtype.kind != "f":
            found = f"{self.distance.dtype} of shape {shape}"
            raise _misshapen("distance", found, "floats (X, Y, Z), two or more each way")
        cells = tuple(side - 1 for side in shape)
        for name, array, wanted in (
            ("deformation", self.deformation, (*shape, 3)),
            ("weights", self.weights, (*cells, 21)),
        ):
            right = array is None or (array.shape == wanted and array.dtype == self.distance.dtype)
            if array is not None and not right:
                found = f"{array.dtype} of shape {array.shape}"
                raise _misshapen(name, found, f"{self.distance.dtype} of shape {wanted}")

    @property
    def arrays(self) -> tuple[Array, Array, Array]:
        """Distance, deformation and weights in memory order; zeros stand for None."""
        shape, kind = self.distance.shape, self.distance.dtype
        deformation, weights = self.deformation, self.weights
        # Zeros that nobody writes to take no memory.
        if deformation is None:
            deformation = np.zeros((*shape, 3), kind)
        if weights is None:
            weights = np.zeros((*(side - 1 for side in shape), 21), kind)
        return (
            np.ascontiguousarray(self.distance),
            np.ascontiguousarray(deformation),
            np.ascontiguousarray(weights),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """The derivative of a number by the parameters of an isosurface.

    Attributes:
        distance: (X, Y, Z), 0 where the surface does not hang on a point.
        deformation: (X, Y, Z, 3), or None.
        cells: (C, 3) the cells that the surface passes: indices of their lowest corners; None
            without weights.
        weights: (C, 21) for those cells, or None; the other cells have none. Dense, they would
            be the largest array of a reconstruction, and nearly all zeros.
    """

    distance: Array
    deformation: Array | None = None
    cells: Ints | None = None
    weights: Array | None = None


class Isosurface(Protocol):
    """A mesh that is a smooth function of numbers on a grid, while no sign changes."""

    @property
    def vertices(self) -> Floats:
        """(V, 3) in cells: the grid's point (i, j, k), not moved, lies at (i, j, k)."""

    @property
    def faces(self) -> Ints:
        """(F, 3), counter-clockwise seen from outside; closed, every edge has two faces."""

    @property
    def penalty(self) -> float:
        """What a regularizer says against these parameters; 0 is best."""

    def backward(self, grad_vertices: NDArray[Any], penalty_weight: float = 0.0) -> Gradients:
        """The gradients of the parameters.

        Args:
            grad_vertices: (V, 3), of the loss by the vertices.
            penalty_weight: of the loss by the penalty.
        """


def even(distance: Array) -> Parameters:
    """Parameters that leave the surface where the distance alone has it."""
    return Parameters(*Parameters(distance).arrays)


def _misshapen(name: str, found: str, wanted: str) -> SettingsError:
    return SettingsError(f"isosurface {name}", found, wanted, "Pass an array of that kind.")
