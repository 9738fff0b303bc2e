"""The fused shading and its gradients against plain torch."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from lightmould.engine.backend import Fused
from lightmould.engine.fused import shade
from lightmould.engine.plain import shade as plain
from lightmould.engine.plain.backend import Plain
from lightmould.engine.plain.place import Place, host
from lightmould.engine.texturing import light
from lightmould.engine.texturing.points import BANDS, PointLook, Points
from lightmould.raster.pool import set_threads

SIZE = 128
SOFTNESS = 1e-3


@pytest.fixture(scope="module")
def points() -> Points:
    """Points all over a texture, seen from the front at all angles, in the order of bands."""
    rng = np.random.default_rng(4)
    count = 3000
    rows = rng.uniform(0, 1, (count, 16)).astype(np.float32)
    normal, across = rng.normal(size=(2, count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    tangent = np.cross(normal, across)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    eye = rng.normal(size=(count, 3))
    eye *= np.sign((eye * normal).sum(axis=1, keepdims=True))
    eye /= np.linalg.norm(eye, axis=1, keepdims=True)
    rows[:, 2:5], rows[:, 5:8], rows[:, 9:12] = normal, tangent, eye
    rows[:, 8] = rng.choice([-1, 1], count)
    band = np.minimum(((1 - rows[:, 1]) * BANDS).astype(int), BANDS - 1)
    order = np.argsort(band, kind="stable")
    starts = np.searchsorted(band[order], np.arange(BANDS + 1))
    return Points(np.ascontiguousarray(rows[order]), starts)


@pytest.fixture(scope="module")
def texture() -> np.ndarray:
    rng = np.random.default_rng(5)
    texture = rng.uniform(0.1, 0.9, (SIZE, SIZE, 8)).astype(np.float32)
    texture[..., 5:7] -= 0.5
    return texture


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    rng = np.random.default_rng(6)
    return light.filtered(rng.uniform(0.1, 2.0, (light.SIDE, light.SIDE, 3)).astype(np.float32))


def test_shading_equals_its_slow_twin(points, texture, images) -> None:
    fast = shade.shade(points.rows, texture, images)
    parts = (points.rows, texture, images, light.split_sum())
    slow = plain.shade(*map(torch.from_numpy, parts))
    np.testing.assert_allclose(fast, slow.numpy(), atol=2e-5)


@pytest.mark.parametrize("place", [host(), Place(torch.device("cpu"), torch.float32)])
def test_loss_and_gradients_equal_those_of_the_slow_twin(points, texture, images, place) -> None:
    look = PointLook(texture, images)
    fast = Fused().point_difference(points, look, (2, 1), SOFTNESS)
    slow = Plain(place).point_difference(points, look, (2, 1), SOFTNESS)
    assert fast.loss == pytest.approx(slow.loss, rel=1e-5)
    for found, wanted in (
        (fast.texture[..., :7], slow.texture[..., :7]),
        (fast.images, slow.images),
    ):
        off = np.abs(found - wanted)
        largest = np.abs(wanted).max()
        # Where a direction lies just beside a texel's border the slope may be that of the next.
        assert np.quantile(off, 0.999) < 1e-4 * largest
        assert off.max() < 0.05 * largest


def test_a_share_of_the_points_is_that_share_of_every_band(points, texture, images) -> None:
    every = [
        shade.difference(points, PointLook(texture, images), (3, k), SOFTNESS) for k in range(3)
    ]
    counts = [sum(len(range(a + k, b, 3)) for a, b in pairwise(points.starts)) for k in range(3)]
    whole = shade.difference(points, PointLook(texture, images), (1, 0), SOFTNESS)
    together = sum(one.texture * n for one, n in zip(every, counts, strict=True)) / len(points)
    np.testing.assert_allclose(together, whole.texture, atol=1e-6)


def test_any_number_of_threads_gives_the_same_bytes(points, texture, images) -> None:
    found = []
    for count in (1, 2, 3):
        set_threads(count)
        found.append(shade.difference(points, PointLook(texture, images), (1, 0), SOFTNESS))
    set_threads(None)
    assert len({one.texture.tobytes() + one.images.tobytes() for one in found}) == 1
    assert len({one.loss for one in found}) == 1


def test_what_is_brighter_than_white_is_no_error(points, texture, images) -> None:
    white = points.rows.copy()
    white[:, 12:15] = 1.0
    found = shade.difference(
        Points(white, points.starts), PointLook(texture, images * 50), (1, 0), SOFTNESS
    )
    assert found.loss < 1e-3
