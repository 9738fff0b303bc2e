"""PLY: meshes and clouds of points, with normals, colors and texture coordinates, where there are.

Text and binary of either order. Elements and properties that are not known are read over. Colors of
8 or 16 bits are sRGB, as those who write them have it.

Source: Greg Turk, The PLY Polygon File Format, 1994; names of properties as Blender, MeshLab and
Open3D write them.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import FormatError, SettingsError
from lightmould.formats.color import linear_from_srgb
from lightmould.formats.ply_rows import FIX, Columns, Lists, tables
from lightmould.model import Mesh
from lightmould.model.arrays import Floats, Ints

PLACE, NORMAL = ("x", "y", "z"), ("nx", "ny", "nz")
COLORS = (
    ("red", "green", "blue"),
    ("r", "g", "b"),
    ("diffuse_red", "diffuse_green", "diffuse_blue"),
)
UVS = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"))
CORNERS = ("vertex_indices", "vertex_index")


@dataclass(frozen=True, slots=True, eq=False)
class PlyFile:
    """What a PLY file says.

    Attributes:
        mesh: triangles; None where there are no faces.
        positions: (V, 3).
        normals: (V, 3) unit or 0; None where there are none.
        colors: (V, 3) linear; None where there are none.
    """

    mesh: Mesh | None
    positions: Floats
    normals: Floats | None
    colors: Floats | None


def read(data: bytes, source: PurePath) -> PlyFile:
    """The mesh or the points of a PLY file.

    Raises:
        FormatError: naming the line or the byte: it is no PLY file, or is damaged or cut off.
    """
    found = tables(data, source)
    if "vertex" not in found:
        raise FormatError(source, "no element vertex", "one with x, y and z", FIX)
    columns, _ = found["vertex"]
    positions = _columns(columns, PLACE)
    if positions is None or not len(positions):
        raise FormatError(source, "no places", "vertices with x, y and z", FIX)
    _check_finite(positions, source)
    return _file(columns, found.get("face", ({}, {}))[1], positions, source)


def _file(columns: Columns, faces_of: Lists, positions: Floats, source: PurePath) -> PlyFile:
    normals = _columns(columns, NORMAL)
    if normals is not None:
        _check_finite(normals, source)
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        normals = normals / np.where(length > 0, length, 1.0)
    colors = _colors(columns, source)
    lists = next((faces_of[name] for name in CORNERS if name in faces_of), None)
    if lists is None or not len(lists[0]):
        return PlyFile(None, positions, normals, colors)
    faces = _triangles(*lists, len(positions), source)
    uvs = next((found for names in UVS if (found := _columns(columns, names)) is not None), None)
    try:
        mesh = Mesh(
            positions,
            faces,
            uvs,
            None if uvs is None else faces,
            normals,
            None if normals is None else faces,
        )
    except SettingsError as error:
        raise FormatError(source, error.found, error.wanted, FIX) from None
    return PlyFile(mesh, positions, normals, colors)


def _columns(columns: Columns, names: tuple[str, ...]) -> Floats | None:
    """(N, len(names)) columns next to each other; None where one is absent."""
    if not all(name in columns for name in names):
        return None
    return np.stack([columns[name].astype(np.float64) for name in names], axis=1)


def _colors(columns: Columns, source: PurePath) -> Floats | None:
    """(V, 3) linear."""
    for names in COLORS:
        found = _columns(columns, names)
        if found is not None:
            _check_finite(found, source)
            kind = columns[names[0]].dtype
            # Text says nothing of its types: whole numbers above 1 are bytes.
            whole = kind.kind == "u" or found.max(initial=0) > 1
            largest = np.iinfo(kind).max if kind.kind == "u" else 255 if whole else 1
            return np.asarray(linear_from_srgb(found / largest))
    return None


def _triangles(lengths: Ints, corners: NDArray[Any], count: int, source: PurePath) -> Ints:
    """(F, 3) polygons cut into fans; those of fewer than three corners are left out."""
    corners = corners.astype(np.int64)
    if len(corners) and not 0 <= corners.min() <= corners.max() < count:
        found = f"vertices {corners.min()} to {corners.max()}"
        raise FormatError(source, found, f"0 to {count - 1}", FIX)
    starts = np.cumsum(lengths) - lengths
    fans = np.maximum(lengths - 2, 0)
    first = np.repeat(starts, fans)
    place = np.arange(fans.sum()) - np.repeat(np.cumsum(fans) - fans, fans) + 1
    picked = np.stack([first, first + place, first + place + 1], axis=1)
    return np.asarray(corners[picked], np.int32)


def _check_finite(values: Floats, source: PurePath) -> None:
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values).all(axis=1)))
        raise FormatError(source, f"vertex {row}: a number that is not finite", "numbers", FIX)
