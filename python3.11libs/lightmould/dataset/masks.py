"""Where the object is in a picture: where its alpha, else its mask, is more than half."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.dataset.hull import Mask
from lightmould.errors import DatasetError


def of_files(color: Path, mask: Path | None) -> Mask:
    """(H, W) true on the object.

    Args:
        color: a picture, which may have alpha.
        mask: a picture of it, white on the object; not read where there is alpha.

    Raises:
        FormatError: a picture can't be decoded.
        DatasetError: there is neither alpha nor a mask.
    """
    if images.header(color).has_alpha:
        return _mostly(images.read(color, 4)[..., 3])
    if mask is None:
        raise _neither(color)
    return _mostly(images.read(mask, 3)[..., 0])


def of_arrays(color: NDArray[Any], mask: NDArray[Any] | None, where: str | Path) -> Mask:
    """(H, W) true on the object.

    Args:
        color: (H, W, 3 or 4) numbers from 0 to 1, or whole ones up to the most of their type.
        mask: (H, W) of the same.
        where: the view, for the error.

    Raises:
        DatasetError: there is neither alpha nor a mask.
    """
    if color.shape[2] == 4:
        return _mostly(color[..., 3])
    if mask is None:
        raise _neither(where)
    return _mostly(mask)


def _mostly(shares: NDArray[Any]) -> Mask:
    whole = np.iinfo(shares.dtype).max if shares.dtype.kind == "u" else 1
    return np.asarray(shares > 0.5 * whole)


def _neither(where: str | Path) -> DatasetError:
    fix = "Add masks, white on the object, or cut the object out."
    return DatasetError(where, "neither alpha nor a mask", "one of them", fix)
