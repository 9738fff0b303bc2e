"""What holds of every picture pair and every mesh pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lightmould.engine.measure import image, shape
from lightmould.model import Mesh

Floats = NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)


def slow_distances(points: Floats, triangles: Floats) -> Floats:
    """Every point against every triangle, by solving for the nearest combination of corners."""
    best = np.full(len(points), np.inf)
    for a, b, c in triangles:
        for i, point in enumerate(points):
            edges = np.stack([b - a, c - a], axis=1)
            s, t = np.linalg.lstsq(edges, point - a, rcond=None)[0]
            nearest = [a + edges @ (s, t)] if min(s, t, 1 - s - t) >= 0 else []
            for start, end in ((a, b), (b, c), (c, a)):
                along = (point - start) @ (end - start) / max((end - start) @ (end - start), 1e-300)
                nearest.append(start + min(max(along, 0), 1) * (end - start))
            best[i] = min([best[i], *(float(np.linalg.norm(point - p)) for p in nearest)])
    return best


@given(seeds, st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_tree_distances_are_those_of_trying_every_triangle(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    stretch = 10.0 ** rng.uniform(-3, 3, (count, 1, 1))
    triangles = rng.normal(size=(count, 1, 3)) * 3 + stretch * rng.normal(size=(count, 3, 3))
    mesh = Mesh(triangles.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3))
    points = rng.normal(size=(12, 3)) * 10.0 ** rng.uniform(-2, 2)
    expected = slow_distances(points, triangles)
    assert shape.distances(points, mesh) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(seeds)
@settings(max_examples=20, deadline=None)
def test_samples_lie_on_the_surface(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mesh = Mesh(rng.normal(size=(12, 3)), rng.integers(0, 12, (9, 3)) // [1, 2, 3])
    points = shape.sample_surface(mesh, rng, 50)
    assert shape.distances(points, mesh).max() < 1e-7


@given(seeds, st.floats(0.01, 0.3))
@settings(max_examples=25, deadline=None)
def test_scores_fall_as_noise_grows(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    truth = np.ones((20, 20, 4))
    truth[..., :3] = rng.uniform(0.3, 0.7, 3)
    change = np.zeros_like(truth)
    change[..., :3] = np.clip(rng.normal(size=(20, 20, 3)), -1, 1) * noise / 2
    little, much = (image.score(truth + factor * change, truth) for factor in (1, 2))
    assert much.psnr == pytest.approx(little.psnr - 20 * np.log10(2))
    assert much.ssim < little.ssim < 1
    assert much.psnr == much.psnr_full


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_ssim_and_iou_do_not_care_which_picture_is_the_truth(seed: int) -> None:
    one, other = np.random.default_rng(seed).random((2, 16, 17, 4))
    assert image.ssim(one, other) == pytest.approx(image.ssim(other, one))
    assert image.score(one, other).iou == image.score(other, one).iou
