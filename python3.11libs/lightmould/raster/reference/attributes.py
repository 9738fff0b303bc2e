"""Attributes of vertices at pixels: the slow twin of `cpu.attributes`."""

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster.arguments import checked_batch, checked_faces, checked_triangle, plain
from lightmould.raster.fragments import Array, Fragments
from lightmould.raster.reference.precision import like


def interpolate(attributes: Array, faces: Ints, fragments: Fragments) -> Array:
    """The attributes (N, H, W, A) of what each pixel sees, as `cpu.interpolate`."""
    dtype = like(attributes)
    values, weights, seen = corner_values(attributes, faces, fragments)
    out = np.zeros((*fragments.triangle.shape, attributes.shape[2]))
    out[seen] = (weights[:, :, None] * values).sum(axis=1)
    return out.astype(dtype)


def interpolate_backward(
    attributes: Array, faces: Ints, fragments: Fragments, grad: Array
) -> tuple[Array, Array]:
    """The gradients of attributes and barycentrics, as `cpu.interpolate_backward`."""
    dtype = like(attributes)
    values, weights, seen = corner_values(attributes, faces, fragments)
    grad = plain("grad", grad, (*fragments.triangle.shape, attributes.shape[2]), np.float64)[seen]
    out = np.zeros(attributes.shape)
    image = seen[0] % len(attributes)
    for k in range(3):
        np.add.at(out, (image, faces[fragments.triangle[seen], k]), weights[:, k, None] * grad)
    grad_weights = np.zeros((*fragments.triangle.shape, 2))
    for k in range(2):
        grad_weights[(*seen, k)] = (grad * (values[:, k] - values[:, 2])).sum(axis=1)
    return out.astype(dtype), grad_weights.astype(dtype)


def corner_values(
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
