"""sRGB and linear light, exactly.

Source: IEC 61966-2-1:1999, the piecewise curve, not the 2.2 power. Above 1 both go on along the
curve and below 0 along the straight piece, so values out of range survive there and back.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def linear_from_srgb(values: ArrayLike) -> NDArray[Any]:
    """Linear light of sRGB-encoded color.

    Args:
        values: any shape; 0 to 1 for what a screen shows. Not for alpha.

    Returns:
        The same shape; float32 stays float32, anything else becomes float64.
    """
    encoded = _floats(values)
    curve = ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, curve)


def srgb_from_linear(values: ArrayLike) -> NDArray[Any]:
    """The sRGB encoding of linear color.

    Args:
        values: any shape. Not for alpha.

    Returns:
        The same shape; float32 stays float32, anything else becomes float64.
    """
    linear = _floats(values)
    curve = 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, curve)


def _floats(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    return array if array.dtype == np.float32 else array.astype(np.float64)
