from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, Delaunay

from lightmould.raster import cpu

Array = NDArray[Any]
SIDE = 16
quick: Callable[..., Any] = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)
# Places in 1/256 pixel, many of them on pixel centers, where fill rules matter.
places = st.one_of(
    st.integers(0, 256 * SIDE), st.integers(0, SIDE - 1).map(lambda pixel: 256 * pixel + 128)
)


def counts(clip: Array, faces: Array) -> Array:
    """How many triangles cover each pixel, every triangle drawn alone."""
    alone = [cpu.rasterize(clip, face[None], (SIDE, SIDE)).triangle[0] >= 0 for face in faces]
    return np.sum(alone, axis=0)


def closed_mesh(rng: np.random.Generator) -> tuple[Array, Array]:
    """A convex solid with random corners, before a perspective camera."""
    points = rng.normal(size=(30, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    hull = ConvexHull(points)
    corners = points[hull.simplices]
    outward = np.linalg.det(corners) > 0
    faces = np.where(outward[:, None], hull.simplices, hull.simplices[:, ::-1])
    x, y, z = (points * rng.uniform(0.3, 1.2, size=(3,)) - (0, 0, 3)).T
    clip = np.stack([2.5 * x, 2.5 * y, -z - 1, -z], axis=1)[None]
    return clip.astype(np.float32), faces.astype(np.int32)


@quick
@given(st.lists(st.tuples(places, places), max_size=20))
def test_triangles_that_tile_the_picture_cover_each_pixel_once(
    inner: list[tuple[int, int]],
) -> None:
    edge = 256 * SIDE
    frame = [(-edge, -edge), (2 * edge, -edge), (2 * edge, 2 * edge), (-edge, 2 * edge)]
    points = np.array(sorted({*frame, *inner}), np.float64)
    faces = Delaunay(points).simplices.astype(np.int32)
    clip = np.stack([*(points * 2 / edge - 1).T, 0 * points[:, 0], 0 * points[:, 0] + 1], axis=1)
    assert (counts(clip[None].astype(np.float32), faces) == 1).all()


@quick
@given(seeds)
def test_a_closed_mesh_has_a_back_behind_every_front(seed: int) -> None:
    clip, faces = closed_mesh(np.random.default_rng(seed))
    corners = clip[0, faces, :2] / clip[0, faces, 3:]
    front = np.linalg.det(np.concatenate([corners, np.ones((*faces.shape, 1))], axis=2)) > 0
    fronts, backs = counts(clip, faces[front]), counts(clip, faces[~front])
    seen = cpu.rasterize(clip, faces, (SIDE, SIDE)).triangle[0]
    assert np.array_equal(fronts, (seen >= 0).astype(int))
    assert np.array_equal(backs, fronts)
    # Where they meet, within a snap's width of the outline, the back may be the nearer by a hair.
    assert (~front[seen[seen >= 0]]).sum() <= 3


@quick
@given(seeds)
def test_barycentrics_put_what_is_seen_on_the_ray_of_its_pixel(seed: int) -> None:
    clip, faces = closed_mesh(np.random.default_rng(seed))
    fragments = cpu.rasterize(clip, faces, (SIDE, SIDE))
    there = cpu.interpolate(clip, faces, fragments)[0]
    row, column = np.nonzero(fragments.triangle[0] >= 0)
    x, y, z, w = there[row, column].T
    assert np.allclose(x / w, (column + 0.5) * 2 / SIDE - 1, atol=1e-5)
    assert np.allclose(y / w, 1 - (row + 0.5) * 2 / SIDE, atol=1e-5)
    # Where a triangle is seen at its very rim, depth stays between its corners'.
    assert np.allclose(z / w, fragments.depth[0, row, column], atol=1e-2)


@quick
@given(seeds)
def test_weights_of_three_corners_sum_to_one(seed: int) -> None:
    clip, faces = closed_mesh(np.random.default_rng(seed))
    fragments = cpu.rasterize(clip, faces, (SIDE, SIDE))
    ones = np.ones((1, clip.shape[1], 1), np.float32)
    spread = cpu.interpolate(ones, faces, fragments)[..., 0]
    assert np.allclose(spread, fragments.triangle >= 0, atol=1e-6)
    weights = fragments.barycentric[fragments.triangle >= 0]
    assert weights.min(initial=0) > -0.05
    assert weights.sum(axis=1).max(initial=0) < 1.05


@quick
@given(seeds, st.floats(-10, 10, width=32))
def test_antialiasing_leaves_one_color_as_it_is(seed: int, value: float) -> None:
    clip, faces = closed_mesh(np.random.default_rng(seed))
    fragments = cpu.rasterize(clip, faces, (SIDE, SIDE))
    flat = np.full((1, SIDE, SIDE, 2), value, np.float32)
    assert np.array_equal(cpu.antialias(flat, clip, faces, fragments), flat)
    grad_color, grad_clip = cpu.antialias_backward(flat, clip, faces, fragments, flat)
    assert not grad_clip.any()
    assert np.isclose(grad_color.sum(), flat.sum(), rtol=1e-4)


@quick
@given(seeds, st.sampled_from([1, 2, 3]), st.integers(-3, 3), st.integers(-3, 3))
def test_a_wrapped_texture_repeats(seed: int, threads: int, right: int, up: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((1, *rng.integers(1, 9, 2), 3)).astype(np.float32)
    # Sixteenths and their sums with whole numbers are exact.
    uv = rng.integers(-16, 33, (2, 5, 6, 2)).astype(np.float32) / 16
    cpu.set_threads(threads)
    moved = cpu.texture(image, uv + np.array((right, up), np.float32))
    cpu.set_threads(None)
    assert np.allclose(cpu.texture(image, uv), moved, atol=1e-5)


@quick
@given(seeds)
def test_a_clamped_texture_is_its_border_outside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random((1, *rng.integers(1, 9, 2), 3)).astype(np.float32)
    uv = rng.normal(size=(2, 5, 6, 2)).astype(np.float32) * 2
    outside = cpu.texture(image, uv, "clamp")
    assert np.allclose(outside, cpu.texture(image, uv.clip(0, 1), "clamp"), atol=1e-5)


@quick
@given(seeds, st.sampled_from(["wrap", "clamp"]))
def test_lookups_hand_on_all_of_their_gradient(seed: int, way: Literal["wrap", "clamp"]) -> None:
    rng = np.random.default_rng(seed)
    image = np.full((1, *rng.integers(1, 9, 2), 2), 0.7, np.float32)
    uv = rng.normal(size=(2, 5, 6, 2)).astype(np.float32) * 2
    grad = rng.normal(size=(2, 5, 6, 2)).astype(np.float32)
    assert np.allclose(cpu.texture(image, uv, way), 0.7, atol=1e-6)
    grad_image, grad_uv = cpu.texture_backward(image, uv, grad, way)
    assert np.allclose(grad_image.sum(axis=(0, 1, 2)), grad.sum(axis=(0, 1, 2)), atol=1e-4)
    assert np.allclose(grad_uv, 0, atol=1e-5)
