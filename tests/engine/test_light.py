import numpy as np
import pytest

from lightmould.engine.fused import shade
from lightmould.engine.shell import harmonics
from lightmould.engine.texturing import light, octahedron
from lightmould.rigs import studio


def _seen(images: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """(P, 3) bilinear look-ups in an image with a border."""
    column, row = (octahedron.places(toward, light.SIDE) + 0.5).T
    i, j = column.astype(int), row.astype(int)
    s, t = (column - i)[:, None], (row - j)[:, None]
    upper = images[j, i] * (1 - s) + images[j, i + 1] * s
    lower = images[j + 1, i] * (1 - s) + images[j + 1, i + 1] * s
    return upper * (1 - t) + lower * t


def _anywhere(count: int) -> np.ndarray:
    toward = np.random.default_rng(3).normal(size=(count, 3))
    return toward / np.linalg.norm(toward, axis=1, keepdims=True)


def test_a_white_surround_stays_white_for_every_surface() -> None:
    np.testing.assert_allclose(light.filtered(light.even(1.0)), 1.0, atol=1e-5)


@pytest.mark.parametrize("side", [2, 16, 32])
def test_solid_angles_sum_to_the_whole_sphere(side: int) -> None:
    angles = octahedron.solid_angles(side)
    np.testing.assert_allclose(angles.sum(), 4 * np.pi, rtol=1e-12)
    assert angles.min() > 0.1 * angles.max()


def test_a_place_on_the_square_is_where_its_direction_came_from() -> None:
    toward = octahedron.directions(light.SIDE)[:, :, 0]
    found = octahedron.places(toward, light.SIDE)
    centers = np.arange(light.SIDE) + 0.5
    np.testing.assert_allclose(found[..., 0], np.broadcast_to(centers, found.shape[:2]), atol=1e-9)
    np.testing.assert_allclose(found[..., 1], found[..., 0].T, atol=1e-9)


def test_the_border_continues_the_sphere() -> None:
    height = octahedron.directions(light.SIDE)[:, :, 0].reshape(-1, 3).astype(np.float32)
    framed = height[octahedron.border(light.SIDE)].reshape(light.SIDE + 2, light.SIDE + 2, 3)
    toward = _anywhere(2000)
    found = _seen(framed, toward)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    assert np.einsum("pa,pa->p", found, toward).min() > 0.99


def test_diffuse_light_is_the_integral_over_the_hemisphere() -> None:
    rng = np.random.default_rng(3)
    radiance = rng.uniform(0, 2, (light.SIDE, light.SIDE, 3)).astype(np.float32)
    toward = octahedron.directions(light.SIDE)[:, :, 0]
    images = light.filtered(radiance)[0]
    for normal in _anywhere(5):
        weight = np.clip(toward @ normal, 0, None) * octahedron.solid_angles(light.SIDE) / np.pi
        wanted = (radiance * weight[..., None]).sum(axis=(0, 1))
        np.testing.assert_allclose(_seen(images, normal[None])[0], wanted, rtol=0.02)


def test_the_gradient_of_filtering_is_its_transpose() -> None:
    rng = np.random.default_rng(5)
    radiance = rng.uniform(0, 1, (light.SIDE, light.SIDE, 3)).astype(np.float32)
    images = light.filtered(radiance)
    grad = rng.normal(size=images.shape).astype(np.float32)
    forward = float((images * grad).sum())
    backward = float((light.filtered_backward(grad) * radiance).sum())
    assert forward == pytest.approx(backward, rel=1e-3)


def test_a_probe_looks_along_minus_z_and_becomes_the_light_it_came_from() -> None:
    toward = octahedron.directions(light.SIDE)[:, :, 0]
    glow = (1 + toward @ np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, -1]]).T).astype(np.float32)
    probe = light.probe(glow, 64)
    np.testing.assert_allclose(probe[32, 64], (1, 1, 2), atol=0.06)
    np.testing.assert_allclose(probe[32, 96], (2, 1, 1), atol=0.06)
    np.testing.assert_allclose(probe[0, 0], (1, 2, 1), atol=0.06)
    np.testing.assert_allclose(light.of_probe(probe), glow, atol=0.05)


def test_a_probe_keeps_its_energy() -> None:
    picture = studio.studio(64)
    rows = np.cos(np.pi * np.arange(65) / 64)
    weight = ((rows[:-1] - rows[1:]) * 2 * np.pi / 128)[:, None, None]
    wanted = (picture * weight).sum(axis=(0, 1))
    found = (light.of_probe(picture) * octahedron.solid_angles(light.SIDE)[..., None]).sum((0, 1))
    np.testing.assert_allclose(found, wanted, rtol=0.01)


def test_harmonics_of_an_irradiance_become_the_radiance_that_makes_it() -> None:
    irradiance = np.zeros((9, 3), np.float32)
    irradiance[0], irradiance[2] = 1.0, 0.3
    images = light.filtered(light.of_harmonics(irradiance))[0]
    toward = _anywhere(50)
    wanted = harmonics(toward) @ irradiance
    np.testing.assert_allclose(_seen(images, toward), wanted, rtol=0.02)


def test_split_sum_of_a_smooth_mirror_is_fresnel() -> None:
    table = light.split_sum()
    cosine = (np.arange(64) + 0.5) / 64
    schlick = (1 - cosine) ** 5
    np.testing.assert_allclose(table[1, 8:, 1], schlick[8:], atol=0.02)
    np.testing.assert_allclose(table[1, 8:].sum(axis=1), 1.0, atol=0.02)


def test_split_sum_never_makes_light() -> None:
    table = light.split_sum()
    assert (table.sum(axis=2) <= 1.01).all()
    assert (table >= 0).all()


def test_one_texel_is_a_texture_too() -> None:
    rows = np.zeros((1, 16), np.float32)
    rows[0, [4, 5, 8, 11, 15]] = 1.0
    texture = np.zeros((1, 1, 8), np.float32)
    texture[..., :4] = 1.0
    found = shade.shade(rows, texture, light.filtered(light.even(1.0)))
    assert 0.9 < found.min() <= found.max() <= 1.01
