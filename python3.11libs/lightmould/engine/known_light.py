"""A lat-long picture of a light as the light that the engine shades with."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lightmould.dataset import images
from lightmould.engine import light
from lightmould.errors import FormatError
from lightmould.rigs import studio

FINEST = 256
"""Rows to which larger pictures are averaged down first: texels of the engine's light are large."""


def read(path: Path, scale: float = 1.0) -> NDArray[np.float32]:
    """The light of a picture, in the form that `appearance.Look` has.

    Args:
        path: lat-long, linear radiance; its center looks along -Z, its right quarter along +X.
        scale: factor on the radiance.

    Raises:
        FormatError: it can't be decoded, or is not a light.
    """
    picture = images.read(path, 3)
    if not np.isfinite(picture).all() or picture.min() < 0 or picture.max() <= 0:
        found = "radiance that is negative, not finite or nowhere above 0"
        raise FormatError(path, found, "a lat-long picture of a light", "Name another picture.")
    return of(_even(picture)) * np.float32(scale)


def of(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean radiance of a lat-long picture (H, 2H, 3) in every texel of the engine's light."""
    rows, columns = light.SHAPE
    where = _texels(studio.directions(len(picture)).reshape(-1, 3))
    weight = light.solid_angles(picture.shape[:2]).reshape(-1)
    total = np.bincount(where, weight, rows * columns)
    flat = picture.reshape(-1, 3)
    sums = [np.bincount(where, weight * flat[:, c], rows * columns) for c in range(3)]
    mean = np.stack(sums, axis=1) / total[:, None]
    return mean.reshape(rows, columns, 3).astype(np.float32)


def _texels(toward: NDArray[np.float64]) -> NDArray[np.int64]:
    """(P,) the texel of the engine's light in which each direction lies."""
    rows, columns = light.SHAPE
    polar = np.arccos(np.clip(toward[:, 1], -1, 1)) / np.pi
    around = np.arctan2(toward[:, 0], -toward[:, 2]) / (2 * np.pi) + 0.5
    row = np.clip((polar * rows).astype(np.int64), 0, rows - 1)
    return row * columns + (around * columns).astype(np.int64) % columns


def _even(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture with `FINEST` rows and twice as many columns."""
    factor = max(1, len(picture) // FINEST)
    height, width = (side // factor for side in picture.shape[:2])
    cut = picture[: height * factor, : width * factor]
    small = cut.reshape(height, factor, width, factor, 3).mean(axis=(1, 3))
    rows = (np.arange(FINEST) + 0.5) * height / FINEST - 0.5
    columns = (np.arange(2 * FINEST) + 0.5) * width / (2 * FINEST) + 0.5
    wrapped = np.concatenate([small[:, -1:], small, small[:, :1]], axis=1)
    where = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    planes = [
        ndimage.map_coordinates(wrapped[..., c], where, order=1, mode="nearest") for c in range(3)
    ]
    return np.stack(planes, axis=-1).astype(np.float32)
