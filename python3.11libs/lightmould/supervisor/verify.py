"""Whether nvdiffrec's files are what they should be: decoded, for its exit code says nothing."""

from pathlib import Path

import numpy as np

from lightmould.dataset import images
from lightmould.errors import FormatError, LightmouldError, ToolError
from lightmould.formats import obj
from lightmould.formats.nvdiffrec import Config
from lightmould.tools.nvdiffrec.files import TEXTURES, texture


def check(folder: Path, config: Config) -> None:
    """Decode a written mesh with its textures and its light.

    Args:
        folder: `mesh` of nvdiffrec's output.
        config: what it was told.

    Raises:
        ToolError: a file is missing, damaged or not what was asked for.
    """
    try:
        _check_mesh(folder / "mesh.obj")
        for name in TEXTURES:
            _check_texture(texture(folder, name), config)
        _check_light(folder / "probe.hdr")
    except FormatError as error:
        raise _not_written(error) from error


def _check_mesh(path: Path) -> None:
    if not path.is_file():
        raise FormatError(path, "no such file, though exit code 0", "a mesh", "Read the log.")
    mesh = obj.read(path.read_bytes(), path).mesh
    if not len(mesh.faces) or mesh.uvs is None or mesh.face_uvs is None:
        found = f"{len(mesh.faces)} faces, {'no' if mesh.uvs is None else 'with'} uvs"
        raise FormatError(path, found, "a mesh with an atlas", "Read the log.")


def _check_texture(path: Path, config: Config) -> None:
    found = images.read_as_is(path).shape
    if found[:2] != config.texture_res:
        told = f"{found[1]}x{found[0]} texels"
        wanted = f"{config.texture_res[1]}x{config.texture_res[0]}, as texture_res"
        raise FormatError(path, told, wanted, "Read the log.")


def _check_light(path: Path) -> None:
    light = images.read(path, 3)
    if not np.isfinite(light).all() or light.min() < 0 or not light.any():
        found = "a light of no finite or no positive radiance"
        raise FormatError(path, found, "radiance", "Read the log.")


def _not_written(error: LightmouldError) -> ToolError:
    hdr = error.where.endswith(".hdr")
    fix = (
        "nvdiffrec swallows such failures. "
        + ("In its environment: pip install opencv-python. " if hdr else "")
        + "Run lightmould doctor, then the job again."
    )
    return ToolError(error.where, error.found, error.wanted, fix)
