"""Pictures to arrays and back; the only place that knows OpenImageIO, imported at first use.

Arrays are (height, width, channels) float32, the first row on top. Files of 8 or 16 bits hold
0 to 1, and stay in the encoding they have: nothing here turns sRGB into linear. Alpha is straight
in PNG and premultiplied in EXR.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import FormatError, ToolError
from lightmould.formats.files import aside

Pixels: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture's file says before its pixels.

    Attributes:
        size: (width, height) pixels, as they lie in the file.
        channels: their names.
        floating: whether values may lie outside 0 to 1.
        bits: of each channel.
        orientation: EXIF's, 1 for upright.
    """

    size: tuple[int, int]
    channels: tuple[str, ...]
    floating: bool
    bits: int
    orientation: int

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is alpha."""
        return len(self.channels) in (2, 4)


def read(path: Path, channels: int) -> Pixels:
    """A picture's channels.

    Args:
        path: PNG, JPEG, TIFF, EXR, HDR, whatever OpenImageIO reads.
        channels: 1, 3 or 4. Gray becomes RGB, missing alpha becomes 1, alpha not asked for goes.

    Returns:
        (height, width, channels).

    Raises:
        FormatError: the file is missing, damaged, or has color where gray was asked for.
    """
    pixels, names = _decode(path, 0)
    if len(names) == channels == 4:  # nothing to change, and a copy takes as long as decoding
        return pixels
    color, alpha = pixels[..., :3], None
    if len(names) in (2, 4):
        color, alpha = pixels[..., :-1], pixels[..., -1:]
    if color.shape[2] == 1:
        color = np.repeat(color, min(channels, 3), axis=2)
    if color.shape[2] != min(channels, 3):
        found = f"{len(names)} channels ({', '.join(names)})"
        raise FormatError(path, found, f"a picture with {channels}", "Convert the picture.")
    if channels < 4:
        return np.ascontiguousarray(color)
    alpha = np.ones_like(color[..., :1]) if alpha is None else alpha
    return np.concatenate([color, alpha], axis=2)


def read_as_is(path: Path) -> Pixels:
    """(height, width, channels) a picture's channels, as many as it has.

    Raises:
        FormatError: the file is missing or damaged.
    """
    return _decode(path, 0)[0]


def header(path: Path) -> Header:
    """What a picture's file says before its pixels.

    Raises:
        FormatError: the file is missing or damaged.
    """
    source = _open(path)
    try:
        spec = source.spec()
        return Header(
            size=(spec.width, spec.height),
            channels=tuple(spec.channelnames),
            floating=str(spec.format) in ("half", "float", "double"),
            bits=8 * spec.format.size(),
            orientation=spec.get_int_attribute("Orientation", 1),
        )
    finally:
        source.close()


def read_layers(path: Path) -> dict[str, Pixels]:
    """The layers of a multi-layer EXR, as Blender writes it.

    Returns:
        Pass name, such as "Depth" or "Normal", to (height, width, channels); channels in the
        order X, Y, Z or R, G, B, A.
    """
    layers: dict[str, dict[str, Pixels]] = {}
    for part in range(_parts(path)):
        pixels, names = _decode(path, part)
        for index, name in enumerate(names):
            *_, layer, channel = ("", *name.split("."))
            layers.setdefault(layer, {})[channel] = pixels[..., index]
    return {
        layer: np.stack([channels[name] for name in sorted(channels, key="RGBAXYZ".find)], axis=2)
        for layer, channels in layers.items()
    }


def write_png(path: Path, pixels: Pixels, bits: Literal[8, 16] = 8) -> None:
    """Write 0 to 1 as 8 or 16 bits; what lies outside is clipped; alpha is straight."""
    dtype = np.uint8 if bits == 8 else np.uint16
    write_png_codes(
        path,
        np.rint(np.clip(pixels, 0, 1).astype(np.float64) * np.iinfo(dtype).max).astype(dtype),
    )


def write_png_codes(path: Path, codes: NDArray[Any]) -> None:
    """Write whole numbers of 8 or 16 bits as they are; alpha is straight."""
    # Trying every filter on every row takes three times as long and saves a tenth of the bytes.
    _encode(path, codes, {"oiio:UnassociatedAlpha": 1, "png:compressionLevel": 1, "png:filter": 32})


def write_exr(path: Path, pixels: Pixels) -> None:
    """Write float32 without loss."""
    # Without a date OpenImageIO writes today's, and equal pictures must be equal files.
    attributes = {"compression": "zip", "DateTime": "1970:01:01 00:00:00"}
    _encode(path, pixels.astype(np.float32), attributes)


def write_hdr(path: Path, pixels: Pixels) -> None:
    """Write (height, width, 3) linear color as Radiance HDR: 8 bits and a shared exponent."""
    _encode(path, pixels.astype(np.float32), {})


def _decode(path: Path, part: int) -> tuple[Pixels, tuple[str, ...]]:
    """One part's pixels, (height, width, channels), and the channels' names."""
    source = _open(path)
    try:
        if not source.seek_subimage(part, 0):
            raise _unreadable(path, source.geterror())
        names = tuple(source.spec().channelnames)
        pixels = source.read_image(part, 0, 0, len(names), "float")
        error = source.geterror()
    finally:
        source.close()
    if pixels is None or error:
        raise _unreadable(path, error)
    return pixels, names


def _parts(path: Path) -> int:
    source = _open(path)
    count = 1
    while source.seek_subimage(count, 0):
        count += 1
    source.close()
    return count


def _open(path: Path) -> Any:
    oiio = _oiio()
    straight = oiio.ImageSpec()
    straight.attribute("oiio:UnassociatedAlpha", 1)
    source = oiio.ImageInput.open(str(path), straight)
    if source is None:
        raise _unreadable(path, oiio.geterror())
    return source


def _encode(path: Path, pixels: NDArray[Any], attributes: dict[str, Any]) -> None:
    oiio = _oiio()
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, str(pixels.dtype).replace("float32", "float"))
    for name, value in attributes.items():
        spec.attribute(name, value)
    with aside(path) as temporary:
        target = oiio.ImageOutput.create(str(temporary))
        if target is None:
            oiio.geterror()  # else it is printed at exit
            raise FormatError(path, f"the suffix {path.suffix!r}", "a known one", "Rename it.")
        good = target.open(str(temporary), spec) and target.write_image(pixels)
        if not (target.close() and good):
            raise OSError(target.geterror() or "not written")


def _unreadable(path: Path, error: str) -> FormatError:
    found = "; ".join(error.split("\n")).strip() or "nothing that can be decoded"
    return FormatError(path, found if path.exists() else "no file", "a picture", "Make it anew.")


def _oiio() -> ModuleType:
    try:
        import OpenImageIO  # noqa: PLC0415
    except ImportError as error:
        fix = "Install it with `pip install OpenImageIO`."
        raise ToolError("OpenImageIO", str(error), "the Python package", fix) from error
    module: ModuleType = OpenImageIO
    return module
