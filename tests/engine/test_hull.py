from dataclasses import replace

import numpy as np
import pytest

from lightmould.engine.geometry import hull
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError


def test_the_box_that_is_found_encloses_the_object_tightly(scene) -> None:
    low, high = hull.find_object(hull.contours_of(scene.train))
    true_low, true_high = scene.mesh.bounds
    assert (low < true_low + 0.02).all()
    assert (high > true_high - 0.02).all()
    assert (high - low < (true_high - true_low) * 1.35).all()


def test_the_hull_contains_the_object_and_little_else(scene) -> None:
    low, high = hull.find_object(hull.contours_of(scene.train))
    grid = hull.grid_over(low, high, 32)
    carved = hull.carve(hull.contours_of(scene.train), grid).reshape(-1)
    ring = np.hypot(grid.points[:, 0], grid.points[:, 2]) - 0.6
    true = np.hypot(ring, grid.points[:, 1]) - 0.25
    assert (carved[true < -0.04] < 0).all()
    assert (carved[true > 0.15] > 0).mean() > 0.99


def test_masks_that_contradict_the_poses_are_an_error(scene) -> None:
    shifted = np.zeros_like(scene.train.alpha)
    shifted[:, :8, :8] = 1.0
    wrong = Views(scene.train.cameras, scene.train.color, shifted)
    with pytest.raises(ReconstructionError, match="inside every mask"):
        hull.find_object(hull.contours_of(wrong))


def test_the_views_that_contradict_the_others_are_named(scene) -> None:
    alpha = scene.train.alpha.copy()
    for index in (5, 17):
        alpha[index] = 0.0
        alpha[index, :6, :6] = 1.0
    wrong = Views(scene.train.cameras, scene.train.color, alpha)
    with pytest.raises(ReconstructionError, match=r"; 2 of 24 views .* of all 000005, 000017;"):
        hull.find_object(hull.contours_of(wrong))


def test_a_mask_that_touches_the_border_carves_nothing_beyond_the_picture(scene) -> None:
    camera = scene.train.cameras[0]
    near = replace(camera, focal=(400.0, 400.0))
    views = Views((near,), np.ones((1, 64, 64, 3), np.float32), np.ones((1, 64, 64), np.float32))
    grid = hull.grid_over(np.full(3, -0.1), np.full(3, 0.1), 8, margin=0)
    assert (hull.carve(hull.contours_of(views), grid) < 0).any()


def test_the_contour_runs_between_pixel_centers() -> None:
    alpha = np.zeros((5, 6), np.float32)
    alpha[:, 3:] = 1.0
    np.testing.assert_allclose(hull.contour_distance(alpha)[2], [2.5, 1.5, 0.5, -0.5, -1.5, -2.5])


def test_a_camera_that_came_close_does_not_cut_off_what_the_others_see(scene) -> None:
    camera = scene.train.cameras[0]
    pose = camera.world_from_camera.copy()
    pose[:3, 3] *= 0.3
    cameras = (replace(camera, world_from_camera=pose), *scene.train.cameras[1:])
    alpha = scene.train.alpha.copy()
    alpha[0] = 1.0
    low, high = hull.find_object(hull.contours_of(Views(cameras, scene.train.color, alpha)))
    true_low, true_high = scene.mesh.bounds
    assert (low < true_low + 0.02).all()
    assert (high > true_high - 0.02).all()
