"""Shape from pictures: a signed distance grid moved until its surface looks right.

Each step meshes the grid, colors its vertices under a smooth light, compares a few views, and
follows the gradient of the difference: silhouettes through antialiasing, dents through shading
and parallax.
"""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.backend import Backend, backend
from lightmould.engine.flat import FlatMesh, Targets, targets_of
from lightmould.engine.geometry import kernels_grid, sdf
from lightmould.engine.geometry.sdf import (
    Shape,
    albedo_at,
    brightness,
    mesh_of,
    redistanced,
    resampled,
    start,
)
from lightmould.engine.guard import Guard
from lightmould.engine.isosurfaces import extraction
from lightmould.engine.isosurfaces.surface import Gradients, Isosurface
from lightmould.engine.shell import ShellInput
from lightmould.engine.views import Views
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import cpu, pool
from lightmould.raster.shares import bands
from lightmould.settings.reconstruction import IsosurfaceName, Reconstruction, ShapeLevel

_log = logging.getLogger(__name__)

__all__ = [
    "Shape",
    "albedo_at",
    "brightness",
    "mesh_of",
    "redistanced",
    "refine",
    "resampled",
    "start",
]

MASK_WEIGHT = 20.0
"""Of the squared error of coverage, beside the error of color."""

COLOR_RATE, LIGHT_RATE = 0.04, 0.02
"""Step lengths of the albedo guess and of the light."""

LONGEST_STEP = 0.5
"""Cells that a distance may change by at once."""

REDISTANCE_EVERY = 20
"""Steps after which the grid is made a distance again; more lets it flatten, less costs time."""

SHAPE_DECAYS, PAINT_DECAYS = (0.8, 0.95), (0.9, 0.999)
"""Of the optimizer's moments."""

PIECES = 16
"""Ranges of numbers that are moved side by side."""


def refine(
    shape: Shape,
    views: Views,
    how: Reconstruction,
    level: ShapeLevel,
    rng: np.random.Generator,
    tell: Callable[[int, float], None],
) -> Shape:
    """Move the surface until it looks like the views.

    Args:
        shape: where to begin, already on the level's grid.
        views: already halved as the level wants.
        how: the device, and how the grid becomes a mesh.
        level: how long and how finely.
        rng: chooses the views of each step.
        tell: called with (step, loss).

    Raises:
        ReconstructionError: the surface vanished or a number is no longer finite.
        ToolError: the device can't be used.
    """
    targets = targets_of(views)
    search = _Search(shape, level, backend(how.device), how.isosurface)
    order = _order(len(views.cameras), level, rng)
    for step in range(level.steps):
        tell(step, search.step(step, targets, order[step]))
    return search.result()


class _Search:
    """The numbers that are looked for, and the optimizer's memory of them."""

    def __init__(
        self, shape: Shape, level: ShapeLevel, backend: Backend, isosurface: IsosurfaceName
    ) -> None:
        self._grid, self._level, self._backend = shape.grid, level, backend
        self._isosurface, self._temper = isosurface, extraction.TEMPERS[isosurface]
        self._distance, self._color = shape.distance.copy(), shape.color.copy()
        self._freedoms = extraction.Freedoms(isosurface, self._distance)
        self._light = shape.light.astype(np.float64)
        self._distance_moments = [np.zeros_like(self._distance) for _ in range(2)]
        self._color_moments = [np.zeros_like(self._color) for _ in range(2)]
        self._light_moments = [np.zeros_like(self._light) for _ in range(2)]
        self._owner = np.full(self._distance.size, -1, np.int32)
        state: list[NDArray[Any]] = [
            self._distance,
            self._light,
            *self._distance_moments,
            *self._light_moments,
        ]
        self._guard = Guard(f"shape, {level.cells} cells", state, _log.warning)

    def step(self, number: int, targets: Targets, chosen: Ints) -> float:
        """Look at some pictures, go one step, and return the loss."""
        surface = self._surface(final=False)
        if not len(surface.faces):
            raise sdf.vanished("a grid without a surface")
        index, albedo = sdf.cell_colors(self._color, surface.vertices)
        shell = self._backend.shell(
            ShellInput(surface.vertices, surface.faces, albedo, self._light.astype(np.float32))
        )
        positions = self._grid.origin + self._grid.spacing * surface.vertices
        mesh = FlatMesh(
            positions.astype(np.float32), shell.colors, surface.faces, cpu.adjacency(surface.faces)
        )
        found = self._backend.flat_difference(mesh, targets, chosen, MASK_WEIGHT)
        smoothness = self._level.smoothness * self._temper.smoothness
        loss = found.loss + smoothness * shell.roughness + self._temper.penalty * surface.penalty
        back = shell.backward(found.grad_colors, smoothness)
        grad = back.vertices + self._grid.spacing * found.grad_positions
        gradients = surface.backward(grad, self._temper.penalty)
        if not gradients.distance.any():
            raise sdf.vanished("a surface that no view sees")
        if self._guard.check(number, loss, (grad, back.albedo, back.light)):
            self._move(number, gradients)
            self._paint(number, index, back.albedo)
            self._relight(number, back.light)
        if number % REDISTANCE_EVERY == REDISTANCE_EVERY - 1:
            again = self._surface(final=True)
            self._distance[...], self._color[...] = sdf.refreshed(
                again, self._distance, self._freedoms.movement, self._color
            )
            self._freedoms.forget_scales()
        return loss

    def result(self) -> Shape:
        surface = self._surface(final=True)
        moved = self._freedoms.movement
        distance, color = sdf.refreshed(
            surface,
            sdf.unmoved(self._distance, moved),
            np.zeros(moved.shape, np.float32),
            self._color,
        )
        mesh = None if self._isosurface == "dual" else (surface.vertices, surface.faces)
        return Shape(self._grid, distance, color, self._light.astype(np.float32), mesh)

    def _surface(self, *, final: bool) -> Isosurface:
        return extraction.extract(self._isosurface, self._freedoms.parameters, final=final)

    def _move(self, number: int, gradients: Gradients) -> None:
        rate = self._level.speed(number) * self._guard.speed
        how = np.array([rate, LONGEST_STEP, *SHAPE_DECAYS, number + 1])
        grad = gradients.distance
        if self._temper.stiffness:
            extraction.stiffen(
                self._distance, grad, self._level.smoothness * self._temper.stiffness
            )
        arrays = [a.reshape(-1) for a in (self._distance, grad, *self._distance_moments)]
        pool.shared().run(
            kernels_grid.step, [(*arrays, how, a, b) for a, b in bands(grad.size, PIECES)]
        )
        self._freedoms.step(gradients, how)

    def _paint(self, number: int, index: Ints, grad: Floats) -> None:
        kernels_grid.join(index, grad, self._owner)
        volume, *moments = (a.reshape(-1, 3) for a in (self._color, *self._color_moments))
        how = np.array([COLOR_RATE * self._guard.speed, np.inf, *PAINT_DECAYS, number + 1])
        known = (volume, index, grad, self._owner, *moments, how)
        pool.shared().run(
            kernels_grid.paint, [(*known, a, b) for a, b in bands(len(index), PIECES)]
        )

    def _relight(self, number: int, grad: Floats) -> None:
        how = np.array([LIGHT_RATE * self._guard.speed, np.inf, *PAINT_DECAYS, number + 1])
        light, back, *moments = (a.reshape(-1) for a in (self._light, grad, *self._light_moments))
        kernels_grid.step(light, back, moments[0], moments[1], how, 0, grad.size)


def _order(count: int, level: ShapeLevel, rng: np.random.Generator) -> NDArray[np.int64]:
    """(steps, batch) view indices: shuffled passes over all views."""
    batch = min(level.batch, count)
    passes = level.steps * batch // count + 1
    order = np.concatenate([rng.permutation(count) for _ in range(passes)])
    return np.asarray(order[: level.steps * batch].reshape(level.steps, batch))
