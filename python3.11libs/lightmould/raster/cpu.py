"""Rasterize, interpolate, texture and antialias on every core; `reference` is the slow twin.

The same bytes for any number of threads: rows are cut into bands, and where bands add to the same
vertices there is a fixed number of private sums, added up in order.

Clip space is OpenGL's: x right, y up, -w <= z <= w. Row 0 of every image is its top.
"""

from typing import Any, Literal, TypeAlias

import numpy as np

from lightmould.model.arrays import Ints
from lightmould.raster import kernels_antialias, kernels_coverage, kernels_texture
from lightmould.raster.arguments import (
    checked_batch,
    checked_boundary,
    checked_faces,
    checked_size,
    checked_triangle,
    plain,
)
from lightmould.raster.fragments import Array, Fragments, Singles
from lightmould.raster.kernels_interpolate import interpolate as spread
from lightmould.raster.kernels_interpolate import interpolate_backward as spread_backward
from lightmould.raster.kernels_topology import pair_edges
from lightmould.raster.pool import set_threads, shared
from lightmould.raster.projection import Silhouettes, project
from lightmould.raster.shares import bands, image_bands, sums_and_shares, total

Boundary: TypeAlias = Literal["wrap", "clamp"]

__all__ = [
    "Boundary",
    "adjacency",
    "antialias",
    "antialias_backward",
    "compile_kernels",
    "interpolate",
    "interpolate_backward",
    "rasterize",
    "rasterize_backward",
    "set_threads",
    "texture",
    "texture_backward",
]


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
    clip = plain("clip", clip, (-1, -1, 4), np.float32)
    faces = checked_faces(faces, clip.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    checked_batch("clip", len(clip), len(triangle), one_for_all=False)
    grad = plain("grad_barycentric", grad_barycentric, (*triangle.shape, 2), np.float32)
    sums, shares = sums_and_shares(clip.shape, triangle.shape)
    shared().run_chains(
        kernels_coverage.weigh_backward,
        [
            [(clip[n], faces, triangle[n], grad[n], a, b, sums[k, n]) for n, a, b in share]
            for k, share in shares
        ],
    )
    return total(sums)


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


def adjacency(faces: Ints) -> Ints:
    """Triangles (F, 3) across the edges opposite to corners 0, 1, 2; -1 where not exactly one.

    Args:
        faces: (F, 3) int32; triangles meet where they share vertices, not places. One that names
            a vertex twice meets none.
    """
    faces = plain("faces", faces, (-1, 3), np.int32)
    neighbors = np.full(faces.shape, -1, np.int32)
    table = np.full(1 << (6 * len(faces)).bit_length(), -1, np.int32)
    pair_edges(faces, table, np.full(3 * len(faces), -1, np.int32), neighbors)
    return neighbors


def antialias(
    color: Array,
    clip: Array,
    faces: Ints,
    fragments: Fragments,
    adjacency: Ints | None = None,
) -> Singles:
    """Color (N, H, W, C) with the pixels beside silhouettes blended by their coverage.

    A silhouette is an edge with one triangle, or with two that face differently. Of two
    neighboring pixels that see different triangles the nearer one's surface is followed towards
    the other, over at most 16 triangles, until a silhouette is met; the pixel that it cuts
    takes as much of the other's color as lies in it. Steep edges are seen by horizontal pairs, flat
    ones by vertical pairs. Shares add up: a lone pixel may be blended by more than 1.

    Args:
        color: (N, H, W, C) float32.
        clip: (N, V, 4) float32, as rasterized.
        faces: (F, 3) int32, welded: neighbors share vertices.
        fragments: what rasterize returned.
        adjacency: what adjacency returns for these faces, if at hand.
    """
    mesh = _silhouettes(color, clip, faces, fragments, adjacency)
    out = np.zeros(mesh.color.shape, np.float32)
    shared().run(
        kernels_antialias.blend,
        [
            (*mesh.of(n), a, b, out[n])
            for n, a, b in image_bands(len(out), out.shape[1], shared().count)
        ],
    )
    return out


def antialias_backward(
    color: Array,
    clip: Array,
    faces: Ints,
    fragments: Fragments,
    grad: Array,
    adjacency: Ints | None = None,
) -> tuple[Singles, Singles]:
    """The gradients (N, H, W, C) of color and (N, V, 4) of clip, whose z has none.

    Args:
        color: (N, H, W, C) float32.
        clip: (N, V, 4) float32.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
        grad: (N, H, W, C) float32, of what antialias returned.
        adjacency: as given to antialias.
    """
    mesh = _silhouettes(color, clip, faces, fragments, adjacency)
    grad = plain("grad", grad, mesh.color.shape, np.float32)
    out = np.zeros(grad.shape, np.float32)
    sums, shares = sums_and_shares(mesh.clip.shape, grad.shape[:3])
    shared().run_chains(
        kernels_antialias.blend_backward,
        [
            [(mesh.clip[n], *mesh.of(n), grad[n], a, b, out[n], sums[k, n]) for n, a, b in share]
            for k, share in shares
        ],
    )
    return out, total(sums)


def compile_kernels() -> None:
    """Run every operation once on one triangle, so that later processes find them compiled."""
    clip = np.array([[[-1, -1, 0, 1], [3, -1, 0, 1], [-1, 3, 0, 1]]], np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    fragments = rasterize(clip, faces, (2, 2))
    color = interpolate(clip, faces, fragments)
    interpolate_backward(clip, faces, fragments, color)
    rasterize_backward(clip, faces, fragments, fragments.barycentric)
    antialias(color, clip, faces, fragments)
    antialias_backward(color, clip, faces, fragments, color)
    texture(color, fragments.barycentric)
    texture_backward(color, fragments.barycentric, color)


def _silhouettes(
    color: Array, clip: Array, faces: Ints, fragments: Fragments, neighbors: Ints | None
) -> Silhouettes:
    neighbors = adjacency(faces) if neighbors is None else neighbors
    return Silhouettes(shared(), color, clip, faces, fragments, neighbors)
