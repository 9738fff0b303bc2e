"""Textures and light for a mesh that is given: its shape and its atlas stay as they are."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from lightmould.engine.checkpoint import Arrays
from lightmould.engine.texturing import appearance, known_light, material, shading
from lightmould.engine.texturing import light as lights
from lightmould.engine.texturing.look import Look
from lightmould.engine.texturing.visibility import visibility
from lightmould.engine.views import Views
from lightmould.errors import SettingsError
from lightmould.formats import obj
from lightmould.formats.asset import read_obj_asset
from lightmould.model.mesh import vertex_normals
from lightmould.settings.reconstruction import Reconstruction

GRAY = 0.5
"""The albedo to begin with where the mesh's own material is not wanted."""


def start(base: Path, views: Views, how: Reconstruction) -> Arrays:
    """A base mesh and a look to begin with, as the stage of the atlas hands them on.

    Normals are smooth, whatever the file says of them.

    Raises:
        FormatError: the mesh, its materials or its textures can't be read.
        SettingsError: the mesh has no uvs.
    """
    asset = read_obj_asset(base)
    if asset.mesh.uvs is None:
        fix = "Unwrap it, or reconstruct without it."
        raise SettingsError(base, "a mesh without uvs", "uvs", fix)
    mesh, texture = material.baked(asset, how.texture_size)
    gray = np.full((*texture.shape[:2], 3), GRAY, np.float32)
    look = appearance.start(gray, lights.even(1.0))
    if how.base_textures:
        look = replace(look, texture=texture)
    even = _brightness(views) / max(float(look.texture[..., shading.KD].mean()), 1e-3)
    look = appearance.limited(replace(look, light=lights.even(even)), how)
    if how.light is not None:
        look = replace(look, light=known_light.read(how.light, how.light_scale))
    return {
        "positions": mesh.positions,
        "faces": mesh.faces,
        "uvs": np.asarray(mesh.uvs),
        "face_uvs": np.asarray(mesh.face_uvs),
        "normals": vertex_normals(mesh.positions, mesh.faces),
        "texture": look.texture,
        "light": look.light,
        "free": visibility(mesh),
    }


def files(how: Reconstruction) -> tuple[Path, ...]:
    """Every file that settings name, and every file that those name: they decide the result.

    Raises:
        FormatError: the base mesh or one of its files can't be read.
    """
    found = [] if how.light is None else [how.light]
    if how.base_mesh is not None:
        text = how.base_mesh.read_bytes()
        libraries = obj.read(text, how.base_mesh).libraries
        found += [how.base_mesh, *(how.base_mesh.parent / library for library in libraries)]
        for material in read_obj_asset(how.base_mesh).materials:
            found += [texture.path for texture in material.maps]
    return tuple(dict.fromkeys(found))


def lit(look: Look, light: Path, scale: float) -> Look:
    """The look under a known light, with an albedo that is as bright under it as before."""
    known = known_light.read(light, scale)
    texture = look.texture.copy()
    texture[..., shading.KD] *= float(look.light.mean()) / max(float(known.mean()), 1e-6)
    texture[..., shading.KD] = np.clip(texture[..., shading.KD], 0.0, 1.0)
    return Look(texture, known)


def _brightness(views: Views) -> float:
    """Mean linear color of all pixels that the object covers."""
    covered = float(views.alpha.sum())
    return float(views.color.sum()) / 3 / max(covered, 1.0)
