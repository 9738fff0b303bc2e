"""The SOP Import: what cooking writes, what the buttons build, what is said when it can't be."""

from pathlib import Path

import hou
import pytest
from fakes.assets import sphere, write_asset
from fakes.hou import SCENE

from lightmould.errors import FormatError, SettingsError
from lightmould.houdini import import_asset, nodes
from lightmould.model import Mesh


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    return write_asset(tmp_path / "a väse" / "asset" / "mesh")


@pytest.fixture
def node(mesh: Path) -> hou.SopNode:
    return import_asset.into_scene(mesh.parents[2])


def cooked(node: hou.SopNode) -> hou.Geometry:
    node.cook()
    import_asset.cook(node)
    return node.geometry()


def test_an_asset_comes_into_the_scene_by_its_jobs_folder_in_one_step(node: hou.SopNode) -> None:
    assert node.path() == "/obj/a_v_se/asset"
    assert node.parent().displayNode() is node
    assert {undo for _, _, undo in SCENE.edits} == {"Import Asset 0"}
    assert cooked(node).count("Prim") == 200
    assert [edit for edit, *_ in SCENE.edits] == ["create", "create"]  # none while it cooked


def test_faces_name_the_material_that_the_button_builds(node: hou.SopNode) -> None:
    (path,) = set(cooked(node).primStringAttribValues("shop_materialpath"))
    import_asset.make_material({"node": node})
    assert path == "/mat/a_v_se_vase"
    assert hou.node(path) is not None


def test_what_the_asset_is_and_how_many_faces_to_keep_are_attributes_of_the_whole(
    node: hou.SopNode, mesh: Path
) -> None:
    node.parm("keep_percent").set(25.0)
    found = cooked(node)
    assert found.stringAttribValue("lightmould_asset") == mesh.as_posix()
    assert found.attributes["Global"]["keep_percent"].values[0] == 25
    assert found.count("Prim") == 200


def test_groups_can_be_left_out(node: hou.SopNode) -> None:
    assert [group.name() for group in cooked(node).primGroups()] == ["top"]
    node.parm("groups").set(0)
    assert not cooked(node).primGroups()


def test_a_mesh_that_changed_is_read_again(node: hou.SopNode, mesh: Path) -> None:
    assert cooked(node).count("Prim") == 200
    write_asset(mesh.parent, sphere(50))
    assert cooked(node).count("Prim") == 50
    import_asset.reload({"node": node})
    assert node.cooks == 3


def test_what_is_missing_is_said_on_the_node(node: hou.SopNode, tmp_path: Path) -> None:
    for value, said in ((str(tmp_path / "none.obj"), "no file"), ("", "no asset")):
        node.parm("file").set(value)
        with pytest.raises(hou.NodeError, match=said):
            import_asset.cook(node)


def test_a_folder_without_a_mesh_is_refused_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"mesh\.obj"):
        import_asset.into_scene(tmp_path)
    assert SCENE.edits == []


def test_our_normal_maps_follow_v_and_nvdiffrecs_own_normal_cross_tangent(tmp_path: Path) -> None:
    plain = sphere(50)
    mirrored = Mesh(plain.positions, plain.faces, plain.uvs * (-1, 1), plain.face_uvs)
    mesh = write_asset(tmp_path / "asset" / "mesh", mirrored)
    assert import_asset.is_crossed(mesh)
    (tmp_path / "asset" / "manifest.json").write_text("{}")
    assert not import_asset.is_crossed(mesh)


def test_a_material_is_one_step_to_undo_and_is_built_anew(node: hou.SopNode) -> None:
    SCENE.edits.clear()
    import_asset.make_material({"node": node})
    assert {undo for _, _, undo in SCENE.edits} == {"Build Material 1"}
    import_asset.make_material({"node": node})
    assert [one.name() for one in hou.node("/mat").children()] == ["a_v_se_vase"]


def test_a_node_of_somebody_elses_is_never_replaced(node: hou.SopNode) -> None:
    hou.node("/mat").createNode("subnet", "a_v_se_vase")
    with pytest.raises(SettingsError, match="another making"):
        import_asset.make_material({"node": node})


def test_errors_are_shown_to_those_who_can_see_them(node: hou.SopNode) -> None:
    node.parm("material_parent").set("/nowhere")
    SCENE.has_ui = True
    import_asset.make_material({"node": node})
    assert "/nowhere" in SCENE.messages[0]


def test_the_light_is_turned_half_around_to_houdinis_convention(
    node: hou.SopNode, mesh: Path
) -> None:
    import_asset.make_light({"node": node})
    import_asset.make_light({"node": node})
    (light,) = (one for one in hou.node("/obj").children() if one.type().name() == "envlight")
    assert nodes.claimed(light) == "light"
    assert light.parm("env_map").eval() == (mesh.parent / "probe.hdr").as_posix()
    assert light.parmTuple("r").eval() == (0.0, 180.0, 0.0)


def test_an_asset_without_a_light_says_so(node: hou.SopNode, mesh: Path) -> None:
    (mesh.parent / "probe.hdr").unlink()
    with pytest.raises(FormatError, match=r"probe\.hdr"):
        import_asset.make_light({"node": node})
