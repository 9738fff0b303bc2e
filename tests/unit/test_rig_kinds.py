"""Every kind of rig: cameras are rigid, named in a row, look where they should, evenly spaced."""

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.errors import SettingsError
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats
from lightmould.model.camera import project
from lightmould.rigs import (
    Curve,
    Lens,
    Limits,
    aimed,
    dome,
    hemisphere,
    path,
    placed,
    scatter,
    sphere,
    spiral,
)
from lightmould.rigs.shapes import even

LENS = Lens((64, 48), 0.7)
ORIGIN = np.zeros(3)
targets = st.tuples(*[st.floats(-100, 100)] * 3).map(np.array)
counts = st.integers(1, 40)
radii = st.floats(0.1, 100)
heights = st.floats(-pi / 2, pi / 2)
seeds = st.integers(0, 2**32)


def places(rig: CameraRig) -> Floats:
    return np.array([camera.world_from_camera[:3, 3] for camera in rig.cameras])


def axes(rig: CameraRig) -> Floats:
    return np.array([-camera.world_from_camera[:3, 2] for camera in rig.cameras])


def nearest_angles(directions: Floats) -> Floats:
    cosines = directions @ directions.T
    np.fill_diagonal(cosines, -1)
    return np.arccos(np.clip(cosines.max(axis=1), -1, 1))


def assert_looks_at(rig: CameraRig, target: Floats, count: int) -> None:
    assert [camera.name for camera in rig.cameras] == [f"{i:06d}" for i in range(count)]
    for camera in rig.cameras:
        np.testing.assert_allclose(project(camera, target[None])[0], camera.center, atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(targets, radii, counts, st.lists(heights, min_size=1, max_size=6))
def test_a_dome_has_all_its_cameras_and_some_on_every_ring(
    target: Floats, radius: float, count: int, elevations: list[float]
) -> None:
    count += len(elevations)
    rig = dome(target, radius, count, LENS, elevations)
    assert_looks_at(rig, target, count)
    rises = (places(rig) - target)[:, 1] / radius
    for elevation in elevations:
        assert np.abs(rises - np.sin(elevation)).min() < 1e-6


def test_a_domes_rings_have_cameras_in_proportion_to_their_lengths() -> None:
    rig = dome(ORIGIN, 2, 30, LENS, np.radians([0, 60]))
    low = places(rig)[:, 1] < 0.1
    assert low.sum() == 20
    assert (~low).sum() == 10


@settings(max_examples=15, deadline=None)
@given(targets, radii, counts)
def test_a_hemisphere_is_above_its_target(target: Floats, radius: float, count: int) -> None:
    rig = hemisphere(target, radius, count, LENS)
    assert_looks_at(rig, target, count)
    assert (places(rig)[:, 1] > target[1]).all()


@pytest.mark.parametrize("count", [5, 10, 64, 200, 1000])
@pytest.mark.parametrize(("lowest", "area"), [(-1.0, 4 * pi), (0.0, 2 * pi)])
def test_even_directions_are_as_far_apart_as_a_fibonacci_grids(
    count: int, lowest: float, area: float
) -> None:
    # Hexagons of equal area would be 1.07 of the square root of their area apart.
    spacing = nearest_angles(even(count, lowest)) / sqrt(area / count)
    assert spacing.min() > 0.87
    assert spacing.max() < 1.03


@settings(max_examples=15, deadline=None)
@given(targets, radii, counts, st.floats(-8, 8), st.tuples(heights, heights))
def test_a_spiral_begins_and_ends_where_it_was_told_to(
    target: Floats, radius: float, count: int, turns: float, elevations: tuple[float, float]
) -> None:
    rig = spiral(target, radius, count, LENS, turns, elevations)
    assert_looks_at(rig, target, count)
    if count > 1 and elevations[0] != elevations[1]:
        rise = (places(rig)[[0, -1], 1] - target[1]) / radius
        np.testing.assert_allclose(rise, np.sin(elevations), atol=1e-6)


def test_a_spirals_cameras_are_evenly_spaced_also_near_the_pole() -> None:
    rig = spiral(ORIGIN, 1, 200, LENS, 5, (0, pi / 2))
    steps = np.linalg.norm(np.diff(places(rig), axis=0), axis=1)
    assert steps[:-5].std() < 0.01 * steps.mean()


@settings(max_examples=15, deadline=None)
@given(seed=seeds, count=st.integers(3, 9), closed=st.booleans())
def test_a_curve_goes_through_its_points(seed: int, count: int, *, closed: bool) -> None:
    points = np.random.default_rng(seed).normal(size=(count, 3))
    curve = Curve(points, closed)
    np.testing.assert_allclose(curve.at(np.arange(curve.pieces))[0], points[: curve.pieces])
    np.testing.assert_allclose(curve.at([curve.pieces])[0][0], points[0 if closed else -1])
    # The tangent is the derivative, and both sides of a point agree about its direction.
    inside, tangent = curve.at([0.5, 0.5 + 1e-6])
    np.testing.assert_allclose((inside[1] - inside[0]) * 1e6, tangent[0], atol=1e-3)
    before, after = curve.at([1 - 1e-9, 1 + 1e-9])[1]
    np.testing.assert_allclose(
        before / np.linalg.norm(before), after / np.linalg.norm(after), atol=1e-5
    )


def test_cameras_of_a_path_are_at_equal_lengths_and_look_along_it() -> None:
    # Points at uneven distances on a circle.
    turn = np.array([0, 0.2, 1.0, 1.3, 2.5, 3.0, 4.2, 5.0, 5.8])
    circle = 3 * np.stack([np.sin(turn), 0 * turn, np.cos(turn)], axis=1)
    rig = path(Curve(circle, closed=True), 60, LENS)
    step = np.diff(places(rig), axis=0, append=places(rig)[:1])
    length = np.linalg.norm(step, axis=1)
    assert length.std() < 0.01 * length.mean()
    assert ((step / length[:, None]) * axes(rig)).sum(axis=1).min() > 0.98


def test_a_path_with_a_target_looks_at_it_from_both_ends_of_the_curve_on() -> None:
    points = np.array([[0.0, 0, 4], [3, 1, 2], [4, 2, -1]])
    rig = path(Curve(points), 5, LENS, target=ORIGIN)
    assert_looks_at(rig, ORIGIN, 5)
    np.testing.assert_allclose(places(rig)[[0, -1]], points[[0, -1]])


@pytest.mark.parametrize(
    "points", [[(0, 0, 0)], [(0, 0, 0), (0, 0, 0)], [(0, 0, 0), (np.nan, 0, 0)]]
)
def test_a_curve_of_one_point_of_the_same_point_twice_or_of_nan_is_refused(
    points: list[tuple[float, float, float]],
) -> None:
    with pytest.raises(SettingsError, match="curve"):
        Curve(np.array(points, float).reshape(-1, 3))


@settings(max_examples=15, deadline=None)
@given(targets, counts, seeds)
def test_random_cameras_keep_to_their_limits(target: Floats, count: int, seed: int) -> None:
    limits = Limits((2, 5), (0.1, 1.0), (-0.5, 2.0), separation=0.2)
    rig = scatter(target, limits, count, LENS, np.random.default_rng(seed))
    assert_looks_at(rig, target, count)
    away = places(rig) - target
    distance = np.linalg.norm(away, axis=1)
    elevation = np.arcsin(away[:, 1] / distance)
    azimuth = np.arctan2(away[:, 0], away[:, 2])
    for values, (low, high) in (
        (distance, limits.distance),
        (elevation, limits.elevation),
        (azimuth, limits.azimuth),
    ):
        assert values.min() > low - 1e-9
        assert values.max() < high + 1e-9
    gaps = np.linalg.norm(away[:, None] - away, axis=2) + 9 * np.eye(count)
    assert gaps.min() >= 0.2


def test_random_cameras_that_dont_fit_are_an_error_that_says_how_many_do() -> None:
    limits = Limits((1, 1), separation=1.5)
    with pytest.raises(SettingsError, match=r"room for \d of 40 cameras 1.5 m apart"):
        scatter(ORIGIN, limits, 40, LENS, np.random.default_rng(0))


@pytest.mark.parametrize(
    "limits",
    [
        {"distance": (0, 1)},
        {"distance": (2, 1)},
        {"distance": (1, np.nan)},
        {"distance": (1, np.inf)},
        {"distance": (1, 2), "elevation": (0, 2)},
        {"distance": (1, 2), "azimuth": (-7, 0)},
        {"distance": (1, 2), "separation": -1},
    ],
)
def test_limits_that_make_no_sense_are_refused_by_name(limits: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=f"limits {[*limits][-1]}"):
        Limits(**limits)


def test_equal_seeds_give_equal_cameras_and_others_do_not() -> None:
    def made(seed: int) -> Floats:
        rng = np.random.default_rng(seed)
        first, second = (
            scatter(ORIGIN, Limits((1, 2)), 9, LENS, rng),
            sphere(ORIGIN, 1, 9, LENS, rng),
        )
        return np.concatenate([places(first), places(second)])

    np.testing.assert_array_equal(made(5), made(5))
    assert (made(5) != made(6)).any()


@settings(max_examples=50, deadline=None)
@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: sum(x * x for x in q) > 1e-3))
def test_an_orientation_turns_the_camera_as_its_quaternion_turns_vectors(
    given: tuple[float, ...],
) -> None:
    quaternion = np.array(given) / np.linalg.norm(given)
    (camera,) = placed([(1, 2, 3)], [quaternion], LENS).cameras
    vector, real = quaternion[:3], quaternion[3]
    for k, axis in enumerate(np.eye(3)):  # q v q*
        twice = 2 * np.cross(vector, axis)
        expected = axis + real * twice + np.cross(vector, twice)
        np.testing.assert_allclose(camera.world_from_camera[:3, k], expected, atol=1e-9)


def test_a_quaternion_that_is_not_one_is_refused_and_rounding_is_not() -> None:
    half = 0.70710678
    (camera,) = placed([(0, 0, 0)], [(0, half, 0, half)], LENS).cameras
    np.testing.assert_allclose(camera.world_from_camera[:3, 2], (1, 0, 0), atol=1e-8)
    for wrong in ([0, 0, 0, 0], [0, 0, 0, 2], [1, 1, 1, 1]):
        with pytest.raises(SettingsError, match="rig orientation 0"):
            placed([(0, 0, 0)], [wrong], LENS)


def test_aimed_cameras_look_where_they_are_told_however_far_away_they_are() -> None:
    directions = np.array([(0, 0, 2), (0, -3, 0), (1, 1, 1)])
    rig = aimed(np.full((3, 3), 1e18), directions, LENS)
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    np.testing.assert_allclose(axes(rig), unit, atol=1e-12)


@pytest.mark.parametrize("points", [[], [(0, 0, 0)]])
def test_no_points_and_no_directions_are_refused(points: list[tuple[int, int, int]]) -> None:
    with pytest.raises(SettingsError):
        aimed(np.array(points, float).reshape(-1, 3), np.zeros((len(points), 3)), LENS)


def test_a_lens_of_millimetres_is_the_lens_of_its_field_of_view() -> None:
    assert Lens.of_film((800, 600), 18, 36).fov == pytest.approx(pi / 2)
    assert Lens.of_film((800, 600), 50).focal == pytest.approx(800 * 50 / 36)
    with pytest.raises(SettingsError, match="focal 0 mm"):
        Lens.of_film((800, 600), 0)
