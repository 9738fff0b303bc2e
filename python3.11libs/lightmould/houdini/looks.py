"""What a material of Houdini's says, as near as metallic-roughness comes."""

from pathlib import Path

import hou

from lightmould.errors import SettingsError
from lightmould.houdini.geometry import word
from lightmould.model import Map, Material
from lightmould.model.asset import Channel, ColorSpace

_CHANNELS: dict[int, Channel] = {1: "r", 2: "g", 3: "b"}
"""Of `..._monoChannel`; 0 is the luminance, which is every channel of a gray picture."""


def material_of(path: str) -> Material:
    """The material of a node: a principled shader, or MaterialX's standard surface in a builder.

    Args:
        path: of the node; where nothing is, the material is gray, as Houdini draws it.

    Raises:
        SettingsError: it is a material of another kind.
    """
    name = word(path.strip("/").replace("/", "_"))
    node = hou.node(path)
    if not isinstance(node, hou.OpNode):
        return Material(name)
    if node.type().nameComponents()[2] == "principledshader":
        return _principled(name, node)
    surface = node.node("mtlxstandard_surface")
    if not isinstance(surface, hou.OpNode):
        found = f"a material of type {node.type().name()}"
        wanted, fix = "a principled shader or MaterialX's standard surface", "Assign one of these."
        raise SettingsError(path, found, wanted, fix)
    return _standard(name, surface)


def _principled(name: str, node: hou.OpNode) -> Material:
    return Material(
        name,
        base_color=_color(node, "basecolor"),
        roughness=_number(node, "rough", 0.5),
        metallic=_number(node, "metallic", 0.0),
        base_color_map=_texture(node, "basecolor", "srgb", "rgb"),
        roughness_map=_texture(node, "rough", "linear", _channel(node, "rough")),
        metallic_map=_texture(node, "metallic", "linear", _channel(node, "metallic")),
        normal_map=_texture(node, "baseNormal", "linear", "rgb"),
    )


def _texture(node: hou.OpNode, field: str, space: ColorSpace, channel: Channel) -> Map | None:
    used, file = node.parm(f"{field}_useTexture"), node.parm(f"{field}_texture")
    if used is None or file is None or not used.evalAsInt():
        return None
    return _map(file.evalAsString(), space, channel)


def _channel(node: hou.OpNode, field: str) -> Channel:
    chosen = node.parm(f"{field}_monoChannel")
    return _CHANNELS.get(chosen.evalAsInt() if chosen is not None else 0, "r")


def _standard(name: str, node: hou.OpNode) -> Material:
    return Material(
        name,
        base_color=_color(node, "base_color"),
        roughness=_number(node, "specular_roughness", 0.5),
        metallic=_number(node, "metalness", 0.0),
        base_color_map=_wired(node, "base_color", "srgb"),
        roughness_map=_wired(node, "specular_roughness", "linear"),
        metallic_map=_wired(node, "metalness", "linear"),
    )


def _wired(node: hou.OpNode, name: str, space: ColorSpace) -> Map | None:
    """The picture that an input is wired to, itself or by one of its channels."""
    source = node.input(node.inputIndex(name))
    if source is None:
        return None
    channel: Channel = "rgb" if space == "srgb" else "r"
    if source.type().name().startswith("mtlxseparate3"):
        output = next(
            (c.outputIndex() for c in node.inputConnections() if c.inputName() == name), 0
        )
        channel = ("r", "g", "b")[output % 3]
        source = source.input(0)
    file = source.parm("file") if source is not None else None
    return None if file is None else _map(file.evalAsString(), space, channel)


def _map(text: str, space: ColorSpace, channel: Channel) -> Map | None:
    path = Path(text)
    return Map(path, space, channel) if text and path.is_file() else None


def _color(node: hou.OpNode, name: str) -> tuple[float, float, float]:
    found = node.parmTuple(name)
    if found is None or len(found) != 3:
        return (0.8, 0.8, 0.8)
    red, green, blue = (component.evalAsFloat() for component in found)
    return red, green, blue


def _number(node: hou.OpNode, name: str, usual: float) -> float:
    found = node.parm(name)
    return usual if found is None else found.evalAsFloat()
