"""The fast operations against their slow twins, and the twins against finite differences."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.raster import cpu, reference
from lightmould.raster.fragments import Fragments
from lightmould.raster.reference.coverage import corners_from_pixel, weigh

Array = NDArray[Any]


@dataclass(frozen=True)
class Scene:
    """A knobbly torus seen twice, with four channels of color at its vertices."""

    clip: Array
    faces: Array
    color: Array
    size: tuple[int, int]


def torus(rings: int, sides: int, rng: np.random.Generator) -> tuple[Array, Array]:
    a, b = np.meshgrid(np.arange(rings), np.arange(sides), indexing="ij")
    around, about = a.ravel() * 2 * np.pi / rings, b.ravel() * 2 * np.pi / sides
    tube = 0.35 + 0.05 * rng.random(rings * sides)
    out = 0.8 + tube * np.cos(about)
    positions = np.stack([out * np.cos(around), out * np.sin(around), tube * np.sin(about)], 1)
    i, j, k, m = (
        ((a + da) % rings * sides + (b + db) % sides).ravel()
        for da, db in ((0, 0), (1, 0), (1, 1), (0, 1))
    )
    faces = np.concatenate([np.stack([i, j, k], 1), np.stack([i, k, m], 1)])
    return positions, faces.astype(np.int32)


@pytest.fixture(scope="module", params=[(24, 12, 61, 47), (12, 6, 80, 80), (60, 30, 50, 50)])
def scene(request: pytest.FixtureRequest) -> Scene:
    rings, sides, width, height = request.param
    rng = np.random.default_rng(rings)
    positions, faces = torus(rings, sides, rng)
    views = []
    for _ in range(2):
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        x, y, z = (positions @ turn.T - (0, 0, 2.8)).T
        views.append(np.stack([1.7 * x, 1.7 * y, -1.2 * z - 0.5, -z], axis=1))
    color = rng.random((2, len(positions), 4))
    return Scene(np.array(views, np.float32), faces, color.astype(np.float32), (width, height))


def largest(fast: Array, slow: Array) -> float:
    """The largest difference, relative to the largest value."""
    return float(np.abs(fast - slow).max() / np.abs(slow).max())


def test_visibility_agrees_but_for_a_thousandth_of_the_pixels(scene: Scene) -> None:
    fast, slow = (r.rasterize(scene.clip, scene.faces, scene.size) for r in (cpu, reference))
    same = fast.triangle == slow.triangle
    assert (fast.triangle >= 0).mean() > 0.1
    assert (~same).mean() <= 1e-3
    assert np.abs(fast.barycentric - slow.barycentric)[same].max() <= 1e-5
    assert np.abs(fast.depth - slow.depth)[same].max() <= 1e-5


def test_forward_operations_agree(scene: Scene) -> None:
    fragments = cpu.rasterize(scene.clip, scene.faces, scene.size)
    assert np.array_equal(cpu.adjacency(scene.faces), reference.adjacency(scene.faces))
    color = cpu.interpolate(scene.color, scene.faces, fragments)
    assert largest(color, reference.interpolate(scene.color, scene.faces, fragments)) <= 1e-5
    given = color, scene.clip, scene.faces, fragments
    smooth = cpu.antialias(*given)
    assert largest(smooth, reference.antialias(*given)) <= 1e-5
    assert np.array_equal(smooth, cpu.antialias(*given, cpu.adjacency(scene.faces)))
    slopes = cpu.barycentric_derivatives(*given[1:])
    assert largest(slopes, reference.barycentric_derivatives(*given[1:])) <= 1e-5
    given = scene.color, scene.faces, fragments, slopes
    steps = cpu.attribute_derivatives(*given)
    assert largest(steps, reference.attribute_derivatives(*given)) <= 1e-5
    for boundary in ("wrap", "clamp"):
        given = scene.color[:, None], 5 * smooth[..., :2] - 2, boundary
        assert largest(cpu.texture(*given), reference.texture(*given)) <= 1e-5


def test_gradients_agree(scene: Scene) -> None:
    rng = np.random.default_rng(1)
    fragments = cpu.rasterize(scene.clip, scene.faces, scene.size)
    grad = rng.normal(size=(*fragments.triangle.shape, 4)).astype(np.float32)
    flat = grad[..., :2] * 2
    mesh = scene.clip, scene.faces, fragments
    slopes, steps = grad.reshape(*grad.shape[:3], 2, 2), np.stack([grad, 2 * grad], axis=-1)
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("rasterize_backward", (scene.clip, scene.faces, fragments, flat)),
        ("interpolate_backward", (scene.color, scene.faces, fragments, grad)),
        ("interpolate_backward", (scene.color[:1], scene.faces, fragments, grad)),
        ("barycentric_derivatives_backward", (*mesh, slopes)),
        ("attribute_derivatives_backward", (scene.color, *mesh[1:], slopes, steps)),
        ("attribute_derivatives_backward", (scene.color[:1], *mesh[1:], slopes, steps)),
        ("antialias_backward", (grad, scene.clip, scene.faces, fragments, grad)),
        ("texture_backward", (scene.color[:, None], flat, grad, "wrap")),
        ("texture_backward", (scene.color[:1, None], flat, grad, "clamp")),
    ]
    for name, given in calls:
        fast, slow = getattr(cpu, name)(*given), getattr(reference, name)(*given)
        pairs = zip(fast, slow, strict=True) if isinstance(fast, tuple) else [(fast, slow)]
        for one, other in pairs:
            assert one.shape == other.shape
            assert largest(one, other) <= 1e-4, name


def difference(loss: Callable[[Array], float], at: Array, way: Array) -> float:
    """The slope of `loss` at a place, along a way, from both sides."""
    step = 1e-6
    return (loss(at + step * way) - loss(at - step * way)) / (2 * step)


def ways(like: Array, rng: np.random.Generator) -> list[Array]:
    """Directions to try: all of an array, and single vertices or texels of it."""
    singles = []
    for place in rng.integers(0, like.shape[1], 12):
        single = np.zeros(like.shape)
        single[:, place] = rng.normal(size=single[:, place].shape)
        singles.append(single)
    return [rng.normal(size=like.shape), *singles]


def test_barycentrics_move_as_their_gradient_says(scene: Scene) -> None:
    rng = np.random.default_rng(2)
    clip = scene.clip.astype(np.float64)
    fragments = reference.rasterize(clip, scene.faces, scene.size)
    inside = fragments.triangle >= 0
    grad = rng.normal(size=fragments.barycentric.shape)
    slope = reference.rasterize_backward(clip, scene.faces, fragments, grad)

    def of_clip(moved: Array) -> float:
        corners = corners_from_pixel(moved, scene.faces, fragments.triangle)
        return float((weigh(corners)[0][:, :2] * grad[inside]).sum())

    assert of_clip(clip) == pytest.approx((fragments.barycentric * grad).sum())
    for way in ways(clip, rng):
        wanted = difference(of_clip, clip, way)
        assert (slope * way).sum() == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_derivatives_are_what_the_next_pixel_has_more(scene: Scene) -> None:
    clip = scene.clip.astype(np.float64)
    fragments = reference.rasterize(clip, scene.faces, scene.size)
    slopes = reference.barycentric_derivatives(clip, scene.faces, fragments)
    inside = fragments.triangle >= 0
    hair = 1e-6
    for way, (axis, size) in enumerate(((0, scene.size[0]), (1, -scene.size[1]))):
        # The picture moves by a hair under its pixels.
        moved = clip.copy()
        moved[..., axis] -= clip[..., 3] * hair * 2 / size
        corners = corners_from_pixel(moved, scene.faces, fragments.triangle)
        there = weigh(corners)[0][:, :2]
        wanted = (there - fragments.barycentric[inside]) / hair
        assert np.allclose(slopes[inside][:, :, way], wanted, rtol=1e-4, atol=1e-3)


def test_derivatives_move_as_their_gradients_say(scene: Scene) -> None:
    rng = np.random.default_rng(8)
    clip, color = scene.clip.astype(np.float64), scene.color.astype(np.float64)
    fragments = reference.rasterize(clip, scene.faces, scene.size)
    slopes = reference.barycentric_derivatives(clip, scene.faces, fragments)
    grad = rng.normal(size=(*slopes.shape[:3], 4, 2))
    given = scene.faces, fragments
    to_color, to_slopes = reference.attribute_derivatives_backward(color, *given, slopes, grad)
    to_clip = reference.barycentric_derivatives_backward(clip, *given, to_slopes)

    def of_clip(moved: Array) -> float:
        there = reference.barycentric_derivatives(moved, *given)
        return float((reference.attribute_derivatives(color, *given, there) * grad).sum())

    def of_color(other: Array) -> float:
        return float((reference.attribute_derivatives(other, *given, slopes) * grad).sum())

    for way in ways(clip, rng)[:4]:
        wanted = difference(of_clip, clip, 0.01 * way)
        assert (to_clip * 0.01 * way).sum() == pytest.approx(wanted, rel=1e-4, abs=1e-4)
    for way in ways(color, rng)[:4]:
        wanted = difference(of_color, color, way)
        assert (to_color * way).sum() == pytest.approx(wanted, rel=1e-5, abs=1e-5)


def test_interpolation_moves_as_its_gradients_say(scene: Scene) -> None:
    rng = np.random.default_rng(3)
    faces, color = scene.faces, scene.color.astype(np.float64)
    fragments = reference.rasterize(scene.clip.astype(np.float64), faces, scene.size)
    grad = rng.normal(size=(*fragments.triangle.shape, 4))
    slope, slope_weights = reference.interpolate_backward(color, faces, fragments, grad)

    def of_color(values: Array) -> float:
        return float((reference.interpolate(values, faces, fragments) * grad).sum())

    def of_weights(weights: Array) -> float:
        there = Fragments(fragments.triangle, weights, fragments.depth)
        return float((reference.interpolate(color, faces, there) * grad).sum())

    for way in ways(color, rng):
        assert (slope * way).sum() == pytest.approx(difference(of_color, color, way), abs=1e-6)
    for way in ways(fragments.barycentric, rng):
        wanted = difference(of_weights, fragments.barycentric, way)
        assert (slope_weights * way).sum() == pytest.approx(wanted, abs=1e-6)


def test_antialiasing_moves_as_its_gradients_say(scene: Scene) -> None:
    rng = np.random.default_rng(4)
    faces, clip = scene.faces, scene.clip.astype(np.float64)
    fragments = reference.rasterize(clip, faces, scene.size)
    color, grad = rng.normal(size=(2, *fragments.triangle.shape, 3))
    slope_color, slope = reference.antialias_backward(color, clip, faces, fragments, grad)

    def of_clip(moved: Array) -> float:
        return float((reference.antialias(color, moved, faces, fragments) * grad).sum())

    def of_color(other: Array) -> float:
        return float((reference.antialias(other, clip, faces, fragments) * grad).sum())

    assert np.abs(slope).max() > 0
    for way in ways(clip, rng):
        assert (slope * way).sum() == pytest.approx(
            difference(of_clip, clip, way), rel=1e-5, abs=1e-6
        )
    for way in ways(color, rng)[:3]:
        wanted = difference(of_color, color, way)
        assert (slope_color * way).sum() == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("boundary", ["wrap", "clamp"])
def test_texture_moves_as_its_gradients_say(boundary: cpu.Boundary) -> None:
    rng = np.random.default_rng(5)
    image, uv = rng.normal(size=(1, 5, 7, 3)), rng.normal(size=(2, 6, 8, 2)) * 2
    grad = rng.normal(size=(2, 6, 8, 3))
    slope_image, slope_uv = reference.texture_backward(image, uv, grad, boundary)

    def of_image(other: Array) -> float:
        return float((reference.texture(other, uv, boundary) * grad).sum())

    def of_uv(other: Array) -> float:
        return float((reference.texture(image, other, boundary) * grad).sum())

    for way in ways(image, rng):
        wanted = difference(of_image, image, way)
        assert (slope_image * way).sum() == pytest.approx(wanted, abs=1e-6)
    for way in ways(uv, rng):
        wanted = difference(of_uv, uv, way)
        assert (slope_uv * way).sum() == pytest.approx(wanted, rel=1e-5, abs=1e-5)
