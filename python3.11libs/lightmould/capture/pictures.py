"""The arrays of a frame: what can be drawn, of which kind, and how large."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import SettingsError

Arrays: TypeAlias = dict[str, NDArray[Any]]

KINDS: dict[str, tuple[tuple[int, ...], Any, float]] = {
    "color": ((3,), np.uint8, 0),
    "depth": ((), np.float32, np.inf),
    "normal": ((3,), np.float32, 0),
    "uv": ((2,), np.float32, np.nan),
    "depth_code": ((), np.uint16, 0),
    "normal_code": ((3,), np.uint8, 0),
    "id": ((), np.uint16, 0),
}
"""Channels, type and what is where nothing is seen, of all that can be drawn."""

LARGEST = 2**27
"""Pixels of a picture; some gigabytes are needed to draw one."""


def blank(size: tuple[int, int], names: Sequence[str]) -> Arrays:
    """Arrays to be drawn into, by the names of `KINDS`.

    Args:
        size: (width, height) pixels.
        names: which.

    Raises:
        SettingsError: the pictures are too large to be drawn.
    """
    check_size(size)
    width, height = size
    kinds = {name: KINDS[name] for name in names}
    return {
        name: np.zeros((height, width, *channels), dtype)
        for name, (channels, dtype, _) in kinds.items()
    }


def check_size(size: tuple[int, int]) -> None:
    """Refuse pictures that are too large to be drawn, before there is no memory for them.

    Raises:
        SettingsError: naming the (width, height).
    """
    width, height = size
    if width * height > LARGEST:
        found, wanted = f"{width} x {height} pixels", f"{LARGEST} in all, at most"
        raise SettingsError("a picture's size", found, wanted, "Make it smaller.")
