"""Materials: which channel of which picture ends where, and in which color space it is read."""

from pathlib import Path

import hou
import pytest
from fakes.assets import png, write_asset
from fakes.hou import SCENE

from lightmould.errors import ToolError
from lightmould.formats.asset import read_obj_asset
from lightmould.houdini import materials
from lightmould.model import Map, Material


@pytest.fixture
def material(tmp_path: Path) -> Material:
    (found,) = read_obj_asset(write_asset(tmp_path)).materials
    return found


def built(shader: str, material: Material) -> hou.OpNode:
    return materials.SHADERS[shader](hou.node("/mat"), "vase", material)


def source(node: hou.OpNode, name: str) -> tuple[str, str]:
    """The name of the node that an input is wired to, and its output's."""
    wire = node.wire(name)
    assert wire is not None, f"{node.path()}.{name} is not wired"
    return wire[0].name(), wire[1]


def image(builder: hou.OpNode, name: str) -> tuple[str, str, str]:
    node = builder.node(name)
    path = Path(node.parm("file").eval()).name
    return path, node.parm("signature").eval(), node.parm("filecolorspace").eval()


def test_materialx_reads_color_as_srgb_and_numbers_as_they_are(material: Material) -> None:
    builder = built("materialx", material)
    assert image(builder, "base_color") == ("texture_kd.png", "color3", "srgb_texture")
    assert image(builder, "packed") == ("texture_ks.png", "vector3", "")
    assert image(builder, "normals") == ("texture_n.png", "vector3", "")


def test_materialx_takes_the_packed_picture_apart(material: Material) -> None:
    builder = built("materialx", material)
    surface = builder.node("mtlxstandard_surface")
    assert source(surface, "base_color") == ("base_color", "out")
    assert source(surface, "specular_roughness") == ("packed_channels", "outy")
    assert source(surface, "metalness") == ("packed_channels", "outz")
    # The picture holds the amount occluded; what weighs the base is the amount open.
    assert source(surface, "base") == ("occlusion", "out")
    assert source(builder.node("occlusion"), "in") == ("packed_channels", "outx")
    assert builder.node("occlusion").type().name() == "mtlxinvert"
    assert builder.node("surface").wire(0)[0] is surface


def test_materialx_mirrors_green_where_the_geometry_says_so(material: Material) -> None:
    builder = built("materialx", material)
    assert source(builder.node("mtlxstandard_surface"), "normal") == ("normal_map", "out")
    assert source(builder.node("normal_map"), "in") == ("normals_turned", "out")
    assert source(builder.node("normals_turned"), "in2") == ("green", "out")
    assert source(builder.node("green"), "mix") == ("flip", "out")
    assert source(builder.node("green"), "fg") == ("normals_mirrored", "out")
    assert source(builder.node("green"), "bg") == ("normals_channels", "outy")
    assert builder.node("flip").parm("geomprop").eval() == "lightmould_flip"


def test_materialx_has_one_second_axis_in_every_version(material: Material) -> None:
    builder = built("materialx", material)
    assert source(builder.node("normal_map"), "bitangent") == ("bitangent", "out")
    assert source(builder.node("bitangent"), "in1") == ("normal", "out")
    assert source(builder.node("bitangent"), "in2") == ("tangent", "out")
    SCENE.inputs["Vop/mtlxnormalmap"] = (("in", "scale", "normal", "tangent"), ("out",))
    older = built("materialx", material)  # MaterialX 1.38 crosses by itself
    assert older.node("bitangent") is None


@pytest.mark.parametrize("shader", ["materialx", "principled"])
def test_alpha_is_opacity_where_there_is_alpha(shader: str, tmp_path: Path) -> None:
    for alpha in (False, True):
        mesh = write_asset(tmp_path, alpha=alpha)
        (material,) = read_obj_asset(mesh).materials
        node = built(shader, material)
        if shader == "materialx":
            surface = node.node("mtlxstandard_surface")
            assert (surface.wire("opacity") is not None) == alpha
        else:
            assert node.parm("basecolor_useTextureAlpha").eval() == int(alpha)


def test_opacity_of_its_own_picture_beats_alpha(tmp_path: Path) -> None:
    (color, opaque) = (tmp_path / name for name in ("kd.png", "opacity.png"))
    color.write_bytes(png(alpha=True))
    material = Material(
        "cut", base_color_map=Map(color, "srgb"), opacity_map=Map(opaque, "linear", "r")
    )
    surface = built("materialx", material).node("mtlxstandard_surface")
    assert source(surface, "opacity") == ("opacity_gray", "out")
    assert image(surface.parent(), "opacity") == ("opacity.png", "vector3", "")
    node = materials.principled(hou.node("/mat"), "cut2", material)
    assert node.parm("opaccolor_texture").eval() == opaque.as_posix()
    assert node.parm("basecolor_useTextureAlpha").eval() == 0


def test_alpha_is_told_by_the_pictures_own_words(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for data, wanted in (
        (png(alpha=True), True),
        (png(alpha=False), False),
        (b"\x89PNG\r\n\x1a\n", False),
        (b"\xff\xd8\xff" + bytes(40), False),
    ):
        path.write_bytes(data)
        assert materials.has_alpha(path) == wanted


def test_principled_shaders_read_the_same_channels(material: Material) -> None:
    node = built("principled", material)
    values = {
        "basecolor_textureColorSpace": "sRGB",
        "rough_monoChannel": 2,
        "rough_textureColorSpace": "linear",
        "metallic_monoChannel": 3,
        "rough": 1.0,
        "metallic": 1.0,
        "basecolor_usePointColor": 0,
        "baseBumpAndNormal_type": "normal",
        "baseNormal_flipY": 0,
    }
    assert {name: node.parm(name).eval() for name in values} == values
    assert node.parmTuple("basecolor").eval() == (1.0, 1.0, 1.0)
    for name in ("rough_texture", "metallic_texture"):
        assert node.parm(name).eval().endswith("texture_ks.png")


@pytest.mark.parametrize("shader", ["materialx", "principled"])
def test_constants_stand_where_there_is_no_picture(shader: str) -> None:
    node = built(shader, Material("plain", (0.1, 0.2, 0.3), 0.25, 1.0))
    if shader == "materialx":
        surface = node.node("mtlxstandard_surface")
        assert [child.type().name() for child in node.children()].count("mtlximage") == 0
        found = surface.parmTuple("base_color"), surface.parm("specular_roughness")
    else:
        found = node.parmTuple("basecolor"), node.parm("rough")
    assert (found[0].eval(), found[1].eval()) == ((0.1, 0.2, 0.3), 0.25)


def test_pictures_of_their_own_keep_their_own_channels(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("rough.png", "metal.png")]
    maps = [Map(path, "linear", "r") for path in paths]
    node = built("materialx", Material("two", roughness_map=maps[0], metallic_map=maps[1]))
    surface = node.node("mtlxstandard_surface")
    assert source(surface, "specular_roughness") == ("numbers1_channels", "outx")
    assert source(surface, "metalness") == ("numbers2_channels", "outx")
    assert surface.wire("base") is None


def test_a_houdini_that_lacks_a_node_type_is_told_what_to_do(material: Material) -> None:
    SCENE.missing_types.add("Vop/mtlxseparate3v")
    with pytest.raises(ToolError, match=r"mtlxseparate3v .*houdini_smoke\.py"):
        built("materialx", material)
