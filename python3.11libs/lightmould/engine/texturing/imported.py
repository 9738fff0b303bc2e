"""Textures that nvdiffrec wrote, made right for everybody else.

Its tangent frames are right-handed on every chart, mirrored or not, so that the green of its
normals points down the texture where a chart lies mirrored in it: there it is turned. Texels off
the charts hold what was never learned: they become the nearest one on a chart.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine.export import Textures
from lightmould.engine.texturing.atlas import dilated
from lightmould.errors import SettingsError
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.model import Mesh
from lightmould.model.arrays import Floats
from lightmould.raster import cpu

GREEN = 1
METALLIC = 2


def textures(mesh: Mesh, files: dict[str, Path], diffuse_gain: float) -> Textures:
    """The textures kd, ks and n as an asset of ours has them, encoded as they are stored.

    Args:
        mesh: with an atlas.
        files: kd, ks and n as nvdiffrec wrote them; kd may have an alpha.
        diffuse_gain: factor on the linear albedo of what is no metal.

    Raises:
        FormatError: a file can't be decoded.
        SettingsError: the mesh has no atlas.
    """
    kd, ks, n = (images.read_as_is(files[name]) for name in ("kd", "ks", "n"))
    mirrored = {name: _mirrored(mesh, one.shape[:2]) for name, one in (("n", n), ("kd", kd))}
    turned = n[..., :3].copy()
    turned[..., GREEN] = np.where(mirrored["n"] > 0, 1 - turned[..., GREEN], turned[..., GREEN])
    found = {"kd": brightened(kd, ks, diffuse_gain), "ks": ks[..., :3], "n": turned}
    return {
        name: dilated(texture, mirrored["kd" if name == "ks" else name] >= 0)
        for name, texture in found.items()
    }


def brightened(
    kd: NDArray[np.float32], ks: NDArray[np.float32], gain: float
) -> NDArray[np.float32]:
    """An albedo, (H, W, 3 or 4) in sRGB, brighter by a factor where ks says that it is no metal."""
    if gain == 1:
        return kd
    factor = 1 + (gain - 1) * (1 - ks[..., METALLIC, None])
    color = srgb_from_linear(np.clip(linear_from_srgb(kd[..., :3]) * factor, 0, 1))
    return np.asarray(np.concatenate([color, kd[..., 3:]], axis=-1), np.float32)


def uv_areas(mesh: Mesh) -> Floats:
    """(F,) twice the signed area of each face in the texture; below 0 where it lies mirrored.

    Raises:
        SettingsError: the mesh has no atlas.
    """
    if mesh.uvs is None or mesh.face_uvs is None:
        raise SettingsError("mesh", "no uvs", "an atlas", "Unwrap it.")
    a, b, c = mesh.uvs[mesh.face_uvs].transpose(1, 2, 0)
    (ux, uy), (vx, vy) = b - a, c - a
    return np.asarray(ux * vy - uy * vx)


def _mirrored(mesh: Mesh, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """(H, W) of texels: 1 on a mirrored chart, 0 on another, -1 on none."""
    areas = uv_areas(mesh)
    uvs, faces = np.asarray(mesh.uvs), np.asarray(mesh.face_uvs, np.int32)
    clip = np.zeros((1, len(uvs), 4), np.float32)
    clip[0, :, :2], clip[0, :, 3] = uvs * 2 - 1, 1.0
    triangle = cpu.rasterize(clip, faces, (shape[1], shape[0])).triangle[0]
    return np.where(triangle < 0, -1, areas[triangle] < 0).astype(np.int8)
