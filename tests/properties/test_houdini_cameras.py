"""Our cameras are Houdini's and come back: any pose, any lens, any principal point."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lightmould.houdini.cameras import CamParms, camera_of, euler_deg, parms_of, rotation
from lightmould.model import Camera
from lightmould.model.camera import project

angles = st.floats(-180, 180)
quarters = st.sampled_from((-180.0, -90.0, 0.0, 90.0, 180.0))
any_angles = st.tuples(*[angles | quarters] * 3)
places = st.tuples(*[st.floats(-1e3, 1e3)] * 3)


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    width, height = draw(st.integers(1, 8192)), draw(st.integers(1, 8192))
    focal = draw(st.floats(1, 1e4))
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation(draw(any_angles)), draw(places)
    return Camera(
        "c",
        (width, height),
        (focal, focal * draw(st.floats(0.5, 2))),
        (width * draw(st.floats(-1, 2)), height * draw(st.floats(-1, 2))),
        pose,
        0.1,
        draw(st.floats(1, 1e4)),
    )


@given(any_angles)
def test_every_rotation_is_its_angles_even_where_axes_meet(asked: tuple[float, ...]) -> None:
    turned = rotation(asked)
    assert np.abs(rotation(euler_deg(turned)) - turned).max() < 1e-12


@given(cameras(), st.floats(1, 100))
def test_a_camera_is_the_same_after_houdini_had_it(camera: Camera, aperture: float) -> None:
    back = camera_of(parms_of(camera, aperture), "c")
    assert np.allclose(back.world_from_camera, camera.world_from_camera, atol=1e-9)
    assert back.size == camera.size
    assert np.allclose(back.focal, camera.focal, rtol=1e-12)
    assert np.allclose(back.center, camera.center, rtol=0, atol=1e-9 * max(camera.size))
    assert (back.near, back.far) == (camera.near, camera.far)


@given(cameras(), st.floats(1, 100))
def test_houdinis_parameters_are_the_same_after_we_had_them(
    camera: Camera, aperture: float
) -> None:
    parms = parms_of(camera, aperture)
    again = parms_of(camera_of(parms, "c"), aperture)
    for name in CamParms.__slots__:
        first, second = np.array(getattr(parms, name)), np.array(getattr(again, name))
        if name == "r":  # angles of one rotation may differ by whole turns
            first, second = rotation(parms.r), rotation(again.r)
        assert np.allclose(first, second, rtol=1e-12, atol=1e-9)


@given(cameras(), st.tuples(*[st.floats(-1, 1)] * 2))
def test_houdinis_own_projection_is_ours(camera: Camera, slope: tuple[float, float]) -> None:
    """Source: the help of Houdini's camera: the film is `aperture` wide, `win` shifts it."""
    parms = parms_of(camera, 36.0)
    own = np.array([[slope[0], slope[1], -1.0]])
    world = own @ camera.world_from_camera[:3, :3].T + camera.world_from_camera[:3, 3]
    width, height = parms.res
    film_height = parms.aperture * height / (width * parms.aspect)
    across = slope[0] * parms.focal / parms.aperture - parms.win[0] + 0.5
    up = slope[1] * parms.focal / film_height - parms.win[1] + 0.5
    wanted = np.array([across * width, (1 - up) * height])
    scale = max(*camera.size, *camera.focal)
    assert np.allclose(project(camera, world)[0], wanted, rtol=0, atol=1e-6 * scale)
