"""A MaterialX network for Karma: one picture of the packed channels, taken apart.

Occlusion weighs the base, as the engine and nvdiffrec shade with it: what is occluded is dark.
Pictures of numbers are read as vectors, which no color management touches.
"""

from contextlib import suppress
from pathlib import Path

import hou

from lightmould.houdini import nodes
from lightmould.houdini.geometry import FLIP
from lightmould.model import Map, Material
from lightmould.model.asset import Channel

_OUTPUTS: dict[Channel, str] = {"r": "outx", "g": "outy", "b": "outz"}


def build(parent: hou.OpNode, name: str, material: Material, opacity: Map | None) -> hou.OpNode:
    """A Karma material builder with the material inside.

    Args:
        parent: network of materials.
        name: of the builder.
        material: what it looks like.
        opacity: which picture's channel is it, if any.

    Raises:
        ToolError: this Houdini lacks a node type or a connector.
    """
    builder = _builder(parent, name)
    nodes.claim(builder, "material")
    surface = _surface(builder)
    constants = {"specular_roughness": material.roughness, "metalness": material.metallic}
    nodes.set_all(surface, {"base_color": material.base_color, **constants})
    if material.base_color_map is not None:
        image = _image(builder, "base_color", material.base_color_map.path, "color3")
        nodes.connect(surface, "base_color", image)
    if opacity is not None:
        _opacity(builder, surface, opacity)
    _packed(builder, surface, material)
    if material.normal_map is not None:
        nodes.connect(surface, "normal", _normal(builder, material.normal_map))
    builder.layoutChildren()
    return builder


def _builder(parent: hou.OpNode, name: str) -> hou.OpNode:
    """Karma's own material builder, or where this Houdini makes it otherwise, a plain one."""
    with suppress(ImportError, AttributeError):
        import voptoolutils  # noqa: PLC0415  # Houdini's; private, and moved once before

        made = voptoolutils._setupMtlXBuilderSubnet(  # noqa: SLF001  # there is no public one
            subnet_node=None,
            destination_node=parent,
            name=name,
            mask=voptoolutils.KARMAMTLX_TAB_MASK,
            folder_label="Karma Material Builder",
            render_context="kma",
        )
        return nodes.operator(made, name)
    builder = nodes.made(parent, "subnet", name, {})
    if isinstance(builder, hou.VopNode):
        builder.setMaterialFlag(True)
    surface = nodes.made(builder, "mtlxstandard_surface", "mtlxstandard_surface", {})
    output = nodes.made(builder, "suboutput", "surface", {"name1": "surface"})
    output.setInput(0, surface)
    return builder


def _surface(builder: hou.OpNode) -> hou.OpNode:
    found = builder.node("mtlxstandard_surface")
    if found is None:
        return nodes.made(builder, "mtlxstandard_surface", "mtlxstandard_surface", {})
    return nodes.operator(found, "mtlxstandard_surface")


def _image(builder: hou.OpNode, name: str, path: Path, signature: str) -> hou.OpNode:
    values = {"file": path.as_posix(), "signature": signature}
    if signature.startswith("color"):
        values["filecolorspace"] = "srgb_texture"
    return nodes.made(builder, "mtlximage", name, values)


def _numbers(builder: hou.OpNode, name: str, path: Path) -> hou.OpNode:
    """A picture of numbers with an output for each channel: outx, outy, outz."""
    image = _image(builder, name, path, "vector3")
    parts = nodes.made(builder, "mtlxseparate3v", f"{name}_channels", {})
    nodes.connect(parts, "in", image)
    return parts


def _packed(builder: hou.OpNode, surface: hou.OpNode, material: Material) -> None:
    """Occlusion, roughness and metalness, each from its channel."""
    split: dict[Path, hou.OpNode] = {}

    def channel(texture: Map) -> tuple[hou.OpNode, str]:
        if texture.path not in split:
            name = "packed" if material.occlusion_map is not None else f"numbers{len(split) + 1}"
            split[texture.path] = _numbers(builder, name, texture.path)
        return split[texture.path], _OUTPUTS.get(texture.channel, "outx")

    for field, texture in (
        ("specular_roughness", material.roughness_map),
        ("metalness", material.metallic_map),
    ):
        if texture is not None:
            nodes.connect(surface, field, *channel(texture))
    if material.occlusion_map is not None:
        source, output = channel(material.occlusion_map)
        if material.occlusion_inverted:
            occlusion = nodes.made(builder, "mtlxinvert", "occlusion", {})
            nodes.connect(occlusion, "in", source, output)
            source, output = occlusion, "out"
        nodes.connect(surface, "base", source, output)


def _normal(builder: hou.OpNode, texture: Map) -> hou.OpNode:
    """The normal map, its green mirrored where `geometry.write_handedness` says so."""
    parts = _numbers(builder, "normals", texture.path)
    mirrored = nodes.made(builder, "mtlxinvert", "normals_mirrored", {})
    nodes.connect(mirrored, "in", parts, "outy")
    flip = nodes.made(builder, "mtlxgeompropvalue", "flip", {"geomprop": FLIP})
    green = nodes.made(builder, "mtlxmix", "green", {})
    nodes.connect(green, "fg", mirrored)
    nodes.connect(green, "bg", parts, "outy")
    nodes.connect(green, "mix", flip)
    whole = nodes.made(builder, "mtlxcombine3", "normals_turned", {"signature": "vector3"})
    nodes.connect(whole, "in1", parts, "outx")
    nodes.connect(whole, "in2", green)
    nodes.connect(whole, "in3", parts, "outz")
    made = nodes.made(builder, "mtlxnormalmap", "normal_map", {})
    nodes.connect(made, "in", whole)
    if "bitangent" in made.inputNames():
        _cross(builder, made)
    return made


def _cross(builder: hou.OpNode, normal_map: hou.OpNode) -> None:
    """Give MaterialX 1.39 the second axis that earlier ones have: normal x tangent."""
    normal = nodes.made(builder, "mtlxnormal", "normal", {"space": "world"})
    tangent = nodes.made(builder, "mtlxtangent", "tangent", {"space": "world"})
    across = nodes.made(builder, "mtlxcrossproduct", "bitangent", {})
    nodes.connect(across, "in1", normal)
    nodes.connect(across, "in2", tangent)
    nodes.connect(normal_map, "normal", normal)
    nodes.connect(normal_map, "tangent", tangent)
    nodes.connect(normal_map, "bitangent", across)


def _opacity(builder: hou.OpNode, surface: hou.OpNode, texture: Map) -> None:
    if texture.channel == "a":
        image = _image(builder, "opacity", texture.path, "color4")
        parts = nodes.made(builder, "mtlxseparate4c", "opacity_channels", {})
        nodes.connect(parts, "in", image)
        output = "outa"
    else:
        parts = _numbers(builder, "opacity", texture.path)
        output = _OUTPUTS.get(texture.channel, "outx")
    gray = nodes.made(builder, "mtlxcombine3", "opacity_gray", {"signature": "color3"})
    for name in ("in1", "in2", "in3"):
        nodes.connect(gray, name, parts, output)
    nodes.connect(surface, "opacity", gray)
