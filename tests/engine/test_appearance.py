import numpy as np
import pytest

from lightmould.engine import appearance, atlas, picture, shading
from lightmould.engine.judge import encoded
from lightmould.engine.measure import image
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError


def _psnr(found: Views, truth: Views) -> float:
    count = len(truth.cameras)
    scores = (image.score(encoded(found, i), encoded(truth, i)) for i in range(count))
    return image.mean(tuple(scores)).psnr


def test_textures_and_light_are_found_again(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    gray = np.full((128, 128, 3), 0.4, np.float32)
    begun = appearance.start(gray, 0.8)
    evidence = appearance.gather(scene.train, corners)
    rng = np.random.default_rng(0)
    fitted = appearance.fit(begun, evidence, 120, (0.0, 1.0), rng, lambda *_: None)
    assert _psnr(picture.render_all(scene.test, corners, fitted), scene.test) > 28
    assert _psnr(picture.render_all(scene.test, corners, begun), scene.test) < 20


def test_fitting_twice_from_the_same_seed_gives_the_same_bytes(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    begun = appearance.start(np.full((64, 64, 3), 0.4, np.float32), 0.8)
    evidence = appearance.gather(scene.train, corners)
    first, second = (
        appearance.fit(begun, evidence, 8, (0.0, 1.0), np.random.default_rng(3), lambda *_: None)
        for _ in range(2)
    )
    assert first.texture.tobytes() == second.texture.tobytes()
    assert first.light.tobytes() == second.light.tobytes()


def test_a_white_rough_surface_in_a_white_surround_reflects_no_more_than_it_gets(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    white = appearance.start(np.ones((16, 16, 3), np.float32), 1.0)
    texture = white.texture.copy()
    texture[..., shading.KD], texture[..., shading.ROUGHNESS] = 1.0, 1.0
    texture[..., shading.METALLIC] = 0.0
    color, alpha = picture.render(
        scene.test.cameras[0],
        corners,
        appearance.Look(texture, np.ones_like(white.light)),
    )
    assert 0.95 < color[alpha == 1].mean() < 1.06


def test_a_mesh_in_no_picture_is_an_error(scene) -> None:
    nothing = Views(scene.train.cameras, scene.train.color, np.zeros_like(scene.train.alpha))
    with pytest.raises(ReconstructionError, match="no picture"):
        appearance.gather(nothing, atlas.corners_of(scene.mesh))
