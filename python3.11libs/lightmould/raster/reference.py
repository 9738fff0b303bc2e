"""The slow twin of `cpu`: the same operations in plain NumPy, float64 inside.

What is given in float64 comes back in float64, for finite differences; anything else in float32.
"""

from typing import Any, Literal, NamedTuple

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster.arguments import (
    checked_batch,
    checked_boundary,
    checked_faces,
    checked_neighbors,
    checked_size,
    checked_triangle,
    plain,
)
from lightmould.raster.fragments import Array, Fragments
from lightmould.raster.reference_coverage import (
    corners_from_pixel,
    draw,
    pixel_centers,
    project,
    weigh,
)
from lightmould.raster.reference_silhouettes import Surface, crossings, move_corners, surface


def rasterize(clip: Array, faces: Ints, size: tuple[int, int]) -> Fragments:
    """The nearest triangle at every pixel's center, as `cpu.rasterize`."""
    dtype = _like(clip)
    clip = plain("clip", clip, (-1, -1, 4), np.float64)
    faces = checked_faces(faces, clip.shape[1])
    width, height = checked_size(size)
    triangle = np.full((len(clip), height, width), -1, np.int32)
    depth = np.ones((len(clip), height, width), np.float32)
    for n in range(len(clip)):
        screen, drawn = project(clip[n], (width, height))
        for f in np.flatnonzero(drawn[faces].all(axis=1)):
            draw(f, screen[faces[f]], triangle[n], depth[n])
    barycentric = np.zeros((*triangle.shape, 2))
    seen = np.nonzero(triangle >= 0)
    barycentric[seen] = weigh(corners_from_pixel(clip, faces, triangle))[0][:, :2]
    return Fragments(triangle, barycentric.astype(dtype), depth.astype(dtype))


def rasterize_backward(
    clip: Array, faces: Ints, fragments: Fragments, grad_barycentric: Array
) -> Array:
    """The gradient (N, V, 4) of clip, as `cpu.rasterize_backward`."""
    dtype = _like(clip)
    clip = plain("clip", clip, (-1, -1, 4), np.float64)
    faces = checked_faces(faces, clip.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    checked_batch("clip", len(clip), len(triangle), one_for_all=False)
    seen = np.nonzero(triangle >= 0)
    corner = corners_from_pixel(clip, faces, triangle)
    weights, areas, loose = weigh(corner)
    grad = plain("grad_barycentric", grad_barycentric, (*triangle.shape, 2), np.float64)[seen]
    # Weight k is area k over the sum of the areas; weight 2 is not asked for.
    grad = np.concatenate([grad, np.zeros((len(grad), 1))], axis=1)
    whole = np.where(loose, 1.0, areas.sum(axis=1))[:, None]
    grad_areas = (grad - (grad * weights).sum(axis=1, keepdims=True)) / whole
    grad_areas[loose] = 0
    out = np.zeros(clip.shape)
    x, y = pixel_centers(triangle)
    for k in range(3):
        after, before = corner[:, (k + 1) % 3], corner[:, (k + 2) % 3]
        to_after, to_before = grad_areas[:, (k + 1) % 3], grad_areas[:, (k + 2) % 3]
        # Corner k spans the area opposite to the next corner, and that opposite to the last one.
        grad_x = to_before * after[:, 1] - to_after * before[:, 1]
        grad_y = to_after * before[:, 0] - to_before * after[:, 0]
        moved = np.stack([grad_x, grad_y, np.zeros(len(x)), -x * grad_x - y * grad_y], axis=1)
        np.add.at(out, (seen[0], faces[triangle[seen], k]), moved)
    return out.astype(dtype)


def interpolate(attributes: Array, faces: Ints, fragments: Fragments) -> Array:
    """The attributes (N, H, W, A) of what each pixel sees, as `cpu.interpolate`."""
    dtype = _like(attributes)
    values, weights, seen = _spread(attributes, faces, fragments)
    out = np.zeros((*fragments.triangle.shape, attributes.shape[2]))
    out[seen] = (weights[:, :, None] * values).sum(axis=1)
    return out.astype(dtype)


def interpolate_backward(
    attributes: Array, faces: Ints, fragments: Fragments, grad: Array
) -> tuple[Array, Array]:
    """The gradients of attributes and barycentrics, as `cpu.interpolate_backward`."""
    dtype = _like(attributes)
    values, weights, seen = _spread(attributes, faces, fragments)
    grad = plain("grad", grad, (*fragments.triangle.shape, attributes.shape[2]), np.float64)[seen]
    out = np.zeros(attributes.shape)
    image = seen[0] % len(attributes)
    for k in range(3):
        np.add.at(out, (image, faces[fragments.triangle[seen], k]), weights[:, k, None] * grad)
    grad_weights = np.zeros((*fragments.triangle.shape, 2))
    for k in range(2):
        grad_weights[(*seen, k)] = (grad * (values[:, k] - values[:, 2])).sum(axis=1)
    return out.astype(dtype), grad_weights.astype(dtype)


def texture(image: Array, uv: Array, boundary: Literal["wrap", "clamp"] = "wrap") -> Array:
    """Bilinear lookups (N, h, w, C), as `cpu.texture`."""
    texels, finite = _texels(image, uv, boundary)
    out = sum(texel.weight[..., None] * image[texel.place] for texel in texels)
    return np.where(finite[..., None], out, np.nan).astype(_like(image))


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
    return grad_image.astype(_like(image)), grad_uv.astype(_like(image))


def adjacency(faces: Ints) -> Ints:
    """Triangles across the edges opposite to corners 0, 1, 2, as `cpu.adjacency`."""
    faces = plain("faces", faces, (-1, 3), np.int32)
    sides: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for f, corners in enumerate(faces.tolist()):
        for k in range(3) if len(set(corners)) == 3 else ():
            tail, head = sorted((corners[(k + 1) % 3], corners[(k + 2) % 3]))
            sides.setdefault((tail, head), []).append((f, k))
    neighbors = np.full(faces.shape, -1, np.int32)
    for pair in sides.values():
        if len(pair) == 2:
            neighbors[pair[0]], neighbors[pair[1]] = pair[1][0], pair[0][0]
    return neighbors


def antialias(
    color: Array, clip: Array, faces: Ints, fragments: Fragments, adjacency: Ints | None = None
) -> Array:
    """Color with the pixels beside silhouettes blended, as `cpu.antialias`."""
    dtype = _like(color, clip)
    color = plain("color", color, (*fragments.triangle.shape, -1), np.float64)
    found = crossings(_surface(clip, faces, fragments, adjacency), fragments)
    out = color.copy()
    share = np.abs(found.offset)[:, None] * (color[found.source] - color[found.target])
    np.add.at(out, found.target, share)
    return out.astype(dtype)


def antialias_backward(
    color: Array,
    clip: Array,
    faces: Ints,
    fragments: Fragments,
    grad: Array,
    adjacency: Ints | None = None,
) -> tuple[Array, Array]:
    """The gradients of color and clip, as `cpu.antialias_backward`."""
    dtype = _like(color, clip)
    color = plain("color", color, (*fragments.triangle.shape, -1), np.float64)
    grad = plain("grad", grad, color.shape, np.float64)
    mesh = _surface(clip, faces, fragments, adjacency)
    found = crossings(mesh, fragments)
    out = grad.copy()
    share = np.abs(found.offset)[:, None] * grad[found.target]
    np.add.at(out, found.source, share)
    np.add.at(out, found.target, -share)
    slope = (grad[found.target] * (color[found.here] - color[found.there])).sum(axis=1)
    return out.astype(dtype), move_corners(clip, mesh, found, slope).astype(dtype)


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


def _like(*arrays: Array) -> np.dtype[Any]:
    return np.result_type(np.float32, *arrays)


def _spread(
    attributes: Array, faces: Ints, fragments: Fragments
) -> tuple[Floats, Floats, tuple[Array, ...]]:
    """Of P seen pixels: the corners' values (P, 3, A), their weights (P, 3), and which they are."""
    attributes = plain("attributes", attributes, (-1, -1, -1), np.float64)
    faces = checked_faces(faces, attributes.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    checked_batch("attributes", len(attributes), len(triangle))
    seen = np.nonzero(triangle >= 0)
    values = attributes[(seen[0] % len(attributes))[:, None], faces[triangle[seen]]]
    first = fragments.barycentric[seen].astype(np.float64)
    return values, np.concatenate([first, 1 - first.sum(axis=1, keepdims=True)], axis=1), seen


def _surface(clip: Array, faces: Ints, fragments: Fragments, neighbors: Ints | None) -> Surface:
    clip = plain("clip", clip, (-1, -1, 4), np.float64)
    faces = checked_faces(faces, clip.shape[1])
    neighbors = adjacency(faces) if neighbors is None else neighbors
    neighbors = checked_neighbors(neighbors, len(faces))
    checked_batch("clip", len(clip), len(fragments.triangle), one_for_all=False)
    return surface(clip, faces, neighbors, fragments.size)
