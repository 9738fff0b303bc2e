"""Live pictures are exact, the same in every process, and what Cycles measures."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.jobs.environment import scrubbed
from lightmould.tools.blender import Blender
from lightmould.tools.blender.program import SCRIPTS

pytestmark = pytest.mark.blender

INSIDE = Path(__file__).with_name("inside_live.py")
CORNERS = np.array(  # as Blender keeps them
    [(-0.8, -0.5, 0.3), (0.9, -0.6, -0.4), (0.7, 0.8, -0.1), (-1.0, 0.9, 0.6)], np.float32
).astype(np.float64)
ALBEDO, SUN, AMBIENT = 0.4, 2.0, 0.3

Arrays = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory, some_blender: Blender) -> Callable[[], Arrays]:
    """Takes all pictures in a Blender of its own."""

    def run() -> Arrays:
        folder = tmp_path_factory.mktemp("größer #1 %d")
        rest = (str(SCRIPTS), str(folder / "out.npz"))
        argv = [some_blender.program, str(INSIDE), *rest]
        if not some_blender.is_python:
            quiet = ["--background", "--factory-startup", "-noaudio", "--python-exit-code", "1"]
            argv = [some_blender.program, *quiet, "--python", str(INSIDE), "--", *rest]
        done = subprocess.run(
            argv, cwd=folder, env=scrubbed(os.environ, {}),
            capture_output=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        with np.load(folder / "out.npz") as found:
            return dict(found)

    return run


@pytest.fixture(scope="module")
def taken(take: Callable[[], Arrays]) -> Arrays:
    return take()


def rays(taken: Arrays) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eye, and directions of length 1 along the axis, through the centers of pixels."""
    height, width = taken["quad depth"].shape
    places = np.stack([*np.indices((height, width))[::-1] + 0.5, np.ones((height, width))], axis=-1)
    seen = places @ np.linalg.inv(taken["quad camera"]).T * (1, -1, -1)
    return taken["pose"][:3, 3], seen @ taken["pose"][:3, :3].T


def hits(taken: Arrays, corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depths of a triangle, inf beside it."""
    eye, ways = rays(taken)
    a, b, c = corners
    normal = np.cross(b - a, c - a)
    depth = (a - eye) @ normal / (ways @ normal)
    at = eye + depth[..., None] * ways
    sides = [np.cross(q - p, at - p) @ normal for p, q in ((a, b), (b, c), (c, a))]
    return np.where(np.min(sides, axis=0) >= 0, depth, np.inf)


def test_depth_and_ids_of_a_quad_are_those_of_formulas(taken: Arrays) -> None:
    first, second = hits(taken, CORNERS[[0, 1, 2]]), hits(taken, CORNERS[[0, 2, 3]])
    wanted = np.minimum(first, second)
    depth, ids = taken["quad depth"], taken["quad ids"]
    assert depth.dtype == np.float32
    assert ids.dtype == np.uint16
    np.testing.assert_array_equal(np.isfinite(depth), np.isfinite(wanted))
    np.testing.assert_allclose(depth, wanted, rtol=1e-6)
    np.testing.assert_array_equal(ids, np.where(np.isfinite(wanted), 300, 0))
    assert np.isfinite(depth).sum() > 300


def test_normals_and_color_of_a_quad_are_those_of_formulas(taken: Arrays) -> None:
    eye, _ = rays(taken)
    for corners in (CORNERS[[0, 1, 2]], CORNERS[[0, 2, 3]]):
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        normal /= np.linalg.norm(normal) * np.sign((eye - corners[0]) @ normal)
        shown = np.isfinite(hits(taken, corners))
        np.testing.assert_allclose(taken["quad normal"][shown] - normal, 0, atol=2e-6)
        light = AMBIENT + (1 - AMBIENT) * max(normal @ taken["pose"][:3, 2], 0)
        wanted = srgb(np.array([ALBEDO, ALBEDO / 2, 0.1]) * light)
        assert np.abs(taken["quad color"][shown][:, :3] - wanted).max() < 0.6
    assert (taken["quad normal"][taken["quad ids"] == 0] == 0).all()
    assert (taken["quad color"][taken["quad ids"] == 0] == 0).all()
    assert (taken["quad color"][taken["quad ids"] > 0][:, 3] == 255).all()


def srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 to 255, not rounded; of values above 0.0031308."""
    return (1.055 * linear ** (1 / 2.4) - 0.055) * 255


def test_a_balls_points_and_normals_are_the_analytic_ones(taken: Arrays) -> None:
    eye, ways = rays(taken)
    depth, normal = taken["ball depth"], taken["ball normal"]
    shown = np.isfinite(depth)
    points = eye + np.where(shown, depth, 0)[..., None] * ways
    assert shown.sum() > 500
    np.testing.assert_allclose(np.linalg.norm(points[shown], axis=1), 1, atol=1e-3)
    slant = np.abs((ways * points).sum(axis=2)) / np.linalg.norm(ways, axis=2)
    inner = shown & (slant > 0.2)  # facets' normals vary with the outline
    np.testing.assert_allclose(normal[inner], points[inner], atol=4e-3)


def test_what_is_measured_is_what_cycles_measures_of_modifiers_mirrors_instances_and_text(
    taken: Arrays,
) -> None:
    theirs = taken["cycles depth"][..., 0]
    shown = np.isfinite(taken["busy depth"])
    np.testing.assert_array_equal(np.unique(taken["busy ids"]), [0, 3, 4, 7, 10])
    at_outlines = 3  # pixels that Cycles' filter, narrow as it is, may decide otherwise
    assert (taken["busy ids"] != taken["cycles ids"][..., 0]).sum() <= at_outlines
    both = shown & (theirs < 1e9)
    assert (shown != both).sum() <= at_outlines
    off = np.abs(taken["busy depth"] - theirs)[both]
    assert np.median(off) < 2e-6
    assert (off > 1e-4).sum() <= at_outlines
    off = np.abs(taken["busy normal"] - taken["cycles normal"]).max(axis=2)[both]
    assert (off > 1e-3).mean() < 0.01


def test_the_same_scene_is_the_same_bytes_in_every_process(
    taken: Arrays, take: Callable[[], Arrays]
) -> None:
    again = take()
    for name in taken:
        if not name.startswith(("lit", "cycles", "off")):
            np.testing.assert_array_equal(taken[name], again[name], err_msg=name)


def test_what_changes_is_in_the_next_picture(taken: Arrays) -> None:
    for name in taken["change"]:
        changed, right = taken[f"change {name}"]
        assert changed, name
        assert right, name


def test_positions_that_cycles_sees_project_to_the_centers_of_their_pixels(taken: Arrays) -> None:
    for lens in range(4):
        assert taken[f"seen {lens}"] > 0.1
        assert taken[f"off {lens}"] < 0.01


def test_a_camera_that_is_aimed_as_a_pinhole_is_that_pinhole(taken: Arrays) -> None:
    for lens in range(4):
        assert (taken[f"again {lens}"] < (1e-4, 1e-6, 0.5)).all()


def test_points_are_visible_where_nothing_hides_them(taken: Arrays) -> None:
    # In the ball, on top of it, behind it, above the picture, to the right of it.
    assert taken["by depth"].tolist() == [False, True, False, False, False]
    assert taken["by ray"].tolist() == [False, True, False, True, True]


def test_boxes_surround_what_is_seen(taken: Arrays) -> None:
    left, top, right, bottom = taken["box seen"]
    rows, columns = np.nonzero(taken["ball ids"])
    assert (left, right) == (columns.min(), columns.max() + 1)
    assert (top, bottom) == (rows.min(), rows.max() + 1)
    assert (taken["box 2d"][:2] <= (left, top)).all()
    assert (taken["box 2d"][2:] >= (right, bottom)).all()
    np.testing.assert_allclose(np.abs(taken["box 3d"]), 1, atol=1e-5)


def test_lit_color_is_the_suns_out_of_memory_as_through_a_file(taken: Arrays) -> None:
    assert taken["trusted"]
    assert taken["engine kept"]
    np.testing.assert_array_equal(taken["lit"], taken["lit by file"])
    np.testing.assert_array_equal(taken["lit"], taken["lit by live"])
    normal = np.cross(CORNERS[1] - CORNERS[0], CORNERS[2] - CORNERS[0])
    upward = normal[2] / np.linalg.norm(normal)
    wanted = srgb(np.array([ALBEDO, ALBEDO / 2, 0.1]) * SUN * upward / np.pi)
    assert np.abs(taken["lit"][14, 15, :3] - wanted).max() < 4  # light between facets, too
    assert taken["lit"][14, 15, 3] == 255
    assert (taken["lit"][23, 23] == 0).all()


def test_what_no_picture_is_right_of_is_refused(taken: Arrays) -> None:
    said = json.loads(str(taken["said"]))
    assert "ORTHO" in said["lens"]
    assert "cloud: found a volume" in said["kind"]
    assert "no camera" in said["camera"]
