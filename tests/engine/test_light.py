import numpy as np
import torch

from lightmould.engine import light
from lightmould.rigs import studio


def test_a_white_surround_stays_white_for_every_surface() -> None:
    found = light.filtered(torch.ones(*light.SHAPE, 3))
    assert torch.allclose(found.diffuse, torch.ones(()), atol=1e-5)
    assert torch.allclose(found.specular, torch.ones(()), atol=1e-5)


def test_solid_angles_sum_to_the_whole_sphere() -> None:
    np.testing.assert_allclose(light.solid_angles((24, 48)).sum(), 4 * np.pi, rtol=1e-12)


def test_the_center_looks_along_minus_z_and_the_right_quarter_along_x() -> None:
    toward = studio.directions(90)
    np.testing.assert_allclose(toward[45, 90], (0, 0, -1), atol=0.03)
    np.testing.assert_allclose(toward[45, 135], (1, 0, 0), atol=0.03)
    np.testing.assert_allclose(toward[0, 0], (0, 1, 0), atol=0.03)


def test_looking_up_a_texel_center_finds_that_texel() -> None:
    picture = torch.rand(*light.SHAPE, 3, generator=torch.Generator().manual_seed(1))
    sharp = picture.permute(2, 0, 1)[None, :, None]
    toward = torch.from_numpy(studio.directions(light.SHAPE[0]).reshape(-1, 3)).float()
    found = light.look_up(sharp, toward).reshape(*light.SHAPE, 3)
    assert torch.allclose(found[1:-1], picture[1:-1], atol=1e-3)


def test_diffuse_light_matches_the_integral_over_the_hemisphere() -> None:
    rng = np.random.default_rng(3)
    picture = torch.from_numpy(rng.uniform(0, 2, (*light.SHAPE, 3)).astype(np.float32))
    normal = np.array([0.48, 0.6, 0.64])
    toward = studio.directions(light.SHAPE[0])
    weight = np.clip(toward @ normal, 0, None) * light.solid_angles(light.SHAPE) / np.pi
    wanted = (picture.numpy() * weight[..., None]).sum(axis=(0, 1))
    image = light.filtered(picture).diffuse
    found = light.look_up(image, torch.from_numpy(normal[None]).float())[0].numpy()
    np.testing.assert_allclose(found, wanted, rtol=0.02)


def test_split_sum_of_a_smooth_mirror_is_fresnel() -> None:
    table = light.split_sum()[0].numpy()
    cosine = (np.arange(64) + 0.5) / 64
    schlick = (1 - cosine) ** 5
    np.testing.assert_allclose(table[1, 1, 8:], schlick[8:], atol=0.02)
    np.testing.assert_allclose(table[:, 1, 8:].sum(axis=0), 1.0, atol=0.02)


def test_split_sum_never_makes_light() -> None:
    table = light.split_sum()[0]
    assert (table.sum(dim=0) <= 1.01).all()
    assert (table >= 0).all()
