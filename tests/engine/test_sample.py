from pathlib import Path

import numpy as np
import pytest

from lightmould.dataset import images
from lightmould.engine.sample import VASE, mesh_of, shape, textures, write_sample
from lightmould.formats import mtl, obj
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.model import Mesh
from lightmould.rigs import studio

SIZE = 512
HANDLES_AND_KNOT = 3


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return mesh_of(VASE, SIZE)


@pytest.fixture(scope="module")
def painted(mesh: Mesh) -> dict[str, np.ndarray]:
    return textures(VASE, mesh, SIZE)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("une forêt") / "sample", size=SIZE)


def _directed_edges(faces: np.ndarray) -> np.ndarray:
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def _look_up(texture: np.ndarray, uvs: np.ndarray) -> np.ndarray:
    rows = np.clip((1 - uvs[:, 1]) * SIZE, 0, SIZE - 1).astype(int)
    return texture[rows, np.clip(uvs[:, 0] * SIZE, 0, SIZE - 1).astype(int)]


def test_the_vase_is_closed_and_every_edge_is_walked_once_each_way(mesh: Mesh) -> None:
    edges = _directed_edges(mesh.faces)
    numbers = edges[:, 0].astype(np.int64) * len(mesh.positions) + edges[:, 1]
    opposite = edges[:, 1].astype(np.int64) * len(mesh.positions) + edges[:, 0]
    assert len(np.unique(numbers)) == len(numbers)
    assert set(numbers.tolist()) == set(opposite.tolist())


def test_the_vase_is_one_piece_with_two_handles_and_a_knot(mesh: Mesh) -> None:
    component = np.arange(len(mesh.positions))
    edges = _directed_edges(mesh.faces)
    while True:
        lowest = component.copy()
        np.minimum.at(lowest, edges[:, 0], component[edges[:, 1]])
        lowest = lowest[lowest]
        if np.array_equal(lowest, component):
            break
        component = lowest
    euler = len(mesh.positions) - len(edges) // 2 + len(mesh.faces)
    assert not component.any()
    assert euler == 2 - 2 * HANDLES_AND_KNOT


def test_faces_and_normals_point_outward(mesh: Mesh) -> None:
    assert mesh.normals is not None
    corners = mesh.positions[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.einsum("fa,fa->", corners[:, 0], across) > 0
    assert (np.einsum("fa,fca->fc", across, mesh.normals[mesh.faces]) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)


def test_the_vase_stands_on_the_origin_a_quarter_of_a_metre_tall(mesh: Mesh) -> None:
    low, high = mesh.bounds
    assert abs(low[1]) < 1e-4
    assert 0.24 < high[1] < 0.27
    np.testing.assert_allclose(low[[0, 2]], -high[[0, 2]], atol=5e-4)
    assert 8_000 <= len(mesh.faces) <= 20_000


def test_every_vertex_lies_on_the_formula(mesh: Mesh) -> None:
    assert np.abs(shape.distance(mesh.positions)).max() < 2e-5


def test_the_atlas_fits_its_square(mesh: Mesh) -> None:
    assert mesh.uvs is not None
    assert mesh.uvs.min() >= 0
    assert mesh.uvs.max() <= 1


def test_paint_goes_on_across_seams(mesh: Mesh, painted: dict[str, np.ndarray]) -> None:
    assert mesh.uvs is not None
    assert mesh.face_uvs is not None
    corners, first = np.unique(mesh.faces, return_index=True)
    here = mesh.uvs[mesh.face_uvs.reshape(-1)[first]][mesh.faces]
    there = mesh.uvs[mesh.face_uvs]
    seam = np.abs(here - there).max(axis=-1) > 2 / SIZE
    difference = _look_up(painted["albedo"], here[seam]) - _look_up(painted["albedo"], there[seam])
    assert len(corners) == len(mesh.positions)
    assert seam.any()
    assert np.abs(difference).mean() < 0.03


def test_albedo_keeps_its_distance_from_black_and_white(painted: dict[str, np.ndarray]) -> None:
    albedo = linear_from_srgb(painted["albedo"])
    assert albedo.shape == (SIZE, SIZE, 3)
    assert albedo.min() >= 0.03 - 1e-4
    assert albedo.max() <= 0.85 + 1e-4
    assert albedo.std(axis=(0, 1)).min() > 0.08


def test_there_is_gold_glaze_and_clay(painted: dict[str, np.ndarray]) -> None:
    roughness, metallic = painted["roughness"][..., 0], painted["metallic"][..., 0]
    gold, bare = metallic > 0.99, metallic < 0.01
    assert gold.mean() > 0.1
    assert (gold | bare).mean() > 0.97
    assert 0.3 < roughness[gold].mean() < 0.4
    for low, high in ((0.2, 0.35), (0.5, 0.65), (0.7, 0.8)):
        assert (bare & (roughness > low) & (roughness < high)).mean() > 0.05


def test_the_light_looks_where_a_lat_long_image_looks() -> None:
    toward = studio.directions(64)
    np.testing.assert_allclose(toward[32, 64], (0, 0, -1), atol=0.05)
    np.testing.assert_allclose(toward[32, 96], (1, 0, 0), atol=0.05)
    np.testing.assert_allclose(toward[0, 0], (0, 1, 0), atol=0.05)


def test_gray_is_well_exposed_whichever_way_it_faces() -> None:
    height = 64
    toward = studio.directions(height).reshape(-1, 3)
    angles = np.sin(np.pi * (np.arange(height) + 0.5) / height) * (np.pi / height) ** 2
    weight = np.repeat(angles, 2 * height)
    falling = (studio.studio(height).reshape(-1, 3) * weight[:, None]).T
    facing = studio.directions(16).reshape(-1, 3)
    gray = 0.5 / np.pi * np.clip(facing @ toward.T, 0, None) @ falling.T
    shown = srgb_from_linear(gray.mean(axis=1))
    assert shown.max() < 0.85
    assert shown.min() > 0.3


def test_the_light_has_no_fireflies() -> None:
    light = studio.studio()
    assert light.shape == (128, 256, 3)
    assert light.min() > 0.08
    assert light.max() < 4


def test_the_files_read_back_as_what_was_made(written: Path, mesh: Mesh) -> None:
    found = obj.read(written.read_bytes(), written)
    np.testing.assert_array_equal(found.mesh.positions, mesh.positions)
    np.testing.assert_array_equal(found.mesh.faces, mesh.faces)
    assert found.mesh.face_uvs is not None
    assert found.mesh.face_normals is not None
    text = written.with_suffix(".mtl").read_bytes()
    (material,) = mtl.read(text, written.with_suffix(".mtl"))
    assert [one.path.name for one in material.maps] == [
        "albedo.png",
        "roughness.png",
        "metallic.png",
    ]
    assert images.read(written.parent / "light.hdr", 3).shape == (128, 256, 3)


def test_the_sample_has_the_same_bytes_every_time(written: Path, tmp_path: Path) -> None:
    again = write_sample(tmp_path / "again", size=SIZE)
    names = sorted(path.name for path in written.parent.iterdir())
    assert names == [
        "albedo.png",
        "light.hdr",
        "metallic.png",
        "roughness.png",
        "vase.mtl",
        "vase.obj",
    ]
    for name in names:
        assert (written.parent / name).read_bytes() == (again.parent / name).read_bytes(), name
