"""Any poses through any format, then any other: they come back as they were, or are refused."""

from importlib.util import find_spec

import numpy as np
import pytest
from fakes.poses import LENSES, apart, poses, seen_points, through
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lightmould.errors import SettingsError
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Camera, Poses, Shot

WITHOUT = {"usd"} if find_spec("pxr") is None else set[str]()
NAMES = [name for name in FORMATS if name not in WITHOUT]
NEAR = 1e-6
LIGHT = settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink through 225 pairs is slow
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def held(name: str, given_poses: Poses) -> Poses | None:
    """Through a format, None where it refuses by name."""
    try:
        return through(FORMATS[name], given_poses)
    except SettingsError:
        return None


def every_way(given_poses: Poses) -> set[tuple[str, str]]:
    """The ordered pairs of formats that the poses went through unchanged."""
    went = set()
    for first in NAMES:
        once = held(first, given_poses)
        if once is None:
            continue
        assert apart(given_poses, once) < NEAR, first
        for second in NAMES:
            twice = held(second, once)
            if twice is not None:
                assert apart(given_poses, twice) < NEAR, (first, second)
                went.add((first, second))
    return went


@given(poses(plain=True))
@LIGHT
def test_plain_cameras_go_through_every_ordered_pair_of_formats(plain: Poses) -> None:
    assert len(every_way(plain)) == len(NAMES) ** 2


@pytest.mark.parametrize("lens", LENSES)
@given(st.data())
@settings(LIGHT, max_examples=1)
def test_any_lens_goes_through_all_formats_that_hold_it(lens: str, data: st.DataObject) -> None:
    went = every_way(data.draw(poses(lens)))
    assert {("lightmould", "colmap"), ("colmap", "colmap-binary")} <= went


@pytest.mark.parametrize("name", [name for name in NAMES if FORMATS[name].holds.points])
def test_points_and_who_saw_them_survive(name: str) -> None:
    shown = seen_points(_example())
    again = through(FORMATS[name], shown).points
    assert again is not None
    assert shown.points is not None
    np.testing.assert_allclose(again.positions, shown.points.positions)
    np.testing.assert_array_equal(again.colors, shown.points.colors)
    order = [np.lexsort((one.shots, one.points)) for one in (again, shown.points)]
    for field in ("shots", "points", "pixels"):
        first, second = (getattr(one, field) for one in (again, shown.points))
        np.testing.assert_allclose(first[order[0]], second[order[1]])


@pytest.mark.parametrize("name", [name for name in NAMES if FORMATS[name].holds.names])
def test_names_survive_where_the_format_says_so(name: str) -> None:
    again = through(FORMATS[name], _example())
    assert [camera.name for camera in again.cameras] == ["v0", "v1"]


def _example() -> Poses:
    size, center = (640, 480), (320.0, 240.0)
    cameras = [Camera(f"v{i}", size, (500.0, 500.0), center, np.eye(4)) for i in range(2)]
    return Poses(tuple(Shot(camera) for camera in cameras))
