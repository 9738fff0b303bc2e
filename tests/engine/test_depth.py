"""A bowl that no silhouette shows comes out right from depth maps, before any optimization."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine import stages
from lightmould.engine.checkpoint import Arrays
from lightmould.engine.geometry import depth, hull
from lightmould.engine.geometry.depth import Depths
from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.views import Views
from lightmould.errors import DatasetError, SettingsError
from lightmould.model import Camera, Dataset, View
from lightmould.rigs import Lens, sphere
from lightmould.settings.reconstruction import Reconstruction, ShapeLevel

Array = NDArray[np.float64]
SIDE = 64
CAMERAS = sphere((0, 0, 0), 3.0, 24, Lens((SIDE, SIDE), 0.6), np.random.default_rng(1)).cameras


def bowl(points: Array) -> Array:
    """(...,) metres to a ball out of which another ball is cut; exact near its surfaces."""
    ball = np.linalg.norm(points, axis=-1) - 0.6
    hollow = 0.45 - np.linalg.norm(points - (0.0, 0.5, 0.0), axis=-1)
    return np.maximum(ball, hollow)


def traced(camera: Camera) -> Array:
    """(H, W) exact depth along the axis; inf beside the bowl."""
    rays = depth._rays(camera)
    lengths = np.linalg.norm(rays, axis=-1, keepdims=True)
    directions = rays / lengths @ camera.world_from_camera[:3, :3].T
    eye = camera.world_from_camera[:3, 3]
    along = np.full(rays.shape[:2], 2.0)
    for _ in range(80):
        along += np.minimum(bowl(eye + along[..., None] * directions), 0.5)
    return np.where(along < 4.0, along / lengths[..., 0], np.inf)


def normals(points: Array) -> Array:
    step = 1e-4 * np.eye(3)
    slope = [bowl(points + axis) - bowl(points - axis) for axis in step]
    return np.stack(slope, axis=-1) / 2e-4


@pytest.fixture(scope="module")
def maps() -> Array:
    return np.stack([traced(camera) for camera in CAMERAS])


@pytest.fixture(scope="module")
def known(maps: Array) -> Depths:
    slopes = [depth.slopes(one, camera) for one, camera in zip(maps, CAMERAS, strict=True)]
    return Depths(CAMERAS, maps.astype(np.float32), np.stack(slopes))


@pytest.fixture(scope="module")
def outside(maps: Array) -> tuple[hull.Grid, NDArray[np.float32]]:
    grid = hull.grid_over(np.full(3, -0.6), np.full(3, 0.6), 40)
    alpha = np.isfinite(maps).astype(np.float32)
    views = Views(CAMERAS, np.zeros((*alpha.shape, 3), np.float32), alpha)
    return grid, hull.carve(hull.contours_of(views), grid)


def off(grid: hull.Grid, distance: NDArray[np.float32]) -> Array:
    """Cells from the vertices of a surface to the true one."""
    vertices, _ = dual_mesh(distance)
    return np.abs(bowl(grid.origin + grid.spacing * vertices)) / grid.spacing


def test_a_bowl_is_found_that_the_hull_does_not_show(known: Depths, outside) -> None:
    grid, carved = outside
    fused = depth.fuse(known, grid, carved)
    assert off(grid, carved).max() > 8
    errors = off(grid, fused)
    assert errors.mean() < 0.15
    assert np.percentile(errors, 99) < 1.0
    true = bowl(grid.points).reshape(grid.shape)
    clear = np.abs(true) > 0.5 * grid.spacing
    assert ((fused < 0) == (true < 0))[clear].mean() > 0.998


def test_the_shape_stages_keep_the_bowl_where_depth_supervises(known: Depths) -> None:
    alpha = np.isfinite(known.depth).astype(np.float32)
    views = Views(CAMERAS, np.repeat(0.5 * alpha[..., None], 3, axis=3), alpha)
    how = Reconstruction(levels=(ShapeLevel(24, 4, 0, 3), ShapeLevel(32, 4, 0, 3)))
    worst = []
    for depths in (None, known):
        arrays: Arrays = {}
        for stage in stages.plan(views, how, depths)[:3]:
            arrays = stage.run(arrays, lambda _, __: None)
        found = stages.shape_of(arrays)
        worst.append(np.percentile(off(found.grid, found.distance), 99))
    assert worst[0] > 5
    assert worst[1] < 1


def test_normals_that_are_known_bring_it_nearer_still(known: Depths, outside) -> None:
    grid, carved = outside
    exact = []
    for camera, one in zip(CAMERAS, known.depth, strict=True):
        seen = np.isfinite(one)
        points = depth._rays(camera) * np.where(seen, one, 1.0)[..., None]
        world = points @ camera.world_from_camera[:3, :3].T + camera.world_from_camera[:3, 3]
        turned = normals(world) @ camera.camera_from_world[:3, :3].T
        exact.append(np.where(seen[..., None], turned, 0.0))
    better = replace(known, normals=np.stack(exact).astype(np.float32))
    found = off(grid, depth.fuse(better, grid, carved)).mean()
    assert found < off(grid, depth.fuse(known, grid, carved)).mean()


def test_the_kernel_does_what_the_formula_says(known: Depths, outside) -> None:
    grid, carved = outside
    fused = depth.fuse(known, grid, carved).reshape(-1)
    chosen = np.random.default_rng(2).choice(len(fused), 300, replace=False)
    reach = depth.REACH * grid.spacing
    for index in chosen:
        terms = []
        for camera, one, slope in zip(CAMERAS, known.depth, known.normals, strict=True):
            pose = camera.camera_from_world
            place = pose[:3, :3] @ grid.points[index] + pose[:3, 3]
            column = int(np.floor(camera.center[0] - camera.focal[0] * place[0] / place[2]))
            row = int(np.floor(camera.center[1] + camera.focal[1] * place[1] / place[2]))
            if not (0 <= row < SIDE and 0 <= column < SIDE):
                continue
            normal, seen = slope[row, column], one[row, column]
            if not np.isfinite(seen) or not normal.any():
                continue
            length = np.linalg.norm(place)
            ahead = (seen + place[2]) * length / -place[2]
            if ahead >= -reach:
                away = normal @ (place - seen * depth._rays(camera)[row, column])
                away = reach if ahead > reach else np.clip(away, -reach, reach)
                facing = normal @ place / length
                terms.append((facing**2 / (grid.spacing**2 / 16 + away**2), away))
        weights, values = np.array(terms).reshape(-1, 2).T
        expected = weights @ values / weights.sum() if terms else -reach
        assert fused[index] == pytest.approx(max(expected, carved.reshape(-1)[index]), abs=1e-5)


def written(folder: Path, maps: Array, kind: str) -> Dataset:
    """A dataset whose colors nobody looks at."""
    views = []
    for camera, one in zip(CAMERAS, maps, strict=True):
        scale = np.linalg.norm(depth._rays(camera), axis=-1) if kind == "ray" else 1.0
        name = PurePosixPath(f"depth/{camera.name}.exr")
        images.write_exr(folder / name, (one * scale)[..., None].astype(np.float32))
        views.append(View(camera, "train", PurePosixPath("c.png"), depth=name))
    return Dataset(folder, tuple(views), depth_kind="ray" if kind == "ray" else "z")


@pytest.mark.parametrize("kind", ["z", "ray"])
def test_depth_of_either_kind_is_read_as_depth_along_the_axis(
    tmp_path: Path, maps: Array, known: Depths, kind: str
) -> None:
    found = depth.load(written(tmp_path, maps, kind), ("depth",))
    assert found is not None
    np.testing.assert_allclose(found.depth, maps, rtol=1e-5)
    agree = (np.abs(found.normals - known.normals) < 1e-2).all(axis=-1)
    assert agree.mean() > 0.999


def test_what_nobody_asked_for_is_not_read() -> None:
    assert depth.load(Dataset(Path(), (View(CAMERAS[0], "train", PurePosixPath("c")),)), ()) is None


def test_what_is_asked_for_and_missing_is_named(tmp_path: Path, maps: Array) -> None:
    dataset = written(tmp_path, maps, "z")
    with pytest.raises(DatasetError, match="found no normal of view 000000"):
        depth.load(dataset, ("depth", "normal"))
    with pytest.raises(SettingsError, match="normal without depth"):
        depth.load(dataset, ("normal",))
