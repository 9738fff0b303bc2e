"""The shelf: what is selected becomes a network that cooks; nobody has to be there to answer."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hou
import numpy as np
import pytest
from fakes.assets import png, sphere
from fakes.datasets import ball, cameras
from fakes.hou import SCENE

from lightmould.errors import LightmouldError, SettingsError, ToolError
from lightmould.formats.asset import read_obj_asset
from lightmould.houdini import geometry, materials, network, shelf
from lightmould.jobs.estimate import Choice, Question
from lightmould.model import Asset, Map, Material


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIGHTMOULD_PYTHON", sys.executable)
    SCENE.hip = str(tmp_path / "a scéne.hip")


@pytest.fixture
def model(tmp_path: Path) -> hou.OpNode:
    """A selected object, two metres up, whose faces have a material with a texture."""
    (tmp_path / "kd.png").write_bytes(png(alpha=False))
    look = Material(
        "red",
        roughness=0.25,
        base_color_map=Map(tmp_path / "kd.png", "srgb"),
        roughness_map=Map(tmp_path / "kd.png", "linear", "g"),
    )
    made = materials.principled(hou.node("/mat"), "red", look)
    holder = hou.node("/obj").createNode("geo", "vase")
    holder.setParms({"t": (0.0, 2.0, 0.0)})
    shown = holder.createNode("null", "out")
    shown.setDisplayFlag(on=True)
    asset = Asset(sphere(200), (look,), np.zeros(200, np.int32), groups={"top": np.arange(9)})
    geometry.write(asset, shown.geometry(), [made.path()])
    holder.setSelected(on=True, clear_all_selected=True)
    SCENE.edits.clear()
    return holder


def made_network() -> hou.OpNode:
    (found,) = (one for one in hou.node("/obj").children() if one.type().name() == "topnet")
    return found


def kinds() -> list[str]:
    return [top.type().nameComponents()[2] for top in network.tops(made_network())]


def test_a_selected_object_is_reconstructed_in_one_step(model: hou.OpNode) -> None:
    shelf.reconstruct({})
    assert kinds() == [
        "camera_rig", "blender_render", "assemble_dataset", "reconstruct", "import_asset",
    ]  # fmt: skip
    assert {undo for _, _, undo in SCENE.edits} == {"Reconstruct 0"}
    last = network.tops(made_network())[-1]
    assert SCENE.top_cooks == [(last.path(), False)]
    assert last.evalParm("object_name") == model.name()


def test_what_is_written_of_it_is_what_is_shown_where_it_stands(
    model: hou.OpNode, tmp_path: Path
) -> None:
    shelf.reconstruct({})
    first = network.tops(made_network())[0]
    path = Path(first.evalParm("model"))
    assert path == tmp_path / "lightmould" / "vase" / "source" / "model.obj"
    asset = read_obj_asset(path)
    wanted = sphere(200).positions + np.array([0, 2, 0])
    assert np.abs(asset.mesh.positions - wanted).max() < 1e-6
    a, b, c = (asset.mesh.positions[asset.mesh.faces[:, i]] for i in range(3))
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0  # outside is outside
    (material,) = asset.materials
    assert material.roughness_map.channel == "g"
    assert material.base_color_map.path.read_bytes() == png(alpha=False)
    assert asset.groups["top"].tolist() == list(range(9))
    assert asset.mesh.uvs is not None
    assert model.path() == "/obj/vase"


def test_a_selected_sop_is_taken_as_it_is(model: hou.OpNode) -> None:
    other = model.createNode("null", "before")
    geometry.write(Asset(sphere(50)), other.geometry())
    other.setSelected(on=True, clear_all_selected=True)
    shelf.reconstruct({})
    path = Path(network.tops(made_network())[0].evalParm("model"))
    assert len(read_obj_asset(path).mesh.faces) == 50


def test_several_selected_are_asked_to_be_one(model: hou.OpNode) -> None:
    other = hou.node("/obj").createNode("geo", "other")
    other.createNode("null", "out").setDisplayFlag(on=True)
    other.setSelected(on=True)
    with pytest.raises(SettingsError, match="Select one"):
        shelf.reconstruct({})
    assert SCENE.top_cooks == []
    assert model.path()


def test_a_file_and_how_are_taken_from_whoever_calls(tmp_path: Path) -> None:
    path = tmp_path / "chair.glb"
    path.touch()
    answers = {"source": str(path), "folder": str(tmp_path / "job"), "preset": "hero"}
    shelf.reconstruct({**answers, "engine": "nvdiffrec"})
    tops = {top.type().nameComponents()[2]: top for top in network.tops(made_network())}
    assert "reconstruct" not in tops
    assert tops["nvdiffrec"].evalParm("preset") == "hero"
    assert tops["camera_rig"].evalParm("model") == path.as_posix()
    assert tops["camera_rig"].evalParm("folder").startswith((tmp_path / "job").as_posix())


def test_a_dataset_or_photos_need_no_rendering(tmp_path: Path) -> None:
    ball(tmp_path / "dataset", cameras(4))
    shelf.reconstruct_photos({"source": str(tmp_path / "dataset")})
    assert kinds() == ["reconstruct", "import_asset"]


def test_a_source_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nothing there"):
        shelf.reconstruct({"source": str(tmp_path / "none.obj")})
    assert SCENE.edits == []


@pytest.mark.usefixtures("model")
def test_who_can_answer_is_asked_first_and_told_what_it_takes(tmp_path: Path) -> None:
    asked: list[Any] = []

    def ask(
        question: Question, ways: Callable[[Choice], Any], then: Callable[[Choice], None], _: Any
    ) -> None:
        asked.append((question, dict(ways(question.choice)), then))

    SCENE.has_ui = True
    shelf.reconstruct({}, ask)
    ((question, told, then),) = asked
    assert SCENE.edits == []
    assert (question.source, question.is_fixed) == ("/obj/vase", True)
    assert told["Views"] == "68"
    then(Choice(question.choice.source, tmp_path / "else where", "standard"))
    assert (tmp_path / "else where" / "source" / "model.obj").is_file()
    assert len(SCENE.top_cooks) == 1
    ball(tmp_path / "dataset", cameras(4))
    shelf.reconstruct_photos({"source": str(tmp_path / "dataset")}, ask)
    assert SCENE.messages == []
    assert asked[1][0].is_photos


def test_polygons_of_many_corners_are_cut_and_other_primitives_refused(
    model: hou.OpNode, tmp_path: Path
) -> None:
    shown = model.displayNode()
    shown.geometry().clear()
    shown.geometry().createPoints([(0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0, 0)])
    shown.geometry().createPolygons([[0, 1, 2, 3]])
    shelf.reconstruct({"folder": str(tmp_path / "a")})
    faces = read_obj_asset(tmp_path / "a" / "source" / "model.obj").mesh.faces
    assert faces.tolist() == [[2, 1, 0], [3, 2, 0]]
    with pytest.raises(SettingsError, match="Select an object"):
        shelf.reconstruct({})  # what was made is selected now
    model.setSelected(on=True, clear_all_selected=True)
    shown.geometry().others = 1
    with pytest.raises(SettingsError, match="1 polygons of 2 primitives"):
        shelf.reconstruct({"folder": str(tmp_path / "b")})


def test_a_material_of_another_kind_is_refused_by_its_path(model: hou.OpNode) -> None:
    other = hou.node("/mat").createNode("subnet", "other")
    shown = model.displayNode().geometry()
    shown.setPrimStringAttribValues("shop_materialpath", [other.path()] * 200)
    with pytest.raises(SettingsError, match="/mat/other"):
        shelf.reconstruct({})


def test_materialx_is_read_back_with_its_channels(model: hou.OpNode, tmp_path: Path) -> None:
    kd = tmp_path / "kd.png"
    packed = Material(
        "packed",
        base_color_map=Map(kd, "srgb"),
        roughness_map=Map(kd, "linear", "g"),
        metallic_map=Map(kd, "linear", "b"),
    )
    made = materials.karma(hou.node("/mat"), "packed", packed)
    shown = model.displayNode().geometry()
    shown.setPrimStringAttribValues("shop_materialpath", [made.path()] * 200)
    shelf.reconstruct({})
    source = tmp_path / "lightmould" / "vase" / "source"
    (found,) = read_obj_asset(source / "model.obj").materials
    assert (found.roughness_map.channel, found.metallic_map.channel) == ("g", "b")


def test_the_job_panel_opens_in_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ToolError, match="no user interface"):
        shelf.job_panel({})
    SCENE.has_ui = True
    shelf.job_panel({})
    assert SCENE.panels == ["lightmould_jobs"]
    monkeypatch.setattr(shelf, "JOBS_PANEL", "gone")
    shelf.job_panel({})
    assert "HOUDINI_PACKAGE_DIR" in SCENE.messages[-1]


def test_the_doctor_says_what_the_worker_says() -> None:
    SCENE.has_ui = True
    text = shelf.doctor({})
    assert "python" in text.lower()
    assert text in SCENE.messages[-1]


def test_errors_of_ours_never_leave_half_a_network(tmp_path: Path) -> None:
    with pytest.raises(LightmouldError):
        shelf.start(Choice(tmp_path / "none.obj", tmp_path), None)
    assert [one.name() for one in hou.node("/obj").children()] == []
