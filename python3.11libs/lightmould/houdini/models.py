"""Houdini's geometry as a model of ours: triangles, their groups and materials, as an OBJ.

Topology has no bulk call of its own. A verb writes the number of each corner's point into an
attribute, and that has one; another cuts polygons into triangles before.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import hou
import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError, ToolError
from lightmould.formats import mtl, obj
from lightmould.formats.files import write_atomically
from lightmould.houdini.geometry import MATERIALS, clockwise, face_count
from lightmould.houdini.looks import material_of
from lightmould.model import Asset, Map, Material, Mesh
from lightmould.model.arrays import Floats, Ints

NAME = "model.obj"
_POINT = "lightmould_point"


def points(geometry: hou.Geometry) -> Floats:
    """(N, 3) positions of all points."""
    data = geometry.pointFloatAttribValuesAsString("P", hou.numericData.Float64)
    return np.frombuffer(data, np.float64).reshape(-1, 3)


def read(geometry: hou.Geometry, where: str) -> Asset:
    """The triangles of a geometry, with what is known of their corners and faces.

    Args:
        geometry: of polygons alone.
        where: whose it is, for errors.

    Raises:
        SettingsError: there are no polygons, or other primitives, too.
        ToolError: this Houdini lacks a verb.
    """
    count, polygons = face_count(geometry), geometry.countPrimType(hou.primType.Polygon)
    if not polygons or polygons != count:
        fix = "Unpack and convert the geometry to polygons."
        raise SettingsError(where, f"{polygons} polygons of {count} primitives", "polygons", fix)
    flat = hou.Geometry()
    _verb("divide", {}).execute(flat, [geometry])
    snippet = f"i@{_POINT} = @ptnum;"
    numbered = hou.Geometry()
    _verb("attribwrangle", {"class": 3, "snippet": snippet}).execute(numbered, [flat])
    data = numbered.vertexIntAttribValuesAsString(_POINT, hou.numericData.Int32)
    corners = np.frombuffer(data, np.int32).reshape(-1, 3)
    names, face_materials = _materials(numbered)
    return Asset(
        mesh=_mesh(numbered, clockwise(corners)),
        materials=tuple(Material(name) for name in names),
        face_materials=face_materials,
        groups={group.name(): _faces(group) for group in numbered.primGroups()},
    )


def write(asset: Asset, folder: Path, own: str = "") -> Path:
    """An OBJ with its material library and copies of its textures; returns the OBJ.

    Args:
        asset: its materials are named by the paths of their nodes.
        folder: that everything is written into.
        own: path of the material of faces that have none.

    Raises:
        JobError: the folder can't be written.
        SettingsError: a material can't be said in an MTL file.
    """
    paths = [material.name for material in asset.materials]
    face_materials = asset.face_materials
    if own and face_materials is None:
        paths, face_materials = [own], np.zeros(len(asset.mesh.faces), np.int32)
    materials = [_placed(material_of(path), folder) for path in paths]
    names = [material.name for material in materials]
    text = obj.write(
        asset.mesh,
        mtllib="model.mtl" if materials else "",
        materials=names,
        face_materials=face_materials,
        groups=asset.groups,
    )
    if materials:
        write_atomically(folder / "model.mtl", mtl.write(materials, folder))
    path = folder / NAME
    write_atomically(path, text)
    return path


def write_mesh(mesh: Mesh, folder: Path) -> Path:
    """The OBJ of a mesh alone; returns its path."""
    path = folder / NAME
    write_atomically(path, obj.write(mesh))
    return path


def transformed(asset: Asset, matrix: hou.Matrix4) -> Asset:
    """An asset moved by a matrix of Houdini's, whose vectors are rows."""
    rows = np.array(matrix.asTupleOfTuples(), np.float64)
    if np.array_equal(rows, np.eye(4)):
        return asset
    mesh = asset.mesh
    normals = mesh.normals
    if normals is not None:
        turned = normals @ np.linalg.inv(rows[:3, :3]).T
        normals = turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-30)
    moved = replace(mesh, positions=mesh.positions @ rows[:3, :3] + rows[3, :3], normals=normals)
    if np.linalg.det(rows[:3, :3]) < 0:  # a mirror turns faces inside out
        corners = {name: getattr(moved, name) for name in ("faces", "face_uvs", "face_normals")}
        turned_faces = {name: clockwise(c) for name, c in corners.items() if c is not None}
        moved = replace(moved, **turned_faces)
    return replace(asset, mesh=moved)


def _verb(name: str, parms: dict[str, Any]) -> hou.SopVerb:
    verb = hou.sopNodeTypeCategory().nodeVerb(name)
    if not isinstance(verb, hou.SopVerb):
        fix = "Run scripts/houdini_smoke.py, and report what it prints."
        raise ToolError("Houdini", f"no verb {name!r}", "one that Houdini 20.5 has", fix)
    verb.setParms(parms)
    return verb


def _mesh(geometry: hou.Geometry, faces: NDArray[Any]) -> Mesh:
    order = clockwise(np.arange(faces.size, dtype=np.int32).reshape(-1, 3))
    uvs, normals = _corners(geometry, "uv"), _corners(geometry, "N")
    if normals is not None:
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        normals = normals / np.maximum(length, 1e-30)
    return Mesh(
        positions=points(geometry),
        faces=faces,
        uvs=None if uvs is None else uvs[:, :2],
        face_uvs=None if uvs is None else order,
        normals=normals,
        face_normals=None if normals is None else order,
    )


def _corners(geometry: hou.Geometry, name: str) -> Floats | None:
    """(3 F, 3) an attribute of vertices, in their order; None where there is none."""
    if geometry.findVertexAttrib(name) is None:
        return None
    data = geometry.vertexFloatAttribValuesAsString(name, hou.numericData.Float64)
    return np.frombuffer(data, np.float64).reshape(-1, 3)


def _materials(geometry: hou.Geometry) -> tuple[tuple[str, ...], Ints | None]:
    """The paths of materials, and which of them each face has."""
    if geometry.findPrimAttrib(MATERIALS) is None:
        return (), None
    indices: dict[str, int] = {}
    said = geometry.primStringAttribValues(MATERIALS)
    faces = [indices.setdefault(path, len(indices)) if path else -1 for path in said]
    return tuple(indices), np.array(faces, np.int32) if indices else None


def _faces(group: hou.PrimGroup) -> Ints:
    return np.array([prim.number() for prim in group.prims()], np.int32)


def _placed(material: Material, folder: Path) -> Material:
    """The material with copies of its textures in a folder."""
    copies: dict[Path, Path] = {}
    for texture in material.maps:
        if texture.path not in copies:
            name = f"{len(copies)}_{texture.path.name}"
            target = folder / "textures" / f"{material.name}_{name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(texture.path, target)
            copies[texture.path] = target

    def moved(texture: Map | None) -> Map | None:
        return texture and replace(texture, path=copies[texture.path])

    return replace(
        material,
        base_color_map=moved(material.base_color_map),
        roughness_map=moved(material.roughness_map),
        metallic_map=moved(material.metallic_map),
        normal_map=moved(material.normal_map),
    )
