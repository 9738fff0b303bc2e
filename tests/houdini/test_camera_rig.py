"""The object Camera Rig: real cameras, one step to undo, in step with the parameters."""

import sys
from pathlib import Path
from typing import Any

import hou
import numpy as np
import pytest
from fakes.assets import sphere
from fakes.hou import SCENE

from lightmould.cli import app
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.houdini import camera_rig, geometry, rig
from lightmould.houdini.cameras import rotation
from lightmould.houdini.top_parameters import rig_flags
from lightmould.jobs import claim
from lightmould.model import Asset, CameraRig, Mesh
from lightmould.model.camera import project


@pytest.fixture
def node() -> hou.OpNode:
    made = hou.node("/obj").createNode("lightmould::camera_rig::1.0", "rig")
    made.setParms({"count": 6, "test": 2, "val": 1})
    return made


@pytest.fixture
def model() -> hou.OpNode:
    """An object two metres up, whose geometry is a sphere of radius 1."""
    holder = hou.node("/obj").createNode("geo", "model")
    holder.setParms({"t": (0.0, 2.0, 0.0)})
    shown = holder.createNode("null", "out")
    shown.setDisplayFlag(on=True)
    geometry.write(Asset(sphere(200)), shown.geometry())
    return holder


def cams(node: hou.OpNode) -> list[hou.OpNode]:
    return list(node.node("cameras").children())


def press(node: hou.OpNode, button: str) -> None:
    getattr(camera_rig, button)({"node": node})


def test_cameras_are_made_in_one_step_with_all_that_they_are(node: hou.OpNode) -> None:
    node.setParms({"size": (640, 360), "near": 0.5, "far": 50.0, "lens": "focal"})
    SCENE.edits.clear()
    press(node, "create")
    assert [one.name() for one in cams(node)] == [f"cam_{i:06d}" for i in range(6)]
    assert {undo for _, _, undo in SCENE.edits} == {"Create Cameras 0"}
    one = cams(node)[0]
    assert one.parmTuple("res").eval() == (640, 360)
    assert one.parm("focal").eval() == pytest.approx(50)
    assert one.parm("aperture").eval() == 36
    assert (one.parm("near").eval(), one.parm("far").eval()) == (0.5, 50)


def test_houdinis_own_transform_puts_each_camera_where_the_rig_has_it(node: hou.OpNode) -> None:
    press(node, "create")
    for camera, one in zip(rig.place(node, None).cameras, cams(node), strict=True):
        rows = np.array(one.worldTransform().asTupleOfTuples())
        assert np.allclose(rows.T, camera.world_from_camera, atol=1e-6)


def test_cameras_follow_by_name(node: hou.OpNode) -> None:
    press(node, "create")
    first = cams(node)[0]
    node.setParms({"count": 4, "distance": 9.0, "fit": 0})
    press(node, "sync")
    assert cams(node)[0] is first
    assert len(cams(node)) == 4
    assert np.linalg.norm(first.parmTuple("t").eval()) == pytest.approx(9)
    node.parm("count").set(7)
    press(node, "sync")
    assert len(cams(node)) == 7


def test_cameras_stay_where_following_is_off_or_none_were_made(node: hou.OpNode) -> None:
    press(node, "sync")
    assert cams(node) == []
    press(node, "create")
    node.setParms({"sync": 0, "count": 3})
    press(node, "sync")
    assert len(cams(node)) == 6


def test_only_our_cameras_are_removed(node: hou.OpNode) -> None:
    press(node, "create")
    node.node("cameras").createNode("cam", "mine")
    press(node, "remove")
    assert [one.name() for one in cams(node)] == ["mine"]


def test_cameras_fit_the_model_where_it_stands_in_the_world(
    node: hou.OpNode, model: hou.OpNode
) -> None:
    node.parm("object").set(model.path())
    found = rig.place(node, camera_rig.model(node))
    for camera in found.cameras:
        pixels = project(camera, sphere(200).positions + np.array([0, 2, 0]))
        assert (pixels >= 0).all()
        assert (pixels <= 512).all()
        assert np.ptp(pixels, axis=0).max() > 0.8 * 512
        distance = np.linalg.norm(camera.world_from_camera[:3, 3] - (0, 2, 0))
        assert camera.near < distance - 1 < distance + 1 < camera.far


KINDS: dict[str, dict[str, Any]] = {
    "sphere": {},
    "hemisphere": {"up_direction": (0.0, 0.0, 1.0)},
    "ring": {"elevation_deg": 20.0, "lens": "focal", "focal_mm": 35.0},
    "dome": {"ring_elevations_deg": "0 45"},
    "spiral": {"turns": 2.5, "elevations_deg": (-10.0, 60.0)},
    "random": {"distances": (2.0, 4.0), "separation": 0.1, "azimuths_deg": (-90.0, 90.0)},
    "path": {"closed": 1, "ahead": 1},
    "points": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_command_lines(kind: str, node: hou.OpNode, tmp_path: Path) -> None:
    """The object places cameras itself, the TOP by the command line: both have to agree."""
    rows = tmp_path / "rows.txt"
    rows.write_text("0 0 3\n3 0.5 0\n0 0 -3\n-3 0 0.5\n")
    values = {"kind": kind, "fit": 0, "target": (0.1, 0.2, 0.3), "jitter": 0.02, "seed": 3}
    values |= {
        "count": 6,
        "jitter_aim_deg": 2.0,
        "jitter_roll_deg": 5.0,
        "near": 0.5,
        "test": 1,
        "val": 1,
    }
    values |= {name: str(rows) for name in ("curve", "points") if kind in ("path", "points")}
    top = hou.node("/obj").createNode("topnet", "tops").createNode("lightmould::camera_rig::1.0")
    for one in (node, top):
        one.setParms(values | KINDS[kind])
    out = tmp_path / "rig.json"
    app(
        ["rig", kind, *rig_flags(top, modeled=False), "--out", str(out)],
        result_action="return_value",
    )
    theirs = codec.read(CameraRig, out.read_bytes(), out)
    ours = rig.place(node, None)
    assert (ours.test, ours.val) == (theirs.test, theirs.val)
    for one, other in zip(ours.cameras, theirs.cameras, strict=True):
        assert np.allclose(one.world_from_camera, other.world_from_camera, atol=1e-9)
        assert one.focal == pytest.approx(other.focal)
        assert (one.name, one.size, one.near, one.far) == (
            other.name,
            other.size,
            other.near,
            other.far,
        )


def test_around_needs_a_model_and_stands_off_its_surface(
    node: hou.OpNode, model: hou.OpNode
) -> None:
    node.setParms({"kind": "around", "object": model.path(), "fit": 0, "distance": 0.5})
    for camera in rig.place(node, camera_rig.model(node)).cameras:
        away = np.linalg.norm(camera.world_from_camera[:3, 3] - (0, 2, 0)) - 1
        assert away == pytest.approx(0.5, abs=0.06)  # the sphere is a coarse one


def test_paths_points_and_files_are_read(node: hou.OpNode, tmp_path: Path) -> None:
    rows = "0 0 3\n3 0 0\n0 0 -3\n-3 0 0\n"
    (tmp_path / "rows.txt").write_text(rows)
    node.setParms({"kind": "points", "points": str(tmp_path / "rows.txt")})
    assert len(rig.place(node, None).cameras) == 4
    node.setParms({"kind": "path", "curve": str(tmp_path / "rows.txt"), "closed": 1, "ahead": 1})
    found = rig.place(node, None)
    assert len(found.cameras) == 6
    (tmp_path / "rig.json").write_text(codec.write(found))
    node.setParms({"kind": "file", "rig": str(tmp_path / "rig.json")})
    again = rig.place(node, None).cameras
    assert [one.name for one in again] == [one.name for one in found.cameras]


def test_what_can_not_be_is_said_by_its_name(node: hou.OpNode) -> None:
    for values, error, said in (
        ({"kind": "around"}, SettingsError, "no model"),
        ({"kind": "file"}, FormatError, "no file"),
        ({"kind": "dome", "ring_elevations_deg": "0 up"}, SettingsError, "elevations"),
        ({"object": "/obj/none"}, SettingsError, "no object"),
    ):
        node.setParms(values)
        with pytest.raises(error, match=said):
            press(node, "create")
        node.setParms({"kind": "ring"})


def test_a_rigs_file_is_what_the_command_line_reads(node: hou.OpNode, tmp_path: Path) -> None:
    path = tmp_path / "a rîg" / "rig.json"
    node.parm("out").set(str(path))
    press(node, "export")
    found = codec.read(CameraRig, path.read_bytes(), path)
    assert len(found.cameras) == 6


def test_coverage_is_measured_outside_of_houdini(
    node: hou.OpNode, model: hou.OpNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHTMOULD_PYTHON", sys.executable)
    node.setParms({"out": str(tmp_path / "rig.json"), "kind": "ring", "object": model.path()})
    press(node, "measure")
    said = node.parm("summary").eval()
    assert said.startswith("3 cameras")
    assert "of 190 faces" in said  # those at the poles have no area
    assert SCENE.operations == ["Looking at the model"]
    node.parm("cover").set(2)
    press(node, "create")
    assert len(cams(node)) > 6
    press(node, "sync")
    assert "press Create Cameras" in node.parm("summary").eval()


def test_escape_ends_the_measuring_and_leaves_nothing_running(
    node: hou.OpNode, model: hou.OpNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHTMOULD_PYTHON", sys.executable)
    node.setParms({"out": str(tmp_path / "rig.json"), "object": model.path()})
    SCENE.escape_pressed = True
    with pytest.raises(hou.OperationInterrupted):
        press(node, "measure")
    assert claim.holder(tmp_path / "coverage") is None
    assert node.parm("summary").eval() == ""


def test_a_stretched_or_mirrored_model_keeps_its_outside(
    model: hou.OpNode, node: hou.OpNode
) -> None:
    node.parm("object").set(model.path())
    plain = camera_rig.model(node)
    for scale in ((1.0, 2.0, 1.0), (-1.0, 2.0, 1.0)):
        model.setParms({"s": scale})
        found = camera_rig.model(node)
        assert isinstance(found, Mesh)
        assert np.ptp(found.positions, axis=0)[1] == pytest.approx(4)
        assert volume(found) == pytest.approx(2 * volume(plain), rel=1e-6)
        assert np.allclose(np.linalg.norm(found.normals, axis=1), 1)


def volume(mesh: Mesh) -> float:
    a, b, c = (mesh.positions[mesh.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def test_angles_are_taken_about_x_then_y_then_z() -> None:
    turned = rotation((90.0, 90.0, 0.0))
    assert np.allclose(turned @ (0, 1, 0), (1, 0, 0))
