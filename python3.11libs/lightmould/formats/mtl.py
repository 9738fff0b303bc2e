"""Wavefront MTL: metallic-roughness materials in the two dialects that carry them.

nvdiffrec's, told by `bsdf pbr`: Kd is sRGB; Ks and the linear map_Ks hold the amount occluded,
roughness and metalness in red, green and blue; bump is a normal map; map_d, which is ours, opacity.

Plain MTL with the PBR words Pr, Pm, map_Pr, map_Pm and norm: Kd is linear, as Blender reads and
writes it. Phong's Ns becomes roughness the way Blender does it; its Ks, map_Ks and bump (heights)
have no place here and are ignored, the maps with a logged warning.

In both, map_Kd is sRGB, every other map linear; a map replaces its constant.

Source: https://benhouston3d.com/blog/extended-wavefront-obj-mtl-for-pbr; Blender 4.5, measured:
roughness = 1 - sqrt(Ns / 1000), and 1 without Ns.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path, PurePath
from typing import Any

from lightmould.errors import FormatError, SettingsError, at
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.formats.mtl_texture import read_texture, texture_path, texture_text
from lightmould.formats.wavefront import name, number, statements, words, writable_name
from lightmould.model import Map, Material
from lightmould.model.asset import Channel, ColorSpace

_log = logging.getLogger(__name__)

_NUMBERS = frozenset({"kd", "ks", "ns", "pr", "pm"})
_MAPS = frozenset({"map_kd", "map_ks", "map_pr", "map_pm", "norm", "bump", "map_bump", "map_d"})


@dataclass(frozen=True, slots=True)
class _Block:
    """One material's statements: keyword in lower case to line and text; the last one wins."""

    name: str
    source: PurePath
    said: dict[str, tuple[int, str]]

    def where(self, keyword: str) -> str:
        return at(self.source, self.said[keyword][0])

    def amounts(self, keyword: str, count: int, most: float = 1.0) -> list[float] | None:
        """So many numbers from 0 to `most`; a single one stands for all."""
        if keyword not in self.said:
            return None
        where = self.where(keyword)
        values = [number(word, where) for word in words(self.said[keyword][1])]
        values = values * count if len(values) == 1 else values
        if len(values) != count or not all(0 <= value <= most for value in values):
            found = f"{keyword.capitalize()} {self.said[keyword][1]}"
            raise FormatError(where, found, f"{count} from 0 to {most:g}", "Correct that line.")
        return values

    def amount(self, keyword: str, most: float = 1.0) -> float | None:
        values = self.amounts(keyword, 1, most)
        return None if values is None else values[0]

    def map(self, keyword: str, space: ColorSpace, channel: Channel = "rgb") -> Map | None:
        if keyword not in self.said:
            return None
        return read_texture(self.said[keyword][1], self.where(keyword), space, channel)


def read(text: str | bytes, source: PurePath) -> tuple[Material, ...]:
    """The materials of an MTL file, in its order; map paths are relative to its folder.

    Args:
        text: the whole file; bytes are UTF-8.
        source: its name, for errors.

    Raises:
        FormatError: a statement that matters is malformed, a texture lies outside the folder or
            is to be moved or scaled, or two materials have one name.
    """
    blocks: dict[str, _Block] = {}
    said: dict[str, tuple[int, str]] | None = None
    for line, keyword, rest in statements(text):
        word = keyword.lower()
        if word == "newmtl":
            block = _Block(name(rest, at(source, line)), source, {})
            if not rest or rest in blocks:
                found = f"the name {rest!r}{' again' if rest else ''}"
                wanted = "a name of its own for each material"
                raise FormatError(at(source, line), found, wanted, "Rename that material.")
            blocks[rest] = block
            said = block.said
        elif said is None and word in _NUMBERS | _MAPS:
            fix = "Put newmtl and a name before it."
            raise FormatError(at(source, line), keyword, "newmtl first", fix)
        elif said is not None:
            said[word] = line, rest
    return tuple(_material(block) for block in blocks.values())


def texture_line(text: str | bytes, texture: PurePath) -> int | None:
    """The first line that names a texture, by its path as `read` gave it."""
    for line, keyword, rest in statements(text):
        if keyword.lower() in _MAPS and texture_path(rest) == texture:
            return line
    return None


def _material(block: _Block) -> Material:
    dialect = block.said.get("bsdf", (0, "plain"))[1].split("#")[0].strip()
    if dialect not in ("plain", "pbr", "diffuse"):
        found, wanted = f"bsdf {dialect}", "bsdf pbr or bsdf diffuse"
        raise FormatError(block.where("bsdf"), found, wanted, "Choose one of those.")
    color = block.amounts("kd", 3)
    if color is not None and dialect != "plain":
        color = linear_from_srgb(color).tolist()
    fields = {
        "base_color": color and tuple(color),
        "base_color_map": block.map("map_kd", "srgb"),
        "roughness": block.amount("pr"),
        "metallic": block.amount("pm"),
        "roughness_map": block.map("map_pr", "linear", "r"),
        "metallic_map": block.map("map_pm", "linear", "r"),
        "normal_map": block.map("norm", "linear"),
    }
    given = {field: value for field, value in fields.items() if value is not None}
    said: dict[str, Any] = _packed(block) if dialect == "pbr" else _phong(block, dialect)
    return replace(Material(block.name), **(said | given))


def _packed(block: _Block) -> dict[str, Any]:
    """What nvdiffrec's words say."""
    given: dict[str, Any] = {}
    constants = block.amounts("ks", 3)
    if constants is not None:
        occluded, roughness, metallic = constants
        given |= {"occlusion": 1 - occluded, "roughness": roughness, "metallic": metallic}
    packed = block.map("map_ks", "linear")
    if packed is not None:
        given |= {
            "occlusion_map": replace(packed, channel="r"),
            "roughness_map": replace(packed, channel="g"),
            "metallic_map": replace(packed, channel="b"),
            "occlusion_inverted": True,
        }
    normal = block.map("map_bump", "linear") or block.map("bump", "linear")
    opacity = block.map("map_d", "linear", "r")
    more = {"normal_map": normal, "opacity_map": opacity}
    return given | {field: value for field, value in more.items() if value is not None}


def _phong(block: _Block, dialect: str) -> dict[str, Any]:
    """What Phong's words say, as near as metallic-roughness comes."""
    for keyword, why in (("map_ks", "Phong's color"), ("bump", "heights"), ("map_bump", "heights")):
        if keyword in block.said:
            _log.warning("%s: %s is ignored: it holds %s", block.where(keyword), keyword, why)
    gloss = block.amount("ns", most=1e6)
    if gloss is None or dialect == "diffuse":
        return {"roughness": 1.0}
    return {"roughness": 1 - sqrt(min(gloss, 1000.0) / 1000.0)}


def write(materials: Sequence[Material], folder: Path = Path()) -> str:
    """An MTL file; nvdiffrec's words for a material that is packed as it packs, else plain ones.

    Args:
        materials: with names of their own.
        folder: where the file will lie; the maps lie there too, or below.

    Raises:
        SettingsError: a name, a map or an occlusion has no words in an MTL file.
    """
    names = [material.name for material in materials]
    if len(set(names)) != len(names):
        raise SettingsError("materials", f"names {names}", "unique names", "Rename one.")
    blocks = [
        [f"newmtl {writable_name(material.name, 'material name')}", *_said(material, folder)]
        for material in materials
    ]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks)


def _said(material: Material, folder: Path) -> Iterator[str]:
    packed = _one_file(material)
    if packed is None and (material.occlusion_map is not None or material.occlusion != 1):
        raise SettingsError(
            f"material {material.name!r}",
            "occlusion",
            "none, or occluded amount, roughness and metalness in R, G and B of one map",
            "Pack the three into one texture, or leave occlusion out.",
        )
    if packed is None and material.opacity_map is not None:
        where, fix = f"material {material.name!r}", "Pack occlusion, roughness and metalness."
        raise SettingsError(where, "opacity", "none, or a material of nvdiffrec's kind", fix)
    color = material.base_color_map
    if packed is None:
        yield from _plain(material, folder)
    else:
        yield "bsdf   pbr"
        if color is None:
            encoded = srgb_from_linear(material.base_color).tolist()
            yield "Kd {!r} {!r} {!r}".format(*encoded)
        yield from _map("map_Kd", color, folder, "rgb")
        yield from _map("map_Ks", packed, folder, "rgb")
        yield from _map("bump", material.normal_map, folder, "rgb")
        yield from _opacity(material.opacity_map, folder)


def _plain(material: Material, folder: Path) -> Iterator[str]:
    yield "Kd {!r} {!r} {!r}".format(*map(float, material.base_color))
    yield f"Pr {float(material.roughness)!r}"
    yield f"Pm {float(material.metallic)!r}"
    yield from _map("map_Kd", material.base_color_map, folder, "rgb")
    yield from _map("map_Pr", material.roughness_map, folder, "r")
    yield from _map("map_Pm", material.metallic_map, folder, "r")
    yield from _map("norm", material.normal_map, folder, "rgb")


def _opacity(texture: Map | None, folder: Path) -> Iterator[str]:
    """Opacity has no encoding, and so may be the alpha of a picture whose colors have one."""
    if texture is not None:
        yield f"map_d {texture_text(texture, folder, 'r')}"


def _map(keyword: str, texture: Map | None, folder: Path, channel: Channel) -> Iterator[str]:
    if texture is None:
        return
    space = "srgb" if keyword == "map_Kd" else "linear"
    if texture.color_space != space:
        where, fix = f"texture {texture.path}", "Convert the texture."
        raise SettingsError(where, f"{texture.color_space} for {keyword}", space, fix)
    yield f"{keyword} {texture_text(texture, folder, channel)}"


def _one_file(material: Material) -> Map | None:
    """The map that holds occluded amount, roughness and metalness, if there is one."""
    trio = (material.occlusion_map, material.roughness_map, material.metallic_map)
    first = trio[0]
    if first is None or not material.occlusion_inverted:
        return None
    whole = replace(first, channel="rgb")
    wanted = tuple(replace(whole, channel=channel) for channel in ("r", "g", "b"))
    return whole if trio == wanted else None
