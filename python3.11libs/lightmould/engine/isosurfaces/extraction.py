"""Isosurfaces by name, and what a search for a shape does with the numbers that only some have."""

from dataclasses import dataclass

import numpy as np

from lightmould.engine.geometry import kernels_grid
from lightmould.engine.isosurfaces import kernels_bend
from lightmould.engine.isosurfaces.dual import dual
from lightmould.engine.isosurfaces.flexicubes import flexicubes
from lightmould.engine.isosurfaces.surface import (
    ALPHA,
    FARTHEST,
    GAMMA,
    HEAVIEST,
    STEEPEST,
    Gradients,
    Isosurface,
    Parameters,
)
from lightmould.engine.isosurfaces.tetrahedra import marching_tetrahedra
from lightmould.model.arrays import Floats
from lightmould.raster import pool
from lightmould.raster.fragments import Array, Singles
from lightmould.raster.shares import bands
from lightmould.settings.reconstruction import IsosurfaceName

PIECES = 16
"""Ranges of numbers that are worked on side by side."""


@dataclass(frozen=True, slots=True)
class Temper:
    """What holds an isosurface back, and how freely it moves.

    Attributes:
        smoothness: of the mesh: factor on the level's weight of the uniform Laplacian.
        stiffness: of the grid: weight, times the level's, of the mean squared Laplacian of the
            distance at the points that the surface hangs on. It takes the mesh's place where
            vertices lie so unevenly that the mean of the neighbors says nothing of bends.
        penalty: weight of the isosurface's own regularizer.
        movement: how fast grid points move, as a part of how fast distances change.
        weighting: how fast weights change, as a part of the same.
    """

    smoothness: float
    stiffness: float
    penalty: float
    movement: float
    weighting: float


TEMPERS: dict[IsosurfaceName, Temper] = {
    "dual": Temper(1.0, 0.0, 0.0, 0.0, 0.0),
    "dmtet": Temper(0.0, 20.0, 0.02, 0.1, 0.0),
    "flexicubes": Temper(1.0, 0.0, 0.3, 0.1, 0.2),
}


def extract(name: IsosurfaceName, parameters: Parameters, *, final: bool) -> Isosurface:
    """The zero level of a distance as that kind of surface.

    Args:
        name: which kind.
        parameters: what it is made from; more than the kind knows plays no part.
        final: whether this is what is handed on, not what is moved.
    """
    if name == "dmtet":
        return marching_tetrahedra(parameters)
    if name == "flexicubes":
        return flexicubes(parameters, bends=not final)
    return dual(parameters.distance)


class Freedoms:
    """What may move beside the distance, and the optimizer's memory of it.

    Attributes:
        parameters: of the isosurface; the arrays change in place.
    """

    def __init__(self, name: IsosurfaceName, distance: Singles) -> None:
        shape, kind = distance.shape, np.float32
        points, cells = (*shape, 3), (*(side - 1 for side in shape), 21)
        self._temper = TEMPERS[name]
        # Zeros that nobody writes to take no memory: most points and cells are never touched.
        self.parameters = Parameters(
            distance,
            np.zeros(points, kind) if self._temper.movement else None,
            np.zeros(cells, kind) if self._temper.weighting else None,
        )
        self._moments = [np.zeros(points, kind) for _ in range(2)]
        self._weight_moments = [np.zeros(cells, kind) for _ in range(2)]
        self._weighed = np.zeros(cells[:3], np.bool_)

    @property
    def movement(self) -> Singles:
        """(X, Y, Z, 3) cells that each grid point is moved by."""
        return self.parameters.arrays[1]

    def step(self, gradients: Gradients, how: Floats) -> None:
        """Move what has a gradient.

        Args:
            gradients: of the loss.
            how: of `kernels_grid.step`, for the distance.
        """
        deformation, weights = self.parameters.deformation, self.parameters.weights
        if deformation is not None and gradients.deformation is not None:
            arrays = [a.reshape(-1) for a in (deformation, gradients.deformation, *self._moments)]
            _step(arrays, _slower(how, self._temper.movement))
            rows = np.flatnonzero(gradients.distance)
            moved = deformation.reshape(-1, 3)
            moved[rows] = np.clip(moved[rows], -FARTHEST, FARTHEST)
        if weights is not None and gradients.weights is not None and gradients.cells is not None:
            slower = _slower(how, self._temper.weighting)
            self._weigh(weights, tuple(gradients.cells.T), gradients.weights, slower)

    def forget_scales(self) -> None:
        """Give up the weights of corners: distances that are made again need no correction."""
        if self.parameters.weights is not None:
            cells = np.nonzero(self._weighed)
            self.parameters.weights[(*cells, ALPHA)] = 0

    def _weigh(self, weights: Array, cells: tuple[Array, ...], grad: Array, how: Floats) -> None:
        first, second = self._weight_moments
        rows = [weights[cells], grad, first[cells], second[cells]]
        _step([row.reshape(-1) for row in rows], how)
        limits = np.full(21, HEAVIEST, np.float32)
        limits[GAMMA] = STEEPEST
        self._weighed[cells] = True
        weights[cells] = np.clip(rows[0], -limits, limits)
        first[cells], second[cells] = rows[2], rows[3]


def stiffen(distance: Singles, grad: Singles, weight: float) -> None:
    """Add to a gradient what keeps a distance from bending, where it already has a gradient.

    Args:
        distance: (X, Y, Z).
        grad: (X, Y, Z), changed where it is not 0.
        weight: of the mean squared Laplacian over these points.
    """
    bends = np.zeros(distance.shape, np.float32)
    planes = bands(distance.shape[0], PIECES)
    counts = np.zeros(len(planes), np.int64)
    threads = pool.shared()
    threads.run(
        kernels_bend.bend,
        [(distance, grad, a, b, bends, counts[n : n + 1]) for n, (a, b) in enumerate(planes)],
    )
    scale = 2 * weight / max(int(counts.sum()), 1)
    threads.run(kernels_bend.bend_backward, [(bends, scale, a, b, grad) for a, b in planes])


def _slower(how: Floats, share: float) -> Floats:
    slower = how.copy()
    slower[0] *= share
    return slower


def _step(arrays: list[Array], how: Floats) -> None:
    count = arrays[0].size
    pool.shared().run(kernels_grid.step, [(*arrays, how, a, b) for a, b in bands(count, PIECES)])
