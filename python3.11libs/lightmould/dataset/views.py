"""A dataset's views as arrays, wherever they lie: in a folder of pictures, or packed.

| array | type and shape | what it is |
| --- | --- | --- |
| `rgb` | uint8, uint16 or float32 (H, W, 3 or 4) | color as the files have it, alpha straight |
| `mask` | uint8 (H, W) | 255 on the object |
| `depth` | float32 (H, W) | metres, inf where nothing is seen |
| `normal` | float32 (H, W, 3) | of length 1, 0 where nothing is seen |
| further passes | float32 (H, W) or (H, W, 2 or 3) | what `model.dataset.PASSES` says |
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images, manifest
from lightmould.errors import DatasetError, FormatError
from lightmould.model import Dataset, View

MEANINGS = {
    "rgb": "(views, height, width, channels); encoded as dataset.color_space says; straight alpha",
    "mask": "(views, height, width); 255 on the object; the alpha of rgb, if it has one, is finer",
    "depth": "(views, height, width); metres, as dataset.depth_kind says; inf: nothing is seen",
    "normal": "(views, height, width, 3); in dataset.normal_space; 0: nothing is seen",
    "K": "(views, 3, 3); pixels, (0, 0) is the outer corner of the first (top left) pixel",
    "c2w": "(views, 4, 4); metres, columns; cameras look along -Z with +Y up",
}
"""What the arrays of a packed dataset are, by name; of further data pictures the dataset tells."""

CHANNELS: dict[str, tuple[tuple[int, ...], ...]] = {
    "rgb": ((3,), (4,)),
    "mask": ((),),
    "depth": ((),),
    "normal": ((3,),),
    "distance": ((),),
    "position": ((3,),),
    "normal_camera": ((3,),),
    "instance": ((),),
    "albedo": ((3,),),
    "roughness": ((),),
    "metallic": ((),),
    "uv": ((2,),),
}
"""The arrays that a view may have, in their order, and what follows (H, W) in their shapes."""

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
        """The arrays that a view has, in the order of `CHANNELS`."""

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
        """The arrays that a view has, in the order of `CHANNELS`."""
        files = _files(self.dataset.views[index])
        return tuple(name for name in CHANNELS if name in files)

    def path(self, index: int, name: str) -> Path:
        """The file that holds an array."""
        return self.dataset.folder / _files(self.dataset.views[index])[name]

    def form(self, index: int, name: str) -> Form:
        """What an array is, as its file's header says.

        Raises:
            FormatError: the file is missing or damaged.
            DatasetError: its size is not its camera's.
        """
        path, view = self.path(index, name), self.dataset.views[index]
        header = images.header(path)
        width, height = _checked(header.size, view, path)
        dtype, last = _WHOLE[8] if name == "mask" else _FLOAT, CHANNELS[name][0]
        if name == "rgb":
            dtype = _FLOAT if header.floating else _WHOLE.get(header.bits, _WHOLE[16])
            last = (4 if header.has_alpha else 3,)
        return Form(dtype, (height, width, *last))

    def array(self, index: int, name: str) -> NDArray[Any]:
        """An array, decoded.

        Raises:
            FormatError: its file is missing or damaged.
            DatasetError: its size is not its camera's.
        """
        form, path = self.form(index, name), self.path(index, name)
        pixels = images.read(path, form.shape[2]) if name == "rgb" else images.read_as_is(path)
        _checked(pixels.shape[1::-1], self.dataset.views[index], path)
        if name == "mask":
            pixels = pixels[..., :1]  # it may be RGB, all of its channels alike
        if pixels.size != form.size // form.dtype.itemsize:
            found, wanted = f"{pixels.shape[2]} channels", f"{(*form.shape, 1)[2]}, of {name}"
            raise FormatError(path, found, wanted, "Render or convert the picture again.")
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


def _files(view: View) -> dict[str, PurePosixPath]:
    """The files of a view by the arrays they hold."""
    usual = {"rgb": view.color, "mask": view.mask, "depth": view.depth, "normal": view.normal}
    return {name: path for name, path in (usual | view.passes).items() if path is not None}


def _checked(size: tuple[int, ...], view: View, path: Path) -> tuple[int, int]:
    (width, height), wanted = size, view.camera.size
    if (width, height) != wanted:
        found = f"a picture of {width}x{height} pixels"
        fix = "Render the view again or correct the camera."
        raise DatasetError(path, found, f"{wanted[0]}x{wanted[1]} as its camera says", fix)
    return width, height
