"""The pictures of a dataset in memory, ready to be compared with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine import kernels_views
from lightmould.errors import DatasetError
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Camera, Dataset, View
from lightmould.model.camera import check_pinhole, resampled
from lightmould.model.dataset import Split
from lightmould.raster import pool


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Pictures of one size and their cameras.

    Attributes:
        cameras: N pinholes.
        color: (N, H, W, 3) linear, premultiplied by alpha: composited on black.
        alpha: (N, H, W) coverage, 0 to 1.
    """

    cameras: tuple[Camera, ...]
    color: NDArray[np.float32]
    alpha: NDArray[np.float32]

    def __post_init__(self) -> None:
        for camera in self.cameras:
            check_pinhole(camera)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) pixels."""
        return self.alpha.shape[2], self.alpha.shape[1]


def load(dataset: Dataset, split: Split) -> Views:
    """Read one split of a dataset.

    Raises:
        DatasetError: there are no such views, sizes differ, or the object is not in one of them.
        FormatError: a picture can't be decoded.
    """
    chosen = dataset.of(split)
    where = dataset.folder / "manifest.json"
    if not chosen:
        raise DatasetError(where, f"no {split} views", "at least one", "Add views to the split.")
    sizes = {view.camera.size for view in chosen}
    if len(sizes) > 1:
        found = f"views of {len(sizes)} sizes, {sorted(sizes)}"
        raise DatasetError(where, found, "one size", "Scale the pictures to one size.")
    width, height = sizes.pop()
    color = np.zeros((len(chosen), height, width, 3), np.float32)
    alpha = np.zeros((len(chosen), height, width), np.float32)

    def load_one(index: int) -> None:
        _load_one(dataset, chosen[index], color[index], alpha[index])

    pool.shared().run(load_one, [(index,) for index in range(len(chosen))])
    return Views(tuple(view.camera for view in chosen), color, alpha)


def halved(views: Views) -> Views:
    """The same views with 2 x 2 pixels averaged into one; odd last rows and columns are cut."""
    count, height, width = views.alpha.shape
    height, width = height // 2, width // 2
    color = np.zeros((count, height, width, 3), np.float32)
    alpha = np.zeros((count, height, width), np.float32)
    pool.shared().run(
        kernels_views.halve, list(zip(views.color, views.alpha, color, alpha, strict=True))
    )
    cameras = tuple(resampled(camera, (width, height), (0.5, 0.5)) for camera in views.cameras)
    return Views(cameras, color, alpha)


def _load_one(
    dataset: Dataset, view: View, color: NDArray[np.float32], alpha: NDArray[np.float32]
) -> None:
    """Fill one view's color and alpha."""
    path = dataset.folder / view.color
    picture = _of_size(path, view, channels=4)
    alpha[...] = picture[..., 3]
    if view.mask is not None and not images.header(path).has_alpha:
        path = dataset.folder / view.mask
        alpha[...] = _of_size(path, view, channels=3)[..., 0]
    if not (alpha > 0.5).any():
        fix = "Check its alpha or its mask, or take the view out of the dataset."
        raise DatasetError(path, "an empty mask", "the object in view", fix)
    encoded = dataset.color_space == "srgb"
    # Where there are but the 256 values of a byte a table is as good as the formula, and faster.
    if not encoded or not kernels_views.premultiply(picture, alpha, _LINEAR, color):
        linear = linear_from_srgb(picture[..., :3]) if encoded else picture[..., :3]
        color[...] = linear * alpha[..., None]


_LINEAR = linear_from_srgb(np.arange(256) / 255).astype(np.float32)


def _of_size(path: Path, view: View, channels: int) -> NDArray[np.float32]:
    picture = images.read(path, channels)
    (width, height), found = view.camera.size, picture.shape[1::-1]
    if found != (width, height):
        raise DatasetError(
            path,
            f"a picture of {found[0]}x{found[1]} pixels",
            f"{width}x{height} as its camera says",
            "Render the view again or correct the camera.",
        )
    return picture
