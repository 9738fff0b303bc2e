"""Wavefront OBJ: triangles with separate indices, groups and the names of materials.

Read: v, vt, vn, f, g, o, usemtl, mtllib; polygons become fans. What a line holds beyond that (w,
a third texture coordinate) and every other keyword is ignored; colors of vertices: `obj_colors`.

Where only some faces have uvs or normals, the others get the uv (0, 0), as Blender and Houdini
show them, and the flat normal of their triangle; a logged warning says so.

Source: Wavefront's Advanced Visualizer manual, appendix B1, "Object files".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from typing import NamedTuple

import numpy as np

from lightmould.errors import FormatError, SettingsError, at
from lightmould.formats.obj_colors import read_colors, vertex_lines
from lightmould.formats.obj_faces import Lines, Triangles, mesh_of, read_triangles
from lightmould.formats.wavefront import (
    LARGEST,
    NO_NAME,
    inner_path,
    name,
    number,
    statements,
    words,
    writable_name,
    writable_path,
)
from lightmould.model import Mesh
from lightmould.model.arrays import Floats, Ints, locked

_KEYWORDS = ("v", "vt", "vn", "f", "g", "o", "usemtl", "mtllib")
_NEXT_LIBRARY = re.compile(r"(?<=\.mtl)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class ObjFile:
    """What an OBJ file says.

    Attributes:
        mesh: with the file's own order of vertices and faces.
        materials: names in order of first use.
        material_lines: where each is first used.
        face_materials: (F,) into materials; -1 where a face has none.
        groups: name of a `g` or `o`, with "_" for white space, to its faces, ascending.
        libraries: MTL files relative to the OBJ's folder, each once.
        library_lines: where each is first named.
        colors: (V, 3) linear, of vertices; None when there are none.
    """

    mesh: Mesh
    materials: tuple[str, ...]
    material_lines: tuple[int, ...]
    face_materials: Ints
    groups: dict[str, Ints]
    libraries: tuple[PurePosixPath, ...]
    library_lines: tuple[int, ...]
    colors: Floats | None = None


def read(text: str | bytes, source: PurePath) -> ObjFile:
    """The mesh, materials and groups of an OBJ file.

    Args:
        text: the whole file; bytes are UTF-8.
        source: its name, for errors.

    Raises:
        FormatError: it is not an OBJ file, or there is nothing in it.
    """
    found = {keyword: Lines([], []) for keyword in _KEYWORDS}
    for line, keyword, rest in statements(text):
        kept = found.get(keyword)
        if kept is not None:
            kept.numbers.append(line)
            kept.texts.append(rest)
    for keyword, what in (("v", "vertices"), ("f", "faces")):
        if not found[keyword].texts:
            empty = f"no {what}: an empty OBJ"
            raise FormatError(source, empty, f'lines that begin with "{keyword}"', "Export again.")
    given = [found[keyword] for keyword in ("v", "vt", "vn")]
    tables = [_table(rows, width, source) for rows, width in zip(given, (3, 2, 3), strict=True)]
    triangles = read_triangles(found["f"], given, source)
    materials, lines, face_materials = _materials(found["usemtl"], triangles, source)
    libraries = _libraries(found["mtllib"], source)
    return ObjFile(
        mesh=mesh_of(tables, triangles, source),
        materials=materials,
        material_lines=lines,
        face_materials=face_materials,
        groups=_groups(found["g"], found["o"], triangles, source),
        libraries=tuple(libraries),
        library_lines=tuple(libraries.values()),
        colors=read_colors(found["v"], source),
    )


def _table(rows: Lines, width: int, source: PurePath) -> Floats:
    """(N, width) the first numbers of each statement."""
    ending = "0 " * width  # numpy warns where there is nothing to read
    try:
        values = np.loadtxt([*rows.texts, ending], usecols=range(width), ndmin=2)[:-1]
    except ValueError:
        values = np.zeros((0, width))
    if len(values) != len(rows.texts) or not (np.abs(values) <= LARGEST).all():
        # Once more, slowly, to say in which line; or because a uv is only `vt u`.
        pairs = zip(*rows, strict=True)
        values = np.array([_row(text, width, at(source, line)) for line, text in pairs])
    return values


def _row(text: str, width: int, where: str) -> list[float]:
    numbers = [number(word, where) for word in words(text)[:width]]
    if width == 2 and len(numbers) == 1:
        numbers.append(0.0)
    if len(numbers) < width:
        found = f"{len(numbers)} numbers"
        raise FormatError(where, found, f"{width}", "Complete or remove that line.")
    return numbers


class _Span(NamedTuple):
    """What a `g`, `o` or `usemtl` says, and the triangles from and up to which it says it."""

    line: int
    text: str
    start: int
    stop: int


def _spans(marks: Lines, triangles: Triangles) -> Iterator[_Span]:
    starts = np.searchsorted(triangles.lines, np.array(marks.numbers, dtype=np.int64)).tolist()
    stops = [*starts[1:], len(triangles.lines)]
    for line, text, start, stop in zip(*marks, starts, stops, strict=False):
        if start < stop:
            yield _Span(line, text, start, stop)


def _materials(
    uses: Lines, triangles: Triangles, source: PurePath
) -> tuple[tuple[str, ...], tuple[int, ...], Ints]:
    """Names, the lines of their first use, and (F,) the index of each face's name."""
    lines: dict[str, int] = {}
    indices: dict[str, int] = {}
    face_materials = np.full(len(triangles.lines), -1, np.int32)
    for line, text, start, stop in _spans(uses, triangles):
        if text not in ("", NO_NAME):
            lines.setdefault(name(text, at(source, line)), line)
            face_materials[start:stop] = indices.setdefault(text, len(indices))
    return tuple(lines), tuple(lines.values()), face_materials


def _groups(
    groups: Lines, objects: Lines, triangles: Triangles, source: PurePath
) -> dict[str, Ints]:
    named = [(span, span.text.split()) for span in _spans(groups, triangles)]
    named += [(span, ["_".join(span.text.split())]) for span in _spans(objects, triangles)]
    parts: dict[str, list[Ints]] = {}
    for span, names in sorted(named):
        for group in names:
            if group not in ("", NO_NAME):
                faces = np.arange(span.start, span.stop, dtype=np.int32)
                parts.setdefault(name(group, at(source, span.line)), []).append(faces)
    return {group: np.unique(np.concatenate(faces)) for group, faces in parts.items()}


def _libraries(uses: Lines, source: PurePath) -> dict[PurePosixPath, int]:
    """MTL files and where they are first named; names may have spaces when they end in .mtl."""
    lines: dict[PurePosixPath, int] = {}
    for line, text in zip(*uses, strict=True):
        for library in _NEXT_LIBRARY.split(text):
            lines.setdefault(inner_path(library, at(source, line)), line)
    return lines


def write(
    mesh: Mesh,
    *,
    mtllib: str = "",
    materials: Sequence[str] = (),
    face_materials: Ints | None = None,
    groups: Mapping[str, Ints] | None = None,
    colors: Floats | None = None,
) -> str:
    """An OBJ file that reads back as the same mesh to the last bit.

    Args:
        mesh: triangles; a corner is v, v/t, v//n or v/t/n, by what the mesh has.
        mtllib: the MTL file, relative; empty for none.
        materials: names.
        face_materials: (F,) into materials; -1 for none.
        groups: name to faces; a group without faces is left out.
        colors: (V, 3) linear, 0 to 1, of vertices; they come back but for roundings.

    Raises:
        SettingsError: a name can't be said in an OBJ file, or an index has nothing to point to.
    """
    count = len(mesh.faces)
    if not count:
        raise SettingsError("mesh", "no faces", "at least one", "Give the mesh faces.")
    named = np.full(count, -1) if face_materials is None else face_materials
    named = locked("face_materials", named, (count,), np.int32)
    if not -1 <= named.min() <= named.max() < len(materials):
        found, wanted = f"{named.min()} to {named.max()}", f"-1 to {len(materials) - 1}"
        raise SettingsError("face_materials", found, wanted, "Name a material that exists.")
    head = [f"mtllib {writable_path(PurePosixPath(mtllib), 'mtllib')}"] if mtllib else []
    rows = (*vertex_lines(mesh.positions, colors), *_rows(mesh))
    return "\n".join([*head, *rows, *_face_lines(mesh, materials, named, groups or {}), ""])


def _rows(mesh: Mesh) -> Iterator[str]:
    for keyword, table in (("vt", mesh.uvs), ("vn", mesh.normals)):
        if table is not None:
            row = keyword + " %r" * table.shape[1]
            yield from (row % tuple(values) for values in table.tolist())


def _face_lines(
    mesh: Mesh, materials: Sequence[str], face_materials: Ints, groups: Mapping[str, Ints]
) -> Iterator[str]:
    """The `f` lines, with a `g` or `usemtl` wherever those change."""
    tables = [t for t in (mesh.faces, mesh.face_uvs, mesh.face_normals) if t is not None]
    corner = "%d//%d" if len(tables) == 2 and mesh.uvs is None else "/".join(["%d"] * len(tables))
    rows = (np.stack(tables, axis=2).reshape(len(mesh.faces), -1) + 1).tolist()
    face = f"f {corner} {corner} {corner}"
    said = _announcements(materials, face_materials, groups)
    for index, row in enumerate(rows):
        yield from said.get(index, ())
        yield face % tuple(row)


def _announcements(
    materials: Sequence[str], face_materials: Ints, groups: Mapping[str, Ints]
) -> dict[int, list[str]]:
    """The `g` and `usemtl` lines to say before a face."""
    toggles: dict[int, set[str]] = {}
    for group, faces in groups.items():
        inside = np.zeros(len(face_materials) + 2, dtype=np.bool_)
        inside[_group_faces(group, faces, len(face_materials)) + 1] = True
        for edge in np.flatnonzero(np.diff(inside)).tolist():
            toggles.setdefault(edge, set()).add(group)
    said: dict[int, list[str]] = {}
    current: set[str] = set()
    for edge in sorted(toggles):
        current ^= toggles[edge]
        said[edge] = [" ".join(["g", *(group for group in groups if group in current)])]
    for edge in np.flatnonzero(np.diff(face_materials, prepend=-1)).tolist():
        index = face_materials[edge]
        material = NO_NAME if index < 0 else writable_name(materials[index], "material name")
        said.setdefault(edge, []).append(f"usemtl {material}")
    return said


def _group_faces(group: str, faces: Ints, count: int) -> Ints:
    if writable_name(group, "group name").split() != [group]:
        raise SettingsError("group name", repr(group), "a name of one word", "Rename the group.")
    indices = locked(f"group {group!r}", faces, (-1,), np.int32)
    if indices.size and not 0 <= indices.min() <= indices.max() < count:
        found = f"faces {indices.min()} to {indices.max()}"
        raise SettingsError(f"group {group!r}", found, f"0 to {count - 1}", "Name faces there are.")
    return indices
