"""The stages of a reconstruction: each turns the arrays of the one before into its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from lightmould.engine.checkpoint import Arrays
from lightmould.engine.geometry import agreement, cleaning, depth, hull, refine, shape, thin
from lightmould.engine.geometry.depth import Depths
from lightmould.engine.geometry.hull import Grid
from lightmould.engine.geometry.shape import Shape
from lightmould.engine.isosurfaces import extraction
from lightmould.engine.isosurfaces.surface import Parameters
from lightmould.engine.texturing import appearance, atlas, retexture
from lightmould.engine.texturing import light as lights
from lightmould.engine.texturing.atlas import Corners
from lightmould.engine.texturing.look import LightFrame, Look
from lightmould.engine.texturing.points import Points
from lightmould.engine.texturing.visibility import visibility
from lightmould.engine.views import Views, halved
from lightmould.errors import ReconstructionError
from lightmould.model import Mesh
from lightmould.model.arrays import Floats
from lightmould.settings.reconstruction import Reconstruction

Tell: TypeAlias = Callable[[int, float], None]

FULL_SIZE = 512
"""Pixels along the longer side of the pictures that the levels' halvings are meant for; smaller
ones are halved less often."""

TELLING = 10
"""Steps at the end of a level whose mean loss says how well it went."""

CLEARLY = 0.97
"""Share of the loss under a light that stands still below which a light that turns with the
camera explains the pictures better."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        name: also the checkpoint's.
        title: for people.
        weight: rough share of the time, in any unit.
        steps: optimization steps; 1 where there are none.
        run: arrays before, and a listener to (step, loss) -> arrays after.
        skips: whether, after these arrays, there is nothing for it to do.
    """

    name: str
    title: str
    weight: float
    steps: int
    run: Callable[[Arrays, Tell], Arrays]
    skips: Callable[[Arrays], bool] = lambda _: False


def plan(views: Views, how: Reconstruction, depths: Depths | None = None) -> tuple[Stage, ...]:
    """Every stage of a reconstruction from these views, and from their depth if it is given."""
    return tuple(_stages(views, how, depths))


def _stages(views: Views, how: Reconstruction, depths: Depths | None) -> Iterator[Stage]:
    base = how.base_mesh
    if base is None:
        yield from _shape_stages(views, how, depths)
    else:
        yield Stage("20_base", "base mesh", 1.0, 1, lambda _, __: retexture.start(base, views, how))
    points = _PointsOnce(views)
    for index, level in enumerate(how.appearance):

        def paint(arrays: Arrays, tell: Tell, index: int = index) -> Arrays:
            return _paint(arrays, points, how, index, tell)

        title = f"textures and light, {appearance.texture_size(how, level)} texels"
        weight = 1.0 + level.steps * (0.02 + views.alpha.size / level.every / 2e7)
        yield Stage(f"{30 + index}_appearance", title, weight, level.steps, paint)


def _shape_stages(views: Views, how: Reconstruction, depths: Depths | None) -> Iterator[Stage]:
    yield Stage("00_hull", "visual hull", 2.0, 1, lambda _, __: _carve(views, how, depths))
    for index, level in enumerate(how.levels + how.thin_levels):

        def move(arrays: Arrays, tell: Tell, index: int = index) -> Arrays:
            begun = _begun(arrays, views, how, index, depths)
            return {**arrays, **_arrays(_move(begun, views, how, index, tell))}

        weight = level.steps * level.batch / 4**level.halvings / 20
        for_thin = index >= len(how.levels)
        title = f"shape, {level.cells} cells{', thin parts' * for_thin}"
        skips = partial(_is_of_others, for_thin=for_thin)
        yield Stage(f"1{index}_shape", title, weight, level.steps, move, skips)
    steps = how.refine_steps
    weight = 0.5 + steps * views.alpha.size / 1e7
    yield Stage("19_mesh", "mesh", weight, max(steps, 1), partial(_mesh, views, how))
    yield Stage("20_atlas", "atlas", 3.0, 1, lambda arrays, _: _unwrap(arrays, how))


def _is_of_others(arrays: Arrays, *, for_thin: bool) -> bool:
    """Whether a level is for other objects than that of the arrays."""
    return for_thin != ("thin" in arrays)


def mesh_of(arrays: Arrays) -> Mesh:
    """The unwrapped mesh among the arrays."""
    return Mesh(
        arrays["positions"],
        arrays["faces"],
        arrays["uvs"],
        arrays["face_uvs"],
        arrays["normals"],
        arrays["faces"],
    )


def corners_of(arrays: Arrays) -> Corners:
    """The same mesh as a rasterizer wants it, and what hides what."""
    return atlas.corners_of(mesh_of(arrays), arrays["free"])


def look_of(arrays: Arrays) -> Look:
    """The textures and the light among the arrays."""
    frame: LightFrame = "camera" if "turntable" in arrays else "world"
    return Look(arrays["texture"], arrays["light"], frame)


def shape_of(arrays: Arrays) -> Shape:
    """The shape among the arrays."""
    x, y, z = arrays["distance"].shape
    grid = Grid(arrays["origin"], float(arrays["spacing"]), (x, y, z))
    mesh = None
    if "mesh_faces" in arrays:
        mesh = arrays["mesh_vertices"], arrays["mesh_faces"]
    return Shape(grid, arrays["distance"], arrays["color"], arrays["light"], mesh)


def _carve(views: Views, how: Reconstruction, depths: Depths | None) -> Arrays:
    contours = hull.contours_of(views)
    low, high = _within_extent(*hull.find_object(contours), how.extent)
    coarse = hull.grid_over(low, high, hull.SEARCH_CELLS)
    hulled = Parameters(hull.carve(contours, coarse))
    mesh = extraction.extract(how.isosurface, hulled, final=True)
    thin_parts = False
    if how.extent is None:  # else the masks may well show more than the hull
        surface = coarse.origin + coarse.spacing * mesh.vertices
        thin_parts = thin.is_thin(agreement.overlap(views, surface, mesh.faces))
        if thin_parts:
            agreement.of_hull(views, thin.SEARCH_CELLS)  # wrong poses look thin, too
        thin_parts = thin_parts and bool(how.thin_levels)
    finest = hull.SEARCH_CELLS * (how.faces / max(len(mesh.faces), 1)) ** 0.5
    level = (how.thin_levels if thin_parts else how.levels)[0]
    grid = _grid(low, high, level.cells, finest)
    distance = hull.carve(contours, grid)
    if thin_parts:
        distance = thin.swollen(distance, grid.spacing)
    if depths is not None:
        distance = depth.fuse(depths, grid, distance)
    begun = shape.start(grid, distance)
    marks = {"thin": np.ones(1)} if thin_parts else {}
    return {**_arrays(begun), **marks, "low": low, "high": high, "finest": np.array(finest)}


def _within_extent(low: Floats, high: Floats, extent: float | None) -> tuple[Floats, Floats]:
    """The part of a box that lies in a cube around the origin."""
    if extent is None:
        return low, high
    inner_low, inner_high = np.maximum(low, -extent / 2), np.minimum(high, extent / 2)
    if (inner_low >= inner_high).any():
        raise ReconstructionError(
            "extent",
            f"an object from {low.round(3).tolist()} to {high.round(3).tolist()}",
            f"one within {extent / 2:g} of the origin on every axis",
            "Move the poses so that the object is at the origin, or enlarge the extent.",
        )
    return inner_low, inner_high


def _grid(low: Floats, high: Floats, cells: int, finest: float) -> Grid:
    """A grid over the object, coarser than asked for where that would be too many faces."""
    return hull.grid_over(low, high, min(cells, int(finest)))


def _begun(
    arrays: Arrays, views: Views, how: Reconstruction, index: int, depths: Depths | None
) -> Shape:
    """The shape that a level begins with, on its grid."""
    found = shape_of(arrays)
    if index in (0, len(how.levels)):
        return found
    finest = float(arrays["finest"])
    cells = (how.levels + how.thin_levels)[index].cells
    grid = _grid(arrays["low"], arrays["high"], cells, finest)
    found = shape.resampled(found, grid)
    if "thin" in arrays:
        carved = thin.swollen(hull.carve(hull.contours_of(views), grid), grid.spacing)
        whole = thin.restored(found.distance, carved / np.float32(grid.spacing))
        found = replace(found, distance=shape.redistanced(whole))
    if depths is None:
        return found
    # Where no view tells, the shape so far does; a cell around it is open to what views tell.
    fused = depth.fuse(depths, grid, grid.spacing * (found.distance - 1))
    return replace(found, distance=shape.redistanced(fused / grid.spacing))


def _move(begun: Shape, views: Views, how: Reconstruction, index: int, tell: Tell) -> Shape:
    level = (how.levels + how.thin_levels)[index]
    small = max(0, round(np.log2(FULL_SIZE / max(views.size))))
    for _ in range(level.halvings - small):
        views = halved(views)
    rng = np.random.default_rng((how.seed, 1, index))
    return shape.refine(begun, views, how, level, rng, tell)


def _mesh(views: Views, how: Reconstruction, arrays: Arrays, tell: Tell) -> Arrays:
    """A mesh that from now on keeps its faces, cleaned and on the contours."""
    found = shape_of(arrays)
    positions, faces = cleaning.cleaned(*shape.mesh_of(found), views)
    positions = refine.refine(positions, faces, views, how.refine_steps, tell)
    vertices = (positions - found.grid.origin) / found.grid.spacing
    return _arrays(replace(found, mesh=(vertices, faces)))


def _unwrap(arrays: Arrays, how: Reconstruction) -> Arrays:
    found = shape_of(arrays)
    positions, faces = shape.mesh_of(found)
    mesh = atlas.unwrapped(positions, faces, how.texture_size)
    texels = atlas.texels_of(mesh, how.texture_size)
    albedo = shape.albedo_at(found, texels.positions.reshape(-1, 3))
    albedo = atlas.dilated(albedo.reshape(texels.positions.shape), texels.inside)
    look = appearance.start(albedo, lights.of_harmonics(found.light))
    if how.light is not None:
        look = retexture.lit(look, how.light, how.light_scale)
    look = appearance.limited(look, how)
    return {
        "positions": mesh.positions,
        "faces": mesh.faces,
        "uvs": np.asarray(mesh.uvs),
        "face_uvs": np.asarray(mesh.face_uvs),
        "normals": np.asarray(mesh.normals),
        "free": visibility(mesh),
        "texture": look.texture,
        "light": look.light,
    }


class _PointsOnce:
    """The surface points of the pictures, which all levels share."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._frame: LightFrame = "world"
        self._found: Points | None = None

    def of(self, arrays: Arrays, frame: LightFrame) -> Points:
        """The points on the mesh among the arrays, which is always the same."""
        if self._found is None or frame != self._frame:
            self._found = None  # before there is another: they are large
            self._found = appearance.gathered(self._views, corners_of(arrays), frame)
            self._frame = frame
        return self._found


def _paint(
    arrays: Arrays, points: _PointsOnce, how: Reconstruction, index: int, tell: Tell
) -> Arrays:
    level = how.appearance[index]

    def painted(look: Look) -> tuple[float, Look]:
        losses = []

        def hear(step: int, loss: float) -> None:
            losses.append(loss)
            tell(step, loss)

        rng = np.random.default_rng((how.seed, 2, index))
        shown = points.of(arrays, look.frame)
        found = appearance.fit(look, shown, how, level, rng, hear)
        return float(np.mean(losses[-TELLING:])), found

    look = look_of(arrays)
    if index or how.light_frame == "world":
        _, look = painted(look)
    elif how.light_frame == "camera":
        _, look = painted(replace(look, frame="camera"))
    else:
        still, turning = painted(look), painted(replace(look, frame="camera"))
        look = (turning if turning[0] < CLEARLY * still[0] else still)[1]
    kept = {name: array for name, array in arrays.items() if name != "turntable"}
    turntable = {"turntable": np.ones(1)} if look.frame == "camera" else {}
    return {**kept, **turntable, "texture": look.texture, "light": look.light}


def _arrays(found: Shape) -> Arrays:
    mesh: Arrays = {}
    if found.mesh is not None:
        mesh = {"mesh_vertices": found.mesh[0], "mesh_faces": found.mesh[1]}
    return {
        **mesh,
        "origin": found.grid.origin,
        "spacing": np.array(found.grid.spacing),
        "distance": found.distance,
        "color": found.color,
        "light": found.light,
    }
