"""Signed distances and colors on a grid: made, made again, put on another grid."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.geometry import kernels_grid
from lightmould.engine.geometry.hull import Grid
from lightmould.engine.isosurfaces.dual import dual, dual_mesh
from lightmould.engine.isosurfaces.surface import Isosurface
from lightmould.errors import ReconstructionError
from lightmould.model.arrays import Floats, Ints
from lightmould.model.mesh import vertex_normals
from lightmould.raster import pool
from lightmould.raster.fragments import Singles
from lightmould.raster.shares import bands

BAND = 3.0
"""Cells around the surface in which the grid holds a distance; it is clamped beyond."""

FLAT = 1.5
"""Cells within which the surface is taken to be flat."""

PIECES = 16
"""Slices of a grid that are worked on side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What the shape stage hands on.

    Attributes:
        grid: where the samples lie.
        distance: (X, Y, Z) cells, negative inside.
        color: (X, Y, Z, 3) albedo guess of the cell whose lowest corner that is, linear, 0 to 1.
        light: (9, 3) spherical harmonics of the light, folded with the cosine.
        mesh: (V, 3) vertices in cells and (F, 3) faces, where these say more than the distance
            does; None is the dual surface of the distance.
    """

    grid: Grid
    distance: Singles
    color: Singles
    light: Singles
    mesh: tuple[Floats, Ints] | None = None


def start(grid: Grid, distance: Singles) -> Shape:
    """A gray shape under even light, from distances in metres."""
    light = np.zeros((9, 3), np.float32)
    light[0] = 1.0
    color = np.full((*grid.shape, 3), 0.5, np.float32)
    return Shape(grid, redistanced(distance / grid.spacing), color, light)


def resampled(shape: Shape, grid: Grid) -> Shape:
    """The same shape on another grid."""
    ratio = grid.spacing / shape.grid.spacing
    offset = (grid.origin - shape.grid.origin) / shape.grid.spacing
    distance = _resampled(shape.distance[..., None], grid, ratio, offset, 1 / ratio)
    # A cell's color is its middle's.
    color = _resampled(shape.color, grid, ratio, offset + (ratio - 1) / 2, 1.0)
    return Shape(grid, redistanced(distance[..., 0]), color, shape.light)


def redistanced(values: NDArray[np.floating[Any]]) -> Singles:
    """Distances, in cells, to the zero level of `values`; signs are kept.

    Within a cell and a half the distance is to the tangent plane of the nearest vertex, which
    leaves the surface where it is; farther, to the vertex itself.

    Raises:
        ReconstructionError: there is no surface.
    """
    return _settled(values, np.zeros((*values.shape, 3), np.float32), _near(dual(values), values))


def refreshed(
    surface: Isosurface, distance: Singles, moved: Singles, color: Singles
) -> tuple[Singles, Singles]:
    """Distances made again; and colors, with those of the surface spread to the cells around it.

    Args:
        surface: to which the distances are.
        distance: (X, Y, Z), whose signs are kept.
        moved: (X, Y, Z, 3) cells that the grid's points are moved by.
        color: (X, Y, Z, 3).

    Raises:
        ReconstructionError: there is no surface.
    """
    near = _near(surface, distance)
    index, colors = cell_colors(color, near.vertices)
    painted = color.copy()
    pool.shared().run(
        kernels_grid.spread,
        [(painted, near.who, colors, a, b) for a, b in bands(len(color), PIECES)],
    )
    painted.reshape(-1, 3)[index] = colors
    return _settled(distance, moved, near), painted


def unmoved(distance: Singles, moved: Singles) -> Singles:
    """A distance at the points of a grid that were moved, as one at the points before they were.

    Args:
        distance: (X, Y, Z) at the moved points.
        moved: (X, Y, Z, 3) cells, less than half a cell.
    """
    if not moved.any():
        return distance
    where = np.indices(distance.shape).reshape(3, -1).T.astype(np.float64)
    # What lies here now came from there; twice is near enough for signs.
    there = where - moved.reshape(-1, 3)
    there = where - _sampled(moved, there)
    return _sampled(distance[..., None], there).reshape(distance.shape)


def mesh_of(shape: Shape) -> tuple[Floats, Ints]:
    """(V, 3) vertices in metres, and (F, 3) faces, counter-clockwise from outside."""
    vertices, faces = dual_mesh(shape.distance) if shape.mesh is None else shape.mesh
    return shape.grid.origin + shape.grid.spacing * vertices, faces


def cell_colors(color: Singles, vertices: Floats) -> tuple[Ints, Singles]:
    """The flat indices (V,) of the cells that vertices (V, 3) lie in, and their colors (V, 3)."""
    index = np.zeros(len(vertices), np.int32)
    colors = np.zeros((len(vertices), 3), np.float32)
    pool.shared().run(
        kernels_grid.look_up,
        [(color, vertices, a, b, index, colors) for a, b in bands(len(vertices), PIECES)],
    )
    return index, colors


def albedo_at(shape: Shape, points: NDArray[np.floating[Any]]) -> Singles:
    """(P, 3) linear albedo guesses at points (P, 3) in metres."""
    where = (points - shape.grid.origin) / shape.grid.spacing - 0.5
    return _sampled(shape.color, where)


def brightness(shape: Shape) -> float:
    """Mean radiance of the light, in the unit of the pictures."""
    return float(shape.light[0].mean())


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """The surface around grid points.

    Attributes:
        vertices: (V, 3) cells.
        normals: (V, 3).
        square: (X, Y, Z) squared distance to the nearest vertex.
        who: (X, Y, Z) which it is; -1 where it is farther than the band.
    """

    vertices: Floats
    normals: Floats
    square: Singles
    who: Ints


def _near(surface: Isosurface, values: NDArray[np.floating[Any]]) -> _Near:
    if not len(surface.faces):
        raise vanished("a grid without a surface")
    square = np.zeros(values.shape, np.float32)
    who = np.zeros(values.shape, np.int32)
    pool.shared().run(
        kernels_grid.nearest,
        [(surface.vertices, BAND, a, b, square, who) for a, b in bands(len(values), PIECES)],
    )
    normals = vertex_normals(surface.vertices, surface.faces)
    return _Near(surface.vertices, normals, square, who)


def _settled(values: NDArray[np.floating[Any]], moved: Singles, near: _Near) -> Singles:
    out = np.zeros(values.shape, np.float32)
    known = (values, moved, near.vertices, near.normals, near.square, near.who, BAND, FLAT)
    pool.shared().run(
        kernels_grid.settle, [(*known, a, b, out) for a, b in bands(len(values), PIECES)]
    )
    return out


def _sampled(volume: Singles, where: Floats) -> Singles:
    found = np.zeros((len(where), volume.shape[3]), np.float32)
    pool.shared().run(
        kernels_grid.sample,
        [(volume, where, a, b, found) for a, b in bands(len(where), PIECES)],
    )
    return found


def _resampled(volume: Singles, grid: Grid, ratio: float, offset: Floats, factor: float) -> Singles:
    out = np.zeros((*grid.shape, volume.shape[3]), np.float32)
    scale = np.full(3, ratio)
    pool.shared().run(
        kernels_grid.resample,
        [(volume, scale, offset, factor, a, b, out) for a, b in bands(len(out), PIECES)],
    )
    return out


def vanished(found: str) -> ReconstructionError:
    """The error that says that there is no surface to go on with."""
    return ReconstructionError(
        "shape", found, "a surface in view", "Check the masks, the poses and the light."
    )
