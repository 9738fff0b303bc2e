"""Lenses that bend: OpenCV's formulas, their inverses, and who refuses to look through them."""

from dataclasses import replace
from math import atan, hypot, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.engine.views import Views
from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.model import Camera
from lightmould.model.camera import project
from lightmould.model.distortion import Distortion, Fisheye, RadialTangential, radial_tangential

BARREL = RadialTangential(k1=-0.28, k2=0.09, k3=-0.01, p1=1e-3, p2=-2e-3)
RATIONAL = RadialTangential(k1=0.4, k2=0.1, k4=0.6, k5=0.2, k6=0.01)
WIDE = Fisheye(k1=-0.03, k2=0.01, k3=-0.004, k4=0.0005)
LENSES = (BARREL, RATIONAL, WIDE, Fisheye())
CAMERA = Camera("one", (640, 480), (500, 520), (330, 250), np.eye(4), distortion=BARREL)


def of_opencv(lens: Distortion, x: float, y: float) -> tuple[float, float]:
    """OpenCV's formulas, letter by letter."""
    r = hypot(x, y)
    if isinstance(lens, Fisheye):
        t = atan(r)
        seen = t * (1 + lens.k1 * t**2 + lens.k2 * t**4 + lens.k3 * t**6 + lens.k4 * t**8)
        return x * seen / r, y * seen / r
    gain = (1 + lens.k1 * r**2 + lens.k2 * r**4 + lens.k3 * r**6) / (
        1 + lens.k4 * r**2 + lens.k5 * r**4 + lens.k6 * r**6
    )
    return (
        x * gain + 2 * lens.p1 * x * y + lens.p2 * (r**2 + 2 * x**2),
        y * gain + lens.p1 * (r**2 + 2 * y**2) + 2 * lens.p2 * x * y,
    )


@pytest.mark.parametrize("lens", LENSES)
def test_a_lens_bends_as_opencv_says(lens: Distortion) -> None:
    points = np.random.default_rng(0).uniform(-0.7, 0.7, (50, 2))
    expected = [of_opencv(lens, x, y) for x, y in points]
    np.testing.assert_allclose(lens.distorted(points), expected, rtol=1e-12, atol=1e-15)


@given(st.sampled_from(LENSES), st.floats(-0.8, 0.8), st.floats(-0.8, 0.8))
@settings(max_examples=100, deadline=None)
def test_what_is_undone_is_what_was_there(lens: Distortion, x: float, y: float) -> None:
    points = np.array([[x, y]])
    np.testing.assert_allclose(lens.undistorted(lens.distorted(points)), points, atol=1e-9)


def test_where_the_lens_folds_over_there_is_no_point() -> None:
    folding = RadialTangential(k1=-0.5)  # turns back at a radius of 0.816
    points = np.array([[0.8, 0.0], [0.9, 0.0]])
    assert np.isnan(folding.distorted(points)).any(axis=1).tolist() == [False, True]
    assert np.isnan(folding.undistorted(np.array([[0.6, 0.0]]))).all()
    assert np.isnan(Fisheye().undistorted(np.array([[1.6, 0.0]]))).all()
    straight_back = np.array([[0.0, 0.0]])
    for lens in LENSES:
        np.testing.assert_array_equal(lens.distorted(straight_back), straight_back)
        np.testing.assert_array_equal(lens.undistorted(straight_back), straight_back)


def test_no_distortion_is_a_pinhole() -> None:
    assert radial_tangential(k1=0.0, p1=0.0) is None
    assert radial_tangential(k1=0.0, p1=0.5) == RadialTangential(p1=0.5)
    assert replace(CAMERA, distortion=RadialTangential()).distortion is None
    assert replace(CAMERA, distortion=Fisheye()).distortion == Fisheye()
    with pytest.raises(SettingsError, match="wanted finite numbers"):
        RadialTangential(k1=nan)


def test_a_point_is_seen_where_the_lens_bends_it() -> None:
    x, y = of_opencv(BARREL, 0.3, 0.2)
    seen = project(CAMERA, np.array([[0.3, -0.2, -1.0], [0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(seen[0], [330 + 500 * x, 250 + 520 * y])
    assert np.isnan(seen[1]).all()


def test_a_lens_survives_json_and_an_older_file_has_none() -> None:
    for lens in (*LENSES, None):
        text = codec.write(replace(CAMERA, distortion=lens))
        assert codec.read(Camera, text, "rig").distortion == lens
    before = {k: v for k, v in codec.parse(text, "rig").items() if k != "distortion"}
    assert codec.decoded(Camera, before, "rig").distortion is None


def test_who_draws_straight_lines_refuses_a_lens_that_bends_by_name() -> None:
    picture = np.zeros((1, 480, 640), np.float32)
    color = np.zeros((1, 480, 640, 3), np.float32)
    with pytest.raises(SettingsError, match=r"camera 'one': found a RadialTangential lens \(k1"):
        Views((CAMERA,), color, picture)
    with pytest.raises(SettingsError, match=r"wanted a pinhole\. Undistort"):
        CAMERA.clip_from_world  # noqa: B018
