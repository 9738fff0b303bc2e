"""A lat-long picture of a light as the light that the engine shades with."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine.texturing import light
from lightmould.errors import FormatError


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
    return light.of_probe(picture) * np.float32(scale)
