"""The SOP Camera Points: attributes as Houdini has them, frusta where pictures are, coverage."""

from math import radians
from pathlib import Path

import hou
import numpy as np
import pytest
from fakes.assets import sphere

from lightmould.formats import codec
from lightmould.formats import coverage as coverage_file
from lightmould.formats.poses.registry import FORMATS
from lightmould.houdini import camera_points, geometry
from lightmould.model import Asset, CameraRig, Poses, Shot
from lightmould.model.camera import project
from lightmould.model.coverage import Coverage
from lightmould.rigs import Lens, placed, split
from lightmould.rigs import sphere as spread


@pytest.fixture
def rig(tmp_path: Path) -> CameraRig:
    found = split(spread((0, 1, 0), 3.0, 8, Lens((640, 480), 0.7)), 1, 2)
    (tmp_path / "rig.json").write_text(codec.write(found))
    return found


@pytest.fixture
def node(rig: CameraRig, tmp_path: Path) -> hou.SopNode:
    assert rig.cameras
    holder = hou.node("/obj").createNode("geo", "holder")
    made = holder.createNode("lightmould::camera_points::1.0", "points")
    made.setParms({"rig": str(tmp_path / "rig.json"), "frusta": 0})
    return made


def cooked(node: hou.SopNode) -> hou.Geometry:
    camera_points.cook(node)
    return node.geometry()


def floats(found: hou.Geometry, name: str) -> np.ndarray:
    return found.rows("Point", name)


def test_a_point_is_where_its_camera_is_turned_as_it_is(node: hou.SopNode, rig: CameraRig) -> None:
    found = cooked(node)
    again = placed(floats(found, "P"), floats(found, "orient"), Lens((640, 480), 0.7))
    for one, other in zip(again.cameras, rig.cameras, strict=True):
        assert np.allclose(one.world_from_camera, other.world_from_camera, atol=1e-6)


def test_a_point_carries_what_houdinis_camera_is_made_of(node: hou.SopNode) -> None:
    found = cooked(node)
    fov, focal, aperture = (floats(found, name) for name in ("fov", "focal", "aperture"))
    assert np.allclose(radians(1) * fov, 0.7, atol=1e-6)
    assert np.allclose(2 * np.arctan(aperture / 2 / focal), 0.7, atol=1e-6)
    assert (floats(found, "res") == (640, 480)).all()
    assert found.pointStringAttribValues("name")[:2] == ("000000", "000001")
    assert sorted(found.pointStringAttribValues("split")) == ["test"] * 2 + ["train"] * 5 + ["val"]


def test_one_purpose_alone_is_read(node: hou.SopNode) -> None:
    node.parm("split").set("test")
    assert cooked(node).count("Point") == 2


def test_a_frustums_corners_are_the_pictures(rig: CameraRig) -> None:
    camera = rig.cameras[0]
    corners = project(camera, camera_points.frustum(camera, 0.5)[1:])
    assert np.allclose(corners, [[0, 480], [640, 480], [640, 0], [0, 0]], atol=1e-6)


def test_frusta_are_open_lines_beside_the_points(node: hou.SopNode) -> None:
    node.parm("frusta").set(1)
    found = cooked(node)
    assert found.count("Point") == 8 + 8 * 5
    assert len(found.polygons) == 8 * 5
    assert found.open == set(range(8 * 5))
    assert min(min(line) for line in found.polygons) == 8


@pytest.mark.parametrize("name", ["nerf-synthetic", "colmap", "metashape", "lightmould"])
def test_poses_of_other_programs_are_read(
    name: str, node: hou.SopNode, rig: CameraRig, tmp_path: Path
) -> None:
    folder = tmp_path / "poses"
    poses = Poses(tuple(Shot(camera) for camera in rig.cameras))
    for path, data in FORMATS[name].write(poses).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    node.setParms({"rig": str(folder), "format": name})
    assert cooked(node).count("Point") == 8


def test_a_file_that_is_none_is_said_on_the_node(node: hou.SopNode, tmp_path: Path) -> None:
    (tmp_path / "rig.json").write_text("{}")
    for value in (tmp_path / "rig.json", tmp_path / "none"):
        node.parm("rig").set(str(value))
        with pytest.raises(hou.NodeError, match=value.name):
            camera_points.cook(node)


def test_faces_of_the_second_input_get_what_is_seen_of_them(
    node: hou.SopNode, tmp_path: Path
) -> None:
    model = node.parent().createNode("null", "model")
    geometry.write(Asset(sphere(50)), model.geometry())
    node.setInput(1, model)
    views = np.arange(50, dtype=np.int32) % 4
    seen = Coverage(4, views, np.full(50, 0.5), np.full(50, 100.0), np.ones(50))
    (tmp_path / "seen.npz").write_bytes(coverage_file.write(seen))
    node.setParms({"coverage": 1, "coverage_file": str(tmp_path / "seen.npz")})
    found = cooked(node)
    assert found.rows("Prim", "views").tolist() == views.tolist()
    assert np.allclose(found.rows("Prim", "incidence"), 0.5)
    assert found.rows("Prim", "Cd").shape == (50, 3)
    assert found.count("Point") == 8 + model.geometry().count("Point")


def test_a_coverage_of_another_model_is_refused(node: hou.SopNode, tmp_path: Path) -> None:
    model = node.parent().createNode("null", "model")
    geometry.write(Asset(sphere(50)), model.geometry())
    node.setInput(1, model)
    seen = Coverage(4, np.ones(3, np.int32), np.ones(3), np.ones(3), np.ones(3))
    (tmp_path / "seen.npz").write_bytes(coverage_file.write(seen))
    node.setParms({"coverage": 1, "coverage_file": str(tmp_path / "seen.npz")})
    with pytest.raises(hou.NodeError, match="3 faces; wanted 50"):
        camera_points.cook(node)


def test_what_comes_in_first_is_kept(node: hou.SopNode) -> None:
    kept = node.parent().createNode("null", "kept")
    geometry.write(Asset(sphere(50)), kept.geometry())
    node.setInput(0, kept)
    assert cooked(node).count("Prim") == 50
