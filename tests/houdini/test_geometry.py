"""A reconstruction as geometry: where it was, in bulk, the right way round."""

from pathlib import Path

import hou
import numpy as np
from fakes.assets import sphere, write_asset
from fakes.hou import Geometry

from lightmould.formats.asset import read_obj_asset
from lightmould.houdini import geometry
from lightmould.model import Asset, Material, Mesh


def points(target: Geometry) -> np.ndarray:
    data = target.pointFloatAttribValuesAsString("P", hou.numericData.Float32)
    return np.frombuffer(data, np.float32).reshape(-1, 3)


def vertices(target: Geometry, name: str) -> np.ndarray:
    data = target.vertexFloatAttribValuesAsString(name, hou.numericData.Float32)
    return np.frombuffer(data, np.float32).reshape(-1, 3)


def imported(asset: Asset) -> Geometry:
    target = Geometry()
    geometry.write(asset, target)
    return target


def test_imported_points_are_the_files_to_a_ten_thousandth_of_a_percent(tmp_path: Path) -> None:
    asset = read_obj_asset(write_asset(tmp_path))
    found = points(imported(asset))
    assert np.abs(found - asset.mesh.positions).max() <= 1e-6 * asset.mesh.diagonal
    low, high = asset.mesh.bounds
    scale = np.ptp(found, axis=0) / (high - low)
    assert np.abs(scale - 1).max() <= 1e-6


def test_polygons_are_clockwise_from_outside() -> None:
    asset = Asset(sphere(200))
    found = imported(asset)
    a, b, c = points(found)[np.array(found.polygons)].transpose(1, 0, 2)
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6
    assert volume < 0
    assert abs(volume) > 3.5


def test_corners_keep_their_uvs_and_normals() -> None:
    asset = Asset(sphere(200))
    found = imported(asset)
    flat = np.array(found.polygons).reshape(-1)
    assert np.allclose(vertices(found, "N"), points(found)[flat], atol=1e-6)
    assert np.allclose(vertices(found, "uv")[:, :2], asset.mesh.uvs[flat], atol=1e-6)
    assert not vertices(found, "uv")[:, 2].any()
    assert found.findVertexAttrib("N").is_normal


def test_faces_name_their_materials_and_groups_hold_their_faces(tmp_path: Path) -> None:
    asset = read_obj_asset(write_asset(tmp_path))
    found = imported(asset)
    names = [material.name for material in asset.materials]
    wanted = [names[i] if i >= 0 else "" for i in asset.face_materials.tolist()]
    assert list(found.primStringAttribValues("shop_materialpath")) == wanted
    members = {group.name(): group.members for group in found.primGroups()}
    assert {geometry.word(name): faces.tolist() for name, faces in asset.groups.items()} == members


def test_a_mesh_without_uvs_or_materials_gets_neither() -> None:
    mesh = sphere(50)
    found = imported(Asset(Mesh(mesh.positions, mesh.faces)))
    assert found.findVertexAttrib("uv") is found.findVertexAttrib("N") is None
    assert found.findPrimAttrib("shop_materialpath") is None


def test_names_that_houdini_refuses_become_words_of_their_own() -> None:
    mesh = sphere(50)
    groups = {"1 röof": np.array([0]), "1 r.of": np.array([1]), "": np.array([2])}
    found = imported(Asset(mesh, groups=groups))
    assert [group.name() for group in found.primGroups()] == ["_1_r_of", "_1_r_of_2", "_"]


def test_mirrored_uvs_are_told_unless_the_map_is_for_normal_cross_tangent() -> None:
    mesh = sphere(200)
    mirrored = Mesh(mesh.positions, mesh.faces, mesh.uvs * (-1, 1), mesh.face_uvs)
    for one, crossed, wanted in (
        (mesh, False, 0.0),
        (mirrored, False, 1.0),
        (mirrored, True, 0.0),
    ):
        target = imported(Asset(one))
        geometry.write_handedness(Asset(one), target, crossed=crossed)
        data = target.primFloatAttribValuesAsString(geometry.FLIP, hou.numericData.Float32)
        flips = np.frombuffer(data, np.float32)
        assert np.median(flips) == wanted


def test_a_hundred_thousand_faces_are_written_in_as_many_calls_as_one() -> None:
    asset = Asset(
        sphere(100_000),
        (Material("one"),),
        np.zeros(99_458, np.int32),
        groups={"all": np.arange(99_458)},
    )
    target = Geometry()
    geometry.write(asset, target)
    geometry.write_handedness(asset, target, crossed=False)
    assert len(target.calls) < 20
