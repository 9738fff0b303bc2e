"""Arrays that enter a value are copied, checked and locked."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from lightmould.errors import SettingsError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int32]


def locked(name: str, values: ArrayLike, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """A read-only copy of `values`.

    Args:
        name: what the array is, for the error.
        values: anything numpy reads as an array.
        shape: wanted shape; -1 stands for any length.
        dtype: wanted element type.

    Raises:
        SettingsError: the shape differs, or a value is not finite or not whole where it must be.
    """
    given = np.asarray(values)
    with np.errstate(invalid="ignore"):  # the check below says it better
        array = np.array(given, dtype=dtype)
    fits = array.ndim == len(shape) and all(
        want in (-1, have) for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise SettingsError(name, f"shape {array.shape}", f"shape {shape}", "Pass that shape.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise SettingsError(name, "a value that is not finite", "finite numbers", "Remove it.")
    if array.dtype.kind == "i" and not np.array_equal(array, given):
        found = f"numbers that {array.dtype} can't hold"
        raise SettingsError(name, found, "whole numbers in its range", "Round them before.")
    array.setflags(write=False)
    return array
