"""Light from all around as a small lat-long image, and what surfaces of each roughness see of it.

The image's center looks along -Z, its right quarter along +X, its top along +Y; linear radiance.
Filtering is a constant matrix per roughness whose rows sum to one, with exact solid angles, so a
white surround stays exactly white.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lightmould.model.arrays import Floats
from lightmould.rigs import studio

SHAPE = (18, 36)
"""Rows and columns of the light that is fitted: 10 degrees a texel."""

ROUGHNESSES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Evenly spaced, so that a roughness is also a coordinate between the filtered images."""


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """A light as surfaces see it.

    Attributes:
        diffuse: (1, 3, 1, H, W) irradiance / pi toward each normal.
        specular: (1, 3, R, H, W) radiance toward each reflection, by roughness.
    """

    diffuse: Tensor
    specular: Tensor


def solid_angles(shape: tuple[int, int]) -> Floats:
    """(H, W) steradians of the texels of a lat-long image; they sum to 4 pi."""
    rows, columns = shape
    bands = -np.diff(np.cos(np.pi * np.arange(rows + 1) / rows))
    return np.repeat(bands[:, None] * 2 * np.pi / columns, columns, axis=1)


def filtered(light: Tensor) -> Filtered:
    """What diffuse and glossy surfaces see of a light (18, 36, 3)."""
    flat = light.reshape(-1, 3)
    diffuse, *specular = [matrix @ flat for matrix in _operators()]
    return Filtered(_image([diffuse]), _image([flat, *specular]))


def look_up(image: Tensor, toward: Tensor, roughness: Tensor | None = None) -> Tensor:
    """Samples of a filtered light.

    Args:
        image: (1, 3, R, H, W) of `Filtered`.
        toward: (P, 3) unit directions.
        roughness: (P,) 0 to 1; None for the diffuse image.

    Returns:
        (P, 3) radiance, smooth in both arguments.
    """
    _, _, _, rows, columns = image.shape
    # Half a texel is kept from the poles, where the angle's derivative is infinite.
    polar = torch.acos(toward[:, 1].clamp(-0.9999, 0.9999)) / np.pi
    around = torch.atan2(toward[:, 0], -toward[:, 2]) / (2 * np.pi) + 0.5
    x = (around * columns + 1) / (columns + 2) * 2 - 1
    y = polar.clamp(0.5 / rows, 1 - 0.5 / rows) * 2 - 1
    z = torch.zeros_like(x) if roughness is None else roughness * 2 - 1
    # Texel centers bound the roughness axis, texel edges the two others.
    depth = image.shape[2]
    z = z * (depth - 1) / depth
    wrapped = functional.pad(image, (1, 1, 0, 0, 0, 0), mode="circular")
    where = torch.stack([x, y, z], dim=1)[None, :, None, None]
    found = functional.grid_sample(wrapped, where, align_corners=False, padding_mode="border")
    return found[0, :, :, 0, 0].T


@cache
def split_sum(side: int = 64, samples: int = 256) -> Tensor:
    """(1, 2, side, side) scale and bias of F0, by roughness (rows) and n.v (columns).

    Source: Karis 2013, "Real shading in Unreal Engine 4", with the height-correlated Smith term
    of Heitz 2014; alpha is roughness squared.
    """
    cosine = ((np.arange(side) + 0.5) / side)[None, :, None]
    alpha = (((np.arange(side) + 0.5) / side) ** 2)[:, None, None]
    first = ((np.arange(samples) + 0.5) / samples)[None, None]
    second = _radical_inverse(samples)[None, None]
    half_cosine = np.sqrt((1 - second) / (1 + (alpha**2 - 1) * second))
    half_sine = np.sqrt(1 - half_cosine**2)
    view_half = np.sqrt(1 - cosine**2) * half_sine * np.cos(2 * np.pi * first)
    view_half = view_half + cosine * half_cosine
    light_cosine = 2 * view_half * half_cosine - cosine
    lit = (light_cosine > 0) & (view_half > 0)
    light_cosine = np.clip(light_cosine, 1e-6, 1)
    view_half = np.clip(view_half, 1e-6, 1)
    masking = cosine * np.sqrt(light_cosine**2 * (1 - alpha**2) + alpha**2)
    masking = masking + light_cosine * np.sqrt(cosine**2 * (1 - alpha**2) + alpha**2)
    weight = np.where(lit, 2 * light_cosine * cosine / masking * view_half, 0)
    weight = weight / (half_cosine * cosine)
    fresnel = (1 - view_half) ** 5
    scale, bias = (weight * (1 - fresnel)).mean(-1), (weight * fresnel).mean(-1)
    return torch.from_numpy(np.stack([scale, bias])[None].astype(np.float32))


@cache
def _operators() -> tuple[Tensor, ...]:
    """Matrices from the light to what is seen of it: diffuse, then each roughness above 0."""
    toward = studio.directions(SHAPE[0]).reshape(-1, 3)
    weight = solid_angles(SHAPE).reshape(-1)
    cosine = np.clip(toward @ toward.T, 0.0, 1.0)
    lobes = [cosine]
    lobes += [cosine * _ggx(np.sqrt((1 + cosine) / 2), r**2) for r in ROUGHNESSES[1:]]
    return tuple(_normalized(lobe * weight) for lobe in lobes)


def _ggx(half_cosine: Floats, alpha: float) -> Floats:
    """Trowbridge-Reitz distribution without its constant."""
    return (half_cosine**2 * (alpha**2 - 1) + 1) ** -2.0


def _normalized(rows: Floats) -> Tensor:
    return torch.from_numpy((rows / rows.sum(axis=1, keepdims=True)).astype(np.float32))


def _image(levels: list[Tensor]) -> Tensor:
    return torch.stack(levels).reshape(len(levels), *SHAPE, 3).permute(3, 0, 1, 2)[None]


def _radical_inverse(count: int) -> NDArray[np.float64]:
    """The first numbers of the van der Corput sequence in base two."""
    digits = np.arange(count)[:, None] >> np.arange(16) & 1
    return digits @ 0.5 ** np.arange(1.0, 17.0)
