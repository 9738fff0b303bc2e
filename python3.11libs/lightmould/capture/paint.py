"""Color maps as kernels mix them."""

import numpy as np

from lightmould.raster.fragments import Array
from lightmould.raster.surfaces import Paint, Surfaces

BITS = 21
"""Of a color's channel: 13 of its own, 8 for the share that it is mixed by."""

FULL = 2**13 - 1


def paint(surfaces: Surfaces) -> Paint:
    """The materials' colors; whatever has no uvs or no map has a map of one texel."""
    texels = [
        _packed(_decoded(surfaces, first, width * height, encoding))
        for first, width, height, encoding in surfaces.level
    ]
    texels.append(_packed(surfaces.base))
    size = len(surfaces.texels)
    plain = [(size + number, 1, 1) for number in range(len(surfaces.base))]
    level = np.concatenate([surfaces.level[:, :3], np.reshape(plain, (-1, 3))]).astype(np.int32)
    first, count = surfaces.levels.T
    alone = len(surfaces.level) + np.arange(len(surfaces.base))
    mapped = (count > 0) & (len(surfaces.face_uvs) > 0)
    levels = np.where(mapped, (first, first + count - 1), alone).T.astype(np.int32)
    return Paint(np.ascontiguousarray(levels), level, np.concatenate(texels))


def _decoded(surfaces: Surfaces, first: int, count: int, encoding: int) -> Array:
    """(N, 3) linear colors of some texels."""
    texels = surfaces.texels[first : first + count, None]
    codes = texels >> np.array((0, 8, 16), np.uint32) & np.uint32(255)
    return np.asarray(surfaces.decoded[encoding + codes])


def _packed(linear: Array) -> Array:
    whole = np.rint(np.clip(linear, 0, 1).astype(np.float64) * FULL).astype(np.int64)
    return np.asarray(whole[:, 0] | whole[:, 1] << BITS | whole[:, 2] << 2 * BITS)
