"""The pictures of a dataset in memory, ready to be compared with."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.errors import DatasetError
from lightmould.formats.color import linear_from_srgb
from lightmould.model import Camera, Dataset
from lightmould.model.dataset import Split


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Pictures of one size and their cameras.

    Attributes:
        cameras: N of them.
        color: (N, H, W, 3) linear, premultiplied by alpha: composited on black.
        alpha: (N, H, W) coverage, 0 to 1.
    """

    cameras: tuple[Camera, ...]
    color: NDArray[np.float32]
    alpha: NDArray[np.float32]

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
    loaded = [_load_one(dataset.folder / view.color, view.camera, dataset) for view in chosen]
    color = np.stack([one[0] for one in loaded])
    alpha = np.stack([one[1] for one in loaded])
    return Views(tuple(view.camera for view in chosen), color, alpha)


def halved(views: Views) -> Views:
    """The same views with 2 x 2 pixels averaged into one; odd last rows and columns are cut."""
    count, height, width = views.alpha.shape
    height, width = height // 2, width // 2
    color = views.color[:, : 2 * height, : 2 * width].reshape(count, height, 2, width, 2, 3)
    alpha = views.alpha[:, : 2 * height, : 2 * width].reshape(count, height, 2, width, 2)
    cameras = tuple(
        replace(
            camera,
            size=(width, height),
            focal=(camera.focal[0] / 2, camera.focal[1] / 2),
            center=(camera.center[0] / 2, camera.center[1] / 2),
        )
        for camera in views.cameras
    )
    return Views(cameras, color.mean(axis=(2, 4)), alpha.mean(axis=(2, 4)))


def _load_one(
    path: Path, camera: Camera, dataset: Dataset
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    picture = images.read(path, channels=4)
    if picture.shape[:2] != (camera.size[1], camera.size[0]):
        raise DatasetError(
            path,
            f"a picture of {picture.shape[1]}x{picture.shape[0]} pixels",
            f"{camera.size[0]}x{camera.size[1]} as its camera says",
            "Render the view again or correct the camera.",
        )
    alpha = picture[..., 3]
    if not (alpha > 0.5).any():
        fix = "Check its alpha, or take the view out of the dataset."
        raise DatasetError(path, "an empty mask", "the object in view", fix)
    color = picture[..., :3]
    if dataset.color_space == "srgb":
        color = linear_from_srgb(color).astype(np.float32)
    return color * alpha[..., None], alpha
