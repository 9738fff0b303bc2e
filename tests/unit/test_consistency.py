"""What a view says twice is the same: planted mistakes are named, coarse things are let be."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from fakes.datasets import hits

from lightmould.dataset.consistency import Contradiction, Measures, contradictions
from lightmould.dataset.passes import derived, rays
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.rigs import Lens, look_at
from lightmould.rigs.shapes import even

FINE = 4
CUBE = np.vstack([np.eye(3), -np.eye(3)])
OCTAHEDRON = np.array(list(product((-1, 1), repeat=3))) / 3**0.5
TETRAHEDRON = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) / 3**0.5
BOX = CUBE @ look_at((1, 2, -3), (0, 0, 0))[:3, :3]
BALL = np.zeros((0, 3))  # no planes stand for a true sphere
SHAPES = {
    "cube": CUBE,
    "box": BOX,
    "octahedron": OCTAHEDRON,
    "tetrahedron": TETRAHEDRON,
    "beads": even(100),
    "ball": BALL,
}


def seen(planes: Floats, camera: Camera, *, smooth: bool) -> Measures:
    """The solid whose planes are 1 metre from the origin, or at 1 / length of these vectors."""
    depth, normal = hit(planes, camera)
    point = derived("position", camera, depth[..., None], np.zeros((*depth.shape, 3), np.float32))
    if smooth:  # as if its corners had normals of their own
        length = np.linalg.norm(point, axis=2, keepdims=True)
        normal = np.where(np.isfinite(depth)[..., None], point / length, 0)
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    fine = replace(
        camera,
        size=(width * FINE, height * FINE),
        focal=(fx * FINE, fy * FINE),
        center=(cx * FINE, cy * FINE),
    )
    area = np.isfinite(hit(planes, fine)[0]).reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    mask = np.isfinite(depth)
    return Measures(camera, "z", "world", area, mask, depth, normal.astype(np.float32))


def hit(planes: Floats, camera: Camera) -> tuple[Floats, Floats]:
    """Depth along the axis, and the normal of the plane that is hit."""
    if not len(planes):
        normal, depth = hits(camera)
        return depth, normal
    toward = rays(camera) @ camera.world_from_camera[:3, :3].T
    away = 1 - planes @ camera.world_from_camera[:3, 3]
    slope = toward @ planes.T
    with np.errstate(divide="ignore", invalid="ignore"):
        at = away / slope
    enters = np.where(slope < 0, at, -np.inf)
    leaves = np.where(slope > 0, at, np.inf).min(axis=2)
    depth = enters.max(axis=2)
    inside = (depth < leaves) & (depth > 0)
    normal = np.where(inside[..., None], planes[enters.argmax(axis=2)], 0)
    return np.where(inside, depth, np.inf), normal


def camera(number: int, fov: float = 0.8, size: int = 48) -> Camera:
    eye = 7.0 * even(9)[number] * (0.4 / np.tan(fov / 2))
    up = (0.3, 1.0, 0.2)
    return Lens((size, size), fov).camera("view", look_at(eye, (0, 0, 0), up))


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("name", SHAPES)
def test_a_true_view_raises_no_alarm_however_coarse_its_mesh(name: str, *, smooth: bool) -> None:
    for number, fov in product(range(0, 9, 2), (0.3, 1.2)):
        view = seen(SHAPES[name], camera(number, fov), smooth=smooth)
        assert list(contradictions(view)) == []
        turn = view.camera.world_from_camera[:3, :3]
        told = replace(view, normal_space="camera", normal=np.asarray(view.normal) @ turn)
        assert list(contradictions(told)) == []


def test_noise_of_one_sample_a_pixel_raises_no_alarm() -> None:
    rng = np.random.default_rng(0)
    for number in range(9):
        view = seen(CUBE, camera(number), smooth=False)
        noisy = (rng.random(view.alpha.shape) < view.alpha).astype(np.float32)  # type: ignore[union-attr,operator]
        assert list(contradictions(replace(view, alpha=noisy))) == []


def test_threads_and_specks_raise_no_alarm() -> None:
    needle = np.array([(25, 0, 0), (-25, 0, 0), (0, 25, 0), (0, -25, 0), (0, 0, 1), (0, 0, -1)])
    for number in range(9):
        view = seen(needle, camera(number), smooth=False)
        assert list(contradictions(view)) == []
    speck = seen(even(100) * 8, camera(1), smooth=True)
    assert list(contradictions(speck)) == []


def world(view: Measures, change: Floats) -> Measures:
    return replace(view, normal=np.asarray(view.normal) @ change)


def rolled(view: Measures, name: str, step: int, axis: int) -> Measures:
    return replace(view, **{name: np.roll(getattr(view, name), step, axis)})


Plant = Callable[[Measures], Measures]
PLANTED: dict[str, tuple[Plant, str, str]] = {
    "flipped": (lambda v: world(v, -np.eye(3)), "normal", "flipped normals"),
    "of the camera": (
        lambda v: world(v, v.camera.world_from_camera[:3, :3]),
        "normal",
        "normals of camera space, not world space",
    ),
    "called the camera's": (
        lambda v: replace(v, normal_space="camera"),
        "normal",
        "normals of world space, not camera space",
    ),
    "of OpenCV's camera": (
        lambda v: replace(
            world(v, v.camera.world_from_camera[:3, :3] * (1, -1, -1)), normal_space="camera"
        ),
        "normal",
        "normals of a camera that looks along +Z",
    ),
    "of a Z-up world": (
        lambda v: world(v, np.array([(1, 0, 0), (0, 0, 1), (0, -1, 0)])),
        "normal",
        "normals of a world whose Z axis points up",
    ),
    "along the ray": (
        lambda v: replace(v, depth=v.depth * np.linalg.norm(rays(v.camera), axis=2)),
        "depth",
        "depth along the ray, not the axis",
    ),
    "called the ray's": (
        lambda v: replace(v, depth_kind="ray"),
        "depth",
        "depth along the axis, not along the ray",
    ),
    "inverted": (lambda v: replace(v, mask=~np.asarray(v.mask)), "mask", "a mask that is inverted"),
    "beside": (
        lambda v: rolled(v, "mask", 1, 1),
        "mask",
        "a mask that is shifted by 1 pixels to the right and 0 down",
    ),
    "above": (
        lambda v: rolled(v, "mask", -2, 0),
        "mask",
        "a mask that is shifted by 0 pixels to the right and -2 down",
    ),
    "depth beside": (
        lambda v: replace(rolled(v, "depth", 1, 1), normal=None),
        "depth",
        "an outline of the depth that is shifted by 1 pixels to the right and 0 down",
    ),
    "of something else": (
        lambda v: replace(v, mask=np.ones_like(np.asarray(v.mask))),
        "mask",
        "a mask of something else",
    ),
}


@pytest.mark.parametrize("solid", ["box", "ball"])
@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_mistake_is_found_and_named(name: str, solid: str) -> None:
    plant, kind, found = PLANTED[name]
    for number in (1, 4, 6):
        view = plant(seen(SHAPES[solid], camera(number), smooth=False))
        said = list(contradictions(view))
        assert [(one.kind, one.found) for one in said] == [(kind, found)]
        assert "; wanted " in str(said[0])


def test_depth_along_the_ray_is_told_even_by_a_long_lens() -> None:
    view = seen(BALL, camera(3, fov=0.25, size=128), smooth=True)
    assert list(contradictions(view)) == []
    (said,) = contradictions(PLANTED["along the ray"][0](view))
    assert said.found == "depth along the ray, not the axis"


def test_unrelated_normals_are_told_though_no_mistake_explains_them() -> None:
    view = seen(BALL, camera(2), smooth=True)
    noise = np.random.default_rng(0).normal(size=(48, 48, 3))
    noise *= np.asarray(view.mask)[..., None] / np.linalg.norm(noise, axis=2, keepdims=True)
    (said,) = contradictions(replace(view, normal=noise))
    assert said.found == "normals that are not those of the depth"


@pytest.mark.parametrize("name", ["distance", "position", "normal_camera"])
def test_what_follows_from_depth_and_camera_has_to(name: str) -> None:
    view = seen(BALL, camera(5), smooth=True)
    depth, normal = np.asarray(view.depth)[..., None], np.asarray(view.normal)
    right = derived(name, view.camera, depth, normal)  # type: ignore[arg-type]
    assert list(contradictions(replace(view, passes={name: right}))) == []  # type: ignore[dict-item]
    wrong = right * np.float32(1.02)
    told: list[Contradiction] = list(contradictions(replace(view, passes={name: wrong})))  # type: ignore[dict-item]
    assert [one.found.split(":")[0] for one in told] == [f"another {name}"]


def test_without_alpha_the_mask_is_believed_and_without_either_nothing_is_said() -> None:
    view = replace(seen(CUBE, camera(4), smooth=False), alpha=None)
    assert list(contradictions(view)) == []
    (said,) = contradictions(replace(rolled(view, "depth", 1, 0), normal=None))
    assert said.wanted == "that of the mask"
    assert list(contradictions(replace(view, mask=None, depth=None))) == []
