"""The faces of an OBJ file: from words like "3/1/2" to checked triangles."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import FormatError, at
from lightmould.formats.wavefront import words
from lightmould.model import Mesh
from lightmould.model.arrays import Floats, Ints

_log = logging.getLogger(__name__)
ABSENT: Final = -1
_FIX: Final = "Correct that line, or export the mesh again."
_BEYOND: Final = 1 << 40  # more than any file has; keeps longer numbers within an int64


@dataclass(frozen=True, slots=True, eq=False)
class Triangles:
    """Polygons cut into fans.

    Attributes:
        corners: (F, 3, 3) index of vertex, uv and normal of each corner, ABSENT where not given.
        lines: (F,) line of the polygon that a triangle is from; ascending.
    """

    corners: Ints
    lines: NDArray[np.int64]


class Lines(NamedTuple):
    """All statements of one keyword: their line numbers, ascending, and their texts."""

    numbers: list[int]
    texts: list[str]


def read_triangles(faces: Lines, given: Sequence[Lines], source: PurePath) -> Triangles:
    """The triangles of all `f` statements.

    Args:
        faces: at least one.
        given: the v, vt and vn statements.
        source: the file, for errors.

    Raises:
        FormatError: a face is not one, or wants what the file does not have.
    """
    rows = [words(text) for text in faces.texts]
    sizes = np.array([len(row) for row in rows])
    lines = np.array(faces.numbers)
    if sizes.min() < 3:
        where = at(source, int(lines[np.argmax(sizes < 3)]))
        found = f"a face of {sizes.min()} corners"
        raise FormatError(where, found, "at least 3", _FIX)
    corner_lines = np.repeat(lines, sizes)
    raw = _raw_corners(list(chain.from_iterable(rows)), corner_lines, source)
    corners = np.stack(
        [_resolved(raw, slot, given[slot], corner_lines, source) for slot in range(3)], axis=1
    )
    _refuse_mixed(corners, sizes, lines, source)
    fan = _fans(sizes)
    return Triangles(corners[fan].astype(np.int32), np.repeat(lines, sizes - 2))


def _raw_corners(
    corners: list[str], corner_lines: NDArray[np.int64], source: PurePath
) -> NDArray[np.int64]:
    """(C, 3) the numbers of each corner as written; 0 where not given."""
    # Most corners are shared: each different one is read once.
    numbers: dict[str, int] = {}
    which = [numbers.setdefault(corner, len(numbers)) for corner in corners]
    usual = _usual_corners(list(numbers))
    if usual is not None:
        return usual[which]
    parsed = [_corner(corner) for corner in numbers]
    if None in parsed:
        wrong = which.index(parsed.index(None))
        wanted = "v, v/t, v//n or v/t/n: whole numbers counted from 1, or from -1 backwards"
        where = at(source, int(corner_lines[wrong]))
        raise FormatError(where, f"the corner {corners[wrong]!r}", wanted, _FIX)
    return np.array(parsed, dtype=np.int64)[which]


def _usual_corners(corners: list[str]) -> NDArray[np.int64] | None:
    """(C, 3) the numbers, at once, where all are as programs write them: v/t/n above 0."""
    text = "/".join(corners)
    plain = text.isascii() and text.replace("/", "").isdigit()
    if not plain or max(map(len, corners)) > 18 or any(c.count("/") != 2 for c in corners):
        return None
    parts = text.split("/")
    if "" in parts:
        return None
    parsed = np.array(parts).astype(np.int64).reshape(-1, 3)
    return parsed if parsed.min() > 0 else None


def _corner(word: str) -> tuple[int, ...] | None:
    parts = word.split("/")
    if len(parts) > 3 or not parts[0] or not parts[-1] or "_" in word:
        return None
    try:
        numbers = [int(part) if part else 0 for part in parts]
    except ValueError:
        return None
    if numbers.count(0) != parts.count(""):
        return None
    if len(word) > 18:
        numbers = [max(-_BEYOND, min(value, _BEYOND)) for value in numbers]
    return (*numbers, 0, 0)[:3]


def _resolved(
    raw: NDArray[np.int64],
    slot: int,
    given: Lines,
    corner_lines: NDArray[np.int64],
    source: PurePath,
) -> NDArray[np.int64]:
    """(C,) indices from 0 into what the file gives; negative numbers count back from the face."""
    numbers = raw[:, slot]
    count = len(given.numbers)
    seen = np.searchsorted(np.array(given.numbers, dtype=np.int64), corner_lines)
    indices = np.where(numbers > 0, numbers - 1, seen + numbers)
    bad = (numbers != 0) & ((indices < 0) | (indices >= count))
    if bad.any():
        first = int(np.argmax(bad))
        what = ("vertex", "uv", "normal")[slot]
        last = f"-1 to -{seen[first]}" if numbers[first] < 0 else f"1 to {count}"
        wanted = f"{what} {last}, as the file has" if count else f"no {what}: there is none"
        found = f"a face that wants {what} {numbers[first]}"
        raise FormatError(at(source, int(corner_lines[first])), found, wanted, _FIX)
    return np.where(numbers == 0, ABSENT, indices)


def _refuse_mixed(
    corners: NDArray[np.int64], sizes: NDArray[Any], lines: NDArray[np.int64], source: PurePath
) -> None:
    absent = np.add.reduceat(corners == ABSENT, np.cumsum(sizes) - sizes, axis=0, dtype=np.int64)
    mixed = ((absent > 0) & (absent < sizes[:, None])).any(axis=1)
    if mixed.any():
        where = at(source, int(lines[np.argmax(mixed)]))
        found = "a face whose corners differ in what they give"
        raise FormatError(where, found, "uvs and normals for all its corners or for none", _FIX)


def _fans(sizes: NDArray[Any]) -> NDArray[np.int64]:
    """(F, 3) corner numbers of the triangles of polygons with `sizes` corners each."""
    count = sizes - 2
    first = np.repeat(np.cumsum(sizes) - sizes, count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.stack([first, first + step + 1, first + step + 2], axis=1)


def mesh_of(tables: Sequence[Floats], triangles: Triangles, source: PurePath) -> Mesh:
    """The mesh of the v, vt and vn tables and the triangles; fills in what some faces lack."""
    positions, uvs, normals = tables
    faces, face_uvs, face_normals = np.moveaxis(triangles.corners, 2, 0)
    bare = face_uvs[:, 0] == ABSENT
    if bare.any() and not bare.all():
        _warn(bare, "uvs get the uv (0, 0)", triangles, source)
        face_uvs = np.where(bare[:, None], len(uvs), face_uvs)
        uvs = np.concatenate([uvs, np.zeros((1, 2))])
    flat = face_normals[:, 0] == ABSENT
    if flat.any() and not flat.all():
        _warn(flat, "normals get flat ones", triangles, source)
        face_normals = face_normals.copy()
        face_normals[flat] = len(normals) + np.arange(flat.sum())[:, None]
        normals = np.concatenate([normals, _flat_normals(positions[faces[flat]])])
    return Mesh(
        positions=positions,
        faces=faces,
        uvs=None if bare.all() else uvs,
        face_uvs=None if bare.all() else face_uvs,
        normals=None if flat.all() else normals,
        face_normals=None if flat.all() else face_normals,
    )


def _warn(lacking: NDArray[np.bool_], what: str, triangles: Triangles, source: PurePath) -> None:
    first = int(triangles.lines[np.argmax(lacking)])
    _log.warning("%s: %d triangles without %s", at(source, first), lacking.sum(), what)


def _flat_normals(corners: Floats) -> Floats:
    """(F, 3) unit normals of (F, 3, 3) triangles; zero where there is no area."""
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(cross, axis=1, keepdims=True)
    normals: Floats = cross / np.where(length > 0, length, 1.0)
    return normals
