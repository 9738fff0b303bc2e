"""PNG without any image library: what it says before its pixels, and written fast.

Written is one filter and a quick deflate, for sequences, where encoding outlasts rendering: each
row is stored as its difference from the row above. For pictures of surfaces that is nearly as small
as the best choice, and costs one subtraction.

Source: PNG specification, third edition: 5.2 signature, 5.3 chunks, 9.2 filters, 11.2.1 IHDR.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import FormatError, SettingsError

LENGTH = 33
"""Bytes that hold all of it."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
_UP = 2
_KINDS = {1: 0, 3: 2, 4: 6}  # what IHDR calls pictures, by their number of channels
_CHANNELS = {0: "gray", 2: "RGB", 3: "a palette", 4: "gray with alpha", 6: "RGBA"}


@dataclass(frozen=True, slots=True)
class Header:
    """A PNG's picture.

    Attributes:
        size: (width, height) pixels.
        bits: of each channel.
        channels: in words, "RGBA" for example.
    """

    size: tuple[int, int]
    bits: int
    channels: str


def header(start: bytes, source: PurePath) -> Header:
    """What the first `LENGTH` bytes of a PNG say.

    Raises:
        FormatError: they are of no PNG.
    """
    whole = len(start) >= LENGTH and start.startswith(_SIGNATURE) and start[12:16] == b"IHDR"
    if not whole or start[25] not in _CHANNELS:
        raise FormatError(source, "no PNG header", "a PNG", "Make the picture anew.")
    width, height, bits, kind = struct.unpack(">IIBB", start[16:26])
    return Header((width, height), bits, _CHANNELS[kind])


def write(
    pixels: NDArray[Any], deflate: Callable[[Any], bytes] = lambda data: zlib.compress(data, 1)
) -> bytes:
    """A PNG.

    Args:
        pixels: (H, W, C) uint8 or uint16; C is 1 gray, 3 RGB, 4 RGBA with straight alpha.
        deflate: makes a zlib stream.

    Raises:
        SettingsError: pixels of another type or shape.
    """
    bits = {"uint8": 8, "uint16": 16}.get(str(pixels.dtype))
    if bits is None or pixels.ndim != 3 or pixels.shape[2] not in _KINDS or not pixels.size:
        found = f"{pixels.dtype} of shape {pixels.shape}"
        wanted = "uint8 or uint16 of shape (H, W, 1, 3 or 4)"
        raise SettingsError("a PNG's pixels", found, wanted, "Convert them.")
    height, width, channels = pixels.shape
    wide = pixels if bits == 8 else pixels.astype(">u2")
    flat = np.ascontiguousarray(wide).view(np.uint8).reshape(height, -1)
    rows = np.zeros((height, 1 + flat.shape[1]), np.uint8)
    rows[:, 0] = _UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    head = struct.pack(">IIBBBBB", width, height, bits, _KINDS[channels], 0, 0, 0)
    return b"".join((_SIGNATURE, _chunk(b"IHDR", head), _chunk(b"IDAT", deflate(rows)), _END))


def is_whole(data: bytes) -> bool:
    """Whether a file has a PNG's beginning and its end: it was not cut off."""
    return data.startswith(_SIGNATURE) and data.endswith(_END)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)))
