"""Shading of textured points in plain torch: the slow twin of `fused.shade`.

Split-sum shading: no shadows and no light from one part of the object to another; what there is
of them in the pictures ends up in the albedo.

Source: Karis 2013, "Real shading in Unreal Engine 4".
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lightmould.engine.texturing.light import split_sum
from lightmould.engine.texturing.points import PointDifference, PointLook, Points
from lightmould.raster.fragments import Singles

TONE = 1e-3


def point_difference(
    points: Points, look: PointLook, every: tuple[int, int], softness: float
) -> PointDifference:
    """The loss of some of the points, and its gradients, in double precision.

    Args:
        points: sorted by band.
        look: what they look like.
        every: (n, k) looks at points k, k + n, k + 2 n, ... of each band.
        softness: where squares turn into absolute values.
    """
    step, offset = every
    chosen = [np.arange(a + offset, b, step) for a, b in pairwise(points.starts)]
    rows = _double(points.rows[np.concatenate(chosen)])
    texture, images = _double(look.texture).requires_grad_(), _double(look.images).requires_grad_()
    color = shade(rows, texture, images, _double(split_sum()))
    loss = difference(color, rows[:, 12:15], softness)
    loss.backward()
    return PointDifference(float(loss.detach()), _gradient(texture), _gradient(images))


def shade(rows: Tensor, texture: Tensor, light: Tensor, table: Tensor) -> Tensor:
    """(P, 3) linear radiance toward the eye.

    Args:
        rows: (P, 16) of `points.Points`.
        texture: (S, S, 8) channels of `shading`.
        light: (1 + R, N, N, 3) of `light.filtered`.
        table: (T, T, 2) of `light.split_sum`.
    """
    normal, tangent, hand, eye = rows[:, 2:5], rows[:, 5:8], rows[:, 8:9], rows[:, 9:12]
    size = texture.shape[0]
    texel = _bilinear(texture, rows[:, 0] * size, (1 - rows[:, 1]) * size)
    bitangent = hand * normal.cross(tangent, dim=1)
    bent = functional.normalize(normal + texel[:, 5:6] * tangent + texel[:, 6:7] * bitangent, dim=1)
    cosine = (bent * eye).sum(dim=1, keepdim=True)
    diffuse = _look_up(light[0], bent)
    specular = _glossy(light[1:], 2 * cosine * bent - eye, texel[:, 3])
    facing, side = cosine[:, 0].clamp(0, 1), table.shape[0]
    scale_bias = _bilinear(table, facing * side, texel[:, 3] * side)
    albedo, metallic, occlusion = texel[:, :3], texel[:, 4:5], texel[:, 7:8]
    free = rows[:, 15:16]
    # What hides the light looks much like the point itself.
    specular = free * specular + (1 - free) * albedo * diffuse
    f0 = 0.04 * (1 - metallic) + albedo * metallic
    mirror = specular * (f0 * scale_bias[:, :1] + scale_bias[:, 1:])
    # What the clear surface above reflects, the paint below does not get.
    under = 1 - (0.04 * scale_bias[:, :1] + scale_bias[:, 1:])
    color: Tensor = albedo * (1 - metallic) * (1 - occlusion) * under * diffuse + mirror
    return color


def difference(color: Tensor, truth: Tensor, softness: float) -> Tensor:
    """Mean loss of points: softened absolute difference on a square-root tone curve.

    Args:
        color: (P, 3) linear.
        truth: (P, 3) linear; where it is white, brighter is no error.
        softness: where squares turn into absolute values.
    """
    off = (color.clamp_min(0) + TONE).sqrt() - (truth + TONE).sqrt()
    each = (off.square() + softness).sqrt() - softness**0.5
    burnt = (truth >= 0.999) & (color > truth)
    loss: Tensor = each.masked_fill(burnt, 0.0).sum(dim=1).mean()
    return loss


def _glossy(levels: Tensor, toward: Tensor, roughness: Tensor) -> Tensor:
    """(P, 3) filtered radiance between the two nearest roughnesses."""
    place = (roughness * (len(levels) - 1)).clamp(0, len(levels) - 1)
    below = place.detach().floor().clamp(max=len(levels) - 2).long()
    share = (place - below)[:, None]
    seen = [_look_up(level, toward) for level in levels]
    near = functional.one_hot(below, len(levels)).to(toward)
    far = functional.one_hot(below + 1, len(levels)).to(toward)
    total: Tensor = toward * 0
    for index, color in enumerate(seen):
        weight = near[:, index, None] * (1 - share) + far[:, index, None] * share
        total = total + weight * color
    return total


def _look_up(image: Tensor, toward: Tensor) -> Tensor:
    """(P, 3) bilinear samples of an octahedral image with a border."""
    side = image.shape[0] - 2
    flat = toward / toward.abs().sum(dim=1, keepdim=True)
    u, y, v = flat.unbind(dim=1)
    left = u.detach() < 0
    front = v.detach() < 0
    folded_u = (1 - v.abs()) * (1 - 2 * left.to(u))
    folded_v = (1 - u.abs()) * (1 - 2 * front.to(v))
    below = y.detach() < 0
    u, v = u.where(~below, folded_u), v.where(~below, folded_v)
    return _bilinear(image, (u * 0.5 + 0.5) * side + 1, (v * 0.5 + 0.5) * side + 1)


def _bilinear(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """(P, C) samples of an image (H, W, C) at places in texels; its border continues."""
    height, width = image.shape[:2]
    x, y = (x - 0.5).clamp(0, width - 1), (y - 0.5).clamp(0, height - 1)
    column = x.detach().floor().clamp(max=width - 2).long()
    row = y.detach().floor().clamp(max=height - 2).long()
    s, t = (x - column)[:, None], (y - row)[:, None]
    upper = image[row, column] * (1 - s) + image[row, column + 1] * s
    lower = image[row + 1, column] * (1 - s) + image[row + 1, column + 1] * s
    between: Tensor = upper * (1 - t) + lower * t
    return between


def _double(values: Singles) -> Tensor:
    return torch.from_numpy(values.astype(np.float64))


def _gradient(leaf: Tensor) -> Singles:
    if leaf.grad is None:  # nothing depended on it
        return np.zeros(leaf.shape, np.float32)
    return np.asarray(leaf.grad.numpy(), np.float32)
