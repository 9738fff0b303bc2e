"""What pixels' centers see, drawn in NumPy, is what rays through them meet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.model import Camera
from lightmould.model.camera import project
from lightmould.raster.reference.draw import cast
from lightmould.rigs import look_at
from lightmould.tools.blender.inside import shading, spans
from lightmould.tools.blender.inside.pinhole import Pinhole

POSE = look_at((0.4, 0.7, 3.0), (0.0, 0.1, 0.0))
SMALL = Camera("small", (16, 12), (20.0, 17.0), (7.0, 6.5), POSE, 0.5, 6.0)
ODD = Camera("odd", (40, 30), (50.0, 42.0), (17.5, 16.25), POSE, 0.5, 6.0)


def pinhole(camera: Camera) -> Pinhole:
    lens = camera.size, camera.focal, camera.center, camera.near, camera.far
    return Pinhole(*lens, camera.world_from_camera)


def drawn(positions: np.ndarray, faces: np.ndarray, camera: Camera) -> spans.Drawn:
    seen = pinhole(camera)
    return spans.draw(seen.seen(positions)[faces], seen)


def depth_of(found: spans.Drawn) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return 1 / found.inverse


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 6.0))
def test_what_is_drawn_is_what_rays_meet_though_triangles_reach_behind_the_camera(
    seed: int, size: float
) -> None:
    rng = np.random.default_rng(seed)
    positions = rng.normal(scale=size, size=(24, 3))
    faces = rng.integers(0, 24, (20, 3)).astype(np.int32)
    found = drawn(positions, faces, SMALL)
    triangle, depth, _ = cast(positions, faces, SMALL)
    corners = np.append(np.sort(faces, axis=1), [[-1, -1, -1]], axis=0)  # two may be the same
    np.testing.assert_array_equal(corners[found.triangle], corners[triangle])
    np.testing.assert_allclose(depth_of(found), depth, rtol=1e-9)


def test_no_pixel_is_missed_where_edges_pass_through_pixels_centers() -> None:
    straight = Camera("straight", (32, 32), (32.0, 32.0), (16.0, 16.0), np.eye(4))
    # 8 x 8 squares of 4 x 4 pixels, whose sides and diagonals hit centers.
    at = (np.arange(9) * 4 - 15.5) / 32
    x, y = np.meshgrid(at, at)
    positions = np.stack([x, y, np.full_like(x, -1)], axis=-1).reshape(-1, 3)
    corner = (np.arange(8)[:, None] * 9 + np.arange(8)).reshape(-1)
    lower = np.stack([corner, corner + 1, corner + 10], axis=1)
    upper = np.stack([corner, corner + 10, corner + 9], axis=1)
    found = drawn(positions, np.concatenate([lower, upper]), straight)
    assert (found.triangle[1:, :32] >= 0).all()
    np.testing.assert_allclose(depth_of(found)[1:], 1, rtol=1e-12)


def test_the_same_triangles_give_the_same_picture_however_they_are_portioned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    positions, faces = rng.normal(size=(60, 3)), rng.integers(0, 60, (90, 3))
    at_once = drawn(positions, faces, ODD)
    monkeypatch.setattr(spans, "CHUNK", 7)
    monkeypatch.setattr(spans, "ROWS", 11)
    piecewise = drawn(positions, faces, ODD)
    np.testing.assert_array_equal(at_once.triangle, piecewise.triangle)
    np.testing.assert_array_equal(at_once.inverse, piecewise.inverse)


def test_nothing_is_drawn_of_nothing_and_of_what_has_no_area() -> None:
    for faces in ([], [[0, 0, 1], [2, 2, 2]]):
        found = drawn(np.eye(3), np.array(faces, np.int32).reshape(-1, 3), ODD)
        assert (found.triangle == -1).all()
        assert np.isinf(depth_of(found)).all()


def test_normals_are_interpolated_as_perspective_wants_it() -> None:
    positions = np.array([[-1, -1, 1.5], [2, -1, -2], [0, 1.5, 0.0]])
    faces, corners = np.array([[0, 1, 2]]), np.eye(3, dtype=np.float32)[None]
    found = drawn(positions, faces, ODD)
    facing = shading.facing(found, corners, np.ones(1))
    _, _, barycentric = cast(positions, faces, ODD)
    seen = found.triangle >= 0
    wanted = barycentric[seen] / np.linalg.norm(barycentric[seen], axis=1, keepdims=True)
    assert seen.sum() > 100
    sign = found.planes.facing[0]
    np.testing.assert_allclose(shading.normals(found, facing)[seen], sign * wanted, atol=1e-6)


def test_a_pinhole_projects_as_our_cameras_do_and_finds_points_again() -> None:
    points = np.random.default_rng(1).normal(size=(50, 3)) * 2
    seen = pinhole(ODD)
    np.testing.assert_allclose(seen.pixels(points), project(ODD, points), rtol=1e-9)
    places = seen.points(np.full((30, 40), 2.5))
    np.testing.assert_allclose(seen.depths(places), 2.5, rtol=1e-12)
    rows, columns = np.indices((30, 40)) + 0.5
    np.testing.assert_allclose(seen.pixels(places), np.stack([columns, rows], -1), rtol=1e-9)


def test_srgb_is_rounded_to_the_nearest_of_its_256_values() -> None:
    linear = np.random.default_rng(2).random(20000)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    wrong = shading.encoded(linear) != np.rint(curved * 255)
    assert wrong.mean() < 0.005  # those that lie on the border between two
    assert np.abs(shading.encoded(linear) - curved * 255).max() < 0.56
    assert shading.encoded(np.array([-1, 0, 1, 7])).tolist() == [0, 0, 255, 255]
