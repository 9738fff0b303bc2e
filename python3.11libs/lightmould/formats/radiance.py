"""Radiance HDR pictures, written without any image library, as a light must be in Houdini."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError


def write(picture: NDArray[np.floating[Any]]) -> bytes:
    """A picture as the bytes of a .hdr file, uncompressed.

    Args:
        picture: (H, W, 3) linear, not negative; row 0 on top.

    Raises:
        SettingsError: the shape is another, or a value is negative or not finite.

    Source: Ward 1991, "Real pixels", in Graphics Gems II: three mantissas share an exponent.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        found = f"shape {picture.shape}"
        raise SettingsError("light", found, "(H, W, 3)", "Pass an RGB picture.")
    if not np.isfinite(picture).all() or picture.min() < 0:
        raise SettingsError("light", "a negative or unbounded value", "0 or more", "Clip it.")
    height, width, _ = picture.shape
    brightest = picture.max(axis=2)
    _, exponent = np.frexp(np.maximum(brightest, 1e-38))
    scale = np.ldexp(256.0, -exponent)
    pixels = np.zeros((height, width, 4), np.uint8)
    lit = brightest > 1e-32
    pixels[lit, :3] = np.clip(picture[lit] * scale[lit][:, None], 0, 255).astype(np.uint8)
    pixels[lit, 3] = exponent[lit] + 128
    header = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n"
    return header.encode() + pixels.tobytes()
