"""The materials of a mesh that somebody else made, as one texture of the engine's."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lightmould.dataset import images
from lightmould.engine.texturing import shading
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Asset, Map, Material, Mesh
from lightmould.model.arrays import Floats, Ints

Texture: TypeAlias = NDArray[np.float32]

PLAIN = Material("plain")
"""What faces without a material are made of."""

MOST = 4096
"""Texels along the side of the largest texture that is baked."""


def baked(asset: Asset, size: int | None = None) -> tuple[Mesh, Texture]:
    """The mesh with uvs in the unit square, and the channels of `shading` there.

    Several materials become the tiles of one texture. Uvs outside the unit square are moved into
    it face by face, as if the texture repeated; a mesh without uvs has one texel's color.

    Args:
        asset: its textures are read from disk.
        size: texels along the texture's side; None is as many as the largest map has.

    Raises:
        FormatError: a texture can't be decoded.
    """
    materials = (*asset.materials, PLAIN)
    which = asset.face_materials
    index = np.full(len(asset.mesh.faces), -1, np.int32) if which is None else which
    used, tile = np.unique(np.where(index < 0, len(materials) - 1, index), return_inverse=True)
    columns = ceil(sqrt(len(used)))
    chosen = [materials[one] for one in used]
    whole = size or min(MOST, columns * max(_side(one) for one in chosen))
    tiles = [_texture(one, max(1, whole // columns)) for one in chosen]
    mesh = _placed(asset.mesh, tile.astype(np.int32), columns, len(tiles[0]))
    texture = _tiled(tiles, columns)
    return mesh, texture if len(texture) == whole else _resized(texture, whole)


def _side(material: Material) -> int:
    sizes = [max(images.read(one.path, 3).shape[:2]) for one in material.maps]
    return max(sizes, default=1)


def _texture(material: Material, size: int) -> Texture:
    """(size, size, C) one material everywhere."""
    texture = np.zeros((size, size, shading.CHANNELS), np.float32)
    texture[..., shading.KD] = material.base_color
    if material.base_color_map is not None:
        color = _resized(images.read(material.base_color_map.path, 3), size)
        texture[..., shading.KD] = linear_from_srgb(color)
    for channel, constant, texel in (
        (shading.ROUGHNESS, material.roughness, material.roughness_map),
        (shading.METALLIC, material.metallic, material.metallic_map),
    ):
        texture[..., channel] = constant if texel is None else _scalar(texel, size)
    if material.normal_map is not None:
        normal = _resized(images.read(material.normal_map.path, 3), size) * 2 - 1
        texture[..., shading.SLOPE] = normal[..., :2] / np.maximum(normal[..., 2:], 0.1)
    return texture


def _scalar(texel: Map, size: int) -> Texture:
    channel = {"r": 0, "g": 1, "b": 2, "a": 3}.get(texel.channel, 0)
    pixels = images.read(texel.path, 4 if channel == 3 else 3)
    return _resized(pixels[..., channel : channel + 1], size)[..., 0]


def _resized(picture: Texture, size: int) -> Texture:
    """(size, size, C) by bilinear look-ups, or by means where it becomes much smaller."""
    height, width, channels = picture.shape
    if (height, width) == (size, size):
        return picture
    factor = min(height, width) // size
    if factor > 1:
        height, width = height // factor, width // factor
        cut = picture[: height * factor, : width * factor]
        picture = cut.reshape(height, factor, width, factor, channels).mean(axis=(1, 3))
    rows = (np.arange(size) + 0.5) * height / size - 0.5
    columns = (np.arange(size) + 0.5) * width / size - 0.5
    where = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    planes = [
        ndimage.map_coordinates(picture[..., c], where, order=1, mode="nearest")
        for c in range(channels)
    ]
    return np.asarray(np.stack(planes, axis=-1), np.float32)


def _tiled(tiles: Sequence[Texture], columns: int) -> Texture:
    """Tiles on a square, row by row from the top."""
    size = len(tiles[0])
    texture = np.zeros((columns * size, columns * size, shading.CHANNELS), np.float32)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        texture[row * size : (row + 1) * size, column * size : (column + 1) * size] = tile
    return texture


def _placed(mesh: Mesh, tile: Ints, columns: int, size: int) -> Mesh:
    """The mesh with the uvs of each face within its tile."""
    corners_uvs = np.full((len(mesh.faces), 3, 2), 0.5)
    if mesh.uvs is not None and mesh.face_uvs is not None:
        if columns == 1 and mesh.uvs.min() >= 0 and mesh.uvs.max() <= 1:
            return mesh
        corners_uvs = mesh.uvs[mesh.face_uvs]
        corners_uvs = corners_uvs - np.floor(corners_uvs.mean(axis=1, keepdims=True))
    edge = 0.5 / size if columns > 1 else 0.0
    corners_uvs = np.clip(corners_uvs, edge, 1 - edge)
    row, column = np.divmod(tile, columns)
    corner = np.stack([column, columns - 1 - row], axis=1)[:, None]
    return _with_corner_uvs(mesh, (corners_uvs + corner) / columns)


def _with_corner_uvs(mesh: Mesh, corner_uvs: Floats) -> Mesh:
    """The mesh with a uv of its own at every corner, equal ones shared."""
    uvs, face_uvs = np.unique(corner_uvs.reshape(-1, 2), axis=0, return_inverse=True)
    return replace(mesh, uvs=uvs, face_uvs=face_uvs.reshape(-1, 3).astype(np.int32))
