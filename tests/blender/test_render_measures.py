"""What Blender measures is exact: pixel centers, poses, lenses, coverage."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.dataset import images, manifest
from lightmould.dataset.assemble import assemble
from lightmould.formats.poses import transforms
from lightmould.model import Camera, Dataset, Warned
from lightmould.model.camera import project
from lightmould.rigs import Lens, around_sphere, look_at
from lightmould.settings import Render

if TYPE_CHECKING:
    from tests.blender.conftest import Booth

pytestmark = pytest.mark.blender

QUAD = np.array([[-0.8, -0.5, 0.3], [0.9, -0.6, -0.4], [0.7, 0.8, -0.1]])
QUAD = np.vstack([QUAD, QUAD[0] + QUAD[2] - QUAD[1]])  # a flat parallelogram


def rays(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eye, and directions of length 1 along the axis, through the pixels' centers; world."""
    width, height = camera.size
    y, x = np.mgrid[:height, :width] + 0.5
    (fx, fy), (cx, cy) = camera.focal, camera.center
    seen = np.stack([(x - cx) / fx, (cy - y) / fy, -np.ones_like(x)], axis=2)
    return camera.world_from_camera[:3, 3], seen @ camera.world_from_camera[:3, :3].T


def quad_cameras() -> tuple[Camera, ...]:
    square = Lens((64, 64), 0.8, near=0.5, far=10).camera("square", look_at((1, 2, 2.5), (0, 0, 0)))
    odd = Camera(
        name="odd",
        size=(96, 50),
        focal=(110.0, 70.0),
        center=(40.5, 31.25),
        world_from_camera=look_at((-0.5, 0.4, 3), (0.1, 0, 0)),
    )
    tall = replace(odd, name="tall", size=(40, 90), focal=(60.0, 95.0), center=(22.0, 40.0))
    below = replace(square, name="below", world_from_camera=look_at((0, -3, 0), (0, 0, 0)))
    return square, odd, tall, below


@pytest.fixture(scope="module")
def quads(open_booth: "Callable[[], Booth]") -> Dataset:
    """A parallelogram seen through four lenses."""
    booth = open_booth()
    model = booth.model(booth.quad(QUAD))
    planned = booth.plan(quad_cameras())
    booth.shoot(model, quad_cameras(), Render(samples=256))
    said = list(assemble(planned))
    assert any(isinstance(event, Warned) and "transforms_train" in str(event) for event in said)
    return manifest.read(planned.folder / manifest.NAME)


def expected(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Depth of the quad's plane, where the quad is hit, and how near its outline is in pixels."""
    eye, directions = rays(camera)
    normal = np.cross(QUAD[1] - QUAD[0], QUAD[3] - QUAD[0])
    depth = (QUAD[0] - eye) @ normal / (directions @ normal)
    corners = project(camera, QUAD)
    y, x = np.mgrid[: camera.size[1], : camera.size[0]] + 0.5
    edges = np.roll(corners, -1, axis=0) - corners
    offsets = np.stack([x, y], axis=2)[:, :, None] - corners
    distance = np.cross(edges, offsets) / np.linalg.norm(edges, axis=1)
    side = np.sign(np.cross(edges[0], edges[1]))
    inside = (distance * side).min(axis=2)
    return depth, inside > 0, np.abs(inside)


def test_depth_is_that_of_the_point_behind_the_pixels_center(quads: Dataset) -> None:
    for view in quads.views:
        depth = images.read(quads.folder / str(view.depth), 1)[..., 0]
        wanted, inside, _ = expected(view.camera)
        both = inside & np.isfinite(depth)
        assert both.sum() > 150
        np.testing.assert_allclose(depth[both], wanted[both], rtol=2e-6)


def test_the_mask_is_what_the_pixels_center_sees(quads: Dataset) -> None:
    for view in quads.views:
        mask = images.read(quads.folder / str(view.mask), 1)[..., 0]
        depth = images.read(quads.folder / str(view.depth), 1)[..., 0]
        normal = images.read(quads.folder / str(view.normal), 3)
        _, inside, distance = expected(view.camera)
        clear = distance > 0.01  # the narrowest filter of Cycles
        assert (mask[clear] == inside[clear]).all()
        np.testing.assert_array_equal(mask > 0.5, np.isfinite(depth))
        np.testing.assert_array_equal(mask > 0.5, (normal != 0).any(axis=2))


def test_normals_are_in_our_world_and_face_the_camera(quads: Dataset) -> None:
    normal = np.cross(QUAD[1] - QUAD[0], QUAD[3] - QUAD[0])
    normal /= np.linalg.norm(normal)
    for view in quads.views:
        seen = images.read(quads.folder / str(view.normal), 3)
        eye, _ = rays(view.camera)
        facing = normal * np.sign((eye - QUAD[0]) @ normal)
        shown = seen[(seen != 0).any(axis=2)]
        assert len(shown) > 150
        np.testing.assert_allclose(shown, np.broadcast_to(facing, shown.shape), atol=1e-6)


def test_alpha_is_the_area_of_the_pixel_that_is_covered(quads: Dataset) -> None:
    for view in quads.views:
        alpha = images.read(quads.folder / str(view.color), 4)[..., 3]
        _, inside, distance = expected(view.camera)
        far = distance > 0.75
        assert (alpha[far] == inside[far]).all()
        # The area under a straight edge, which a wider or displaced filter would get wrong.
        width, height = view.camera.size
        fine = 16
        sub = replace(
            view.camera,
            size=(width * fine, height * fine),
            focal=(view.camera.focal[0] * fine, view.camera.focal[1] * fine),
            center=(view.camera.center[0] * fine, view.camera.center[1] * fine),
        )
        area = expected(sub)[1].reshape(height, fine, width, fine).mean(axis=(1, 3))
        error = alpha - area
        assert np.abs(error).max() < 0.12
        assert abs(error[(area > 0) & (area < 1)].mean()) < 0.01


def test_depth_and_normals_of_a_sphere_are_the_analytic_ones(booth: "Booth") -> None:
    lens = Lens((64, 64), 0.8)
    cameras = [
        lens.camera(name, look_at(place, (0, 0, 0)))
        for name, place in (("a", (0, 0.5, 3)), ("b", (2, 2, -1)))
    ]
    # The ball's facets lie up to 2.7e-4 metres below it: from afar that is less than the bar.
    cameras.append(Lens((64, 64), 0.125).camera("far", look_at((2, 8, 16), (0, 0, 0))))
    planned = booth.plan(cameras[1:2], [cameras[0], cameras[2]])
    assert booth.run(booth.ask(booth.model(booth.ball(96)), planned, Render(samples=1))).code == 0
    for _ in assemble(planned):
        pass
    dataset = manifest.read(planned.folder / manifest.NAME)
    manifest.verify(dataset)
    for view in dataset.views:
        depth = images.read(dataset.folder / str(view.depth), 1)[..., 0]
        normal = images.read(dataset.folder / str(view.normal), 3)
        eye, directions = rays(view.camera)
        inner = (directions @ eye) ** 2 > (directions**2).sum(2) * (eye @ eye - 0.95)
        points = eye + depth[..., None] * directions
        assert inner.sum() > 500
        np.testing.assert_allclose(np.linalg.norm(points[inner], axis=1), 1, atol=1e-3)
        np.testing.assert_allclose(normal[inner], points[inner], atol=3e-3)
        np.testing.assert_allclose(np.linalg.norm(normal[inner], axis=1), 1, atol=1e-6)
    along, square = directions @ eye, (directions**2).sum(axis=2)
    wanted = (-along - np.sqrt(np.where(inner, along**2 - square * (eye @ eye - 1), 0))) / square
    off = np.abs(depth - wanted)[inner] / wanted[inner]
    assert off.max() < 1e-4, off.max()


def test_readers_of_nerf_synthetic_find_the_same_cameras(booth: "Booth") -> None:
    learned, held_out = around_sphere(QUAD, Lens((64, 64), 0.7), 3, 2, np.random.default_rng(1))
    planned = booth.plan(learned.cameras, held_out.cameras)
    model = booth.model(booth.quad(QUAD))
    assert booth.run(booth.ask(model, planned, Render(samples=1, test_samples=2))).code == 0
    assert not [event for event in assemble(planned) if isinstance(event, Warned)]
    for split, rig in (("train", learned), ("test", held_out)):
        path = planned.folder / f"transforms_{split}.json"
        frames = transforms.read(path.read_bytes(), path, lambda _: (64, 64)).shots
        for frame, camera in zip(frames, rig.cameras, strict=True):
            assert (planned.folder / frame.named_picture).is_file()
            np.testing.assert_allclose(
                frame.camera.clip_from_camera[:2], camera.clip_from_camera[:2], rtol=1e-9
            )
            np.testing.assert_allclose(
                frame.camera.world_from_camera, camera.world_from_camera, atol=1e-12
            )
