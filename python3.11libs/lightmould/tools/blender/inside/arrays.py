# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Named arrays in a stretch of memory: what is said of them, checked before anything is allocated.

The standard library and NumPy, Python 3.10 and later; both sides of a stream use it.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

DTYPES = frozenset(
    {"|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8"}
)
"""Plain numbers, little-endian; no objects, no text."""

MOST = 64
"""Arrays, and letters of their names."""

_DIMENSIONS = 8
_ALIGNED = 64  # bytes; a cache line, and more than any number needs


class LayoutError(Exception):
    """Arrays are described that can't be, must not be, or don't fit."""


class Place(NamedTuple):
    """Where an array lies.

    Attributes:
        name: of the array.
        dtype: one of DTYPES.
        shape: of any length from 0 to 8.
        start: offset of its first byte.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int


class Layout(NamedTuple):
    """Where several arrays lie.

    Attributes:
        places: in order.
        size: bytes, all in all.
    """

    places: tuple[Place, ...]
    size: int

    def described(self) -> list[Any]:
        """As JSON; `read` makes a layout of it."""
        return [[place.name, place.dtype, list(place.shape)] for place in self.places]


NOTHING = Layout((), 0)


def layout(arrays: Mapping[str, Any]) -> Layout:
    """Where these arrays will lie.

    Raises:
        LayoutError: one is not an array, or of a dtype that can't be sent.
    """
    described = []
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise LayoutError(f"{name!r} is a {type(array).__name__}, not a NumPy array")
        described.append([name, array.dtype.newbyteorder("<").str, list(array.shape)])
    return read(described)


def read(described: Any) -> Layout:
    """Where arrays lie that somebody describes.

    Raises:
        LayoutError: nobody in his right mind describes arrays like this.
    """
    if not isinstance(described, list) or len(described) > MOST:
        raise LayoutError(f"not a list of at most {MOST} arrays")
    places: list[Place] = []
    end = 0
    for each in described:
        name, dtype, shape = _checked(each)
        if any(name == place.name for place in places):
            raise LayoutError(f"two arrays {name!r}")
        start = -(-end // _ALIGNED) * _ALIGNED
        end = start + math.prod(shape) * np.dtype(dtype).itemsize
        places.append(Place(name, dtype, shape, start))
    return Layout(tuple(places), end)


def put(arrays: Mapping[str, Any], where: Layout, memory: Any) -> None:
    """Copy arrays to where they are to lie; `memory` is a writable buffer of at least that size."""
    for name, view in _views(where, memory).items():
        view[...] = arrays[name]


def views(where: Layout, memory: Any) -> dict[str, Any]:
    """The arrays that lie in a buffer, without copying them.

    Raises:
        LayoutError: a truth value is neither 0 nor 1, which NumPy could not stand.
    """
    found = _views(where, memory)
    for name, array in found.items():
        if array.dtype == np.bool_ and array.size and array.view(np.uint8).max() > 1:
            raise LayoutError(f"{name!r} has truth values that are neither 0 nor 1")
    return found


def _views(where: Layout, memory: Any) -> dict[str, Any]:
    return {
        name: np.ndarray(shape, dtype, memory, start)
        if math.prod(shape)
        else np.zeros(shape, dtype)
        for name, dtype, shape, start in where.places
    }


def _checked(each: Any) -> tuple[str, str, tuple[int, ...]]:
    if not isinstance(each, list) or len(each) != 3:
        raise LayoutError("not a name, a dtype and a shape")
    name, dtype, shape = each
    if not isinstance(name, str) or not 0 < len(name) <= MOST or not name.isprintable():
        raise LayoutError(f"an array's name that is not 1 to {MOST} letters")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise LayoutError(f"{name!r} of dtype {str(dtype)[:MOST]!r}, not one of {sorted(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > _DIMENSIONS or not all(map(_length, shape)):
        raise LayoutError(f"{name!r} of no shape of at most {_DIMENSIONS} dimensions")
    return name, dtype, tuple(shape)


def _length(value: Any) -> bool:
    # Their product is compared with what has come; it must not take for ever to compute.
    return type(value) is int and 0 <= value < 1 << 48
