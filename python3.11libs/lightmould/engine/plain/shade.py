"""Shading of textured points in plain torch: the slow twin of `fused.shade`.

Split-sum shading: no shadows and no light from one part of the object to another; what there is
of them in the pictures ends up in the albedo.

Source: Karis 2013, "Real shading in Unreal Engine 4".
"""

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from lightmould.engine.plain.place import Place
from lightmould.engine.texturing.light import split_sum
from lightmould.engine.texturing.points import PointDifference, PointLook, Points

TONE = 1e-3

PIECE = 2**20
"""Points that are looked at together: automatic differentiation remembers every step of each."""


def point_difference(
    points: Points, look: PointLook, every: tuple[int, int], softness: float, place: Place
) -> PointDifference:
    """The loss of some of the points, and its gradients.

    Args:
        points: sorted by band.
        look: what they look like.
        every: (n, k) looks at points k, k + n, k + 2 n, ... of each band.
        softness: where squares turn into absolute values.
        place: where.
    """
    step, offset = every
    known, table = place.kept("points", points.rows), place.kept("table", split_sum())
    texture, images = place.leaf(look.texture), place.leaf(look.images)
    bands = [
        torch.arange(first + offset, max(first + offset, last), step, device=place.device)
        for first, last in pairwise(points.starts.tolist())
    ]
    chosen = torch.cat(bands)
    total = torch.zeros((), dtype=place.dtype, device=place.device)
    for piece in chosen.split(PIECE):
        rows = known.index_select(0, piece).to(place.dtype)
        color = shade(rows, texture, images, table.to(place.dtype))
        loss = difference(color, rows[:, 12:15], softness) / max(len(chosen), 1)
        loss.backward()
        total += loss.detach()
    gradients = place.gradient(texture), place.gradient(images)
    return PointDifference(place.number(total), *gradients)


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
    only = torch.zeros_like(rows[:, 0], dtype=torch.long)
    texel = _bilinear(texture[None], only, rows[:, 0] * size, (1 - rows[:, 1]) * size)
    bitangent = hand * normal.cross(tangent, dim=1)
    bent = functional.normalize(normal + texel[:, 5:6] * tangent + texel[:, 6:7] * bitangent, dim=1)
    cosine = (bent * eye).sum(dim=1, keepdim=True)
    diffuse = _look_up(light, only, bent)
    specular = _glossy(light[1:], 2 * cosine * bent - eye, texel[:, 3])
    facing, side = cosine[:, 0].clamp(0, 1), table.shape[0]
    scale_bias = _bilinear(table[None], only, facing * side, texel[:, 3] * side)
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
    """The losses of points, added up: softened absolute difference on a square-root tone curve.

    Args:
        color: (P, 3) linear.
        truth: (P, 3) linear; where it is white, brighter is no error.
        softness: where squares turn into absolute values.
    """
    off = (color.clamp_min(0) + TONE).sqrt() - (truth + TONE).sqrt()
    each = (off.square() + softness).sqrt() - softness**0.5
    burnt = (truth >= 0.999) & (color > truth)
    loss: Tensor = each.masked_fill(burnt, 0.0).sum()
    return loss


def _glossy(levels: Tensor, toward: Tensor, roughness: Tensor) -> Tensor:
    """(P, 3) filtered radiance between the two nearest roughnesses."""
    place = (roughness * (len(levels) - 1)).clamp(0, len(levels) - 1)
    below = place.detach().floor().clamp(max=len(levels) - 2).long()
    share = (place - below)[:, None]
    seen: Tensor = _look_up(levels, below, toward) * (1 - share)
    return seen + _look_up(levels, below + 1, toward) * share


def _look_up(images: Tensor, which: Tensor, toward: Tensor) -> Tensor:
    """(P, 3) bilinear samples of octahedral images with a border."""
    side = images.shape[1] - 2
    flat = toward / toward.abs().sum(dim=1, keepdim=True)
    u, y, v = flat.unbind(dim=1)
    left = u.detach() < 0
    front = v.detach() < 0
    folded_u = (1 - v.abs()) * (1 - 2 * left.to(u))
    folded_v = (1 - u.abs()) * (1 - 2 * front.to(v))
    below = y.detach() < 0
    u, v = u.where(~below, folded_u), v.where(~below, folded_v)
    return _bilinear(images, which, (u * 0.5 + 0.5) * side + 1, (v * 0.5 + 0.5) * side + 1)


def _bilinear(images: Tensor, which: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """(P, C) samples of images (N, H, W, C) at places in texels; their borders continue."""
    height, width = images.shape[1:3]
    x, y = (x - 0.5).clamp(0, width - 1), (y - 0.5).clamp(0, height - 1)
    column = x.detach().floor().clamp(max=width - 2).long()
    row = y.detach().floor().clamp(max=height - 2).long()
    s, t = (x - column)[:, None], (y - row)[:, None]
    texels, first = images.flatten(0, 2), (which * height + row) * width + column
    left, right, below_left, below_right = (
        texels.index_select(0, first + further) for further in (0, 1, width, width + 1)
    )
    upper, lower = left * (1 - s) + right * s, below_left * (1 - s) + below_right * s
    between: Tensor = upper * (1 - t) + lower * t
    return between
