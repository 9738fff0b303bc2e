# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Model files of all kinds into Blender's Z-up world, whichever Blender it is."""

import importlib
from pathlib import Path
from typing import Any

import bpy

OBJ, PLY, STL = ".obj", ".ply", ".stl"
GLTF, USD = (".gltf", ".glb"), (".usd", ".usda", ".usdc", ".usdz")


class RefusedError(Exception):
    """The request can't be fulfilled."""

    def __init__(self, where: object, found: str, wanted: str, fix: str) -> None:
        super().__init__(f"{where}: found {found}; wanted {wanted}. {fix}")


def load(path: str, up: str) -> list[str]:
    """Put what a model file holds into the scene that is open.

    Args:
        path: the file; of a .blend, the scene that was open when it was saved.
        up: y or z, the axis that points up in OBJ, PLY and STL files, which do not say.

    Returns:
        Warnings.

    Raises:
        RefusedError: the file is missing, damaged, or no Blender of this version reads its kind.
    """
    kind = Path(path).suffix.lower()
    wanted = "an OBJ" if kind == OBJ else f"a {kind} model"
    if not Path(path).is_file():
        raise RefusedError(path, "no file", wanted, "Check the path.")
    try:
        warnings = _load(path, kind, up)
    except (RuntimeError, OSError) as error:
        # The last line of an add-on's traceback but for where Blender called it.
        told = [line for line in str(error).splitlines() if line.strip()]
        lines = [line for line in told if not line.startswith("Location:")]
        found = (lines or [type(error).__name__])[-1].removeprefix("Error: ").strip()
        raise RefusedError(path, found, wanted, "Check the file.") from error
    things = [thing for thing in bpy.context.scene.objects if thing.type == "MESH"]
    if not any(thing.data.polygons or thing.modifiers for thing in things):
        raise RefusedError(path, "no faces", "a mesh", "Check the file.")
    return warnings


def _load(path: str, kind: str, up: str) -> list[str]:
    if kind == ".blend":
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=False)
    elif kind == OBJ:
        forward = "NEGATIVE_Z" if up == "y" else "Y"
        bpy.ops.wm.obj_import(filepath=path, forward_axis=forward, up_axis=up.upper())
    elif kind in (PLY, STL):
        _import(kind[1:], path)
        if up == "y":
            _stand_up()
    elif kind in GLTF:
        mend_numpy()
        bpy.ops.import_scene.gltf(filepath=path)
    elif kind == ".fbx":
        _import_fbx(path)
    elif kind in USD:
        return _import_usd(path)
    else:
        known = ", ".join((OBJ, PLY, STL, ".fbx", ".blend", *GLTF, *USD))
        raise RefusedError(path, f"a {kind or 'nameless kind of'} file", known, "Export it as one.")
    return []


def _import(kind: str, path: str) -> None:
    """PLY and STL: the importer of 4.x and later, else the add-on before it."""
    if f"{kind}_import" in dir(bpy.ops.wm):  # hasattr is true of everything
        getattr(bpy.ops.wm, f"{kind}_import")(filepath=path)
    else:
        getattr(bpy.ops.import_mesh, kind)(filepath=path)


def _import_fbx(path: str) -> None:
    """By the add-on that every version has; it can't read text, which 4.5 and later can."""
    if "fbx" in dir(bpy.ops.import_scene) and Path(path).read_bytes()[:7] == b"Kaydara":
        bpy.ops.import_scene.fbx(filepath=path)
    elif "fbx_import" in dir(bpy.ops.wm):
        bpy.ops.wm.fbx_import(filepath=path)
    else:
        raise RefusedError(path, "FBX as text", "binary FBX", "Export it as binary.")


def _import_usd(path: str) -> list[str]:
    if "usd_import" not in dir(bpy.ops.wm):
        found, fix = "a Blender that was built without USD", "Use blender.org's."
        raise RefusedError(path, found, "one that reads it", fix)
    known = bpy.ops.wm.usd_import.get_rna_type().properties.keys()
    scaled = "apply_unit_conversion_scale" in known
    wanted = {"apply_unit_conversion_scale": True} if scaled else {}
    bpy.ops.wm.usd_import(filepath=path, **wanted)
    if scaled:
        return []
    return [f"{path}: this Blender takes its unit for metres; 4.2 and later read it."]


def _stand_up() -> None:
    """Turn a Y-up model about X."""
    for thing in bpy.context.scene.objects:
        if thing.parent is None:
            thing.matrix_world = _mathutils().Matrix.Rotation(1.5707963267948966, 4, "X") @ (
                thing.matrix_world
            )


def mend_numpy() -> None:
    """Blender 3.4's glTF add-on wants a name that numpy dropped."""
    numpy: Any = importlib.import_module("numpy")
    if bpy.app.version < (3, 5, 0) and "bool" not in vars(numpy):
        numpy.bool = bool


def _mathutils() -> Any:
    return importlib.import_module("mathutils")
