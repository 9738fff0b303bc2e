import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.errors import SettingsError
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats
from lightmould.model.camera import project
from lightmould.rigs import Lens, around_sphere, framing, look_at, ring, sphere

coordinates = st.tuples(*[st.floats(-100, 100)] * 3).map(np.array)
lenses = st.builds(
    Lens,
    size=st.tuples(st.integers(16, 999), st.integers(16, 999)),
    fov=st.floats(0.1, 2.5),
)
seeds = st.integers(0, 2**32).map(np.random.default_rng)


def random_points(rng: np.random.Generator) -> Floats:
    return rng.normal(size=(50, 3)) * rng.uniform(0.01, 100, size=3) + rng.normal(size=3)


def assert_sees_in_the_center(rig: CameraRig, target: Floats, distance: float) -> None:
    for camera in rig.cameras:
        np.testing.assert_allclose(project(camera, target[None])[0], camera.center, atol=1e-5)
        place = camera.world_from_camera[:3, 3]
        np.testing.assert_allclose(np.linalg.norm(place - target), distance, rtol=1e-9)


@settings(max_examples=50, deadline=None)
@given(coordinates, st.floats(0.1, 100), st.integers(1, 40), lenses, seeds)
def test_every_camera_of_a_sphere_sees_the_target_in_the_center(
    target: Floats, radius: float, count: int, lens: Lens, rng: np.random.Generator
) -> None:
    rig = sphere(target, radius, count, lens, rng)
    assert [camera.name for camera in rig.cameras] == [f"{i:06d}" for i in range(count)]
    assert_sees_in_the_center(rig, target, radius)


@settings(max_examples=50, deadline=None)
@given(coordinates, st.floats(0.1, 100), st.integers(1, 40), lenses, st.floats(-1.5, 1.5))
def test_every_camera_of_a_ring_sees_the_target_from_the_same_height(
    target: Floats, radius: float, count: int, lens: Lens, elevation: float
) -> None:
    rig = ring(target, radius, count, lens, elevation)
    assert_sees_in_the_center(rig, target, radius)
    heights = [camera.world_from_camera[1, 3] for camera in rig.cameras]
    np.testing.assert_allclose(heights, target[1] + radius * np.sin(elevation), atol=1e-9)


def test_a_ring_begins_on_the_front_side() -> None:
    rig = ring((0, 0, 0), 2, 4, Lens((64, 64), 1.0))
    places = [camera.world_from_camera[:3, 3] for camera in rig.cameras]
    expected = [(0, 0, 2), (2, 0, 0), (0, 0, -2), (-2, 0, 0)]
    np.testing.assert_allclose(places, expected, atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(coordinates, st.integers(0, 2), st.sampled_from([-1.0, 1.0]))
def test_a_pose_is_rigid_and_upright_even_when_it_looks_straight_up_or_down(
    target: Floats, axis: int, sign: float
) -> None:
    eye = target + sign * 3 * np.eye(3)[axis]
    pose = look_at(eye, target)
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) > 0
    np.testing.assert_allclose(-pose[:3, 2], (target - eye) / 3, atol=1e-12)
    if axis != 1:
        np.testing.assert_allclose(pose[:3, 1], (0, 1, 0), atol=1e-12)


def test_a_camera_in_its_target_is_refused() -> None:
    with pytest.raises(SettingsError, match="a target in front"):
        look_at((1, 2, 3), (1, 2, 3))


@settings(max_examples=50, deadline=None)
@given(lenses, st.floats(1e-3, 1e3))
def test_framing_fits_the_sphere_in_the_picture_with_its_margin(lens: Lens, radius: float) -> None:
    distance = framing(radius, lens.narrow_fov, margin=1.05)
    # The outline is where rays touch the sphere: a cone of half angle asin(radius / distance).
    outline = lens.focal * np.tan(np.arcsin(radius / distance))
    assert outline == pytest.approx(min(lens.size) / 2 / 1.05)


@settings(max_examples=30, deadline=None)
@given(lenses, st.integers(1, 60), st.integers(0, 12), seeds)
def test_around_a_mesh_every_picture_holds_all_of_it(
    lens: Lens, train: int, test: int, rng: np.random.Generator
) -> None:
    points = random_points(rng)
    learned, held_out = around_sphere(points, lens, train, test, rng)
    cameras = learned.cameras + held_out.cameras
    assert [camera.name for camera in cameras] == [f"{i:06d}" for i in range(train + test)]
    assert len(learned.cameras) == train
    for camera in cameras:
        pixels = project(camera, points)
        assert (pixels > 0).all()
        assert (pixels < camera.size).all()
        depth = -(points @ camera.camera_from_world[:3, :3].T + camera.camera_from_world[:3, 3])
        assert depth[:, 2].min() > camera.near
        assert depth[:, 2].max() < camera.far


def test_test_views_lie_between_train_views_and_all_sides_are_seen() -> None:
    lens = Lens((64, 64), 0.7)
    points = np.array([[-1.0, -1, -1], [1, 1, 1]])
    for seed in range(5):
        learned, held_out = around_sphere(points, lens, 48, 8, np.random.default_rng(seed))
        views = [[c.world_from_camera[:3, 2] for c in rig.cameras] for rig in (learned, held_out)]
        nearest = np.arccos((np.array(views[1]) @ np.array(views[0]).T).max(axis=1))
        assert nearest.min() > np.radians(5)
        assert nearest.max() < np.radians(30)
        assert np.abs(np.mean(views[0], axis=0)).max() < 0.1


def test_the_same_seed_gives_the_same_cameras() -> None:
    rigs = [sphere((0, 0, 0), 1, 9, Lens((8, 8), 1), np.random.default_rng(3)) for _ in range(2)]
    poses = [[camera.world_from_camera for camera in rig.cameras] for rig in rigs]
    np.testing.assert_array_equal(*poses)


def test_a_mesh_without_extent_and_a_rig_without_cameras_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(SettingsError, match=r"radius of 0\.0"):
        around_sphere(np.zeros((3, 3)), Lens((8, 8), 1), 4, 1, rng)
    with pytest.raises(SettingsError, match="0 cameras"):
        sphere((0, 0, 0), 1, 0, Lens((8, 8), 1), rng)
