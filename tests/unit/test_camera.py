"""Cameras, rigs, and the two worlds."""

import numpy as np
import pytest

from lightmould.errors import SettingsError
from lightmould.model import Camera, CameraRig
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP, Z_UP_FROM_Y_UP
from lightmould.model.camera import project


def camera(
    name: str = "front",
    *,
    size: tuple[int, int] = (640, 480),
    focal: tuple[float, float] = (500.0, 400.0),
    world_from_camera: Floats | None = None,
    near: float = 0.1,
) -> Camera:
    pose = np.eye(4) if world_from_camera is None else world_from_camera
    return Camera(name, size, focal, (300.0, 250.0), pose, near, 50.0)


def turned(rng: np.random.Generator) -> Floats:
    """A random rigid transform."""
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    pose = np.eye(4)
    pose[:3, :3] = rotation * np.sign(np.linalg.det(rotation))
    pose[:3, 3] = rng.normal(size=3)
    return pose


def test_a_point_on_the_axis_lands_on_the_principal_point() -> None:
    assert project(camera(), np.array([[0.0, 0.0, -3.0]])).tolist() == [[300.0, 250.0]]


def test_x_goes_right_and_y_up_in_the_picture() -> None:
    (pixel,) = project(camera(), np.array([[1.0, 1.0, -2.0]])).tolist()
    assert pixel == [300.0 + 500.0 / 2, 250.0 - 400.0 / 2]


def test_a_point_behind_the_camera_has_no_pixel() -> None:
    assert np.isnan(project(camera(), np.array([[0.0, 0.0, 1.0]]))).all()


def test_clip_space_and_pixels_agree() -> None:
    rng = np.random.default_rng(1)
    one = camera(world_from_camera=turned(rng))
    local = rng.uniform(-1, 1, (50, 3)) - (0.0, 0.0, 5.0)
    world = local @ one.world_from_camera[:3, :3].T + one.world_from_camera[:3, 3]
    clip = np.c_[world, np.ones(50)] @ one.clip_from_world.T
    screen = clip[:, :2] / clip[:, 3:]
    pixels = (screen * (1, -1) + 1) / 2 * one.size
    np.testing.assert_allclose(pixels, project(one, world), atol=1e-9)


def test_clip_depth_goes_from_minus_one_near_to_one_far() -> None:
    one = camera()
    ends = one.clip_from_camera @ np.array([[0, 0, -one.near, 1], [0, 0, -one.far, 1]]).T
    np.testing.assert_allclose(ends[2] / ends[3], (-1, 1), atol=1e-9)


def test_camera_from_world_is_the_inverse() -> None:
    one = camera(world_from_camera=turned(np.random.default_rng(2)))
    np.testing.assert_allclose(one.camera_from_world @ one.world_from_camera, np.eye(4), atol=1e-12)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "a\\b", "a:b", "a*", "end.", "end ", " a", "a\nb", "\0"],
)
def test_a_name_that_some_system_can_not_store_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="file stem"):
        camera(name)


@pytest.mark.parametrize("name", ["000001", "front left", "späce dir's", "日本語", "a%04d", "a$F"])
def test_any_other_name_is_fine(name: str) -> None:
    assert camera(name).name == name


def test_scale_in_the_pose_is_refused() -> None:
    with pytest.raises(SettingsError, match="scale, shear or a mirror"):
        camera(world_from_camera=np.diag([2.0, 2.0, 2.0, 1.0]))


def test_a_mirror_in_the_pose_is_refused() -> None:
    with pytest.raises(SettingsError, match="scale, shear or a mirror"):
        camera(world_from_camera=np.diag([1.0, 1.0, -1.0, 1.0]))


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(SettingsError, match="size"):
        camera(size=(0, 480))


@pytest.mark.parametrize("focal", [(0.0, 1.0), (1.0, -1.0), (np.nan, 1.0), (np.inf, 1.0)])
def test_a_focal_length_is_finite_and_above_zero(focal: tuple[float, float]) -> None:
    with pytest.raises(SettingsError, match="focal"):
        camera(focal=focal)


@pytest.mark.parametrize("near", [0.0, -1.0, 50.0])
def test_near_lies_between_zero_and_far(near: float) -> None:
    with pytest.raises(SettingsError, match="near"):
        camera(near=near)


def test_cameras_of_a_rig_have_their_own_names() -> None:
    with pytest.raises(SettingsError, match=r"\['a'\] twice"):
        CameraRig("ring", (camera("a"), camera("b"), camera("a")))


def test_the_two_worlds_turn_into_each_other_without_a_mirror() -> None:
    assert np.array_equal(Z_UP_FROM_Y_UP @ Y_UP_FROM_Z_UP, np.eye(4))
    assert np.linalg.det(Z_UP_FROM_Y_UP) == 1.0


def test_up_is_up_in_both_worlds() -> None:
    x, y, z = 1.0, 2.0, 3.0
    assert (Z_UP_FROM_Y_UP @ (x, y, z, 1.0)).tolist() == [x, -z, y, 1.0]
