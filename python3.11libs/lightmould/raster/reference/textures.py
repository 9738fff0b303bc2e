"""Lookups in textures: the slow twin of `cpu.textures` and its kernels."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster.arguments import checked_batch, checked_boundary, plain
from lightmould.raster.cube import AXES
from lightmould.raster.detail import Boundary, Detail, MipGradients
from lightmould.raster.fragments import Array
from lightmould.raster.reference.precision import like


def texture(image: Array, uv: Array, boundary: Boundary = "wrap") -> Array:
    """Bilinear lookups (N, h, w, C), as `cpu.texture`."""
    texels, finite = _texels(image, uv, boundary)
    flat = image.reshape(len(image), -1, image.shape[-1])
    out = sum(texel.weight[..., None] * flat[texel.place] for texel in texels)
    return np.where(finite[..., None], out, np.nan).astype(like(image, uv))


def texture_backward(
    image: Array, uv: Array, grad: Array, boundary: Boundary = "wrap"
) -> tuple[Array, Array]:
    """The gradients of image and uv, as `cpu.texture_backward`."""
    texels, finite = _texels(image, uv, boundary)
    flat = image.reshape(len(image), -1, image.shape[-1])
    grad = plain("grad", grad, (*uv.shape[:3], image.shape[-1]), np.float64) * finite[..., None]
    grad_flat, grad_uv = np.zeros(flat.shape), np.zeros(uv.shape)
    for texel in texels:
        np.add.at(grad_flat, texel.place, texel.weight[..., None] * grad)
        grad_uv += texel.slope * (grad * flat[texel.place]).sum(axis=-1, keepdims=True)
    dtype = like(image, uv)
    return grad_flat.reshape(image.shape).astype(dtype), grad_uv.astype(dtype)


def mip_chain(image: Array, levels: int | None = None) -> tuple[Array, ...]:
    """The image, and its means over 2 x 2 texels, 4 x 4, ..., as `cpu.mip_chain`."""
    chain = [np.asarray(image)]
    while levels is None or len(chain) < levels:
        *many, height, width, channels = chain[-1].shape
        if height == width == 1 or any(side > 1 and side % 2 for side in (height, width)):
            break
        down, right = min(height, 2), min(width, 2)
        cut = chain[-1].reshape(*many, height // down, down, width // right, right, channels)
        chain.append(cut.mean(axis=(-4, -2)))
    return tuple(chain)


def mip_chain_backward(grads: Sequence[Array]) -> Array:
    """The gradient of the image, from those of all levels, as `cpu.mip_chain_backward`."""
    whole = np.array(grads[-1])
    for grad in reversed(grads[:-1]):
        down, right = grad.shape[-3] // whole.shape[-3], grad.shape[-2] // whole.shape[-2]
        whole = grad + whole.repeat(down, axis=-3).repeat(right, axis=-2) / (down * right)
    return whole


def texture_mip(
    levels: Sequence[Array], uv: Array, detail: Detail, boundary: Boundary = "wrap"
) -> Array:
    """Trilinear lookups (N, h, w, C), as `cpu.texture_mip`: every level, weighted by a hat."""
    lod = _level_of_detail(levels[0], uv, detail, boundary)
    hats = _hats(lod, len(levels))
    looked = [texture(level, uv, boundary) for level in levels]
    return np.asarray(sum(hat[..., None] * one for hat, one in zip(hats, looked, strict=True)))


def texture_mip_backward(
    levels: Sequence[Array], uv: Array, detail: Detail, grad: Array, boundary: Boundary = "wrap"
) -> MipGradients:
    """The gradients of levels, uv and the level of detail, as `cpu.texture_mip_backward`."""
    lod = _level_of_detail(levels[0], uv, detail, boundary)
    hats = [np.nan_to_num(hat)[..., None] for hat in _hats(lod, len(levels))]
    each = [
        texture_backward(level, uv, hat * grad, boundary)
        for level, hat in zip(levels, hats, strict=True)
    ]
    looked = np.stack([texture(level, uv, boundary) for level in levels], axis=3)
    blended = (lod > 0) & (lod < len(levels) - 1)
    finer = np.where(blended, lod, 0).astype(int)[..., None, None]
    coarser = np.minimum(finer + 1, len(levels) - 1)
    step = np.take_along_axis(looked, coarser, 3) - np.take_along_axis(looked, finer, 3)
    grad_lod = np.where(blended, np.nan_to_num(step[:, :, :, 0] * grad).sum(axis=-1), 0)
    grad_uv, grad_slopes = np.sum([uv_part for _, uv_part in each], axis=0), None
    if detail.derivatives is not None:
        through_uv, grad_slopes = _detail_backward(levels[0], uv, detail, grad_lod, boundary)
        grad_uv = grad_uv + through_uv
    grad_level = None if detail.level is None else grad_lod
    return MipGradients([one for one, _ in each], grad_uv, grad_slopes, grad_level)


class _Texel(NamedTuple):
    """One of the texels that lookups (N, h, w) blend: place, weight and d weight / d uv."""

    place: tuple[Array, Array]
    weight: Floats
    slope: Floats


def _texels(image: Array, uv: Array, boundary: str) -> tuple[list[_Texel], Array]:
    """The texels around each lookup, in the flattened image; and which uv are finite."""
    checked_batch("image", len(image), len(uv))
    image = plain("image", image, image.shape, np.float64)
    uv = plain("uv", uv, (-1, -1, -1, 3 if boundary == "cube" else 2), np.float64)
    cube = checked_boundary(boundary) == "cube"
    finite = np.isfinite(uv).all(axis=-1) & (~cube | uv.any(axis=-1))
    face, share, steps = _onto_faces(np.where(finite[..., None], uv, 0.5), boundary)
    size = np.array(image.shape[-2:-4:-1])
    position = share * size - 0.5
    first = np.floor(position)
    after = position - first
    batch = np.broadcast_to((np.arange(len(uv)) % len(image))[:, None, None], finite.shape)
    texels = []
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        along = after[..., 0] if right else 1 - after[..., 0]
        down = after[..., 1] if below else 1 - after[..., 1]
        slope = np.stack([(2 * right - 1) * size[0] * down, (2 * below - 1) * size[1] * along], -1)
        slope = (slope[..., None] * steps).sum(axis=-2)
        here = first + np.array((right, below))
        for place, part in _places(face, here, image.shape, boundary):
            texels.append(_Texel((batch, place), part * along * down, part[..., None] * slope))
    return texels, finite


def _onto_faces(uv: Floats, boundary: str) -> tuple[Array, Floats, Floats]:
    """Each lookup's face, its place (..., 2) right and down, 0 to 1, and d place / d uv."""
    if boundary != "cube":
        steps = np.broadcast_to(np.array([(1.0, 0.0), (0.0, -1.0)]), (*uv.shape, 2))
        return np.zeros(uv.shape[:-1], int), uv * (1, -1) + (0, 1), steps
    axis = np.abs(uv).argmax(axis=-1)
    face = 2 * axis + (np.take_along_axis(uv, axis[..., None], -1)[..., 0] <= 0)
    axes = AXES[face]
    seen = (axes @ uv[..., None])[..., 0]
    outward = seen[..., 2:]
    steps = axes[..., :2, :] - seen[..., :2, None] / outward[..., None] * axes[..., 2:, :]
    return face, (seen[..., :2] / outward + 1) / 2, steps / (2 * outward[..., None])


def _places(
    face: Array, place: Array, shape: tuple[int, ...], boundary: str
) -> list[tuple[Array, Floats]]:
    """Texels of the flattened image that stand for places (..., 2), and their parts."""
    height, width = shape[-3:-1]
    size = np.array([width, height])
    if boundary == "cube":
        column, row = (place.astype(int) + 1).transpose(3, 0, 1, 2)
        corner = np.isin(column, (0, width + 1)) & np.isin(row, (0, width + 1))
        one = np.where(corner, 0.0, 1.0)
        inward_column = column + (column == 0) - (column == width + 1)
        inward_row = row + (row == 0) - (row == width + 1)
        table = _bordered(width)
        return [
            (table[face, np.where(corner, inward_row, row), column], np.where(corner, 1 / 3, one)),
            (table[face, row, np.where(corner, inward_column, column)], (1 - one) / 3),
            (table[face, inward_row, inward_column], (1 - one) / 3),
        ]
    inside = ((place >= 0) & (place < size)).all(axis=-1)
    place = place % size if boundary == "wrap" else place.clip(0, size - 1)
    flat = (place[..., 1] * width + place[..., 0]).astype(int)
    return [(flat, np.where(inside, 1.0, 0.0) if boundary == "zero" else np.ones(flat.shape))]


@cache
def _bordered(size: int) -> Ints:
    """The texels of a cube's faces with a border of one (6, size + 2, size + 2).

    A texel beyond an edge is the one of another face that is nearest to it in space.
    """
    ticks = (np.arange(size + 2) - 0.5) * 2 / size - 1
    t, s = np.meshgrid(ticks, ticks, indexing="ij")
    points = np.stack([s, t, np.ones(s.shape)], axis=-1) @ AXES[:, None]
    inner = points[:, 1:-1, 1:-1].reshape(-1, 3)
    table = np.arange(6 * size**2).reshape(6, size, size)
    table = np.pad(table, ((0, 0), (1, 1), (1, 1)))
    for face, row, column in np.ndindex(table.shape):
        if row in (0, size + 1) or column in (0, size + 1):
            away = ((inner - points[face, row, column]) ** 2).sum(axis=1)
            away[face * size**2 : (face + 1) * size**2] = np.inf
            table[face, row, column] = away.argmin()
    return table.astype(np.int32)


def _level_of_detail(image: Array, uv: Array, detail: Detail, boundary: str) -> Floats:
    """(N, h, w)."""
    lod = np.zeros(uv.shape[:3]) if detail.level is None else detail.level.astype(np.float64)
    if detail.derivatives is not None:
        footprint = _footprint(image, uv, detail.derivatives, boundary)
        known = np.isfinite(footprint).all(axis=(-1, -2))
        lengths = np.linalg.svd(np.where(known[..., None, None], footprint, 0), compute_uv=False)
        with np.errstate(divide="ignore"):
            lod = np.where(known, lod + np.log2(lengths[..., 0]), np.nan)
    return lod


def _footprint(image: Array, uv: Array, derivatives: Array, boundary: str) -> Floats:
    """The slopes (N, h, w, 2, 2) of column and row, in texels per pixel right and down."""
    steps = _onto_faces(uv.astype(np.float64), boundary)[2]
    return np.asarray((steps @ derivatives) * np.array(image.shape[-2:-4:-1])[:, None])


def _detail_backward(
    image: Array, uv: Array, detail: Detail, grad: Floats, boundary: str
) -> tuple[Floats, Floats]:
    """The gradients of uv and the derivatives.

    The longest axis l = p^T J q, with the singular vectors p, q fixed: d l = p^T dJ q.
    """
    slopes = np.asarray(detail.derivatives, np.float64)
    left, lengths, right = np.linalg.svd(_footprint(image, uv, slopes, boundary))
    longest = np.where(lengths[..., 0] > 0, lengths[..., 0], 1)
    scale = np.where(lengths[..., 0] > 0, grad / (np.log(2) * longest), 0)
    to_j = scale[..., None, None] * left[..., :, :1] * right[..., :1, :]
    to_j = to_j * np.array(image.shape[-2:-4:-1])[:, None]
    face, _, steps = _onto_faces(uv.astype(np.float64), boundary)
    to_slopes, through_uv = steps.swapaxes(-1, -2) @ to_j, np.zeros(uv.shape)
    if boundary == "cube":
        # steps = (a - q n) / 2 m, with q = 2 place - 1, m = n . uv and n the face's normal.
        to_steps, normal = to_j @ slopes.swapaxes(-1, -2), AXES[face][..., 2, :]
        outward = (normal * uv).sum(axis=-1, keepdims=True)
        for k in range(2):
            step, to_step = steps[..., k, :], to_steps[..., k, :]
            through_uv -= (to_step * normal).sum(axis=-1, keepdims=True) / outward * step
            through_uv -= (to_step * step).sum(axis=-1, keepdims=True) / outward * normal
    return through_uv, to_slopes


def _hats(lod: Floats, count: int) -> list[Floats]:
    """Each level's weight (N, h, w): 1 at its own level of detail, 0 at the next one."""
    inside = lod.clip(0, count - 1)
    return [(1 - np.abs(inside - level)).clip(0) for level in range(count)]
