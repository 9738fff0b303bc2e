"""Errors of materials where the answer is known: a ball with textures of one color or two."""

from pathlib import Path

import numpy as np
import pytest

from lightmould.dataset import images
from lightmould.engine.measure import material, places
from lightmould.engine.measure.material import Known, Painted, Surface
from lightmould.engine.measure.places import Places
from lightmould.formats.color import srgb_from_linear
from lightmould.model import Asset, Camera, Map, Material, Mesh
from lightmould.rigs.pose import look_at

GRAY = Material("gray", base_color=(0.2, 0.4, 0.6), roughness=0.5, metallic=0.0)


def ball(radius: float = 1.0, sides: int = 24) -> Mesh:
    """A ball with its pole along y, u around it and v up."""
    turn = np.linspace(0, 2 * np.pi, 2 * sides + 1)
    tilt = np.linspace(-np.pi / 2, np.pi / 2, sides + 1)
    a, b = np.meshgrid(turn, tilt)
    points = np.stack([np.cos(b) * np.sin(a), np.sin(b), np.cos(b) * np.cos(a)], axis=-1)
    uvs = np.stack([a / (2 * np.pi), b / np.pi + 0.5], axis=-1).reshape(-1, 2)
    index = np.arange(points.size // 3).reshape(sides + 1, -1)
    p, q, r, s = (
        one.ravel() for one in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    )
    faces = np.concatenate([np.stack([p, q, r], axis=1), np.stack([p, r, s], axis=1)])
    return Mesh(radius * points.reshape(-1, 3), faces, uvs, faces)


def cameras(*places: tuple[float, float, float]) -> tuple[Camera, ...]:
    poses = [look_at(place, (0.0, 0.0, 0.0)) for place in places]
    return tuple(
        Camera(str(i), (64, 64), (80.0, 80.0), (32.0, 32.0), pose, 1.0, 9.0)
        for i, pose in enumerate(poses)
    )


ALL_ROUND = cameras(
    *((4.0 * s, 0.0, 0.0) for s in (1, -1)),
    *((0.0, 4.0 * s, 0.1) for s in (1, -1)),
    *((0.0, 0.0, 4.0 * s) for s in (1, -1)),
)


def plain(look: Material, mesh: Mesh | None = None) -> Known:
    shape = mesh or ball()
    return Known(Asset(shape, (look,), np.zeros(len(shape.faces), np.int32)))


def measured(found: Surface, truth: Surface) -> material.MaterialErrors:
    errors = material.compare(found, truth, ALL_ROUND, np.random.default_rng(0), 2000)
    assert errors is not None
    return errors


def test_a_material_has_no_error_against_itself() -> None:
    errors = measured(plain(GRAY), plain(GRAY))
    assert errors.albedo == errors.roughness == errors.metallic == material.Error(0.0, 0.0)
    assert errors.scale == pytest.approx((1, 1, 1))


def test_every_error_is_what_the_material_differs_by() -> None:
    other = Material("other", base_color=(0.3, 0.4, 0.4), roughness=0.75, metallic=1.0)
    errors = measured(plain(other), plain(GRAY))
    assert errors.albedo.median == pytest.approx(0.1)
    assert errors.albedo.mean == pytest.approx(0.1)
    assert errors.roughness.median == pytest.approx(0.25)
    assert errors.metallic.median == pytest.approx(1.0)


def test_a_factor_for_each_channel_is_told_apart_from_the_rest() -> None:
    tinted = Material("tinted", base_color=(0.1, 0.8, 0.3), roughness=0.5)
    errors = measured(plain(tinted), plain(GRAY))
    assert errors.albedo.median > 0.2
    assert errors.albedo_scaled.median == pytest.approx(0, abs=1e-9)
    assert errors.scale == pytest.approx((2, 0.5, 2))


def test_the_found_texture_is_asked_where_it_is_nearest(tmp_path: Path) -> None:
    """Two halves of a texture on balls of different sizes agree, and disagree when swapped."""
    halves = np.zeros((8, 64, 3), np.float32)
    halves[:, :32], halves[:, 32:] = srgb_from_linear(0.1), srgb_from_linear(0.7)
    looks = []
    for name, texture in (("same", halves), ("swapped", halves[:, ::-1])):
        images.write_png(tmp_path / f"{name}.png", np.ascontiguousarray(texture), bits=16)
        looks.append(Material(name, base_color_map=Map(tmp_path / f"{name}.png", "srgb")))
    truth = plain(looks[0])
    same = measured(plain(looks[0], ball(0.98, 40)), truth)
    swapped = measured(plain(looks[1], ball(0.98, 40)), truth)
    assert same.albedo.median < 1e-4
    assert same.albedo.mean < 0.02
    assert swapped.albedo.median == pytest.approx(0.6, abs=1e-3)


def test_a_channel_of_a_packed_texture_is_read_as_it_is_stored(tmp_path: Path) -> None:
    packed = np.tile(np.array([0.2, 0.4, 0.6, 0.8], np.float32), (4, 4, 1))
    images.write_png(tmp_path / "packed.png", packed, bits=16)
    channels = [Map(tmp_path / "packed.png", "linear", channel) for channel in ("g", "b", "a")]
    look = Material("packed", roughness_map=channels[0], metallic_map=channels[1])
    where = Places(np.arange(5), np.full((5, 3), 1 / 3))
    values = plain(look).at(where)
    np.testing.assert_allclose(values[:, 3:], np.tile((0.4, 0.6), (5, 1)), atol=1e-4)
    alpha = plain(Material("alpha", roughness_map=channels[2])).at(where)
    np.testing.assert_allclose(alpha[:, 3], 0.8, atol=1e-4)


def test_textures_repeat_and_are_blended_in_linear_light(tmp_path: Path) -> None:
    columns = np.zeros((1, 2, 3), np.float32)
    columns[:, 1] = 1.0
    images.write_png(tmp_path / "two.png", columns)
    mesh = Mesh(np.eye(3), [[0, 1, 2]], [[0.5, 0.5], [1.25, 0.5], [0.0, 0.5]], [[0, 1, 2]])
    asset = plain(Material("two", base_color_map=Map(tmp_path / "two.png", "srgb")), mesh)
    values = asset.at(Places(np.zeros(3, int), np.eye(3)))
    np.testing.assert_allclose(values[:, 0], (0.5, 0.0, 0.5), atol=1e-6)


def test_only_what_two_cameras_see_is_judged() -> None:
    front = cameras((0.0, 0.0, 4.0), (0.4, 0.0, 4.0))
    points = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.6, 0.0, 0.8]])
    assert material.witnesses(ball(), points, front).tolist() == [2, 0, 2]
    errors = material.compare(plain(GRAY), plain(GRAY), front, np.random.default_rng(0), 2000)
    assert errors is not None
    assert 0.3 < errors.seen < 0.45
    assert errors.places == round(errors.seen * 2000)
    alone = material.compare(plain(GRAY), plain(GRAY), front[:1], np.random.default_rng(0), 500)
    assert alone is None


def test_a_face_without_a_material_looks_as_it_was_rendered() -> None:
    values = Known(Asset(ball())).at(Places(np.zeros(1, int), np.full((1, 3), 1 / 3)))
    np.testing.assert_allclose(values, [[0.8, 0.8, 0.8, 0.5, 0.0]])


def test_one_texture_for_all_is_asked_by_its_atlas() -> None:
    texture = np.zeros((4, 4, 5), np.float32)
    texture[:, :2], texture[:, 2:] = (0.2, 0.4, 0.6, 0.5, 0.0), (0.3, 0.3, 0.3, 0.9, 1.0)
    mesh = Mesh(np.eye(3), [[0, 1, 2]], [[0.25, 0.5], [0.75, 0.5], [0.25, 0.1]], [[0, 1, 2]])
    values = Painted(mesh, texture).at(Places(np.zeros(2, int), np.eye(3)[:2]))
    np.testing.assert_allclose(values, texture[0, [0, 3]], atol=1e-6)


def test_the_nearest_place_lies_where_the_distance_says() -> None:
    rng = np.random.default_rng(3)
    mesh = Mesh(rng.random((60, 3)), rng.permuted(np.arange(60)).reshape(-1, 3))
    points = rng.random((500, 3)) * 1.5
    distance, _ = places.nearest(points, mesh)
    found = places.nearest_places(points, mesh)
    np.testing.assert_allclose(
        np.linalg.norm(points - found.points(mesh), axis=1), distance, atol=1e-9
    )
    assert found.weights.min() >= 0
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)
