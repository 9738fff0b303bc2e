"""What Blender rendered becomes the files of a view, each looked at again once it is written."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images, passes
from lightmould.dataset.images import Pixels
from lightmould.errors import DatasetError
from lightmould.formats.color import linear_from_srgb
from lightmould.formats.files import file_hash
from lightmould.model import FrameKind, View
from lightmould.model.dataset import PASSES

_NOTHING_SEEN = 1e9  # metres; Blender writes 1e10
_FIX = "Run it again, and report it if it happens again."

# Each code of 8 bits begins half a step below its own color.
_BEGINS = linear_from_srgb((np.arange(1, 256, dtype=np.float64) - 0.5) / 255).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A file that is to be.

    Attributes:
        path: in the dataset's folder.
        pixels: (height, width, channels); uint8, or float32 for EXR.
    """

    path: PurePosixPath
    pixels: Pixels | NDArray[np.uint8]


def develop(folder: Path, view: View, kind: FrameKind, layers: dict[str, Pixels]) -> dict[str, str]:
    """Write the files of a frame.

    Args:
        folder: the dataset's.
        view: what it is of, and the paths of its files.
        kind: which of its frames.
        layers: (height, width, channels) of each layer, as Blender has them: linear, Z-up.

    Returns:
        SHA-256 of each file, by its path in the folder.

    Raises:
        DatasetError: a layer is missing or of another size, or a file does not hold what was
            written.
        JobError: a file can't be written.
    """
    wanted = {"Combined"} if kind == "color" else {"Depth", "Normal"}
    missing = sorted(wanted - set(layers))
    where = folder / view.color
    if missing:
        raise DatasetError(where, f"layers {sorted(layers)}", f"also {missing}", _FIX)
    size = view.camera.size[::-1]
    wrong = [name for name, layer in layers.items() if layer.shape[:2] != size]
    if wrong:
        found = f"{layers[wrong[0]].shape[:2]} pixels in layer {wrong[0]}"
        raise DatasetError(where, found, f"{size}", _FIX)
    made = [_color(view, layers)] if kind == "color" else _data(folder, view, layers)
    for picture in made:
        _write(folder / picture.path, picture.pixels)
    return {one.path.as_posix(): file_hash(folder / one.path) for one in made}


def codes(linear: Pixels) -> NDArray[np.uint8]:
    """(height, width, 4) what a PNG holds: 8 bits of sRGB, straight alpha, 0 where that is 0.

    Args:
        linear: (height, width, 4), premultiplied; what is no number becomes white.
    """
    alpha = np.nan_to_num(np.clip(linear[..., 3], 0, 1))
    seen = alpha > 0
    found = np.zeros(linear.shape, np.uint8)
    straight = linear[seen][:, :3] / alpha[seen][:, None]
    found[seen, :3] = np.searchsorted(_BEGINS, straight, side="right")
    found[..., 3] = np.rint(alpha * 255)
    return found


def _color(view: View, layers: dict[str, Pixels]) -> _Picture:
    """RGB alone where nothing is transparent."""
    coded = codes(layers["Combined"])
    opaque = view.look is not None and view.look.background != "transparent"
    return _Picture(view.color, np.ascontiguousarray(coded[..., :3]) if opaque else coded)


def _data(folder: Path, view: View, layers: dict[str, Pixels]) -> list[_Picture]:
    seen = layers["Depth"] < _NOTHING_SEEN
    depth = np.where(seen, layers["Depth"], np.float32(np.inf))
    normal = np.where(seen, _unit(layers["Normal"]), np.float32(0))
    made = [
        _Picture(PurePosixPath(str(view.mask)), seen.astype(np.uint8) * np.uint8(255)),
        _Picture(PurePosixPath(str(view.depth)), depth),
        _Picture(PurePosixPath(str(view.normal)), normal),
    ]
    for name, path in view.passes.items():
        if name in passes.LAYERS:
            told = passes.layer(name, layers)
            if told is None:
                found = f"layers {sorted(layers)}"
                raise DatasetError(folder / path, found, f"one that tells {name}", _FIX)
            pixels = np.where(seen, told, np.float32(PASSES[name].nothing))
        else:
            pixels = passes.derived(name, view.camera, depth, normal)
        made.append(_Picture(path, np.asarray(pixels, np.float32)))
    return made


def _unit(normal_in_blender: Pixels) -> Pixels:
    """Normals of Blender's Z-up world in ours, of length 1 where there are any."""
    x, y, z = np.moveaxis(normal_in_blender, 2, 0)
    normal = np.stack([x, z, -y], axis=2)
    length = np.sqrt(np.einsum("yxc,yxc->yx", normal, normal))[..., None]
    return np.asarray(normal / np.where(length > 0, length, 1), np.float32)


def _write(path: Path, pixels: Pixels | NDArray[np.uint8]) -> None:
    """Write a picture and read it again: a full disk may have kept half of it without a word."""
    if pixels.dtype == np.uint8:
        images.write_png_codes(path, pixels)
        found = np.rint(images.read_as_is(path) * 255)
    else:
        images.write_exr(path, pixels.astype(np.float32))
        found = images.read_as_is(path)
    if not np.array_equal(found, pixels, equal_nan=True):
        path.unlink(missing_ok=True)
        raise DatasetError(path, "other pixels than were written", "a sound disk", _FIX)
