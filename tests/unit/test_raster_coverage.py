from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.errors import SettingsError
from lightmould.raster import cpu, reference
from lightmould.raster.fragments import Fragments

ONE = np.array([[0, 1, 2]], np.int32)


def clip_from_pixels(pixels: object, size: tuple[int, int], z: float = 0.0) -> NDArray[np.float32]:
    """One image's clip positions, w = 1, from pixels with (0, 0) at the top left corner."""
    x, y = np.array(pixels, np.float64).T
    flat = np.stack([x * 2 / size[0] - 1, 1 - y * 2 / size[1], np.full_like(x, z), np.ones_like(x)])
    return flat.T[None].astype(np.float32)


def test_row_0_is_the_top_and_pixel_centers_decide() -> None:
    clip = clip_from_pixels([(0, 0), (2.4, 0), (0, 2.4)], (4, 3))
    seen = cpu.rasterize(clip, ONE, (4, 3)).triangle[0] >= 0
    assert seen.tolist() == [[True, True, False, False], [True, False, False, False], [False] * 4]


def test_a_center_on_a_left_or_top_edge_is_inside_and_on_the_others_outside() -> None:
    corners = [(0.5, 0.5), (2.5, 0.5), (2.5, 2.5), (0.5, 2.5)]
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    seen = cpu.rasterize(clip_from_pixels(corners, (4, 4)), faces, (4, 4)).triangle[0] >= 0
    assert np.argwhere(seen).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_both_sides_of_a_triangle_are_drawn() -> None:
    clip = clip_from_pixels([(0, 0), (9, 0), (0, 9)], (4, 4))
    front, back = (cpu.rasterize(clip, ONE[:, order], (4, 4)) for order in ([0, 1, 2], [0, 2, 1]))
    assert np.array_equal(front.triangle, back.triangle)
    assert (front.triangle >= 0).all()


def test_the_nearest_triangle_wins_and_the_lower_one_of_equals() -> None:
    whole = [(0, 0), (9, 0), (0, 9)]
    far, near = (clip_from_pixels(whole, (4, 4), z) for z in (0.5, -0.5))
    clip = np.concatenate([far, near, near], axis=1)
    faces = np.arange(9, dtype=np.int32).reshape(3, 3)
    fragments = cpu.rasterize(clip, faces, (4, 4))
    assert (fragments.triangle == 1).all()
    assert (fragments.depth == -0.5).all()


def test_pixels_without_a_triangle_say_so() -> None:
    fragments = cpu.rasterize(clip_from_pixels([(0, 0), (1.2, 0), (0, 1.2)], (4, 4)), ONE, (4, 4))
    empty = fragments.triangle < 0
    assert empty.sum() == 16 - 1
    assert (fragments.depth[empty] == 1).all()
    assert (fragments.barycentric[empty] == 0).all()
    assert fragments.size == (4, 4)


@pytest.mark.parametrize("raster", [cpu, reference])
@pytest.mark.parametrize(
    "corner", [(0, 0, 0, 0), (0, 0, 0, -1), (np.nan, 0, 0, 1), (0, np.inf, 0, 1), (1e9, 0, 0, 1)]
)
def test_a_corner_that_has_no_place_on_the_picture_hides_its_triangle(
    raster: ModuleType, corner: tuple[float, ...]
) -> None:
    clip = np.array([[(-1, -1, 0, 1), (3, -1, 0, 1), corner]], np.float32)
    fragments = raster.rasterize(clip, ONE, (4, 4))
    assert (fragments.triangle < 0).all()


@pytest.mark.parametrize("raster", [cpu, reference])
def test_fragments_before_the_near_and_behind_the_far_plane_are_not_drawn(
    raster: ModuleType,
) -> None:
    clip = np.array([[(-1, -1, -3, 1), (3, -1, 3, 1), (-1, 3, -3, 1)]], np.float32)
    depth = raster.rasterize(clip, ONE, (8, 8)).depth
    seen = depth < 1
    assert depth.min() >= -1
    assert 0 < seen.sum() < 64


def test_a_sliver_has_weights_between_its_corners_and_no_gradient() -> None:
    # Thinner than the 1/256 pixel that corners are snapped to, yet it owns centers.
    corners = [(0.1, 0.49999), (7.9, 0.50001), (7.9, 0.49999), (0, 8)]
    size = (8, 8)
    clip = clip_from_pixels(corners, size).astype(np.float64)
    clip[0, 1, 1] -= 2 / 256 / 8
    fragments = reference.rasterize(clip, ONE, size)
    seen = fragments.triangle[0] >= 0
    weights = fragments.barycentric[0][seen]
    assert seen.any()
    assert np.all((weights >= -0.5) & (weights <= 1.5))
    grad = reference.rasterize_backward(clip, ONE, fragments, np.ones(fragments.barycentric.shape))
    assert np.isfinite(grad).all()


def test_nothing_to_draw_is_an_empty_picture() -> None:
    fragments = cpu.rasterize(np.zeros((2, 0, 4), np.float32), np.zeros((0, 3), np.int32), (5, 4))
    assert fragments.triangle.shape == (2, 4, 5)
    assert (fragments.triangle == -1).all()


def test_wrong_arguments_are_named() -> None:
    clip = clip_from_pixels([(0, 0), (1.2, 0), (0, 1.2)], (4, 4))
    with pytest.raises(SettingsError, match="faces"):
        cpu.rasterize(clip, ONE + 1, (4, 4))
    with pytest.raises(SettingsError, match="faces"):
        cpu.rasterize(clip, ONE - 1, (4, 4))
    with pytest.raises(SettingsError, match="size"):
        cpu.rasterize(clip, ONE, (0, 4))
    with pytest.raises(SettingsError, match="clip"):
        cpu.rasterize(clip[0], ONE, (4, 4))
    fragments = cpu.rasterize(clip, ONE, (4, 4))
    with pytest.raises(SettingsError, match="attributes"):
        cpu.interpolate(np.zeros((3, 3, 1), np.float32), ONE, fragments)
    with pytest.raises(SettingsError, match="fragments"):
        cpu.interpolate(np.zeros((1, 3, 1), np.float32), ONE[:0], fragments)
    with pytest.raises(SettingsError, match="fragments"):
        Fragments(fragments.triangle, fragments.depth, fragments.depth)


def test_locked_and_strided_arrays_are_as_good_as_plain_ones() -> None:
    clip = clip_from_pixels([(0, 0), (9, 0), (0, 9)], (4, 4))
    wide = np.repeat(clip, 2, axis=-1)
    wide.setflags(write=False)
    strided = cpu.rasterize(wide[..., ::2], ONE.astype(np.int64), (4, 4))
    assert np.array_equal(strided.barycentric, cpu.rasterize(clip, ONE, (4, 4)).barycentric)


def test_neighbors_share_an_edge_and_nobody_has_two_across_one() -> None:
    faces = np.array([[0, 1, 2], [2, 1, 3], [1, 2, 4], [0, 2, 5], [6, 6, 7]], np.int32)
    wanted = [[-1, 3, -1], [-1] * 3, [-1] * 3, [-1, -1, 0], [-1] * 3]
    assert cpu.adjacency(faces).tolist() == wanted
    assert reference.adjacency(faces).tolist() == wanted
