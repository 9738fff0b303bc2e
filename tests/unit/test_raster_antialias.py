from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.raster import cpu, reference
from lightmould.raster.fragments import Fragments

Array = NDArray[Any]
QUAD = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def quad(left: float, top: float, right: float, bottom: float, size: int) -> Array:
    """Clip positions of a rectangle given in pixels."""
    x = np.array([left, right, right, left]) * 2 / size - 1
    y = 1 - np.array([top, top, bottom, bottom]) * 2 / size
    return np.stack([x, y, 0 * x, 0 * x + 1], axis=1)[None].astype(np.float32)


def disc(radius: float, corners: int, rings: int, size: int) -> tuple[Array, Array]:
    """A flat disc of many triangles about the picture's center, radius in pixels."""
    angle = np.arange(corners) * 2 * np.pi / corners
    rim = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    levels = np.arange(1, rings + 1)[:, None, None] / rings
    points = np.concatenate([np.zeros((1, 2)), (levels * rim).reshape(-1, 2)])
    clip = np.zeros((1, len(points), 4), np.float32)
    clip[0, :, :2] = points * radius * 2 / size
    clip[..., 3] = 1
    inner = 1 + np.arange(rings - 1)[:, None] * corners + np.arange(corners)
    after = 1 + np.arange(rings - 1)[:, None] * corners + (np.arange(corners) + 1) % corners
    first = np.arange(corners)
    faces = [
        np.stack([0 * first, 1 + first, 1 + (first + 1) % corners], axis=1),
        np.stack([inner, inner + corners, after + corners], axis=-1).reshape(-1, 3),
        np.stack([inner, after + corners, after], axis=-1).reshape(-1, 3),
    ]
    return clip, np.concatenate(faces).astype(np.int32)


def mask(fragments: Fragments) -> Array:
    return (fragments.triangle >= 0)[..., None].astype(np.float32)


@pytest.mark.parametrize("raster", [cpu, reference])
def test_the_edge_pixels_of_a_rectangle_hold_its_exact_coverage(raster: ModuleType) -> None:
    clip = quad(2.25, 3.4, 5.6, 6.8, 9)
    fragments = raster.rasterize(clip, QUAD, (9, 9))
    smooth = raster.antialias(mask(fragments), clip, QUAD, fragments)[0, ..., 0]
    columns = np.clip(np.arange(9) + 1 - 2.25, 0, 1) * np.clip(5.6 - np.arange(9), 0, 1)
    rows = np.clip(np.arange(9) + 1 - 3.4, 0, 1) * np.clip(6.8 - np.arange(9), 0, 1)
    assert smooth[5] == pytest.approx(columns, abs=1e-5)
    assert smooth[:, 4] == pytest.approx(rows, abs=1e-5)


def test_discs_of_tiny_triangles_have_their_area_and_their_growth() -> None:
    # A disc scaled by s has the area s squared times its own: the slope at s = 1 is twice that.
    # One row of pixels more or less at 45 degrees is 5 % of a slope; over many sizes it cancels.
    areas, slopes = [], []
    for radius in np.linspace(5, 22, 60):
        clip, faces = disc(radius, 150, 40, 48)
        fragments = cpu.rasterize(clip, faces, (48, 48))
        seen = mask(fragments)
        area = cpu.antialias(seen, clip, faces, fragments).sum()
        grad = cpu.antialias_backward(seen, clip, faces, fragments, np.ones_like(seen))[1]
        areas.append(area / (np.pi * radius**2))
        slopes.append((grad[..., :2] * clip[..., :2]).sum() / (2 * np.pi * radius**2))
        assert (grad[..., 2] == 0).all()
    assert np.mean(areas) == pytest.approx(1, abs=2e-3)
    assert np.mean(slopes) == pytest.approx(1, abs=1e-2)
    assert np.std(areas) < 5e-3


def test_edges_inside_a_surface_are_left_alone() -> None:
    clip, faces = disc(40, 60, 10, 48)
    fragments = cpu.rasterize(clip, faces, (48, 48))
    assert (fragments.triangle >= 0).all()
    noise = np.random.default_rng(0).random((1, 48, 48, 3)).astype(np.float32)
    assert np.array_equal(cpu.antialias(noise, clip, faces, fragments), noise)


def test_the_nearer_of_two_surfaces_has_the_silhouette() -> None:
    near, far = quad(2.3, -1, 20, 20, 9), quad(-9, -9, 20, 20, 9)
    near[..., 2], far[..., 2] = -0.5, 0.5
    clip = np.concatenate([far, near], axis=1)
    faces = np.concatenate([QUAD, QUAD + 4])
    fragments = cpu.rasterize(clip, faces, (9, 9))
    color = (fragments.triangle > 1)[..., None].astype(np.float32)
    smooth = cpu.antialias(color, clip, faces, fragments)
    assert smooth[0, 4, :5, 0] == pytest.approx([0, 0, 0.7, 1, 1], abs=1e-5)
    _, grad = cpu.antialias_backward(color, clip, faces, fragments, np.ones_like(color))
    assert (grad[0, :4] == 0).all()
    assert grad[0, 4:, 0].sum() == pytest.approx(-9 * 9 / 2)


def test_an_edge_on_the_border_of_two_pixels_changes_nothing_yet_has_a_gradient() -> None:
    clip = quad(3, -1, 20, 20, 8)
    fragments = cpu.rasterize(clip, QUAD, (8, 8))
    color = mask(fragments)
    assert np.array_equal(cpu.antialias(color, clip, QUAD, fragments), color)
    _, grad = cpu.antialias_backward(color, clip, QUAD, fragments, np.ones_like(color))
    assert grad[..., 0].sum() == pytest.approx(-8 * 8 / 2)
