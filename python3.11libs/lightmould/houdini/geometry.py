"""A reconstruction as Houdini's geometry, written in bulk: no loop over points or vertices.

What lies where it lay: the points are those of the file, in its order, and nothing is moved,
scaled or turned.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import hou
import numpy as np
from numpy.typing import NDArray

from lightmould.model import Asset
from lightmould.model.arrays import Floats, Ints

MATERIALS = "shop_materialpath"
"""The primitives' attribute that names their material."""
FLIP = "lightmould_flip"
"""The primitives' attribute that says where a normal map is mirrored; see `write_handedness`."""


def write(
    asset: Asset,
    geometry: hou.Geometry,
    material_paths: Iterable[str] = (),
    *,
    groups: bool = True,
) -> None:
    """Replace what a geometry holds by an asset: one point a vertex, one polygon a face.

    uv and N are attributes of vertices, groups are groups of primitives.

    Args:
        asset: in metres.
        geometry: of a node that is being cooked, or frozen.
        material_paths: of nodes, one for each of the asset's materials; unset, their names.
        groups: whether groups are made.
    """
    mesh = asset.mesh
    geometry.clear()
    geometry.createPoints(((0.0, 0.0, 0.0),) * len(mesh.positions))
    # As a buffer it is a tenth of the work that it is as tuples.
    geometry.setPointFloatAttribValuesFromString("P", _floats(mesh.positions))
    polygons = geometry.createPolygons(clockwise(mesh.faces).tolist())
    _vertex_attribute(geometry, "uv", _corners(mesh.uvs, mesh.face_uvs), normal=False)
    _vertex_attribute(geometry, "N", _corners(mesh.normals, mesh.face_normals), normal=True)
    _name_materials(asset, geometry, tuple(material_paths))
    names: set[str] = set()
    for name, faces in asset.groups.items() if groups else ():
        group = geometry.createPrimGroup(_own(word(name), names))
        group.add([polygons[face] for face in faces.tolist()])


def write_handedness(asset: Asset, geometry: hou.Geometry, *, crossed: bool) -> None:
    """Tell materials which way the second axis of the normal map points, face by face.

    A face of `FLIP` 1 wants the map's green mirrored by a renderer whose second axis is normal x
    tangent, as MaterialX has it: its uvs are mirrored, and the map follows growing v.

    Args:
        asset: what the geometry holds.
        geometry: that holds it.
        crossed: whether the map was made for normal x tangent, as nvdiffrec's are; it then wants
            no mirroring anywhere.
    """
    mesh = asset.mesh
    if mesh.uvs is None or mesh.face_uvs is None:
        return
    corners = mesh.uvs[mesh.face_uvs]
    along, up = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    mirrored = along[:, 0] * up[:, 1] - along[:, 1] * up[:, 0] < 0
    face_attribute(geometry, FLIP, (mirrored & (not crossed)).astype(np.float64))


def clockwise(corners: NDArray[Any]) -> NDArray[Any]:
    """(F, 3, ...) corners the other way round: Houdini's polygons are clockwise from outside."""
    return corners[:, ::-1]


def word(name: str) -> str:
    """A name as Houdini allows one for groups and nodes: letters, digits and underscores."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"_{plain}" if not plain or plain[0].isdigit() else plain


def face_attribute(geometry: hou.Geometry, name: str, values: NDArray[Any]) -> None:
    """Set an attribute of all primitives, and add it where it is missing.

    Args:
        geometry: that has one primitive for each value.
        name: of the attribute.
        values: (F,) whole numbers or real ones, or (F, C) real ones.
    """
    whole = np.issubdtype(values.dtype, np.integer)
    if geometry.findPrimAttrib(name) is None:
        geometry.addAttrib(hou.attribType.Prim, name, 0 if whole else _zeros(values))
    if whole:
        data = np.ascontiguousarray(values, np.int32).tobytes()
        geometry.setPrimIntAttribValuesFromString(name, data, hou.numericData.Int32)
    else:
        geometry.setPrimFloatAttribValuesFromString(name, _floats(values), hou.numericData.Float32)


def face_count(geometry: hou.Geometry) -> int:
    """How many primitives there are."""
    found = geometry.intrinsicValue("primitivecount")
    return found if isinstance(found, int) else 0


def point_attribute(geometry: hou.Geometry, name: str, values: Floats) -> None:
    """Add an attribute of all points.

    Args:
        geometry: that has one point for each row.
        name: of the attribute.
        values: (N,) or (N, C).
    """
    geometry.addAttrib(hou.attribType.Point, name, _zeros(values))
    geometry.setPointFloatAttribValuesFromString(name, _floats(values), hou.numericData.Float32)


def point_names(geometry: hou.Geometry, name: str, values: Sequence[str]) -> None:
    """Add an attribute of words to all points."""
    geometry.addAttrib(hou.attribType.Point, name, "")
    geometry.setPointStringAttribValues(name, values)


def set_detail(geometry: hou.Geometry, name: str, value: float | str) -> None:
    """Set an attribute of the whole, and add it where it is missing."""
    if geometry.findGlobalAttrib(name) is None:
        geometry.addAttrib(hou.attribType.Global, name, "" if isinstance(value, str) else 0.0)
    geometry.setGlobalAttribValue(name, value)


def _corners(table: Floats | None, indices: Ints | None) -> Floats | None:
    """(3 F, C) what the table holds for each corner, in the order of Houdini's vertices."""
    if table is None or indices is None:
        return None
    corners: Floats = table[clockwise(indices).reshape(-1)]
    return corners


def _vertex_attribute(
    geometry: hou.Geometry, name: str, values: Floats | None, *, normal: bool
) -> None:
    if values is None:
        return
    # A uv of Houdini's has a third component.
    wide = np.pad(values, ((0, 0), (0, 3 - values.shape[1])))
    default = (0.0, 0.0, 0.0)
    geometry.addAttrib(hou.attribType.Vertex, name, default, transform_as_normal=normal)
    geometry.setVertexFloatAttribValuesFromString(name, _floats(wide), hou.numericData.Float32)


def _name_materials(asset: Asset, geometry: hou.Geometry, paths: tuple[str, ...]) -> None:
    if asset.face_materials is None:
        return
    names = paths or tuple(material.name for material in asset.materials)
    # The last is for faces without one, whose index is -1.
    by_index = np.array([*names, ""], dtype=object)
    geometry.addAttrib(hou.attribType.Prim, MATERIALS, "")
    geometry.setPrimStringAttribValues(MATERIALS, by_index[asset.face_materials].tolist())


def _own(name: str, taken: set[str]) -> str:
    """The name, or one that nobody has yet."""
    own, number = name, 1
    while own in taken:
        number += 1
        own = f"{name}_{number}"
    taken.add(own)
    return own


def _zeros(values: NDArray[Any]) -> float | tuple[float, ...]:
    """The default of an attribute as wide as these rows."""
    return 0.0 if values.ndim == 1 else (0.0,) * values.shape[1]


def _floats(values: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(values, np.float32).tobytes()
