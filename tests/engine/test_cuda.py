"""The stages on a GPU, where there is one."""

import numpy as np
import pytest
import torch

from lightmould.engine import backend
from lightmould.engine.backend import Fused
from lightmould.engine.differentiable import cuda
from lightmould.engine.geometry import hull, shape
from lightmould.engine.measure.shape import compare
from lightmould.engine.plain.backend import Plain
from lightmould.engine.shell import ShellInput
from lightmould.engine.texturing import appearance, atlas, light
from lightmould.engine.texturing.points import PointLook
from lightmould.model import Mesh
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")


def test_points_differ_on_a_gpu_as_they_do_here(scene) -> None:
    points = appearance.gathered(scene.train, atlas.corners_of(scene.mesh))
    look = PointLook(scene.look.texture * 0.9, light.filtered(scene.look.light))
    there = backend.backend("cuda").point_difference(points, look, (2, 1), 0.01)
    here = Plain().point_difference(points, look, (2, 1), 0.01)
    assert there.loss == pytest.approx(here.loss, rel=1e-4)
    for found, wanted in ((there.texture, here.texture), (there.images, here.images)):
        off, largest = np.abs(found - wanted), np.abs(wanted).max()
        # Where a direction lies just beside a texel's border the slope may be that of the next.
        assert np.quantile(off, 0.999) < 1e-3 * largest


def test_a_shell_shines_on_a_gpu_as_it_does_here(scene) -> None:
    positions, faces = scene.mesh.positions.copy(), scene.mesh.faces.copy()
    albedo, harmonics = np.full(positions.shape, 0.5, np.float32), np.ones((9, 3), np.float32)
    given = ShellInput(positions, faces, albedo, harmonics)
    there, here = (compute.shell(given) for compute in (backend.backend("cuda"), Fused()))
    np.testing.assert_allclose(there.colors, here.colors, atol=1e-4)
    assert there.roughness == pytest.approx(here.roughness, rel=1e-3)
    ours, theirs = (shell.backward(here.colors, 0.1) for shell in (there, here))
    np.testing.assert_allclose(
        ours.vertices, theirs.vertices, atol=1e-3 * np.abs(theirs.vertices).max()
    )


def test_a_gpu_finds_the_textures(scene) -> None:
    points = appearance.gathered(scene.train, atlas.corners_of(scene.mesh))
    gray = appearance.start(np.full((64, 64, 3), 0.4, np.float32), light.even(0.8))
    how, losses = Reconstruction(texture_size=64, device="cuda"), list[float]()
    level, rng = AppearanceLevel(0, 40, 4), np.random.default_rng(0)
    appearance.fit(gray, points, how, level, rng, lambda _, loss: losses.append(loss))
    assert losses[-1] < losses[0] / 2


def test_a_gpu_with_nvdiffrast_finds_the_shape(scene) -> None:
    reason = cuda.PROBE.reason()
    if reason is not None:
        pytest.skip(reason)
    contours = hull.contours_of(scene.train)
    grid = hull.grid_over(*hull.find_object(contours), 24)
    begun, level = shape.start(grid, hull.carve(contours, grid)), ShapeLevel(24, 30, 0, 6)
    how, rng = Reconstruction(device="cuda"), np.random.default_rng(0)
    refined = shape.refine(begun, scene.train, how, level, rng, lambda *_: None)
    before, after = (
        compare(Mesh(*shape.mesh_of(one)), scene.mesh, np.random.default_rng(1), 5000).chamfer_rel
        for one in (begun, refined)
    )
    assert after < before * 0.75
