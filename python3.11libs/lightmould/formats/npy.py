"""The header of NumPy's .npy, without NumPy's reader: nothing in it is evaluated.

Read is the form that NumPy writes, of arrays of numbers in C order.

Source: NumPy's NEP 1 and `numpy.lib.format`.
"""

import re
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from lightmould.errors import FormatError

LONGEST = 1 << 14
"""Bytes of a header, more than arrays of numbers can want."""

_MAGIC = b"\x93NUMPY"
_FIX = "Write the file again with `numpy.save` or `numpy.savez`."
_FORM = re.compile(
    r"\{'descr': '(?P<descr>[^']*)', 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>(?:-?\d{1,19}(?:, ?|(?=\))))*)\),? ?\} *\n?"
)
_NUMBERS = re.compile(r"[<|](b1|[iu][1248]|f[248])")
_MOST_AXES = 8


@dataclass(frozen=True, slots=True)
class Header:
    """What an .npy says before its elements.

    Attributes:
        dtype: little-endian numbers.
        shape: of the array; nothing says yet that its elements are there.
        length: bytes of the header.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    length: int


def read(data: bytes, where: str) -> Header:
    """The header that data begins with.

    Args:
        data: the first `LONGEST` bytes, or all if there are fewer.
        where: the file, for errors.

    Raises:
        FormatError: it is not a header of numbers in C order.
    """
    wide = data[6:7] in (b"\2", b"\3")  # versions 2 and 3 have a longer length
    if not data.startswith(_MAGIC) or data[6:8] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise FormatError(where, f"bytes {data[:8]!r}", "an array in .npy form", _FIX)
    begin = 12 if wide else 10
    length = begin + int.from_bytes(data[8:begin], "little")
    form = _FORM.fullmatch(data[begin:length].decode("latin-1"))
    if form is None or length > len(data):
        found = f"the header {data[begin : min(length, begin + 60)]!r}"
        raise FormatError(where, found, "a header as NumPy writes it, of an array", _FIX)
    if not _NUMBERS.fullmatch(form["descr"]):
        raise FormatError(where, f"elements of type {form['descr']!r}", "plain numbers", _FIX)
    if form["fortran"] == "True":
        raise FormatError(where, "an array in Fortran's order", "C order", _FIX)
    shape = tuple(int(side) for side in form["shape"].replace(",", " ").split())
    if min(shape, default=0) < 0 or len(shape) > _MOST_AXES:
        raise FormatError(where, f"the shape {shape}", f"{_MOST_AXES} axes at most, none < 0", _FIX)
    return Header(np.dtype(form["descr"]), shape, length)


def write(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """The header of an array in C order."""
    form = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    text = str(form)
    padding = -(len(text) + 11) % 64  # NumPy aligns elements, and so do others that map files
    data = f"{text}{' ' * padding}\n".encode()
    return _MAGIC + b"\1\0" + len(data).to_bytes(2, "little") + data


def size_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Bytes of an array's elements, however absurd."""
    return prod(shape) * dtype.itemsize
