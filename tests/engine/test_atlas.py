import numpy as np
import pytest

from lightmould.engine.texturing import atlas
from lightmould.errors import ReconstructionError


def test_an_atlas_leaves_positions_and_faces_alone(scene) -> None:
    mesh = scene.mesh
    again = atlas.unwrapped(mesh.positions, mesh.faces, 128)
    np.testing.assert_array_equal(again.faces, mesh.faces)
    np.testing.assert_array_equal(again.positions, mesh.positions)
    assert again.uvs is not None
    assert (again.uvs >= 0).all()
    assert (again.uvs <= 1).all()


def test_no_two_faces_share_a_texel_beyond_their_common_edges(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    edges = corners.uvs[corners.faces]
    double = edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0]
    area = np.abs(double[0][:, 0] * double[1][:, 1] - double[0][:, 1] * double[1][:, 0]).sum() / 2
    np.testing.assert_allclose(atlas.texels_of(scene.mesh, 1024).inside.mean(), area, rtol=0.02)


def test_frames_follow_the_texture_on_every_chart(scene) -> None:
    corners = atlas.corners_of(scene.mesh)
    p, t = corners.positions[corners.faces], corners.uvs[corners.faces]
    uv = np.stack([t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]], axis=1).astype(np.float64)
    edges = np.stack([p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]], axis=1)
    usable = np.abs(np.linalg.det(uv)) > 1e-7
    along = np.linalg.solve(uv[usable], edges[usable])
    tangents = corners.tangents[corners.faces[usable]].mean(axis=1)
    bitangents = corners.bitangents[corners.faces[usable]].mean(axis=1)
    assert (np.einsum("fa,fa->f", along[:, 0], tangents) > 0).mean() > 0.99
    assert (np.einsum("fa,fa->f", along[:, 1], bitangents) > 0).mean() > 0.99


def test_texels_off_the_charts_repeat_their_nearest_neighbor() -> None:
    texture = np.zeros((4, 5, 1), np.float32)
    texture[1, 1], texture[3, 4] = 7.0, 9.0
    inside = np.zeros((4, 5), bool)
    inside[1, 1] = inside[3, 4] = True
    filled = atlas.dilated(texture, inside)[..., 0]
    assert filled[0, 0] == filled[2, 1] == 7.0
    assert filled[3, 3] == 9.0


def test_no_face_at_all_is_an_error() -> None:
    with pytest.raises(ReconstructionError, match="0 faces"):
        atlas.unwrapped(np.zeros((0, 3)), np.zeros((0, 3), np.int32), 64)
