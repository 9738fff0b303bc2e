"""Light from all around, and what surfaces of each roughness see of it.

The light is an octahedral image of linear radiance (`octahedron`). Filtering is a constant matrix
per roughness whose rows sum to one, with exact solid angles, so a white surround stays exactly
white; its gradient is the same matrix transposed.
"""

from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lightmould.engine.fused import lobes
from lightmould.engine.shell import harmonics
from lightmould.engine.texturing import octahedron
from lightmould.model.arrays import Floats
from lightmould.raster.fragments import Singles
from lightmould.rigs import studio

SIDE = 32
"""Texels along the square of the light that is fitted: about 6 degrees each."""

ROUGHNESSES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Evenly spaced, so that a roughness is also a coordinate between the filtered images."""

LEAST = 0.2
"""Share of the mean radiance below which no guess of a light begins."""

PARTS = 3
"""Samples along a texel's side when lobes are measured, as the narrow ones fit between centers."""


def even(radiance: float) -> Singles:
    """(SIDE, SIDE, 3) the same light from everywhere."""
    return np.full((SIDE, SIDE, 3), radiance, np.float32)


def of_harmonics(light: Singles) -> Singles:
    """The radiance (SIDE, SIDE, 3) that surfaces would see as this irradiance / pi.

    Args:
        light: (9, 3) of `shell.harmonics`.

    Source: Ramamoorthi and Hanrahan 2001, "An efficient representation for irradiance
    environment maps", eq. 8; the bands pass by 1, 2/3 and 1/4.
    """
    toward = octahedron.directions(SIDE).reshape(-1, 3)
    passed = np.repeat([1.0, 2 / 3, 1 / 4], [1, 3, 5])
    radiance = harmonics(toward) @ (light / passed[:, None])
    # The second band is uncertain, and may well be below zero somewhere.
    least = LEAST * max(float(light[0].mean()), 1e-6)
    return np.asarray(np.maximum(radiance, least).reshape(SIDE, SIDE, 3), np.float32)


def filtered(light: Singles) -> Singles:
    """What surfaces see of a light.

    Args:
        light: (SIDE, SIDE, 3) linear radiance.

    Returns:
        (1 + R, SIDE + 2, SIDE + 2, 3): irradiance / pi by normal, then radiance by the direction
        of reflection for each roughness; each with its border.
    """
    flat = light.reshape(-1, 3)
    diffuse, *glossy = lobes.applied(_operators(), flat)
    images = np.stack([diffuse, flat, *glossy])
    framed = images[:, octahedron.border(SIDE)]
    return np.ascontiguousarray(framed.reshape(len(images), SIDE + 2, SIDE + 2, 3))


def filtered_backward(grad: Singles) -> Singles:
    """The gradient (SIDE, SIDE, 3) of the light from that of `filtered`'s images."""
    framed = grad.reshape(len(grad), -1, 3)
    images = np.zeros((len(grad), SIDE * SIDE, 3), np.float32)
    inside = octahedron.frame(SIDE)
    images[:, octahedron.border(SIDE)[inside]] = framed[:, inside]
    for image, values in zip(images, framed[:, ~inside], strict=True):
        np.add.at(image, octahedron.border(SIDE)[~inside], values)
    total = images[1] + lobes.applied_transposed(_operators(), np.delete(images, 1, axis=0))
    return np.asarray(total.reshape(SIDE, SIDE, 3), np.float32)


def probe(light: Singles, height: int) -> Singles:
    """The light as a lat-long image (height, 2 height, 3), as the engine's look-ups see it.

    Its center looks along -Z, its right quarter along +X, its top along +Y.
    """
    framed = light.reshape(-1, 3)[octahedron.border(SIDE)].reshape(SIDE + 2, SIDE + 2, 3)
    where = octahedron.places(studio.directions(height), SIDE) + 0.5
    rows_and_columns = where[..., ::-1].transpose(2, 0, 1)
    channels = [
        ndimage.map_coordinates(framed[..., c], rows_and_columns, order=1) for c in range(3)
    ]
    return np.asarray(np.stack(channels, axis=-1), np.float32)


def of_probe(image: Floats | Singles) -> Singles:
    """A lat-long image (H, 2 H, 3) as a light: the mean over every texel, energy kept."""
    height = image.shape[0]
    toward = studio.directions(height).reshape(-1, 3)
    rows = np.cos(np.pi * np.arange(height + 1) / height)
    weight = np.repeat(rows[:-1] - rows[1:], image.shape[1])
    column, row = np.minimum(octahedron.places(toward, SIDE).astype(int), SIDE - 1).T
    texel = row * SIDE + column
    # A coarse image may miss a texel between its pixels; what lies there is looked up instead.
    weights = np.bincount(texel, weight, SIDE * SIDE)
    sums = [np.bincount(texel, weight * image[..., c].reshape(-1), SIDE * SIDE) for c in range(3)]
    found = np.stack(sums, axis=1) / np.where(weights > 0, weights, 1.0)[:, None]
    missed = octahedron.directions(SIDE).reshape(-1, 3)[weights == 0]
    found[weights == 0] = _latlong_at(image, missed)
    return np.asarray(found.reshape(SIDE, SIDE, 3), np.float32)


def _latlong_at(image: Floats | Singles, toward: Floats) -> Floats:
    height, width = image.shape[:2]
    row = np.arccos(np.clip(toward[:, 1], -1, 1)) / np.pi * height
    column = (np.arctan2(toward[:, 0], -toward[:, 2]) / (2 * np.pi) + 0.5) * width
    nearest = np.clip(row.astype(int), 0, height - 1), column.astype(int) % width
    return cast(Floats, image[nearest])


@cache
def split_sum(side: int = 64, samples: int = 256) -> Singles:
    """(side, side, 2) scale and bias of F0, by roughness (rows) and n.v (columns).

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
    return np.asarray(np.stack([scale, bias], axis=-1), np.float32)


@cache
def _operators() -> Singles:
    """(R, N, N) from the light to what is seen of it: diffuse, then each roughness above 0."""
    toward = octahedron.directions(SIDE).reshape(-1, 3)
    samples = octahedron.directions(SIDE, PARTS)
    weight = octahedron.solid_angles(SIDE).reshape(-1)
    lobe = samples.reshape(-1, PARTS * PARTS, 3)
    kinds = (None, *ROUGHNESSES[1:])
    return np.stack([lobes.operator(toward, lobe, weight, roughness) for roughness in kinds])


def _radical_inverse(count: int) -> NDArray[np.float64]:
    """The first numbers of the van der Corput sequence in base two."""
    digits = np.arange(count)[:, None] >> np.arange(16) & 1
    return digits @ 0.5 ** np.arange(1.0, 17.0)
