"""Frames as files."""

import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, TypeAlias, cast

from numpy.typing import NDArray

from lightmould.capture.frame import Output
from lightmould.errors import SettingsError
from lightmould.formats import npy, png

Numbers: TypeAlias = Literal["png", "npy"]


@dataclass(frozen=True, slots=True)
class Coding:
    """How numbers become files.

    Attributes:
        numbers: of depth and normals: "png" is 16-bit depth and 8-bit normals, "npy" is float32.
        depth_scale: of depth in PNG, a metre; 1000 is millimetres.
    """

    numbers: Numbers = "png"
    depth_scale: float = 1000.0

    def __post_init__(self) -> None:
        if not (isfinite(self.depth_scale) and self.depth_scale > 0):
            found = f"{self.depth_scale}"
            raise SettingsError("depth_scale", found, "a number above 0", "Correct it.")

    def array_of(self, output: Output) -> str:
        """What the renderer is to fill for an output, by its name there."""
        coded = self.numbers == "png" and output in ("depth", "normal")
        return f"{output}_code" if coded else output

    def suffix(self, output: Output) -> str:
        """Of an output's files; colors are always PNG, uvs never."""
        if output in ("color", "id"):
            return ".png"
        return ".npy" if output == "uv" else f".{self.numbers}"


def encode(pixels: NDArray[Any], suffix: str) -> bytes:
    """A file's bytes.

    Args:
        pixels: (H, W) or (H, W, C).
        suffix: ".png" or ".npy".
    """
    if suffix == ".npy":
        return npy.write(pixels.dtype, pixels.shape) + pixels.tobytes()
    return png.write(pixels[..., None] if pixels.ndim == 2 else pixels, DEFLATE)


def is_whole(data: bytes, suffix: str) -> bool:
    """Whether a file was written to its end."""
    if suffix == ".png":
        return png.is_whole(data)
    head = npy.read(data[: npy.LONGEST], "a frame")
    return len(data) == head.length + npy.size_of(head.shape, head.dtype)


def _deflate() -> Callable[[Any], bytes]:
    """ISA-L's, ten times as fast as zlib; zlib's where that is not installed."""
    try:
        isal_zlib = importlib.import_module("isal.isal_zlib")
    except ImportError:
        return lambda data: zlib.compress(data, 1)
    return lambda data: cast(bytes, isal_zlib.compress(data, 1))


DEFLATE = _deflate()
