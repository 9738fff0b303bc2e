"""An OBJ file with its MTL files and textures, as one checked value."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from lightmould.errors import FormatError, at
from lightmould.formats import mtl, obj
from lightmould.model import Asset, Material

_MAPS = (
    "base_color_map",
    "roughness_map",
    "metallic_map",
    "occlusion_map",
    "normal_map",
    "opacity_map",
)


def read_obj_asset(path: Path) -> Asset:
    """The mesh of an OBJ file, the materials it uses in order of first use, and their textures.

    MTL files and textures must be regular files in the OBJ's folder or below, links followed. The
    asset's map paths begin with the OBJ's folder as given. An OBJ without usemtl has no materials.

    Raises:
        FormatError: a file is missing, damaged or outside the folder, or a material is unknown.
    """
    file = obj.read(_content(path, str(path)), path)
    known: dict[str, tuple[Material, Path]] = {}
    for library, line in zip(file.libraries, file.library_lines, strict=True):
        source = path.parent / library
        _check_inside(source, path.parent, at(path, line))
        for material in mtl.read(_content(source, at(path, line)), source):
            here = placed(material, source.parent)
            if known.setdefault(material.name, (here, source))[0] != here:
                other = known[material.name][1]
                found, wanted = f"another {material.name!r} than in {other}", "unique names"
                raise FormatError(source, found, wanted, "Rename one of them.")
    for name, line in zip(file.materials, file.material_lines, strict=True):
        if name not in known:
            found, wanted = f"the unknown material {name!r}", f"one of {sorted(known)[:20]}"
            fix = "Add it to the MTL file, or name that file by mtllib."
            raise FormatError(at(path, line), found, wanted, fix)
        _check_textures(*known[name], path.parent)
    return Asset(
        mesh=file.mesh,
        materials=tuple(known[name][0] for name in file.materials),
        face_materials=file.face_materials if file.materials else None,
        groups=file.groups,
        colors=file.colors,
    )


def placed(material: Material, folder: Path) -> Material:
    """A material of a file in `folder`, with its map paths below that folder."""
    maps: dict[str, Any] = {field: getattr(material, field) for field in _MAPS}
    known = {
        field: texture and replace(texture, path=folder / texture.path)
        for field, texture in maps.items()
    }
    return replace(material, **known)


def _check_textures(material: Material, source: Path, folder: Path) -> None:
    for texture in material.maps:
        try:
            _check_inside(texture.path, folder, str(source))
        except FormatError as error:
            relative = texture.path.relative_to(source.parent)
            line = mtl.texture_line(source.read_bytes(), relative)
            where = at(source, line) if line else source
            raise FormatError(where, error.found, error.wanted, error.fix) from None


def _check_inside(path: Path, folder: Path, where: str) -> None:
    _check_file(path, where)
    target = path.resolve()
    if not target.is_relative_to(folder.resolve()):
        found, wanted = f"{path}, a link to {target}", f"a file within {folder}"
        raise FormatError(where, found, wanted, "Copy the file there.")


def _check_file(path: Path, where: str) -> None:
    try:
        regular, there = path.is_file(), path.exists()
    except OSError as error:
        found = f"{path}: {error.strerror}"
        raise FormatError(where, found, "a readable file", "Rename it or allow reading.") from None
    if not regular:
        found = f"{path}, which is not a regular file" if there else f"no file {path}"
        raise FormatError(where, found, "a file that is there", "Correct the name or add the file.")


def _content(path: Path, where: str) -> bytes:
    _check_file(path, where)
    try:
        return path.read_bytes()
    except OSError as error:
        found = f"{path}: {error.strerror}"
        raise FormatError(where, found, "a readable file", "Allow reading it.") from None
