"""What a PNG says before its pixels, read without any image library."""

import struct
from dataclasses import dataclass
from pathlib import PurePath

from lightmould.errors import FormatError

LENGTH = 33
"""Bytes that hold all of it."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
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

    Source: W3C, Portable Network Graphics (PNG) Specification, sections 5.2 and 11.2.2.
    """
    whole = len(start) >= LENGTH and start.startswith(_SIGNATURE) and start[12:16] == b"IHDR"
    if not whole or start[25] not in _CHANNELS:
        raise FormatError(source, "no PNG header", "a PNG", "Make the picture anew.")
    width, height, bits, kind = struct.unpack(">IIBB", start[16:26])
    return Header((width, height), bits, _CHANNELS[kind])
