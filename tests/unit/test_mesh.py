"""Meshes, assets and the arrays within them."""

import numpy as np
import pytest

from lightmould.errors import SettingsError
from lightmould.model import Asset, Material, Mesh
from lightmould.model.arrays import locked
from lightmould.model.mesh import vertex_normals

TRIANGLE = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_a_mesh_keeps_its_own_copy() -> None:
    positions = TRIANGLE.copy()
    mesh = Mesh(positions, np.array([[0, 1, 2]]))
    positions[:] = 7.0
    assert mesh.positions[1, 0] == 1.0


def test_a_mesh_is_read_only() -> None:
    mesh = Mesh(TRIANGLE, np.array([[0, 1, 2]]))
    with pytest.raises(ValueError, match="read-only"):
        mesh.positions[0, 0] = 1.0


def test_bounds_and_diagonal_are_those_of_the_box() -> None:
    mesh = Mesh(TRIANGLE * 3, np.array([[0, 1, 2]]))
    low, high = mesh.bounds
    assert low.tolist() == [0.0, 0.0, 0.0]
    assert high.tolist() == [3.0, 3.0, 0.0]
    assert mesh.diagonal == pytest.approx(np.sqrt(18))


@pytest.mark.parametrize("faces", [[[0, 1, 3]], [[-1, 1, 2]]])
def test_an_index_without_a_vertex_is_named(faces: list[list[int]]) -> None:
    with pytest.raises(SettingsError, match=rf"indices {min(faces[0])} to {max(faces[0])}.*0 to 2"):
        Mesh(TRIANGLE, np.array(faces))


def test_uvs_without_their_faces_are_refused() -> None:
    with pytest.raises(SettingsError, match="uvs without face_uvs"):
        Mesh(TRIANGLE, np.array([[0, 1, 2]]), uvs=np.zeros((3, 2)))


def test_normals_without_their_faces_are_refused() -> None:
    with pytest.raises(SettingsError, match="normals without face_normals"):
        Mesh(TRIANGLE, np.array([[0, 1, 2]]), normals=np.zeros((3, 3)))


def test_each_face_has_its_uv_corners() -> None:
    corners = np.zeros((2, 3), np.int32)
    with pytest.raises(SettingsError, match="2 rows of corners"):
        Mesh(TRIANGLE, np.array([[0, 1, 2]]), uvs=np.zeros((1, 2)), face_uvs=corners)


def test_a_vertex_that_is_not_finite_is_refused() -> None:
    with pytest.raises(SettingsError, match="not finite"):
        Mesh(np.where(TRIANGLE == 1, np.nan, TRIANGLE), np.array([[0, 1, 2]]))


@pytest.mark.parametrize("value", [0.5, np.nan, 2.0**40])
def test_an_index_is_never_rounded_or_wrapped(value: float) -> None:
    with pytest.raises(SettingsError, match="int32"):
        locked("faces", [[0, 1, value]], (-1, 3), np.int32)


def test_a_wrong_shape_is_named() -> None:
    with pytest.raises(SettingsError, match=r"shape \(3, 3\).*shape \(-1, 2\)"):
        locked("uvs", TRIANGLE, (-1, 2), np.float64)


def test_vertex_normals_point_out_of_counter_clockwise_faces() -> None:
    normals = vertex_normals(TRIANGLE, np.array([[0, 1, 2]]))
    assert normals.tolist() == [[0.0, 0.0, 1.0]] * 3


def test_a_vertex_without_faces_has_no_normal() -> None:
    positions = np.vstack([TRIANGLE, [[5.0, 5.0, 5.0]]])
    assert vertex_normals(positions, np.array([[0, 1, 2]]))[3].tolist() == [0.0, 0.0, 0.0]


def test_an_asset_refuses_a_material_that_it_does_not_have() -> None:
    mesh = Mesh(TRIANGLE, np.array([[0, 1, 2]]))
    with pytest.raises(SettingsError, match="indices 1 to 1"):
        Asset(mesh, (Material("only"),), np.array([1]))


def test_an_asset_may_leave_faces_without_a_material() -> None:
    mesh = Mesh(TRIANGLE, np.array([[0, 1, 2]]))
    assert Asset(mesh, (Material("only"),), np.array([-1])).face_materials is not None
