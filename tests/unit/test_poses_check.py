"""Poses against pictures: right ones are left alone, each usual mistake is named."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from fakes import datasets

from lightmould.dataset import agreement, diagnosis, hull, mistakes
from lightmould.dataset.agreement import Subject
from lightmould.dataset.diagnosis import Fault
from lightmould.dataset.hull import Hull, Silhouettes
from lightmould.model import Camera, Mesh, Points
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP, Z_UP_FROM_Y_UP
from lightmould.model.camera import project
from lightmould.rigs import Lens, around_sphere, ring

FLIP = np.diag([1.0, -1.0, -1.0, 1.0])
SIZE = (144, 120)
COUNT = 16


def thing() -> Floats:
    """Points that fill an L with a nose: no turn brings it onto itself."""
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 100)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x, y, z = grid.T
    upright = (abs(x + 0.5) < 0.25) & (abs(z) < 0.3) & (abs(y) < 0.9)
    foot = (abs(y + 0.7) < 0.2) & (abs(z) < 0.3) & (x > -0.75) & (x < 0.85)
    nose = (abs(y - 0.5) < 0.15) & (abs(x + 0.4) < 0.15) & (z > 0) & (z < 0.8)
    return grid[upright | foot | nose] + (0.3, 0.1, -0.2)


POINTS = thing()


@pytest.fixture(scope="module")
def seen() -> Silhouettes:
    """The thing from all around, none of the views straight at its middle."""
    rig, _ = around_sphere(POINTS, Lens(SIZE, 0.6), COUNT, 1, np.random.default_rng(0))
    return silhouettes(rig.cameras)


def silhouettes(cameras: tuple[Camera, ...]) -> Silhouettes:
    """The thing in the pictures of cameras."""
    masks = []
    for camera in cameras:
        mask = np.zeros(SIZE[::-1], bool)
        x, y, _, shown = hull.seen_at(camera, POINTS)
        mask[y[shown], x[shown]] = True
        masks.append(mask)
    return Silhouettes(cameras, tuple(masks))


NAMES = tuple(f"r_{index}.png" for index in range(COUNT))


def diagnosed(seen: Silhouettes) -> Fault | None:
    """As `agreement.look` does, but for the finer hull."""
    small = seen.shrunk(64)
    fine = hull.fit(small, hull.overlaps(small, hull.carve(small, 64)))
    return diagnosis.diagnose(seen, NAMES, fine, upright=True)


def moved(seen: Silhouettes, move: Callable[[Floats], Floats]) -> Silhouettes:
    return seen.with_cameras(
        [replace(one, world_from_camera=move(one.world_from_camera)) for one in seen.cameras]
    )


def ordered(seen: Silhouettes, order: list[int]) -> Silhouettes:
    return Silhouettes(seen.cameras, tuple(seen.masks[index] for index in order))


def carried(pose: Floats) -> Floats:
    """Only the position is turned to the other up."""
    pose = pose.copy()
    pose[:3, 3] = Z_UP_FROM_Y_UP[:3, :3] @ pose[:3, 3]
    return pose


def by_name_for_by_number(seen: Silhouettes) -> Silhouettes:
    """r_10 stands where r_2 should."""
    order = sorted(range(COUNT), key=lambda index: NAMES[index])
    return ordered(seen, order)


MISTAKES: dict[str, tuple[str, Callable[[Silhouettes], Silhouettes]]] = {
    "inverse of ours": ("inverse", lambda seen: moved(seen, np.linalg.inv)),
    "inverse with OpenCV's axes": (
        "inverse",
        lambda seen: moved(seen, lambda pose: np.linalg.inv(pose) @ FLIP),
    ),
    "inverse in a Z-up file": (
        "inverse",
        lambda seen: moved(
            seen, lambda pose: Y_UP_FROM_Z_UP @ np.linalg.inv(Z_UP_FROM_Y_UP @ pose)
        ),
    ),
    "OpenCV's axes": ("axes", lambda seen: moved(seen, lambda pose: pose @ FLIP)),
    "positions of another up": ("up", lambda seen: moved(seen, carried)),
    "a world on its side": ("up", lambda seen: moved(seen, lambda pose: Y_UP_FROM_Z_UP @ pose)),
    "lenses too long": (
        "fov",
        lambda seen: seen.with_cameras(mistakes.zoomed(seen.cameras, 1.35)),
    ),
    "a random order": (
        "order",
        lambda seen: ordered(seen, np.random.default_rng(2).permutation(COUNT).tolist()),
    ),
    "names sorted otherwise": ("order", by_name_for_by_number),
}


def test_right_poses_are_left_alone(seen: Silhouettes) -> None:
    assert diagnosed(seen) is None
    small = seen.shrunk(64)
    assert np.median(hull.overlaps(small, hull.carve(small, 64))) > 0.93


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_usual_mistake_is_named(seen: Silhouettes, mistake: str) -> None:
    name, make = MISTAKES[mistake]
    fault = diagnosed(make(seen))
    assert fault is not None
    assert fault.name == name
    assert fault.fix.endswith(".")


@pytest.mark.parametrize("wrong", [0.88, 1.12])
def test_a_lens_that_is_an_eighth_off_is_told_and_by_how_much(
    seen: Silhouettes, wrong: float
) -> None:
    fault = diagnosed(seen.with_cameras(mistakes.zoomed(seen.cameras, wrong)))
    assert fault is not None
    assert fault.name == "fov"
    told = re.search(r"about (\S+);", fault.fix)
    assert told is not None
    assert float(told[1]) * wrong == pytest.approx(1, abs=0.06)


def test_an_even_ring_that_begins_one_later_is_as_right_as_before() -> None:
    right = silhouettes(ring(POINTS.mean(axis=0), 4.5, COUNT, Lens(SIZE, 0.6), 0.3).cameras)
    assert diagnosed(ordered(right, [*range(1, COUNT), 0])) is None


def test_of_a_ball_no_field_of_view_is_better_than_another() -> None:
    taken = datasets.cameras(COUNT)
    masks = tuple(datasets.hits(camera)[1] < np.inf for camera in taken)
    for by in (1.0, 1.2):
        assert diagnosed(Silhouettes(tuple(mistakes.zoomed(taken, by)), masks)) is None


def test_what_is_told_of_names_says_how_they_were_sorted(seen: Silhouettes) -> None:
    fault = diagnosed(by_name_for_by_number(seen))
    assert fault is not None
    assert "sorted by" in fault.found
    assert fault.after > 0.9 > fault.before


def box() -> Mesh:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-2, 2) for z in (-0.5, 0.5)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [one for a, b, c, d in quads for one in ((a, b, c), (a, c, d))]
    return Mesh(corners.astype(float), np.array(faces, np.int32))


def test_a_mesh_tells_a_world_on_its_side_and_points_how_far_off_they_are() -> None:
    rig, _ = around_sphere(box().positions, Lens(SIZE, 0.6), 16, 1, np.random.default_rng(0))
    known = agreement.sampled(box(), Subject((), Silhouettes((), ()), upright=True).placement)
    masks = tuple(_drawn(camera, known) for camera in rig.cameras)
    names = tuple(camera.name for camera in rig.cameras)
    points = Points(
        np.array([[0.5, 0.5, 0.5]]),
        np.zeros((1, 3)),
        np.arange(16),
        np.zeros(16),
        np.array([project(one, np.array([[0.5, 0.5, 0.5]]))[0] + (0, 2) for one in rig.cameras]),
    )
    right = Silhouettes(rig.cameras, masks)
    found = agreement.look(Subject(names, right, upright=False, points=points), box())
    assert found.mesh is not None
    assert found.mesh.min() > 0.9
    assert found.pixels == pytest.approx(2)
    assert found.fault is None
    lying = moved(right, lambda pose: Y_UP_FROM_Z_UP @ pose)
    assert agreement.look(Subject(names, lying, upright=False)).fault is None
    wrong = agreement.look(Subject(names, lying, upright=False), box())
    assert wrong.fault is not None
    assert wrong.fault.name == "up"


def _drawn(camera: Camera, known: Hull) -> hull.Mask:
    mask = np.zeros(camera.size[::-1], bool)
    x, y, _, shown = hull.seen_at(camera, known.points)
    mask[y[shown], x[shown]] = True
    return hull._grown(mask, 1)
