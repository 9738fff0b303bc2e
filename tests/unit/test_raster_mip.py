"""Mip chains, levels of detail and cube maps: fast against slow, slow against differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lightmould.errors import SettingsError
from lightmould.raster import cpu, reference
from lightmould.raster.cube import AXES
from lightmould.raster.detail import Boundary, Detail

Array = NDArray[Any]
BOUNDARIES: tuple[Boundary, ...] = ("wrap", "clamp", "zero", "cube")
STEP = 1e-6


def largest(fast: Array, slow: Array) -> float:
    """The largest difference, relative to the largest value."""
    return float(np.abs(fast - slow).max() / np.abs(slow).max())


def lookups(boundary: Boundary, batch: int = 1) -> tuple[Array, Array, Detail]:
    """An image, places all over it and beyond, and footprints between one texel and all of them."""
    rng = np.random.default_rng(BOUNDARIES.index(boundary))
    cube = boundary == "cube"
    image = rng.normal(size=(batch, *((6, 16, 16) if cube else (16, 32)), 3))
    uv = rng.normal(size=(2, 9, 11, 3 if cube else 2))
    slopes = rng.normal(size=(*uv.shape, 2)) * 0.3 * rng.random((2, 9, 11, 1, 1)) ** 2
    level = rng.normal(size=uv.shape[:3])
    # Whole levels and the borders of texels and faces have one-sided slopes; chance avoids them.
    parts = image, uv, slopes, level
    image, uv, slopes, level = (part.astype(np.float32) for part in parts)
    return image, uv, Detail(slopes, level)


def wide(detail: Detail) -> Detail:
    """In double precision, for differences."""
    slopes, level = detail.derivatives, detail.level
    assert slopes is not None
    assert level is not None
    return Detail(slopes.astype(np.float64), level.astype(np.float64))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_lookups_agree_with_their_slow_twin(boundary: Boundary, batch: int) -> None:
    image, uv, detail = lookups(boundary, batch)
    fast, slow = (r.texture(image, uv, boundary) for r in (cpu, reference))
    assert largest(fast, slow) <= 1e-5
    chains = cpu.mip_chain(image), reference.mip_chain(image)
    assert len(chains[0]) == (5 if boundary == "cube" else 6)
    for one, other in zip(*chains, strict=True):
        assert largest(one, other) <= 1e-5
    for kind in (detail, Detail(detail.derivatives), Detail(level=detail.level), Detail()):
        given = chains[0], uv, kind, boundary
        assert largest(cpu.texture_mip(*given), reference.texture_mip(*given)) <= 1e-5


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_gradients_of_lookups_agree_with_their_slow_twin(boundary: Boundary, batch: int) -> None:
    image, uv, detail = lookups(boundary, batch)
    grad = np.random.default_rng(7).normal(size=(*uv.shape[:3], 3)).astype(np.float32)
    plain = [r.texture_backward(image, uv, grad, boundary) for r in (cpu, reference)]
    chain = cpu.mip_chain(image)
    fast, slow = (
        r.texture_mip_backward(chain, uv, detail, grad, boundary) for r in (cpu, reference)
    )
    folded = cpu.mip_chain_backward(fast.levels), reference.mip_chain_backward(slow.levels)
    pairs = [*zip(*plain, strict=True), folded, *zip(fast.levels, slow.levels, strict=True)]
    pairs += [(fast.uv, slow.uv), (fast.derivatives, slow.derivatives), (fast.level, slow.level)]
    for one, other in pairs:
        assert one.shape == other.shape
        assert largest(one, other) <= 1e-4


def slope(loss: Callable[[Array], float], at: Array, way: Array) -> float:
    return (loss(at + STEP * way) - loss(at - STEP * way)) / (2 * STEP)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_lookups_move_as_their_gradients_say(boundary: Boundary) -> None:
    rng = np.random.default_rng(3)
    image, uv, detail = lookups(boundary)
    image, uv, detail = image.astype(np.float64), uv.astype(np.float64), wide(detail)
    grad = rng.normal(size=(*uv.shape[:3], 3))

    def loss(image: Array, uv: Array, slopes: Array | None, level: Array | None) -> float:
        chain = reference.mip_chain(image)
        looked = reference.texture_mip(chain, uv, Detail(slopes, level), boundary)
        return float((looked * grad).sum())

    chain = reference.mip_chain(image)
    back = reference.texture_mip_backward(chain, uv, detail, grad, boundary)
    given = [image, uv, detail.derivatives, detail.level]
    told = [reference.mip_chain_backward(back.levels), back.uv, back.derivatives, back.level]
    for i, (value, gradient) in enumerate(zip(given, told, strict=True)):
        assert value is not None
        assert gradient is not None
        for way in (rng.normal(size=value.shape), rng.random(value.shape)):
            wanted = slope(lambda x, i=i: loss(*given[:i], x, *given[i + 1 :]), value, way)
            assert (gradient * way).sum() == pytest.approx(wanted, rel=1e-4, abs=1e-4)


def test_a_chain_halves_until_one_texel_or_an_odd_side() -> None:
    image = np.arange(48, dtype=np.float32).reshape(1, 4, 12, 1)
    sizes = [level.shape[1:3] for level in cpu.mip_chain(image)]
    assert sizes == [(4, 12), (2, 6), (1, 3)]
    assert [len(cpu.mip_chain(image, count)) for count in (1, 2, 9)] == [1, 2, 3]
    assert cpu.mip_chain(image)[1][0, 0, 0, 0] == np.mean([0, 1, 12, 13])
    tall = cpu.mip_chain(np.arange(8, dtype=np.float32).reshape(1, 8, 1, 1))
    assert [level.ravel().tolist() for level in tall[1:]] == [
        [0.5, 2.5, 4.5, 6.5],
        [1.5, 5.5],
        [3.5],
    ]


def test_a_footprint_of_four_texels_reads_the_third_level() -> None:
    image = np.random.default_rng(0).random((1, 8, 8, 1)).astype(np.float32)
    uv = np.full((1, 1, 1, 2), 0.3, np.float32)
    slopes = np.array([[[[[0.0, 0.5], [0.1, 0.0]]]]], np.float32)  # 4 texels, and 0.8 across
    chain = cpu.mip_chain(image)
    wanted = cpu.texture(chain[2], uv)
    assert np.allclose(cpu.texture_mip(chain, uv, Detail(slopes)), wanted)
    more = Detail(slopes, np.full((1, 1, 1), 0.5, np.float32))
    half = (wanted + cpu.texture(chain[3], uv)) / 2
    assert np.allclose(cpu.texture_mip(chain, uv, more), half)
    for level, read in ((-3.0, 0), (2.0, 2), (99.0, 3)):
        given = Detail(level=np.full((1, 1, 1), level, np.float32))
        assert np.allclose(cpu.texture_mip(chain, uv, given), cpu.texture(chain[read], uv))


def test_a_lookup_without_a_level_is_nan_and_has_no_gradient() -> None:
    chain = cpu.mip_chain(np.ones((1, 4, 4, 1), np.float32))
    uv = np.full((1, 1, 2, 2), 0.5, np.float32)
    detail = Detail(level=np.array([[[np.nan, 1]]], np.float32))
    assert np.isnan(cpu.texture_mip(chain, uv, detail)).ravel().tolist() == [True, False]
    back = cpu.texture_mip_backward(chain, uv, detail, np.ones((1, 1, 2, 1), np.float32))
    assert sum(level.sum() for level in back.levels) == pytest.approx(1)


def test_nothing_is_beyond_the_border_of_zero() -> None:
    image = np.ones((1, 2, 2, 1), np.float32)
    uv = np.array([[[[0.5, 0.5], [0, 0.5], [-0.25, 0.5], [1.3, 9], [-1e30, 3e38]]]], np.float32)
    assert cpu.texture(image, uv, "zero").ravel().tolist() == [1, 0.5, 0, 0, 0]


def centers(size: int) -> Array:
    """Directions (6, size, size, 3) to the texels of a cube map, as OpenGL places them."""
    ticks = (np.arange(size) + 0.5) * 2 / size - 1
    t, s = np.meshgrid(ticks, ticks, indexing="ij")
    one = np.ones(s.shape)
    faces = [
        (one, -t, -s),
        (-one, -t, s),
        (s, one, t),
        (s, -one, -t),
        (s, -t, one),
        (-s, -t, -one),
    ]
    return np.stack([np.stack(face, axis=-1) for face in faces])


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_a_cube_gives_each_texel_where_opengl_has_it(size: int) -> None:
    image = np.random.default_rng(size).random((1, 6, size, size, 2)).astype(np.float32)
    uv = (3 * centers(size).reshape(1, 6 * size, size, 3)).astype(np.float32)
    looked = cpu.texture(image, uv, "cube").reshape(image.shape)
    assert np.allclose(looked, image, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 4, 7])
def test_a_cube_has_no_seams(size: int) -> None:
    rng = np.random.default_rng(size)
    image = rng.random((1, 6, size, size, 1)).astype(np.float32)
    edge = rng.uniform(-1, 1, (1, 400, 2, 3))
    edge[:, :, :, 0], edge[:, :, :, 1] = 1, np.sign(edge[:, :, :1, 1])
    edge[:, 300:, :, 2] = np.sign(edge[:, 300:, :1, 2])
    edge[:, :300, 1, 2] = edge[:, :300, 0, 2]
    edge *= rng.choice([-1, 1], (1, 400, 1, 3))
    edge = np.take_along_axis(edge, np.argsort(rng.random((1, 400, 1, 3)), -1).repeat(2, 2), -1)
    either = edge * (1 + 1e-6 * rng.normal(size=edge.shape))
    looked = cpu.texture(image, either.astype(np.float32), "cube")
    assert np.abs(looked[:, :, 0] - looked[:, :, 1]).max() < 1e-4


def test_the_faces_of_a_cube_are_turned_and_not_mirrored_into_one_another() -> None:
    assert np.allclose(np.linalg.det(AXES), np.linalg.det(AXES[0]))
    assert np.allclose(AXES @ AXES.transpose(0, 2, 1), np.eye(3))


def test_a_direction_of_length_nothing_is_nowhere() -> None:
    image = np.ones((1, 6, 2, 2, 1), np.float32)
    uv = np.array([[[[0, 0, 0], [np.inf, 0, 0], [0, np.nan, 1], [0, 0, -1e-30]]]], np.float32)
    nowhere = np.isnan(cpu.texture(image, uv, "cube")).ravel()
    assert nowhere.tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("image", "uv", "boundary"),
    [
        ((1, 6, 4, 5, 1), (1, 1, 1, 3), "cube"),
        ((1, 5, 4, 4, 1), (1, 1, 1, 3), "cube"),
        ((1, 6, 4, 4, 1), (1, 1, 1, 2), "cube"),
        ((1, 0, 4, 1), (1, 1, 1, 2), "wrap"),
        ((2, 4, 4, 1), (3, 1, 1, 2), "wrap"),
    ],
)
def test_a_shape_that_does_not_fit_is_an_error(
    image: tuple[int, ...], uv: tuple[int, ...], boundary: Boundary
) -> None:
    with pytest.raises(SettingsError):
        cpu.texture(np.zeros(image, np.float32), np.zeros(uv, np.float32), boundary)


def test_levels_that_are_no_halves_are_an_error() -> None:
    levels = np.zeros((1, 8, 8, 1), np.float32), np.zeros((1, 3, 3, 1), np.float32)
    with pytest.raises(SettingsError, match="Halve"):
        cpu.texture_mip(levels, np.zeros((1, 1, 1, 2), np.float32), Detail())
