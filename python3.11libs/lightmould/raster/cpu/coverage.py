"""What each pixel sees, and how its barycentrics move with the corners."""

from collections.abc import Callable

import numpy as np

from lightmould.model.arrays import Ints
from lightmould.raster import kernels_coverage
from lightmould.raster.arguments import (
    checked_batch,
    checked_faces,
    checked_size,
    checked_triangle,
    plain,
)
from lightmould.raster.fragments import Array, Fragments, Singles
from lightmould.raster.pool import shared
from lightmould.raster.projection import project
from lightmould.raster.shares import image_bands, sums_and_shares, total


def rasterize(clip: Array, faces: Ints, size: tuple[int, int]) -> Fragments:
    """The nearest triangle at every pixel's center; both sides of a triangle count.

    Corners are snapped to 1/256 pixel, and a center on a shared edge belongs to the triangle to
    its right or below it: a closed mesh has neither holes nor pixels covered twice. Of equal
    depths the lower triangle wins. Fragments nearer than -1 or at 1 and beyond are not drawn; nor
    are triangles with a corner at w <= 1e-6, at infinity, or two million pixels away.

    Args:
        clip: (N, V, 4) float32.
        faces: (F, 3) int32.
        size: (width, height) in pixels.
    """
    clip = plain("clip", clip, (-1, -1, 4), np.float32)
    faces = checked_faces(faces, clip.shape[1])
    width, height = checked_size(size)
    screen, fixed = project(shared(), clip, (width, height))
    images = len(clip)
    triangle = np.zeros((images, height, width), np.int32)
    depth = np.zeros((images, height, width), np.float32)
    barycentric = np.zeros((images, height, width, 2), np.float32)
    pieces = image_bands(images, height, shared().count)
    shared().run(
        kernels_coverage.see,
        [(fixed[n], screen[n], faces, a, b, triangle[n], depth[n]) for n, a, b in pieces],
    )
    shared().run(
        kernels_coverage.weigh,
        [(clip[n], faces, triangle[n], a, b, barycentric[n]) for n, a, b in pieces],
    )
    return Fragments(triangle, barycentric, depth)


def rasterize_backward(
    clip: Array, faces: Ints, fragments: Fragments, grad_barycentric: Array
) -> Singles:
    """The gradient (N, V, 4) of clip; its z has none.

    Args:
        clip: (N, V, 4) float32, as rasterized.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
        grad_barycentric: (N, H, W, 2) float32.
    """
    clip, faces, triangle = _seen(clip, faces, fragments)
    grad = plain("grad_barycentric", grad_barycentric, (*triangle.shape, 2), np.float32)
    return _moved(kernels_coverage.weigh_backward, clip, faces, triangle, grad)


def barycentric_derivatives(clip: Array, faces: Ints, fragments: Fragments) -> Singles:
    """How the barycentrics change from pixel to pixel: (N, H, W, 2, 2), for levels of detail.

    [..., k, 0] is the derivative of barycentric k per pixel to the right, [..., k, 1] per pixel
    down; 0 where there is no triangle, or one thinner than the snapping of its corners.

    Args:
        clip: (N, V, 4) float32, as rasterized.
        faces: (F, 3) int32.
        fragments: what rasterize returned.

    Source: Olano & Greer 1997, Triangle Scan Conversion using 2D Homogeneous Coordinates: the
        barycentrics are quotients of functions linear in the pixel.
    """
    clip, faces, triangle = _seen(clip, faces, fragments)
    out = np.zeros((*triangle.shape, 2, 2), np.float32)
    shared().run(
        kernels_coverage.slope,
        [
            (clip[n], faces, triangle[n], a, b, out[n])
            for n, a, b in image_bands(len(out), out.shape[1], shared().count)
        ],
    )
    return out


def barycentric_derivatives_backward(
    clip: Array, faces: Ints, fragments: Fragments, grad: Array
) -> Singles:
    """The gradient (N, V, 4) of clip; its z has none.

    Args:
        clip: (N, V, 4) float32, as rasterized.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
        grad: (N, H, W, 2, 2) float32, of what barycentric_derivatives returned.
    """
    clip, faces, triangle = _seen(clip, faces, fragments)
    grad = plain("grad", grad, (*triangle.shape, 2, 2), np.float32)
    return _moved(kernels_coverage.slope_backward, clip, faces, triangle, grad)


def _seen(clip: Array, faces: Ints, fragments: Fragments) -> tuple[Array, Ints, Ints]:
    clip = plain("clip", clip, (-1, -1, 4), np.float32)
    faces = checked_faces(faces, clip.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    checked_batch("clip", len(clip), len(triangle), one_for_all=False)
    return clip, faces, triangle


def _moved(
    kernel: Callable[..., None], clip: Array, faces: Ints, triangle: Ints, grad: Array
) -> Singles:
    """The gradient (N, V, 4) that a kernel adds up from every pixel's."""
    sums, shares = sums_and_shares(clip.shape, triangle.shape)
    shared().run_chains(
        kernel,
        [
            [(clip[n], faces, triangle[n], grad[n], a, b, sums[k, n]) for n, a, b in share]
            for k, share in shares
        ],
    )
    return total(sums)
