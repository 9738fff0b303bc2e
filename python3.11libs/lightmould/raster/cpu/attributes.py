"""Attributes of vertices at pixels."""

from typing import Any

import numpy as np

from lightmould.model.arrays import Ints
from lightmould.raster.arguments import checked_batch, checked_faces, checked_triangle, plain
from lightmould.raster.fragments import Array, Fragments, Singles
from lightmould.raster.kernels_interpolate import interpolate as spread
from lightmould.raster.kernels_interpolate import interpolate_backward as spread_backward
from lightmould.raster.pool import shared
from lightmould.raster.shares import image_bands, sums_and_shares, total


def interpolate(attributes: Array, faces: Ints, fragments: Fragments) -> Singles:
    """The attributes (N, H, W, A) of what each pixel sees; 0 where it sees nothing.

    Args:
        attributes: (N or 1, V, A) float32.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
    """
    attributes = plain("attributes", attributes, (-1, -1, -1), np.float32)
    faces = checked_faces(faces, attributes.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    batch, images = len(attributes), len(triangle)
    checked_batch("attributes", batch, images)
    weights = plain("barycentric", fragments.barycentric, (*triangle.shape, 2), np.float32)
    out = np.zeros((*triangle.shape, attributes.shape[2]), np.float32)
    shared().run(
        spread,
        [
            (attributes[n % batch], faces, triangle[n], weights[n], a, b, out[n])
            for n, a, b in image_bands(images, triangle.shape[1], shared().count)
        ],
    )
    return out


def interpolate_backward(
    attributes: Array, faces: Ints, fragments: Fragments, grad: Array
) -> tuple[Singles, Singles]:
    """The gradients (N or 1, V, A) of attributes and (N, H, W, 2) of barycentrics.

    Args:
        attributes: (N or 1, V, A) float32.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
        grad: (N, H, W, A) float32, of what interpolate returned.
    """
    attributes = plain("attributes", attributes, (-1, -1, -1), np.float32)
    faces = checked_faces(faces, attributes.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    batch = len(attributes)
    checked_batch("attributes", batch, len(triangle))
    weights = plain("barycentric", fragments.barycentric, (*triangle.shape, 2), np.float32)
    grad = plain("grad", grad, (*triangle.shape, attributes.shape[2]), np.float32)
    grad_weights = np.zeros(weights.shape, np.float32)
    sums, shares = sums_and_shares(attributes.shape, triangle.shape)

    def arguments(n: int, first: int, last: int, k: int) -> tuple[Any, ...]:
        rows = faces, triangle[n], weights[n], grad[n], first, last
        return attributes[n % batch], *rows, sums[k, n % batch], grad_weights[n]

    shared().run_chains(
        spread_backward, [[arguments(*rows, k) for rows in share] for k, share in shares]
    )
    return total(sums), grad_weights
