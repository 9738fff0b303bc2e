"""A dataset's views as arrays, wherever they lie: in a folder of pictures, or packed.

| array | type and shape | what it is |
| --- | --- | --- |
| `rgb` | uint8, uint16 or float32 (H, W, 3 or 4) | color as the files have it, alpha straight |
| `mask` | uint8 (H, W) | 255 on the object |
| `depth` | float32 (H, W) | metres, inf where nothing is seen |
| `normal` | float32 (H, W, 3) | of length 1, 0 where nothing is seen |
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images, manifest
from lightmould.errors import DatasetError
from lightmould.model import Dataset, View

MEANINGS = {
    "rgb": "(views, height, width, channels); encoded as dataset.color_space says; straight alpha",
    "mask": "(views, height, width); 255 on the object; the alpha of rgb, if it has one, is finer",
    "depth": "(views, height, width); metres, as dataset.depth_kind says; inf: nothing is seen",
    "normal": "(views, height, width, 3); in dataset.normal_space; 0: nothing is seen",
    "K": "(views, 3, 3); pixels, (0, 0) is the outer corner of the first (top left) pixel",
    "c2w": "(views, 4, 4); metres, columns; cameras look along -Z with +Y up",
}
"""What the arrays of a packed dataset are, by name."""

_FILES = {"rgb": "color", "mask": "mask", "depth": "depth", "normal": "normal"}
_WHOLE = {8: np.dtype("|u1"), 16: np.dtype("<u2")}
_FLOAT = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Form:
    """What an array is, before it is read.

    Attributes:
        dtype: of its elements.
        shape: of one view.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return int(np.prod(self.shape)) * self.dtype.itemsize


class Views(Protocol):
    """Views that can be read one by one."""

    @property
    def dataset(self) -> Dataset:
        """Their cameras and what their numbers mean."""

    def names(self, index: int) -> tuple[str, ...]:
        """The arrays that a view has, in the order of `MEANINGS`."""

    def array(self, index: int, name: str) -> NDArray[Any]:
        """One of them.

        Raises:
            FormatError: it is missing or damaged.
            DatasetError: its size is not its camera's.
        """


@dataclass(frozen=True, slots=True)
class FolderViews:
    """The views of a dataset's folder.

    Attributes:
        dataset: as its manifest describes it.
    """

    dataset: Dataset

    def names(self, index: int) -> tuple[str, ...]:
        """The arrays that a view has, in the order of `MEANINGS`."""
        view = self.dataset.views[index]
        return tuple(name for name, file in _FILES.items() if getattr(view, file) is not None)

    def path(self, index: int, name: str) -> Path:
        """The file that holds an array."""
        return self.dataset.folder / str(getattr(self.dataset.views[index], _FILES[name]))

    def form(self, index: int, name: str) -> Form:
        """What an array is, as its file's header says.

        Raises:
            FormatError: the file is missing or damaged.
            DatasetError: its size is not its camera's.
        """
        path, view = self.path(index, name), self.dataset.views[index]
        header = images.header(path)
        width, height = _checked(header.size, view, path)
        if name == "rgb":
            dtype = _FLOAT if header.floating else _WHOLE.get(header.bits, _WHOLE[16])
            return Form(dtype, (height, width, 4 if header.has_alpha else 3))
        dtype = _WHOLE[8] if name == "mask" else _FLOAT
        return Form(dtype, (height, width, 3) if name == "normal" else (height, width))

    def array(self, index: int, name: str) -> NDArray[Any]:
        """An array, decoded.

        Raises:
            FormatError: its file is missing or damaged.
            DatasetError: its size is not its camera's.
        """
        form, path = self.form(index, name), self.path(index, name)
        # A mask may be RGB, all of its channels alike.
        pixels = images.read(path, 3 if name == "mask" else (*form.shape, 1)[2])
        _checked(pixels.shape[1::-1], self.dataset.views[index], path)
        if name == "mask":
            pixels = pixels[..., 0]
        pixels = pixels.reshape(form.shape)
        if form.dtype.kind == "f":
            return pixels
        top = np.iinfo(form.dtype).max
        return np.asarray(np.rint(np.clip(pixels, 0, 1) * np.float32(top)), form.dtype)


def of_folder(folder: Path) -> FolderViews:
    """The views of a dataset's folder, none of them read.

    Raises:
        DatasetError: there is no manifest.
        FormatError: it is not a manifest.
    """
    return FolderViews(manifest.read(folder / manifest.NAME))


def _checked(size: tuple[int, ...], view: View, path: Path) -> tuple[int, int]:
    (width, height), wanted = size, view.camera.size
    if (width, height) != wanted:
        found = f"a picture of {width}x{height} pixels"
        fix = "Render the view again or correct the camera."
        raise DatasetError(path, found, f"{wanted[0]}x{wanted[1]} as its camera says", fix)
    return width, height
