"""Materials of an asset: a principled shader, or MaterialX for Karma.

Base color is sRGB; roughness, metalness and the amount occluded are channels of one linear texture.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hou

from lightmould.houdini import materialx, nodes
from lightmould.model import Map, Material
from lightmould.model.asset import Channel

_CHANNELS: dict[Channel, int] = {"rgb": 0, "r": 1, "g": 2, "b": 3}
"""Of `..._monoChannel`: luminance, red, green, blue."""
_NORMALS = "Normal maps of nvdiffrec's own are right in MaterialX only, on mirrored uvs."


def principled(parent: hou.OpNode, name: str, material: Material) -> hou.OpNode:
    """A principled shader, as Mantra, the viewport and Karma's CPU know it.

    It has no occlusion; MaterialX has.
    """
    values: dict[str, Any] = {"basecolor": material.base_color, "basecolor_usePointColor": 0}
    values |= {"rough": material.roughness, "metallic": material.metallic}
    color = material.base_color_map
    if color is not None:
        # A texture is multiplied by the constant.
        values |= {"basecolor": (1.0, 1.0, 1.0), **_texture("basecolor", color, "sRGB")}
    opacity = opacity_of(material)
    if opacity is not None and opacity.channel == "a":
        values["basecolor_useTextureAlpha"] = 1
    elif opacity is not None:
        values |= {"opaccolor_useTexture": 1, "opaccolor_texture": opacity.path.as_posix()}
    for field, texture in (("rough", material.roughness_map), ("metallic", material.metallic_map)):
        if texture is not None:
            channel = {f"{field}_monoChannel": _CHANNELS[texture.channel]}
            values |= {field: 1.0, **_texture(field, texture, "linear"), **channel}
    if material.normal_map is not None:
        values |= _normal(material.normal_map)
    made = nodes.made(parent, "principledshader::2.0", name, values)
    nodes.claim(made, "material")
    made.setComment(_NORMALS)
    return made


def _texture(field: str, texture: Map, space: str) -> Mapping[str, Any]:
    return {
        f"{field}_useTexture": 1,
        f"{field}_texture": texture.path.as_posix(),
        f"{field}_textureColorSpace": space,
    }


def _normal(texture: Map) -> Mapping[str, Any]:
    # Principled shaders take the second axis along growing v, as our maps do: nothing is flipped.
    return {
        "baseBumpAndNormal_enable": 1,
        "baseBumpAndNormal_type": "normal",
        "baseNormal_useTexture": 1,
        "baseNormal_texture": texture.path.as_posix(),
        "baseNormal_colorspace": "linear",
        "baseNormal_flipY": 0,
    }


def karma(parent: hou.OpNode, name: str, material: Material) -> hou.OpNode:
    """A MaterialX material for Karma."""
    return materialx.build(parent, name, material, opacity_of(material))


def opacity_of(material: Material) -> Map | None:
    """The picture whose channel is opacity: one of its own, else the alpha of the base color."""
    color = material.base_color_map
    if material.opacity_map is None and color is not None and has_alpha(color.path):
        return Map(color.path, "linear", "a")
    return material.opacity_map


def has_alpha(path: Path) -> bool:
    """Whether a picture is a PNG with an alpha channel.

    Source: the PNG specification, section 11.2.1: the color type is the 26th byte.
    """
    with path.open("rb") as file:
        head = file.read(26)
    return head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) == 26 and head[25] in (4, 6)


SHADERS: dict[str, Callable[[hou.OpNode, str, Material], hou.OpNode]] = {
    "materialx": karma,
    "principled": principled,
}
"""What builds a material, by the word of the parameter `shader`."""
