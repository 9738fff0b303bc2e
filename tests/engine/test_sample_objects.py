"""The objects that reconstructions are measured by keep what makes them hard."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from lightmould.dataset import images
from lightmould.engine.__main__ import main
from lightmould.engine.geometry import hull
from lightmould.engine.geometry.hull import Contours, Grid
from lightmould.engine.sample import DENTED, SAMPLES, THIN, dented, thin, write_sample
from lightmould.engine.sample.sweeps import Part
from lightmould.errors import SettingsError
from lightmould.formats.asset import read_obj_asset
from lightmould.model import Mesh
from lightmould.raster import cpu
from lightmould.rigs import Lens, around_sphere

OBJECTS = pytest.mark.parametrize("name", [DENTED.name, THIN.name])
PICTURE = 256


@cache
def surface(name: str) -> Mesh:
    positions, faces, normals = SAMPLES[name].surface()
    return Mesh(positions, faces, normals=normals, face_normals=faces)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("thin")
    assert main(["sample", str(folder), "--object", THIN.name]) == 0
    return folder / "thin.obj"


def _edges(mesh: Mesh) -> np.ndarray:
    faces = mesh.faces.astype(np.int64)
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def _pieces(mesh: Mesh) -> int:
    edges, count = _edges(mesh), len(mesh.positions)
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count))
    return int(connected_components(graph, directed=False)[0])


@OBJECTS
def test_every_edge_is_walked_once_each_way(name: str) -> None:
    mesh = surface(name)
    edges, count = _edges(mesh), len(mesh.positions)
    there = edges[:, 0] * count + edges[:, 1]
    assert len(np.unique(there)) == len(there)
    np.testing.assert_array_equal(np.sort(there), np.sort(edges[:, 1] * count + edges[:, 0]))


@OBJECTS
def test_every_object_is_a_third_of_a_metre_in_30_to_60_thousand_faces(name: str) -> None:
    low, high = surface(name).bounds
    assert 0.28 < (high - low).max() < 0.34
    assert abs(low[1]) < 0.005
    assert 30_000 <= len(surface(name).faces) <= 60_000


@OBJECTS
def test_faces_point_where_their_normals_do(name: str) -> None:
    mesh = surface(name)
    assert mesh.normals is not None
    corners = mesh.positions[mesh.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    toward = np.einsum("fa,fca->fc", across, mesh.normals[mesh.faces]) > 0
    assert toward.mean() > 0.999
    assert np.einsum("fa,fa->", corners[:, 0], across) > 0
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-6)


@OBJECTS
def test_an_object_has_the_same_surface_every_time(name: str) -> None:
    positions, faces, normals = SAMPLES[name].surface()
    assert positions.tobytes() == surface(name).positions.tobytes()
    assert faces.tobytes() == surface(name).faces.tobytes()
    assert normals.tobytes() == np.asarray(surface(name).normals).tobytes()


def test_the_dented_object_is_one_piece_with_one_handle() -> None:
    mesh = surface(DENTED.name)
    assert _pieces(mesh) == 1
    assert len(mesh.positions) - len(mesh.faces) // 2 == 0
    assert np.abs(dented.distance(mesh.positions)).max() < 2e-5


def _outlines(mesh: Mesh, count: int) -> Contours:
    """What the cameras of a dataset see of it."""
    lens = Lens((PICTURE, PICTURE), 0.7)
    rig, _ = around_sphere(mesh.positions, lens, count, 0, np.random.default_rng(0))
    homogeneous = np.concatenate([mesh.positions, np.ones((len(mesh.positions), 1))], axis=1)
    masks = []
    for camera in rig.cameras:
        clip = (homogeneous @ camera.clip_from_world.T).astype(np.float32)
        seen = cpu.rasterize(clip[None], mesh.faces, lens.size).triangle[0] >= 0
        masks.append(hull.contour_distance(seen.astype(np.float32)))
    return Contours(rig.cameras, np.stack(masks))


def test_no_silhouette_shows_the_bowl_or_the_dents() -> None:
    contours = _outlines(surface(DENTED.name), 40)
    depths = []
    for hollow in (dented.BOWL, *dented.DENTS):
        inward = dented.CENTER - hollow.center
        bottom = hollow.center + hollow.radius * inward / np.linalg.norm(inward)
        assert abs(dented.distance(bottom[None])[0]) < 1e-3
        depths.append(-hull.carve(contours, Grid(bottom, 0.001, (1, 1, 1))).item())
    assert depths[0] > 0.050
    assert min(depths) > 0.008


def test_the_dented_object_has_metals_and_glazes_from_glossy_to_dull() -> None:
    mesh = surface(DENTED.name)
    coat = dented.coat(mesh.positions)
    metal = coat.metallic > 0.99
    assert 0.08 < metal.mean() < 0.3
    assert (metal | (coat.metallic < 0.01)).mean() > 0.93
    for low, high in ((0.2, 0.32), (0.42, 0.58), (0.58, 0.68), (0.68, 0.85)):
        assert (~metal & (coat.roughness > low) & (coat.roughness < high)).mean() > 0.05
    assert np.ptp(coat.roughness[metal]) > 0.2
    assert coat.color.min() >= 0.03
    assert coat.color.max() <= 0.85
    assert coat.color.std(axis=0).min() > 0.08


def _thickness(part: Part) -> float:
    """Metres: four times volume over surface, which of a round rod is its diameter."""
    a, b, c = part.positions[part.faces].swapaxes(0, 1)
    across = np.cross(b - a, c - a)
    return float(4 * np.einsum("fa,fa->", a, across) / 3 / np.linalg.norm(across, axis=1).sum())


def test_the_thin_object_has_dozens_of_parts_thinner_than_a_hundredth_of_it() -> None:
    mesh, parts = surface(THIN.name), thin.parts()
    assert _pieces(mesh) == len(parts) >= 40
    thicknesses = np.array([_thickness(part) for part in parts])
    assert thicknesses.min() > 0.001
    assert (thicknesses < 0.01 * mesh.diagonal).sum() >= 30


def test_the_files_of_an_object_read_back_with_uvs_in_their_square(written: Path) -> None:
    asset = read_obj_asset(written)
    assert asset.mesh.uvs is not None
    assert asset.mesh.uvs.min() >= 0
    assert asset.mesh.uvs.max() <= 1
    assert len(asset.mesh.faces) == len(surface(THIN.name).faces)
    kinds = ["albedo.png", "roughness.png", "metallic.png"]
    assert [one.path.name for one in asset.materials[0].maps] == kinds
    assert (written.parent / "light.hdr").is_file()


def test_the_thin_object_has_patterns_of_a_few_millimetres(written: Path) -> None:
    albedo = images.read(written.with_name("albedo.png"), 3)
    steps = np.abs(np.diff(albedo, axis=1)).max(axis=2)
    assert albedo.shape == (2048, 2048, 3)
    assert (steps > 0.08).mean() > 0.05


def test_an_unknown_object_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'vaze'"):
        write_sample(tmp_path, "vaze")
    assert main(["sample", str(tmp_path), "--object", "vaze"]) == SettingsError.exit_code
