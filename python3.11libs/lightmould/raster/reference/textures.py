"""Lookups in textures: the slow twin of `cpu.textures`."""

from typing import Literal, NamedTuple

import numpy as np

from lightmould.model.arrays import Floats
from lightmould.raster.arguments import checked_batch, checked_boundary, plain
from lightmould.raster.fragments import Array
from lightmould.raster.reference.precision import like


def texture(image: Array, uv: Array, boundary: Literal["wrap", "clamp"] = "wrap") -> Array:
    """Bilinear lookups (N, h, w, C), as `cpu.texture`."""
    texels, finite = _texels(image, uv, boundary)
    out = sum(texel.weight[..., None] * image[texel.place] for texel in texels)
    return np.where(finite[..., None], out, np.nan).astype(like(image))


def texture_backward(
    image: Array, uv: Array, grad: Array, boundary: Literal["wrap", "clamp"] = "wrap"
) -> tuple[Array, Array]:
    """The gradients of image and uv, as `cpu.texture_backward`."""
    texels, finite = _texels(image, uv, boundary)
    grad = plain("grad", grad, (*uv.shape[:3], image.shape[3]), np.float64) * finite[..., None]
    grad_image, grad_uv = np.zeros(image.shape), np.zeros(uv.shape)
    for texel in texels:
        np.add.at(grad_image, texel.place, texel.weight[..., None] * grad)
        grad_uv += texel.slope * (grad * image[texel.place]).sum(axis=-1, keepdims=True)
    return grad_image.astype(like(image)), grad_uv.astype(like(image))


class _Texel(NamedTuple):
    """One of the four texels that lookups (N, h, w) blend: index, weight and d weight / d uv."""

    place: tuple[Array, Array, Array]
    weight: Floats
    slope: Floats


def _texels(image: Array, uv: Array, boundary: str) -> tuple[list[_Texel], Array]:
    """The four texels around each lookup, and which uv are finite."""
    image = plain("image", image, (-1, -1, -1, -1), np.float64)
    uv = plain("uv", uv, (-1, -1, -1, 2), np.float64)
    wrap = checked_boundary(boundary)
    checked_batch("image", len(image), len(uv))
    finite = np.isfinite(uv).all(axis=-1)
    size = np.array(image.shape[2:0:-1])
    position = np.where(finite[..., None], uv, 0.5) * (1, -1) * size + (0, size[1]) - 0.5
    first = np.floor(position)
    after = position - first
    batch = np.broadcast_to((np.arange(len(uv)) % len(image))[:, None, None], finite.shape)
    texels = []
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        place = first + np.array((right, below))
        place = (place % size if wrap else place.clip(0, size - 1)).astype(np.int64)
        along = after[..., 0] if right else 1 - after[..., 0]
        down = after[..., 1] if below else 1 - after[..., 1]
        slope = np.stack([(2 * right - 1) * size[0] * down, (1 - 2 * below) * size[1] * along], -1)
        texels.append(_Texel((batch, place[..., 1], place[..., 0]), along * down, slope))
    return texels, finite
