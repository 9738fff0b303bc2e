import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats
from lightmould.model.camera import project
from lightmould.rigs import (
    Jitter,
    Lens,
    Limits,
    enclosing,
    jittered,
    ring,
    scatter,
    sphere,
    split,
    upright,
)
from lightmould.rigs.pose import turn

LENS = Lens((64, 48), 0.7)
seeds = st.integers(0, 2**32).map(np.random.default_rng)
directions = (
    st.tuples(*[st.floats(-1, 1)] * 3)
    .filter(lambda v: np.linalg.norm(v) > 1e-3)
    .map(lambda v: np.array(v) / np.linalg.norm(v))
)


def places(rig: CameraRig, names: tuple[str, ...] | None = None) -> Floats:
    chosen = [c for c in rig.cameras if names is None or c.name in names]
    return np.array([camera.world_from_camera[:3, 3] for camera in chosen])


@settings(max_examples=100, deadline=None)
@given(directions, directions)
def test_a_turn_is_a_rotation_that_takes_one_direction_to_the_other(
    start: Floats, end: Floats
) -> None:
    for one, other in ((start, end), (start, -start), (start, start)):
        rotation = turn(one, other)
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(rotation) > 0
        np.testing.assert_allclose(rotation @ one, other, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(directions)
def test_a_rig_stood_upright_keeps_its_distances_and_has_its_horizon_there(up: Floats) -> None:
    target = np.array([1.0, 2, 3])
    rig = upright(ring(target, 2, 12, LENS, elevation=0.3), target, 5 * up)
    away = places(rig) - target
    np.testing.assert_allclose(np.linalg.norm(away, axis=1), 2)
    np.testing.assert_allclose(away @ up, 2 * np.sin(0.3))
    for camera in rig.cameras:
        np.testing.assert_allclose(project(camera, target[None])[0], camera.center, atol=1e-6)
        assert camera.world_from_camera[:3, 1] @ up > 0.9


def test_upright_changes_nothing_when_y_is_up() -> None:
    rig = ring((0, 0, 0), 2, 5, LENS)
    for old, new in zip(rig.cameras, upright(rig, (0, 0, 0), (0, 1, 0)).cameras, strict=True):
        np.testing.assert_array_equal(new.world_from_camera, old.world_from_camera)
    with pytest.raises(SettingsError, match="rig up"):
        upright(rig, (0, 0, 0), (0, 0, 0))


@settings(max_examples=15, deadline=None)
@given(rng=seeds, aims=st.booleans())
def test_jitter_keeps_to_its_bounds(rng: np.random.Generator, *, aims: bool) -> None:
    target = np.array([1.0, 2, 3])
    rig = ring(target, 4, 20, LENS)
    jitter = Jitter(position=0.5, aim=0.1, roll=0.2)
    off = jittered(rig, jitter, rng, target if aims else None)
    assert np.linalg.norm(places(off) - places(rig), axis=1).max() <= 0.5
    for old, new in zip(rig.cameras, off.cameras, strict=True):
        wanted = -old.world_from_camera[:3, 2]
        if aims:
            wanted = target - new.world_from_camera[:3, 3]
            wanted = wanted / np.linalg.norm(wanted)
        cosine = wanted @ -new.world_from_camera[:3, 2]
        assert np.arccos(np.clip(cosine, -1, 1)) <= 0.1 + 1e-7


def test_no_jitter_changes_nothing_and_aimed_jitter_of_places_still_sees_the_target() -> None:
    rig = ring((0, 0, 0), 4, 20, LENS)
    same = jittered(rig, Jitter(), np.random.default_rng(0))
    moved = jittered(rig, Jitter(position=0.5), np.random.default_rng(0), target=(0, 0, 0))
    for old, new, other in zip(rig.cameras, same.cameras, moved.cameras, strict=True):
        np.testing.assert_array_equal(new.world_from_camera, old.world_from_camera)
        assert (other.world_from_camera[:3, 3] != old.world_from_camera[:3, 3]).all()
        np.testing.assert_allclose(project(other, np.zeros((1, 3)))[0], other.center, atol=1e-9)


@pytest.mark.parametrize("wrong", [{"position": -1}, {"aim": 4}, {"roll": np.nan}])
def test_jitter_that_makes_no_sense_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=f"jitter {next(iter(wrong))}"):
        Jitter(**wrong)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_clipping_planes_enclose_the_mesh(rng: np.random.Generator) -> None:
    points = rng.normal(size=(20, 3))
    rig = enclosing(sphere((0, 0, 0), rng.uniform(0.5, 20), 9, LENS, rng), points)
    for camera in rig.cameras:
        depth = -(points @ camera.camera_from_world[2, :3] + camera.camera_from_world[2, 3])
        assert camera.far > depth.max()
        assert camera.near < max(depth.min(), camera.far * 1.1e-4)
    with pytest.raises(SettingsError, match="the whole mesh behind it"):
        enclosing(ring((0, 0, 0), 1, 1, LENS), np.array([[0.0, 0, 5]]))


@pytest.mark.parametrize(("count", "val", "test"), [(12, 0, 3), (30, 4, 6), (8, 0, 0), (3, 1, 1)])
def test_a_split_holds_out_as_many_as_asked_and_no_camera_twice(
    count: int, val: int, test: int
) -> None:
    rig = split(sphere((0, 0, 0), 1, count, LENS), val, test)
    assert (len(rig.train), len(rig.val), len(rig.test)) == (count - val - test, val, test)
    assert sorted([*rig.train, *rig.val, *rig.test]) == [c.name for c in rig.cameras]
    same = codec.read(CameraRig, codec.write(rig), "rig.json")
    assert (same.val, same.test) == (rig.val, rig.test)


def test_a_split_of_a_ring_is_evenly_spaced() -> None:
    rig = split(ring((0, 0, 0), 1, 24, LENS), 0, 4)
    held = np.array([int(name) for name in rig.test])
    assert {*np.diff(held)} == {6}


@pytest.mark.parametrize("count", [64, 100, 128])
def test_every_split_covers_the_sphere(count: int) -> None:
    rigs = (
        sphere((0, 0, 0), 1, count, LENS),
        scatter((0, 0, 0), Limits((1, 1)), count, LENS, np.random.default_rng(0)),
    )
    for made in rigs:
        rig = split(made, 8, 8)
        for names in (rig.val, rig.test, rig.train):
            nearest = (places(rig) @ places(rig, names).T).max(axis=1)
            # Eight caps that cover a sphere have a radius of 48 degrees at least.
            assert np.arccos(nearest.min()) < np.radians(100 if len(names) == 8 else 40)


def test_nothing_left_to_learn_from_and_names_of_nobody_are_refused() -> None:
    rig = ring((0, 0, 0), 1, 4, LENS)
    for val, test in ((2, 2), (-1, 1)):
        with pytest.raises(SettingsError, match="some left to learn from"):
            split(rig, val, test)
    with pytest.raises(SettingsError, match="names of its cameras"):
        CameraRig("rig", rig.cameras, test=("nobody",))
    with pytest.raises(SettingsError, match="twice"):
        CameraRig("rig", rig.cameras, val=("000001",), test=("000001",))
