# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Blender's materials as metallic-roughness ones, and what of them is lost on the way."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models import USD, RefusedError

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "TARGA": ".tga", "TIFF": ".tif", "WEBP": ".webp"}
CHANNELS = {"Red": "r", "Green": "g", "Blue": "b", "R": "r", "G": "g", "B": "b", "Alpha": "a"}
MAPS = (
    ("map_Kd", "base_color_map"),
    ("map_Pr", "roughness_map"),
    ("map_Pm", "metallic_map"),
    ("norm", "normal_map"),
)
LOST = (("Transmission", 0.0), ("Transmission Weight", 0.0), ("Alpha", 1.0))


class Textures:
    """Puts the pictures of materials into a folder, each once."""

    def __init__(self, folder: Path, model: str) -> None:
        self._folder = folder
        self._model = model
        self._names: dict[str, str] = {}

    def name(self, image: Any) -> str:
        """A picture's path, relative to the folder.

        Raises:
            RefusedError: there is no such picture.
        """
        if image.name_full not in self._names:
            self._names[image.name_full] = self._put(image)
        return self._names[image.name_full]

    def refuse_lost(self, material: Any) -> None:
        """Refuse a texture that Blender's importer of USD has dropped, for want of its file.

        Raises:
            RefusedError: naming the material; Blender does not keep the texture's path.
        """
        if Path(self._model).suffix.lower() not in USD:
            return
        for node in material.node_tree.nodes if material.node_tree else ():
            if node.type == "TEX_IMAGE" and node.image is None:
                where, found = (
                    f"{self._model}: {_of(material)}",
                    "no texture where it refers to one",
                )
                raise RefusedError(where, found, "its textures", "Put the file there.")

    def copy(self, path: str) -> str:
        """The path of a copy of a file, relative to the folder."""
        if path not in self._names:
            self._names[path] = self._copy(Path(path), Path(path).suffix.lower())
        return self._names[path]

    def _put(self, image: Any) -> str:
        source = Path(image.filepath_from_user() or image.name)
        packed = image.packed_file
        if not packed and not source.is_file():
            where, found = self._model, f"no texture {source}"
            raise RefusedError(where, found, "its textures", "Put the file there, or pack it.")
        suffix = SUFFIXES.get(image.file_format) if packed else source.suffix.lower()
        if 0 in image.size or not suffix:
            where, fix = f"{self._model}: {source}", "Save it as PNG."
            raise RefusedError(where, "nothing that can be decoded", "an image", fix)
        return self._copy(source, suffix, packed.data if packed else None)

    def _copy(self, source: Path, suffix: str, data: bytes | None = None) -> str:
        name = f"textures/{len(self._names):03d}_{plain(source.stem)}{suffix}"
        (self._folder / "textures").mkdir(parents=True, exist_ok=True)
        if data is None:
            shutil.copyfile(source, self._folder / name)
        else:
            (self._folder / name).write_bytes(data)
        return name


def plain(name: str) -> str:
    """A name of letters, digits, dots, dashes and underscores, as files and MTL take it."""
    return re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII).strip("._") or "unnamed"


def given(look: dict[str, Any], textures: Textures) -> Iterator[str]:
    """A material that is known already in plain MTL with the words of PBR."""
    yield "Kd {:.9g} {:.9g} {:.9g}".format(*look["base_color"])
    yield f"Pr {look['roughness']:.9g}"
    yield f"Pm {look['metallic']:.9g}"
    for word, key in MAPS:
        texture = look[key]
        if texture:
            channel = {"rgb": "", "a": "-imfchan m "}.get(texture["channel"])
            option = f"-imfchan {texture['channel']} " if channel is None else channel
            yield f"{word} {option}{textures.copy(texture['path'])}"


def lines(material: Any, textures: Textures, warnings: list[str]) -> Iterator[str]:
    """A material in plain MTL with the words of PBR; what these can't say becomes a warning."""
    textures.refuse_lost(material)
    shader = principled(material)
    if shader is None:
        warnings.append(f"{_of(material)} has no Principled shader: its viewport color stands in.")
        yield "Kd {:.9g} {:.9g} {:.9g}".format(*material.diffuse_color[:3])
        yield f"Pr {material.roughness:.9g}"
        yield f"Pm {material.metallic:.9g}"
        return
    color = shader.inputs["Base Color"]
    yield "Kd {:.9g} {:.9g} {:.9g}".format(*color.default_value[:3])
    yield from _map("map_Kd", color, material, textures, warnings)
    for word, name in (("Pr", "Roughness"), ("Pm", "Metallic")):
        yield f"{word} {shader.inputs[name].default_value:.9g}"
        yield from _map(f"map_{word}", shader.inputs[name], material, textures, warnings)
    yield from _normal(shader.inputs["Normal"], material, textures, warnings)
    for name, harmless in LOST:
        socket = shader.inputs.get(name)
        if socket and (socket.is_linked or abs(socket.default_value - harmless) > 1e-3):
            warnings.append(f"{_of(material)} has {name.lower()}, which is left out.")
    if _glows(shader):
        warnings.append(f"{_of(material)} glows, which is left out.")


def principled(material: Any) -> Any:
    """The Principled shader that the surface ends in; None if it is anything else."""
    if not material.node_tree:
        return None
    for node in material.node_tree.nodes:
        if node.type == "OUTPUT_MATERIAL" and node.is_active_output:
            surface = node.inputs["Surface"]
            if surface.is_linked and surface.links[0].from_node.type == "BSDF_PRINCIPLED":
                return surface.links[0].from_node
    return None


def _map(
    word: str, socket: Any, material: Any, textures: Textures, warnings: list[str]
) -> Iterator[str]:
    if not socket.is_linked:
        return
    found = _picture(socket)
    what = f"{_of(material)}: what is made of nodes for {socket.name.lower()}"
    if found is None:
        warnings.append(f"{what} has no picture: its constant stands in.")
        return
    node, channel, straight = found
    if not straight:
        warnings.append(f"{what} is more than a picture: the picture alone stands in.")
    _check_placing(node, material, warnings)
    name = textures.name(node.image)
    if word == "map_Kd":
        yield f"map_Kd {name}"
    else:
        yield f"{word} -imfchan {'m' if channel == 'a' else channel} {name}"


def _normal(socket: Any, material: Any, textures: Textures, warnings: list[str]) -> Iterator[str]:
    if not socket.is_linked:
        return
    bump = socket.links[0].from_node
    color = bump.inputs.get("Color") if bump.type == "NORMAL_MAP" else None
    if color and not color.is_linked:
        return  # as the FBX add-on leaves it where there is no map
    found = _picture(color) if color else None
    if found is None or not found[2] or bump.space != "TANGENT":
        warnings.append(f"{_of(material)}: its bumps are no tangent-space map, and are left out.")
        return
    if abs(bump.inputs["Strength"].default_value - 1) > 1e-3:
        warnings.append(f"{_of(material)}: the strength of its normal map is taken for 1.")
    _check_placing(found[0], material, warnings)
    yield f"norm {textures.name(found[0].image)}"


def _picture(socket: Any) -> tuple[Any, str, bool] | None:
    """The picture upstream of a socket, its channel, and whether it alone decides."""
    link = socket.links[0]
    node = link.from_node
    if node.type == "TEX_IMAGE":
        known = node.image is not None
        return (node, "a" if link.from_socket.name == "Alpha" else "r", True) if known else None
    channel = CHANNELS.get(link.from_socket.name)
    split = node.type in ("SEPARATE_COLOR", "SEPRGB") and channel is not None
    for each in node.inputs:
        found = _picture(each) if each.is_linked else None
        if found is not None:
            return found[0], channel if split and channel else found[1], split and found[2]
    return None


def _check_placing(node: Any, material: Any, warnings: list[str]) -> None:
    vector = node.inputs["Vector"]
    source = vector.links[0].from_node if vector.is_linked else None
    if source is None or source.type in ("UVMAP", "TEX_COORD"):
        return
    if source.type != "MAPPING" or not _is_identity(source):
        warnings.append(f"{_of(material)}: a texture is moved or scaled, which is left out.")


def _is_identity(mapping: Any) -> bool:
    still = (("Location", 0.0), ("Rotation", 0.0), ("Scale", 1.0))
    return all(
        abs(value - wanted) < 1e-6
        for name, wanted in still
        if name in mapping.inputs
        for value in mapping.inputs[name].default_value
    )


def _glows(shader: Any) -> bool:
    color = shader.inputs.get("Emission Color") or shader.inputs.get("Emission")
    strength = shader.inputs.get("Emission Strength")
    bright = color is not None and (color.is_linked or max(color.default_value[:3]) > 0)
    return bool(bright and strength is not None and strength.default_value > 0)


def _of(material: Any) -> str:
    return f"material {material.name!r}"
