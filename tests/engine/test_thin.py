from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.engine import stages
from lightmould.engine.geometry import thin
from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.views import Views
from lightmould.model import Camera
from lightmould.raster import cpu
from lightmould.rigs.pose import look_at
from lightmould.settings.presets import PRESETS
from lightmould.settings.reconstruction import ShapeLevel

SIDE = 40

COARSE, FINE = ShapeLevel(16, 2, 1, 4), ShapeLevel(48, 2, 1, 4)


def _grid() -> NDArray[np.float64]:
    return np.indices((SIDE, SIDE, SIDE)).transpose(1, 2, 3, 0).astype(float)


def _ball(radius: float) -> NDArray[np.float32]:
    return (np.linalg.norm(_grid() - (SIDE / 2, 20, 20), axis=-1) - radius).astype(np.float32)


def _rod(x: float, z: float, radius: float) -> NDArray[np.float32]:
    where = _grid()
    return (np.hypot(where[..., 0] - x, where[..., 2] - z) - radius).astype(np.float32)


def _cameras() -> tuple[Camera, ...]:
    places = [
        3 * np.array([np.cos(height) * np.cos(turn), np.sin(height), np.cos(height) * np.sin(turn)])
        for height in (-0.7, 0.0, 0.7)
        for turn in np.arange(6) * np.pi / 3 + height
    ]
    return tuple(
        Camera(str(i), (128, 128), (190.0, 190.0), (64.0, 64.0), look_at(place, np.zeros(3)))
        for i, place in enumerate(places)
    )


def _twigs() -> Views:
    """Masks of eleven rods, 128 x 128 pixels, each a hundredth of the whole thick."""
    where = np.indices((121, 121, 121)).transpose(1, 2, 3, 0) / 60 - 1
    far = np.full(where.shape[:3], 9.0)
    for turn in np.arange(11) * 2 * np.pi / 11:
        x, z = 0.7 * np.cos(turn), 0.7 * np.sin(turn)
        rod = np.hypot(where[..., 0] - x, where[..., 2] - z) - 0.02
        far = np.minimum(far, np.maximum(rod, np.abs(where[..., 1]) - 0.8))
    cells, faces = dual_mesh(far)
    points = np.c_[cells / 60 - 1, np.ones(len(cells))]
    seen = _cameras()
    clip = np.stack([points @ camera.clip_from_world.T for camera in seen]).astype(np.float32)
    alpha = (cpu.rasterize(clip, faces, (128, 128)).triangle >= 0).astype(np.float32)
    return Views(seen, np.repeat(alpha[..., None], 3, axis=-1) * np.float32(0.5), alpha)


def _after_hull(views: Views):
    how = replace(PRESETS["draft"], levels=(COARSE,), thin_levels=(FINE,), faces=200_000)
    plan = stages.plan(views, how)
    return plan, plan[0].run({}, lambda *_: None)


def test_a_rod_that_broke_is_whole_again() -> None:
    hull = _rod(30, 20, 0.8)
    broken = np.where(np.abs(_grid()[..., 1] - 20) < 5, np.maximum(hull, 3), hull)
    np.testing.assert_array_equal(thin.restored(broken, hull), hull)


def test_what_pictures_dug_out_of_a_thick_part_stays_dug_out() -> None:
    hull = _ball(14)
    bowl = 6 - np.linalg.norm(_grid() - (SIDE / 2, 34, 20), axis=-1)
    dug = np.maximum(hull, bowl).astype(np.float32)
    np.testing.assert_array_equal(thin.restored(dug, hull) < 0, dug < 0)


def test_a_rod_between_grid_points_survives_when_it_is_swollen() -> None:
    between = _rod(30.5, 20.5, 0.4)
    assert (between > 0).all()
    assert (thin.swollen(between, 1.0) < 0).any()


@pytest.mark.parametrize(("overlap", "expected"), [(0.9, False), (0.5, True)])
def test_a_coarse_hull_that_leaves_masks_empty_is_that_of_thin_parts(overlap, expected) -> None:
    assert thin.is_thin(np.array([overlap, overlap, 1.0])) is expected


def test_an_object_of_thin_parts_begins_on_its_own_levels() -> None:
    views = _twigs()
    plan, hulled = _after_hull(views)
    assert "thin" in hulled
    assert [stage.skips(hulled) for stage in plan[1:3]] == [True, False]
    found = stages.shape_of(plan[2].run(hulled, lambda *_: None))
    assert found.grid.shape == hulled["distance"].shape


def test_any_other_object_skips_them(scene) -> None:
    plan, hulled = _after_hull(scene.train)
    assert "thin" not in hulled
    assert [stage.skips(hulled) for stage in plan[1:3]] == [False, True]
    moved = plan[1].run(hulled, lambda *_: None)
    assert plan[2].skips(moved)
