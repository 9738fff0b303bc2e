from dataclasses import fields, replace
from math import pi, radians
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.coverage import Goal, complete, faces, measure, preview
from lightmould.coverage.heat_map import BACKGROUND
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import coverage as coverage_file
from lightmould.model import CameraRig, Mesh
from lightmould.model.coverage import Coverage
from lightmould.model.heat import SCALE, UNSEEN, face_colors
from lightmould.raster import reference
from lightmould.rigs import Lens, ring, sphere

LENS = Lens((64, 64), 0.7)
CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
TRIANGLES = np.array([t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))])
BOX = Mesh(CORNERS, TRIANGLES)
BELOW, ABOVE = (4, 5), (6, 7)
# A box, and inside it another one that nobody sees.
NESTED = Mesh(np.concatenate([CORNERS, CORNERS / 3]), np.concatenate([TRIANGLES, TRIANGLES + 8]))


def numbers(**changed: object) -> Coverage:
    given = {"views": [2, 0], "incidence": [0.1, 1.5], "density": [9.0, 0], "areas": [1.0, 3.0]}
    return Coverage(**{"cameras": 3, **given, **changed})


def test_coverage_is_what_rays_say() -> None:
    rig = sphere((0, 0, 0), 5, 12, LENS)
    cosine, density = reference.sight(NESTED, rig.cameras)
    found = measure(NESTED, rig.cameras)
    np.testing.assert_array_equal(found.views, (cosine > 0).sum(axis=0))
    np.testing.assert_allclose(np.cos(found.incidence[:12]), cosine.max(axis=0)[:12], atol=1e-6)
    np.testing.assert_allclose(found.density, density.max(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.areas, [2.0] * 12 + [2 / 9] * 12)
    assert found.cameras == 12


def test_many_cameras_are_looked_through_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = sphere((0, 0, 0), 5, 12, LENS)
    whole = measure(BOX, rig.cameras)
    monkeypatch.setattr(faces, "_LOOKS", 30)
    parts = measure(BOX, rig.cameras)
    for name in ("views", "incidence", "density"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_a_summary_says_what_a_ring_does_not_see() -> None:
    found = measure(NESTED, ring((0, 0, 0), 5, 8, LENS).cameras).summary()
    assert (found.cameras, found.faces, found.views_min, found.unseen) == (8, 24, 0, 16)
    assert found.unseen_share == pytest.approx((2 * 4 + 4 * 6 / 9) / (24 + 24 / 9))
    assert found.incidence_worst is not None
    assert found.incidence_worst < 0.3
    assert found.density_min == pytest.approx(LENS.focal / 4, rel=0.2)


def test_a_summary_of_nothing_seen_has_no_numbers_that_lie() -> None:
    found = numbers(views=[0, 0]).summary()
    assert (found.unseen, found.unseen_share) == (2, 1.0)
    assert found.incidence_worst is found.incidence_median is found.density_min is None
    none = numbers(views=[], incidence=[], density=[], areas=[]).summary()
    assert (none.faces, none.views_min, none.unseen_share) == (0, 0, 0.0)


def test_faces_without_area_count_nowhere() -> None:
    found = numbers(areas=[1.0, 0.0]).summary()
    assert (found.faces, found.views_min, found.unseen, found.unseen_share) == (1, 2, 0, 0.0)


def test_a_coverage_reads_back_as_it_was_written() -> None:
    first = numbers()
    data = coverage_file.write(first)
    again = coverage_file.read(data, Path("c.npz"))
    assert coverage_file.write(again) == data
    for one in fields(Coverage):
        np.testing.assert_array_equal(getattr(again, one.name), getattr(first, one.name))


def damaged() -> dict[str, bytes]:
    whole = coverage_file.write(numbers())
    return {
        "nothing": b"",
        "text": b"hello",
        "cut": whole[: len(whole) // 2],
        "other arrays": coverage_file.write(numbers()).replace(b"views", b"wiews"),
    }


@pytest.mark.parametrize("kind", damaged())
def test_a_damaged_coverage_is_a_format_error(kind: str) -> None:
    with pytest.raises(FormatError, match=r"c\.npz"):
        coverage_file.read(damaged()[kind], Path("c.npz"))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_byte_that_changed_is_a_format_error_or_changes_nothing(data: st.DataObject) -> None:
    whole = bytearray(coverage_file.write(numbers()))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    try:
        found = coverage_file.read(bytes(whole), Path("c.npz"))
    except FormatError:
        return
    assert coverage_file.write(found) == coverage_file.write(numbers())


@pytest.mark.parametrize(("times", "angle"), [(1, 75), (3, 60), (2, 25)])
def test_a_completed_rig_sees_every_face_as_often_as_was_asked(times: int, angle: float) -> None:
    rig = ring((0, 0, 0), 5, 4, LENS)
    done = complete(BOX, rig, Goal(times, radians(angle)), LENS)
    assert done.rig.cameras[:4] == rig.cameras
    assert len(done.rig.cameras) == 4 + done.added
    assert done.added <= 12 * times
    assert len(done.wanting) == 0
    cosine, _ = reference.sight(BOX, done.rig.cameras)
    assert (cosine > np.cos(radians(angle)) - 1e-6).sum(axis=0).min() >= times


def test_added_cameras_have_their_up_where_it_was_asked_to_be() -> None:
    done = complete(BOX, CameraRig("none", ()), Goal(), LENS, up=(0, 0, 1))
    for camera in done.rig.cameras:
        upward, backward = camera.world_from_camera[2, 1:3]
        assert upward == pytest.approx(np.sqrt(1 - backward**2), abs=1e-9)


def test_nothing_is_added_to_a_rig_that_sees_enough() -> None:
    done = complete(BOX, sphere((0, 0, 0), 5, 64, LENS), Goal(), LENS)
    assert (done.added, done.tried) == (0, 0)


def test_what_nobody_can_see_is_named_and_does_not_keep_it_from_the_rest() -> None:
    done = complete(NESTED, CameraRig("none", ()), Goal(2), LENS)
    np.testing.assert_array_equal(done.wanting, np.arange(12, 24))
    np.testing.assert_array_equal(done.missing, np.full(12, 2))
    assert 2 <= done.added <= 24
    assert measure(NESTED, done.rig.cameras).views[:12].min() >= 2


def test_cameras_held_out_count_for_nothing_and_names_stay_unique() -> None:
    rig = sphere((0, 0, 0), 5, 64, LENS)
    held_out = replace(rig, test=tuple(camera.name for camera in rig.cameras))
    done = complete(BOX, held_out, Goal(), LENS)
    assert done.added > 0
    assert len(done.rig.train) == done.added
    assert done.rig.test == held_out.test


def test_a_deep_bowl_is_seen_from_near_where_no_far_camera_looks_in() -> None:
    # A square shaft, open at the top, one wide and eight deep; only its floor and walls.
    corners = np.array([(x, y, z) for y in (0, 8) for x, z in ((0, 0), (1, 0), (1, 1), (0, 1))])
    walls = [(i, 4 + i, 4 + (i + 1) % 4, (i + 1) % 4) for i in range(4)]
    quads = [(0, 3, 2, 1), *walls]
    shaft = Mesh(corners.astype(float), [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    done = complete(shaft, CameraRig("none", ()), Goal(1, radians(89)), LENS)
    assert len(done.wanting) == 0


@pytest.mark.parametrize("wrong", [{"times": 0}, {"angle": 0}, {"angle": pi}])
def test_goals_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="cover"):
        Goal(**wrong)


def test_colors_tell_unseen_few_and_many_apart() -> None:
    views = np.array([0, 1, 5, 9])
    found = face_colors(Coverage(9, views, np.zeros(4), np.zeros(4), np.ones(4)))
    np.testing.assert_allclose(found[[0, 1, 3]], [UNSEEN, SCALE[0], SCALE[-1]])
    luminance = np.array(SCALE) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > 0.1).all()


def test_a_preview_shows_the_unseen_side_in_its_color() -> None:
    found = measure(BOX, ring((0, 0, 0), 5, 8, LENS).cameras)
    picture = preview(BOX, found, side=32)
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture[[0, 0, -1, -1], [0, -1, 0, -1]], BACKGROUND)
    pink = (picture[..., 0] > 1.5 * picture[..., 1]) & (picture[..., 2] > 1.5 * picture[..., 1])
    assert pink[:32].any()
    assert pink[32:].any()
    assert pink.mean() < 0.3
