"""Data pictures agree with each other and with what was asked for, pixel center by pixel center."""

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.dataset import images, manifest, passes
from lightmould.dataset.assemble import assemble
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Dataset, View
from lightmould.model.camera import project
from lightmould.model.dataset import PASSES, PassName
from lightmould.rigs import Lens, look_at
from lightmould.settings import Render

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.blender.conftest import Booth

pytestmark = pytest.mark.blender

NAMES: tuple[PassName, ...] = get_args(PassName)
MODEL = """
o left
v -2 -1 0
v 0 -1 0
v 0 1 0
v -2 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl painted
f 1/1 2/2 3/3 4/4
o right
v 0.2 -1 -0.5
v 2 -1 0.5
v 2 1 0.5
v 0.2 1 -0.5
usemtl plain
f 5/1 6/2 7/3 8/4
"""
LOOKS = """newmtl painted
map_Kd painted.png
Pr 0.7
newmtl plain
Kd 0.2 0.4 0.6
Pr 0.25
Pm 0.75
"""


@pytest.fixture(scope="module")
def seen(open_booth: "Callable[[], Booth]") -> tuple[Dataset, View]:
    """Two rectangles from one view, with every pass."""
    booth = open_booth()
    model = booth.model(MODEL, LOOKS)
    corners = np.array([[[0.0, 0, 1], [1, 1, 0]], [[1, 0, 0], [0, 1, 0]]])  # the upper row first
    images.write_png(booth.folder / "painted.png", np.kron(corners, np.ones((32, 32, 1))))
    camera = Lens((96, 64), 1.0).camera("a", look_at((0.5, 0.4, 4), (0, 0, 0)))
    how = Render(samples=1, passes=NAMES)
    planned = manifest.with_passes(booth.plan([camera]), NAMES)
    run = booth.run(booth.ask(model, planned, how, read_obj_asset(model)))
    assert run.code == 0, run.errors
    for _ in assemble(planned):
        pass
    dataset = manifest.read(planned.folder / manifest.NAME)
    return dataset, dataset.views[0]


def pixels(seen: tuple[Dataset, View], name: PassName, channels: int) -> NDArray[np.float32]:
    dataset, view = seen
    (found,) = images.read_layers(dataset.folder / view.passes[name]).values()
    assert found.shape == (64, 96, channels)
    return found


@pytest.fixture(scope="module")
def mask(seen: tuple[Dataset, View]) -> NDArray[np.bool_]:
    return images.read(seen[0].folder / str(seen[1].mask), 1)[..., 0] > 0.5


def test_the_manifest_says_what_each_pass_is_and_hashes_it(seen: tuple[Dataset, View]) -> None:
    dataset, view = seen
    manifest.verify(dataset)
    assert dataset.passes == PASSES
    assert tuple(view.passes) == NAMES
    assert {path.as_posix() for path in view.passes.values()} <= set(dataset.hashes)


def test_positions_are_where_their_pixels_are_and_distances_lead_there(
    seen: tuple[Dataset, View], mask: NDArray[np.bool_]
) -> None:
    camera = seen[1].camera
    position, distance = pixels(seen, "position", 3), pixels(seen, "distance", 1)
    assert np.isnan(position[~mask]).all()
    assert np.isinf(distance[~mask]).all()
    y, x = np.nonzero(mask)
    np.testing.assert_allclose(
        project(camera, position[mask].astype(np.float64)),
        np.stack([x, y], axis=1) + 0.5,
        atol=0.01,
    )
    found = np.linalg.norm(position[mask] - camera.world_from_camera[:3, 3], axis=1)
    np.testing.assert_allclose(distance[mask][:, 0], found, rtol=1e-6)


def test_points_that_their_uvs_name_are_seen_at_the_centers_of_their_pixels(
    seen: tuple[Dataset, View], mask: NDArray[np.bool_]
) -> None:
    u, v = np.moveaxis(pixels(seen, "uv", 2).astype(np.float64), 2, 0)
    left = np.stack([2 * u - 2, 2 * v - 1, 0 * u], axis=2)
    right = np.stack([0.2 + 1.8 * u, 2 * v - 1, u - 0.5], axis=2)
    first = pixels(seen, "instance", 1) == seen[0].instances.index("left") + 1
    y, x = np.nonzero(mask)
    found = project(seen[1].camera, np.where(first, left, right)[mask])
    off = np.linalg.norm(found - np.stack([x, y], axis=1) - 0.5, axis=1)
    assert len(off) > 1500
    assert off.max() < 0.01, off.max()


def test_normals_of_the_camera_face_it_and_are_those_of_the_world_turned(
    seen: tuple[Dataset, View], mask: NDArray[np.bool_]
) -> None:
    dataset, view = seen
    world = images.read(dataset.folder / str(view.normal), 3)
    found = pixels(seen, "normal_camera", 3)
    np.testing.assert_allclose(found @ view.camera.world_from_camera[:3, :3].T, world, atol=1e-6)
    facing = -(found * passes.rays(view.camera)).sum(axis=2)
    assert (facing[mask] > 0).all()
    assert not found[~mask].any()


def test_objects_are_told_apart_and_named(
    seen: tuple[Dataset, View], mask: NDArray[np.bool_]
) -> None:
    number = pixels(seen, "instance", 1)[..., 0]
    across = pixels(seen, "position", 3)[..., 0]
    names = np.array(["nothing", *seen[0].instances])
    assert set(np.unique(number)) == {0, 1, 2}
    assert (names[number[~mask].astype(int)] == "nothing").all()
    told = names[number[mask].astype(int)]
    np.testing.assert_array_equal(told, np.where(across[mask] < 0.1, "left", "right"))


def test_materials_tell_what_they_were_asked_to_be(
    seen: tuple[Dataset, View], mask: NDArray[np.bool_]
) -> None:
    albedo, uv = pixels(seen, "albedo", 3), pixels(seen, "uv", 2)
    rough, metal = pixels(seen, "roughness", 1)[..., 0], pixels(seen, "metallic", 1)[..., 0]
    position = pixels(seen, "position", 3)
    left = mask & (position[..., 0] < 0.1)
    right = mask & ~left
    np.testing.assert_allclose(albedo[right], np.tile([0.2, 0.4, 0.6], (right.sum(), 1)), rtol=1e-6)
    for found, pair in ((rough, (0.7, 0.25)), (metal, (0.0, 0.75))):
        np.testing.assert_allclose(found[left], pair[0], atol=1e-6)
        np.testing.assert_allclose(found[right], pair[1], atol=1e-6)
    wanted = np.stack([(position[..., 0] + 2) / 2, (position[..., 1] + 1) / 2], axis=2)
    np.testing.assert_allclose(uv[left], wanted[left], atol=1e-5)
    inner = left & (np.abs(uv - 0.5) > 0.05).all(axis=2) & (np.abs(uv - 0.5) < 0.45).all(axis=2)
    shown = np.where(
        uv[inner][:, 1:] > 0.5,
        np.where(uv[inner][:, :1] > 0.5, [1, 1, 0], [0, 0, 1]),
        np.where(uv[inner][:, :1] > 0.5, [0, 1, 0], [1, 0, 0]),
    )
    np.testing.assert_allclose(albedo[inner], linear_from_srgb(shown), atol=1e-5)
    for name in ("albedo", "roughness", "metallic", "uv"):
        assert not pixels(seen, name, PASSES_CHANNELS[name])[~mask].any()


PASSES_CHANNELS: dict[PassName, int] = {name: count for name, (_, count) in passes.LAYERS.items()}
