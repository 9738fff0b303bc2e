"""The panels of previews and of validation: what was found, what is true, and what lies behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lightmould.engine import stages
from lightmould.engine.checkpoint import Arrays
from lightmould.engine.texturing import light as lights
from lightmould.engine.texturing import shading
from lightmould.engine.texturing.atlas import Corners
from lightmould.engine.views import Views
from lightmould.formats.color import srgb_from_linear
from lightmould.formats.nvdiffrec import Config
from lightmould.model import Camera
from lightmould.raster import cpu

Picture: TypeAlias = NDArray[np.float32]

CHECK = 8
"""Pixels along a square of the checkered background."""


def encoded(one: Views, background: str, index: int) -> Picture:
    """(H, W, 3) a picture over nvdiffrec's backgrounds, sRGB.

    Args:
        one: a single view.
        background: as the configuration says.
        index: decides what is random.
    """
    behind = _background(background, one.size, index)
    over = one.color[0] + behind * (1 - one.alpha[0][..., None])
    return np.asarray(srgb_from_linear(np.clip(over, 0, 1)), np.float32)


def behind(arrays: Arrays, camera: Camera, config: Config) -> Iterator[tuple[str, Picture]]:
    """The panels that `display` asks for, by the names that nvdiffrec gives their files.

    Before there are textures there is nothing to show of them.
    """
    if "texture" not in arrays:
        return
    look = stages.look_of(arrays)
    shown = _attributes(camera, stages.corners_of(arrays), look.texture)
    for panel in config.display or ():
        if panel.get("latlong"):
            probe = _resized(lights.probe(look.light, camera.size[1]), camera.size)
            yield "light_image", np.asarray(srgb_from_linear(np.clip(probe, 0, 1)), np.float32)
        elif panel.get("bsdf") in shown:
            yield str(panel["bsdf"]), shown[str(panel["bsdf"])]


@dataclass(frozen=True, slots=True, eq=False)
class _Hits:
    """What the pixels of a camera see: uvs, frames, and where there is anything."""

    uvs: Picture
    normals: Picture
    tangents: Picture
    bitangents: Picture
    hit: NDArray[np.bool_]


def _attributes(camera: Camera, corners: Corners, texture: Picture) -> dict[str, Picture]:
    """Albedo, finish and normals as a camera sees them, (H, W, 3) each, as files hold them."""
    hits = _hits(camera, corners)
    size = len(texture)
    where = np.stack([(1 - hits.uvs[..., 1]) * size - 0.5, hits.uvs[..., 0] * size - 0.5])
    texels = np.stack(
        [
            ndimage.map_coordinates(texture[..., c], where, order=1, mode="nearest")
            for c in range(texture.shape[2])
        ],
        axis=-1,
    )
    kd = srgb_from_linear(texels[..., shading.KD])
    finish = np.zeros_like(kd)
    finish[..., 1] = texels[..., shading.ROUGHNESS]
    finish[..., 2] = texels[..., shading.METALLIC]
    slope = texels[..., shading.SLOPE]
    normal = hits.normals + slope[..., :1] * hits.tangents + slope[..., 1:] * hits.bitangents
    normal = normal / np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    panels = {"kd": kd, "ks": finish, "normal": (normal + 1) / 2}
    return {name: np.where(hits.hit, panel, 0).astype(np.float32) for name, panel in panels.items()}


def _hits(camera: Camera, corners: Corners) -> _Hits:
    fields = (corners.uvs, corners.normals, corners.tangents, corners.bitangents)
    attributes = np.concatenate(fields, axis=1)
    clip = _clip(camera, corners.positions)
    fragments = cpu.rasterize(clip, corners.faces, camera.size)
    flat = cpu.interpolate(attributes[None], corners.faces, fragments)[0]
    uvs, normals, tangents, bitangents = np.split(flat, (2, 5, 8), axis=-1)
    hit = fragments.triangle[0][..., None] >= 0
    return _Hits(uvs, normals, tangents, bitangents, hit)


def _clip(camera: Camera, positions: Picture) -> Picture:
    homogeneous = np.pad(positions, ((0, 0), (0, 1)), constant_values=1.0)
    return (homogeneous @ camera.clip_from_world.T).astype(np.float32)[None]


def _background(name: str, size: tuple[int, int], index: int) -> Picture:
    """(H, W, 3) linear."""
    width, height = size
    if name == "white":
        return np.ones((height, width, 3), np.float32)
    if name == "random":
        return np.random.default_rng(index).random((height, width, 3), np.float32)
    if name == "checker":
        rows, columns = np.indices((height, width)) // CHECK
        return np.where((rows + columns) % 2, 0.75, 0.25)[..., None].astype(np.float32)
    return np.zeros((height, width, 3), np.float32)


def _resized(image: Picture, size: tuple[int, int]) -> Picture:
    """(H, W, 3) by bilinear look-ups."""
    width, height = size
    rows = (np.arange(height) + 0.5) * image.shape[0] / height - 0.5
    columns = (np.arange(width) + 0.5) * image.shape[1] / width - 0.5
    where = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    planes = [ndimage.map_coordinates(image[..., c], where, order=1) for c in range(3)]
    return np.stack(planes, axis=-1)
