"""Lookups in textures."""

from typing import Literal, TypeAlias

import numpy as np

from lightmould.raster import kernels_texture
from lightmould.raster.arguments import checked_batch, checked_boundary, plain
from lightmould.raster.fragments import Array, Singles
from lightmould.raster.pool import shared
from lightmould.raster.shares import bands, image_bands

Boundary: TypeAlias = Literal["wrap", "clamp"]


def texture(image: Array, uv: Array, boundary: Boundary = "wrap") -> Singles:
    """Bilinear lookups (N, h, w, C); NaN where uv is not finite.

    Args:
        image: (N or 1, H, W, C) float32, row 0 is the top.
        uv: (N, h, w, 2) float32; (0, 0) is the image's lower left corner, v up.
        boundary: whether the image repeats or its border continues.
    """
    image = plain("image", image, (-1, -1, -1, -1), np.float32)
    uv = plain("uv", uv, (-1, -1, -1, 2), np.float32)
    wrap = checked_boundary(boundary)
    checked_batch("image", len(image), len(uv))
    out = np.zeros((*uv.shape[:3], image.shape[3]), np.float32)
    shared().run(
        kernels_texture.sample,
        [
            (image[n % len(image)], uv[n], wrap, a, b, out[n])
            for n, a, b in image_bands(len(uv), uv.shape[1], shared().count)
        ],
    )
    return out


def texture_backward(
    image: Array, uv: Array, grad: Array, boundary: Boundary = "wrap"
) -> tuple[Singles, Singles]:
    """The gradients (N or 1, H, W, C) of image and (N, h, w, 2) of uv; none where uv is not finite.

    Args:
        image: (N or 1, H, W, C) float32.
        uv: (N, h, w, 2) float32.
        grad: (N, h, w, C) float32, of what texture returned.
        boundary: as given to texture.
    """
    image = plain("image", image, (-1, -1, -1, -1), np.float32)
    uv = plain("uv", uv, (-1, -1, -1, 2), np.float32)
    grad = plain("grad", grad, (*uv.shape[:3], image.shape[3]), np.float32)
    wrap = checked_boundary(boundary)
    checked_batch("image", len(image), len(uv))
    grad_uv = np.zeros(uv.shape, np.float32)
    shared().run(
        kernels_texture.sample_backward_uv,
        [
            (image[n % len(image)], uv[n], wrap, grad[n], a, b, grad_uv[n])
            for n, a, b in image_bands(len(uv), uv.shape[1], shared().count)
        ],
    )
    grad_image = np.zeros(image.shape, np.float32)
    one = len(image) == 1
    shared().run(
        kernels_texture.sample_backward_image,
        [
            (uv if one else uv[m : m + 1], wrap, grad if one else grad[m : m + 1], a, b, out)
            for m, out in enumerate(grad_image)
            for a, b in bands(len(out), shared().count)
        ],
    )
    return grad_image, grad_uv
