"""The fused shading of vertices against its slow twin."""

import numpy as np
import pytest
import torch

from lightmould.engine import shell
from lightmould.engine.fused import shell as fused
from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.plain import shell as plain
from lightmould.engine.plain.place import Place, host
from lightmould.engine.shell import ShellInput
from lightmould.raster import pool


def _given(side: int, rng: np.random.Generator) -> ShellInput:
    points = np.indices((side, side, side)) * (2.0 / (side - 1)) - 1.0
    vertices, faces = dual_mesh(np.hypot(np.hypot(points[0], points[2]) - 0.6, points[1]) - 0.25)
    vertices = vertices + rng.normal(0, 0.1, vertices.shape)
    albedo = rng.uniform(0.1, 0.9, vertices.shape).astype(np.float32)
    light = rng.normal(0, 0.3, (9, 3)).astype(np.float32)
    light[0] += 0.7
    return ShellInput(vertices, faces, albedo, light)


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize(
    ("place", "exact"), [(host(), 1e-6), (Place(torch.device("cpu"), torch.float32), 1e-5)]
)
def test_colors_roughness_and_gradients_are_those_of_the_slow_twin(shuffled, place, exact) -> None:
    rng = np.random.default_rng(0)
    given = _given(24, rng)
    if shuffled:
        # Faces in any order, so that no two chunks can run side by side.
        faces = rng.permutation(given.faces)
        given = ShellInput(given.vertices, faces, given.albedo, given.light)
    fast, slow = fused.shell(given), plain.shell(given, place)
    np.testing.assert_allclose(fast.colors, slow.colors, atol=exact)
    assert fast.roughness == pytest.approx(slow.roughness, rel=exact)
    grad = rng.normal(size=fast.colors.shape).astype(np.float32)
    ours, theirs = fast.backward(grad, 30.0), slow.backward(grad, 30.0)
    np.testing.assert_allclose(ours.albedo, theirs.albedo, atol=exact)
    for one, other in ((ours.light, theirs.light), (ours.vertices, theirs.vertices)):
        np.testing.assert_allclose(one, other, atol=exact * np.abs(other).max())


def test_any_number_of_threads_shades_to_the_same_bytes() -> None:
    given = _given(30, np.random.default_rng(1))
    results = []
    for count in (1, 2, 3):
        pool.set_threads(count)
        try:
            shaded = fused.shell(given)
            results.append((shaded.roughness, shaded.backward(shaded.colors, 1.0)))
        finally:
            pool.set_threads(None)
    for roughness, grads in results[1:]:
        assert roughness == results[0][0]
        assert grads.vertices.tobytes() == results[0][1].vertices.tobytes()
        assert grads.light.tobytes() == results[0][1].light.tobytes()


def test_harmonics_of_a_rotated_direction_stay_orthogonal() -> None:
    rng = np.random.default_rng(2)
    directions = rng.normal(size=(40_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    basis = shell.harmonics(directions)
    products = basis.T @ basis / len(basis)
    off = products - np.diag(np.diag(products))
    assert np.abs(off).max() < 0.03
