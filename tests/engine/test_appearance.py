from dataclasses import replace

import numpy as np
import pytest

from lightmould.engine.judge import encoded
from lightmould.engine.measure import image
from lightmould.engine.texturing import appearance, atlas, light, picture, shading
from lightmould.engine.texturing.look import Look
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction

HOW = Reconstruction(texture_size=128)
LEVEL = AppearanceLevel(0, 120, 2)


def _gray(size: int) -> Look:
    return appearance.start(np.full((size, size, 3), 0.4, np.float32), light.even(0.8))


def _nobody(step: int, loss: float) -> None:
    """Hears nothing."""


def _psnr(found: Views, truth: Views) -> float:
    count = len(truth.cameras)
    scores = (image.score(encoded(found, i), encoded(truth, i)) for i in range(count))
    return image.mean(tuple(scores)).psnr


def test_textures_and_light_are_found_again(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    points = appearance.gathered(scene.train, corners)
    rng = np.random.default_rng(0)
    fitted = appearance.fit(_gray(128), points, HOW, LEVEL, rng, _nobody)
    assert _psnr(picture.render_all(scene.test, corners, fitted), scene.test) > 28
    assert _psnr(picture.render_all(scene.test, corners, _gray(128)), scene.test) < 20


def test_fitting_twice_from_the_same_seed_gives_the_same_bytes(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    points = appearance.gathered(scene.train, corners)
    level = replace(LEVEL, steps=8)
    first, second = (
        appearance.fit(_gray(128), points, HOW, level, np.random.default_rng(3), _nobody)
        for _ in range(2)
    )
    assert first.texture.tobytes() == second.texture.tobytes()
    assert first.light.tobytes() == second.light.tobytes()


def test_limits_hold_at_every_step_and_a_locked_light_stays(scene) -> None:
    points = appearance.gathered(scene.train, atlas.corners_of(scene.mesh))
    how = replace(
        HOW,
        lock_light=True,
        kd_min=(0.3,) * 3,
        kd_max=(0.5,) * 3,
        ks_min=(0, 0.4, 0),
        ks_max=(0, 0.6, 0.1),
    )
    begun = _gray(128)
    level = replace(LEVEL, steps=10)
    found = appearance.fit(begun, points, how, level, np.random.default_rng(3), _nobody)
    np.testing.assert_allclose(found.light, begun.light, rtol=1e-5)
    assert (
        0.3 <= found.texture[..., shading.KD].min() <= found.texture[..., shading.KD].max() <= 0.5
    )
    rough, metal = found.texture[..., shading.ROUGHNESS], found.texture[..., shading.METALLIC]
    assert np.float32(0.4) <= rough.min() <= rough.max() <= np.float32(0.6)
    assert metal.max() <= np.float32(0.1)


def test_a_white_rough_surface_in_a_white_surround_reflects_no_more_than_it_gets(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    texture = _gray(16).texture.copy()
    texture[..., shading.KD], texture[..., shading.ROUGHNESS] = 1.0, 1.0
    texture[..., shading.METALLIC] = 0.0
    color, alpha = picture.render(scene.test.cameras[0], corners, Look(texture, light.even(1.0)))
    assert 0.95 < color[alpha == 1].mean() < 1.01


def test_every_size_of_a_texture_shows_the_same_picture() -> None:
    wave = np.sin(np.linspace(0, 6, 32))
    coarse = (0.5 + 0.4 * wave[:, None, None] * np.ones((1, 32, 8))).astype(np.float32)
    np.testing.assert_allclose(
        appearance.resized(appearance.resized(coarse, 128), 32), coarse, atol=0.02
    )
    flat = np.full((32, 32, 8), 0.3, np.float32)
    np.testing.assert_allclose(appearance.resized(flat, 96), np.float32(0.3), rtol=1e-6)
    np.testing.assert_allclose(appearance.resized(flat, 8), np.float32(0.3), rtol=1e-6)


def test_a_mesh_in_no_picture_is_an_error(scene) -> None:
    nothing = Views(scene.train.cameras, scene.train.color, np.zeros_like(scene.train.alpha))
    with pytest.raises(ReconstructionError, match="no picture"):
        appearance.gathered(nothing, atlas.corners_of(scene.mesh))
