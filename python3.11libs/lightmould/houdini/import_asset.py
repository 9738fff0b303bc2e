"""The SOP Lightmould Import: an asset's folder as geometry, and on a button its look and its light.

Cooking makes no nodes. A face's material is named by the path where the button builds it, so that
the look appears without another cook.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import hou

from lightmould.errors import FormatError, SettingsError
from lightmould.formats.asset import read_obj_asset
from lightmould.houdini import geometry, light, materials, nodes, telling
from lightmould.houdini import parameters as p
from lightmould.model import Asset

MESHES = ("mesh.obj", "mesh/mesh.obj", "asset/mesh/mesh.obj")
"""Where a folder may have its mesh: the mesh's own, the asset's, the job's."""
LIGHT = "probe.hdr"
OPERATOR = "lightmould::import::1.0"


def cook(node: hou.SopNode) -> None:
    """Write the asset into the geometry of the node that cooks.

    Raises:
        hou.NodeError: the asset can't be read.
    """
    with telling.on_node():
        path = mesh_path(p.path(node, "file"), node.path())
        asset = load(path)
        target = node.geometry()
        if target is None:
            raise SettingsError(node.path(), "no geometry", "a node that cooks", "Cook it.")
        names = [material_path(node, material.name) for material in asset.materials]
        geometry.write(asset, target, names, groups=p.switched(node, "groups"))
        geometry.write_handedness(asset, target, crossed=is_crossed(path))
        geometry.set_detail(target, "keep_percent", p.number(node, "keep_percent"))
        geometry.set_detail(target, "lightmould_asset", path.as_posix())


def reload(kwargs: Mapping[str, Any]) -> None:
    """Read the files again, whether or not they look changed."""
    _read.cache_clear()
    with telling.in_window("Reload"):
        node = nodes.operator(kwargs["node"], "node")
        try:
            node.cook(force=True)
        except hou.OperationFailed as error:
            found, wanted = error.instanceMessage(), "an asset that can be read"
            raise SettingsError(node.path(), found, wanted, "See the node's error.") from error


def make_material(kwargs: Mapping[str, Any]) -> None:
    """Build the asset's materials, or build them again; one step to undo."""
    node = nodes.operator(kwargs["node"], "node")
    with telling.in_window("Build Material"), hou.undos.group("Build Material"):
        build_materials(node)


def make_light(kwargs: Mapping[str, Any]) -> None:
    """Put the light that was found around the asset; one step to undo."""
    node = nodes.operator(kwargs["node"], "node")
    with telling.in_window("Build Light"), hou.undos.group("Build Light"):
        build_light(node)


def build_materials(node: hou.OpNode) -> list[hou.OpNode]:
    """The materials of a node's asset, in its material network."""
    path = mesh_path(p.path(node, "file"), node.path())
    parent = nodes.at(p.text(node, "material_parent"))
    build = materials.SHADERS[p.text(node, "shader")]
    made = []
    for material in load(path).materials:
        name = material_path(node, material.name).rpartition("/")[2]
        old = nodes.ours(parent, name)
        if old is not None:
            old.destroy()
        made.append(build(parent, name, material))
    parent.layoutChildren(made)
    return made


def build_light(node: hou.OpNode) -> hou.OpNode:
    """The light of a node's asset, in its light network.

    Raises:
        FormatError: the asset has none.
    """
    path = mesh_path(p.path(node, "file"), node.path()).parent / LIGHT
    if not path.is_file():
        fix = "Reconstruct again, or choose a light of your own."
        raise FormatError(path, "no such file", "the light that was found", fix)
    parent = nodes.at(p.text(node, "light_parent"))
    return light.dome(parent, f"{_stem(node)}_light", path)


def into_scene(folder: Path, parent: hou.OpNode | None = None) -> hou.OpNode:
    """A new object with the asset of a folder, shown; one step to undo.

    Args:
        folder: of a job or an asset, or a mesh.obj.
        parent: network for the object; unset, `/obj`.

    Returns:
        The SOP that reads it.

    Raises:
        FormatError: there is no asset in the folder.
    """
    path = mesh_path(folder, str(folder))
    name = geometry.word(named_after(path))
    with hou.undos.group("Import Asset"):
        holder = nodes.made(parent or nodes.at("/obj"), "geo", name, {})
        node = nodes.made(holder, OPERATOR, "asset", {"file": path.as_posix()})
        if isinstance(node, hou.SopNode):
            node.setDisplayFlag(on=True)
            node.setRenderFlag(on=True)
        holder.moveToGoodPosition()
    return node


def load(path: Path) -> Asset:
    """The asset of an OBJ file; read again only when a file beside it has changed.

    Raises:
        FormatError: it is missing, damaged, or names what is not there.
    """
    beside = path.parent.glob("*") if path.parent.is_dir() else ()
    files = sorted(one for one in beside if one.suffix.lower() in (".obj", ".mtl"))
    stats = [(one.name, one.stat()) for one in files]
    return _read(path, tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))


@lru_cache(maxsize=4)
def _read(path: Path, _stamps: tuple[tuple[str, int, int], ...]) -> Asset:
    return read_obj_asset(path)


def mesh_path(given: Path | None, where: str) -> Path:
    """The OBJ that a file or folder stands for.

    Raises:
        FormatError: nothing is named, or there is none.
    """
    if given is None:
        fix = "Choose what `lightmould reconstruct` has made."
        raise FormatError(where, "no asset", "a mesh.obj, or a folder that holds one", fix)
    if not given.is_dir():
        return given
    for name in MESHES:
        if (given / name).is_file():
            return given / name
    wanted, fix = f"one of {', '.join(MESHES)}", "Wait for the reconstruction, or choose another."
    raise FormatError(given, "no mesh", wanted, fix)


def is_crossed(path: Path) -> bool:
    """Whether an asset's normal map is nvdiffrec's own, whose second axis is normal x tangent.

    Ours follow growing v, as everybody else's; their manifest lies above the mesh.
    """
    packed = any(material.occlusion_inverted for material in load(path).materials)
    above = (path.parent, path.parent.parent)
    return packed and not any((folder / "manifest.json").is_file() for folder in above)


def material_path(node: hou.OpNode, name: str) -> str:
    """Where the material of that name is built for a node."""
    parent = p.text(node, "material_parent").rstrip("/")
    return f"{parent}/{_stem(node)}_{geometry.word(name)}"


def named_after(mesh: Path) -> str:
    """What an asset is called: its folder, those that all assets have left out."""
    usual = {"mesh", "asset", "dmtet_mesh", ""}
    own = (part.name for part in mesh.absolute().parents if part.name not in usual)
    return next(own, "asset")


def _stem(node: hou.OpNode) -> str:
    """What tells a node's material and light from another's: its object."""
    above = node.parent()
    return node.name() if above is None else above.name()
