"""Attributes of vertices at pixels, and how they change from pixel to pixel."""

from collections.abc import Callable

import numpy as np

from lightmould.model.arrays import Ints
from lightmould.raster import kernels_interpolate
from lightmould.raster.arguments import checked_batch, checked_faces, checked_triangle, plain
from lightmould.raster.fragments import Array, Fragments, Singles
from lightmould.raster.pool import shared
from lightmould.raster.shares import image_bands, sums_and_shares, total


def interpolate(attributes: Array, faces: Ints, fragments: Fragments) -> Singles:
    """The attributes (N, H, W, A) of what each pixel sees; 0 where it sees nothing.

    Args:
        attributes: (N or 1, V, A) float32.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
    """
    attributes, faces, triangle = _seen(attributes, faces, fragments)
    weights = plain("barycentric", fragments.barycentric, (*triangle.shape, 2), np.float32)
    out = np.zeros((*triangle.shape, attributes.shape[2]), np.float32)
    _fill(kernels_interpolate.interpolate, attributes, faces, triangle, weights, out)
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
    attributes, faces, triangle = _seen(attributes, faces, fragments)
    weights = plain("barycentric", fragments.barycentric, (*triangle.shape, 2), np.float32)
    grad = plain("grad", grad, (*triangle.shape, attributes.shape[2]), np.float32)
    kernel = kernels_interpolate.interpolate_backward
    return _gathered(kernel, attributes, faces, triangle, weights, grad)


def attribute_derivatives(
    attributes: Array, faces: Ints, fragments: Fragments, derivatives: Array
) -> Singles:
    """How attributes change from pixel to pixel: (N, H, W, A, 2), per pixel right and down.

    Args:
        attributes: (N or 1, V, A) float32.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
        derivatives: (N, H, W, 2, 2) float32, what barycentric_derivatives returned.
    """
    attributes, faces, triangle = _seen(attributes, faces, fragments)
    slopes = plain("derivatives", derivatives, (*triangle.shape, 2, 2), np.float32)
    out = np.zeros((*triangle.shape, attributes.shape[2], 2), np.float32)
    _fill(kernels_interpolate.derive, attributes, faces, triangle, slopes, out)
    return out


def attribute_derivatives_backward(
    attributes: Array, faces: Ints, fragments: Fragments, derivatives: Array, grad: Array
) -> tuple[Singles, Singles]:
    """The gradients (N or 1, V, A) of attributes and (N, H, W, 2, 2) of derivatives.

    Args:
        attributes: (N or 1, V, A) float32.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
        derivatives: (N, H, W, 2, 2) float32.
        grad: (N, H, W, A, 2) float32, of what attribute_derivatives returned.
    """
    attributes, faces, triangle = _seen(attributes, faces, fragments)
    slopes = plain("derivatives", derivatives, (*triangle.shape, 2, 2), np.float32)
    grad = plain("grad", grad, (*triangle.shape, attributes.shape[2], 2), np.float32)
    kernel = kernels_interpolate.derive_backward
    return _gathered(kernel, attributes, faces, triangle, slopes, grad)


def _seen(attributes: Array, faces: Ints, fragments: Fragments) -> tuple[Array, Ints, Ints]:
    attributes = plain("attributes", attributes, (-1, -1, -1), np.float32)
    faces = checked_faces(faces, attributes.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    checked_batch("attributes", len(attributes), len(triangle))
    return attributes, faces, triangle


def _fill(
    kernel: Callable[..., None],
    attributes: Array,
    faces: Ints,
    triangle: Ints,
    weights: Array,
    out: Singles,
) -> None:
    """Fill all rows of `out`, (N, H, W, ...)."""
    batch = len(attributes)
    shared().run(
        kernel,
        [
            (attributes[n % batch], faces, triangle[n], weights[n], a, b, out[n])
            for n, a, b in image_bands(len(out), out.shape[1], shared().count)
        ],
    )


def _gathered(
    kernel: Callable[..., None],
    attributes: Array,
    faces: Ints,
    triangle: Ints,
    weights: Array,
    grad: Array,
) -> tuple[Singles, Singles]:
    """The gradients of attributes, which every pixel adds to, and of each pixel's weights."""
    out, batch = np.zeros(weights.shape, np.float32), len(attributes)
    sums, shares = sums_and_shares(attributes.shape, triangle.shape)

    def arguments(n: int, first: int, last: int, k: int) -> tuple[object, ...]:
        rows = faces, triangle[n], weights[n], grad[n], first, last
        return attributes[n % batch], *rows, sums[k, n % batch], out[n]

    shared().run_chains(kernel, [[arguments(*rows, k) for rows in share] for k, share in shares])
    return total(sums), out
