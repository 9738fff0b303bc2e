"""How barycentrics and attributes change from pixel to pixel: slow twins.

With M the matrix whose columns are a triangle's corners (x, y, w) and p = (u, v, 1) a pixel's
center, the barycentrics are q / sum(q) with q = M^-1 p.
"""

from typing import NamedTuple

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster.arguments import checked_faces, checked_triangle, plain
from lightmould.raster.fragments import Array, Fragments
from lightmould.raster.kernels_coverage import LOOSE
from lightmould.raster.reference.attributes import corner_values
from lightmould.raster.reference.coverage import pixel_centers
from lightmould.raster.reference.precision import like


def barycentric_derivatives(clip: Array, faces: Ints, fragments: Fragments) -> Array:
    """How the barycentrics change from pixel to pixel, as `cpu.barycentric_derivatives`."""
    seen = _Seen.of(clip, faces, fragments)
    out = np.zeros((*fragments.triangle.shape, 2, 2))
    slopes = seen.steps / seen.whole - seen.q * seen.steps_whole / seen.whole**2
    out[seen.pixels] = np.where(seen.loose[:, None, None], 0, slopes * seen.per_pixel)[:, :2]
    return out.astype(like(clip))


def barycentric_derivatives_backward(
    clip: Array, faces: Ints, fragments: Fragments, grad: Array
) -> Array:
    """The gradient (N, V, 4) of clip, as `cpu.barycentric_derivatives_backward`.

    A change dM of the corners changes M^-1 by -M^-1 dM M^-1.
    """
    seen = _Seen.of(clip, faces, fragments)
    grad = plain("grad", grad, (*fragments.triangle.shape, 2, 2), np.float64)[seen.pixels]
    grad = np.concatenate([grad, np.zeros((len(grad), 1, 2))], axis=1) * seen.per_pixel
    grad[seen.loose] = 0
    q, steps, whole, steps_whole = seen.q, seen.steps, seen.whole, seen.steps_whole
    to_steps = grad / whole - (grad * q).sum(axis=1, keepdims=True) / whole**2
    to_q = -(grad * steps_whole).sum(axis=2, keepdims=True) / whole**2
    through_whole = grad * (2 * q * steps_whole / whole**3 - steps / whole**2)
    to_q = to_q + through_whole.sum(axis=(1, 2), keepdims=True)
    to_inverse = np.concatenate([to_steps, np.zeros(q.shape)], axis=2) + to_q * seen.point
    to_matrix = -np.einsum("pki,pkl,pjl->pij", seen.inverse, to_inverse, seen.inverse)
    out, corners = np.zeros(clip.shape), faces[fragments.triangle[seen.pixels]]
    grad_corners = np.insert(to_matrix.transpose(0, 2, 1), 2, 0, axis=2)
    np.add.at(out, (seen.pixels[0][:, None], corners), grad_corners)
    return out.astype(like(clip))


def attribute_derivatives(
    attributes: Array, faces: Ints, fragments: Fragments, derivatives: Array
) -> Array:
    """How attributes change from pixel to pixel, as `cpu.attribute_derivatives`."""
    values, _, seen = corner_values(attributes, faces, fragments)
    out = np.zeros((*fragments.triangle.shape, attributes.shape[2], 2))
    out[seen] = np.einsum("pka,pkd->pad", values, _of_three(derivatives, fragments)[seen])
    return out.astype(like(attributes))


def attribute_derivatives_backward(
    attributes: Array, faces: Ints, fragments: Fragments, derivatives: Array, grad: Array
) -> tuple[Array, Array]:
    """The gradients of attributes and derivatives, as `cpu.attribute_derivatives_backward`."""
    values, _, seen = corner_values(attributes, faces, fragments)
    slopes = _of_three(derivatives, fragments)[seen]
    shape = *fragments.triangle.shape, attributes.shape[2], 2
    grad = plain("grad", grad, shape, np.float64)[seen]
    out, image = np.zeros(attributes.shape), seen[0] % len(attributes)
    for k in range(3):
        there = image, faces[fragments.triangle[seen], k]
        np.add.at(out, there, np.einsum("pad,pd->pa", grad, slopes[:, k]))
    to_three = np.einsum("pka,pad->pkd", values, grad)
    to_slopes = np.zeros((*fragments.triangle.shape, 2, 2))
    to_slopes[seen] = to_three[:, :2] - to_three[:, 2:]
    return out.astype(like(attributes)), to_slopes.astype(like(attributes))


def _of_three(derivatives: Array, fragments: Fragments) -> Floats:
    """(N, H, W, 3, 2): those of the third barycentric, too; all three sum to 0."""
    shape = *fragments.triangle.shape, 2, 2
    two = plain("derivatives", derivatives, shape, np.float64)
    return np.concatenate([two, -two.sum(axis=3, keepdims=True)], axis=3)


def _inverse(corners: Floats) -> tuple[Floats, Array]:
    """M^-1 of P triangles' corners (P, 3, 3), 0 where there is none, and where that is.

    By Cramer's rule: a LAPACK with threads stalls on a busy machine.
    """
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    rows = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
    determinant = (rows[:, 0] * a).sum(axis=1)
    flat = determinant == 0
    scale = np.where(flat, 0, 1 / np.where(flat, 1, determinant))
    return rows * scale[:, None, None], flat


class _Seen(NamedTuple):
    """What P pixels see.

    Attributes:
        pixels: their image, row and column.
        point: (P, 1, 3) u, v, 1.
        inverse: (P, 3, 3).
        q: (P, 3, 1).
        whole: (P, 1, 1) the sum of q.
        steps: (P, 3, 2) how q changes with u and v.
        steps_whole: (P, 1, 2) their sum.
        loose: (P,) whether the triangle is thinner than the snapping of its corners.
        per_pixel: (2,) steps of u to the right and of v down.
    """

    pixels: tuple[Array, ...]
    point: Floats
    inverse: Floats
    q: Floats
    whole: Floats
    steps: Floats
    steps_whole: Floats
    loose: Array
    per_pixel: Floats

    @staticmethod
    def of(clip: Array, faces: Ints, fragments: Fragments) -> "_Seen":
        """What the fragments show of a mesh."""
        clip = plain("clip", clip, (-1, -1, 4), np.float64)
        faces = checked_faces(faces, clip.shape[1])
        triangle = checked_triangle(fragments, len(faces))
        pixels = np.nonzero(triangle >= 0)
        matrix = clip[pixels[0][:, None], faces[triangle[pixels]]][..., (0, 1, 3)]
        inverse, flat = _inverse(matrix)
        u, v = pixel_centers(triangle)
        point = np.stack([u, v, np.ones(len(u))], axis=1)[:, None]
        q = (inverse * point).sum(axis=2, keepdims=True)
        whole, steps = q.sum(axis=1, keepdims=True), inverse[:, :, :2]
        whole[flat] = 1
        loose = flat | ((q / whole).min(axis=(1, 2)) < -LOOSE)
        per_pixel = np.array([2, -2]) / fragments.size
        steps_whole = steps.sum(axis=1, keepdims=True)
        return _Seen(pixels, point, inverse, q, whole, steps, steps_whole, loose, per_pixel)
