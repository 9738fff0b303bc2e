"""A dataset's views as a `torch.utils.data.Dataset`."""

from pathlib import Path

import torch
from torch.utils.data import Dataset

from lightmould.dataset import packed
from lightmould.dataset.opening import open_views
from lightmould.dataset.packed import LARGEST_VIEW
from lightmould.dataset.views import Views
from lightmould.errors import DatasetError
from lightmould.model import Camera
from lightmould.model.camera import check_pinhole
from lightmould.model.dataset import Split


class ViewDataset(Dataset[dict[str, torch.Tensor]]):
    """The views of a folder or of a packed dataset; the same tensors from either.

    An item has `rgb` and, where there are such, `mask`, `depth` and `normal`, shaped and encoded as
    `lightmould.dataset.views` says; `K` (3, 3) and `c2w` (4, 4), float64; `index`, int64, of the
    view in this dataset. Files are opened at every access, so workers may be forked or spawned.
    """

    def __init__(
        self, path: str | Path, split: Split | None = None, largest_view: int = LARGEST_VIEW
    ) -> None:
        """Open a dataset; no picture is read yet.

        Args:
            path: the dataset's folder, a packed dataset's index, or one of its files.
            split: the views wanted; None for all.
            largest_view: bytes that a packed view's arrays may have.

        Raises:
            DatasetError: there is no manifest or no such view, or files contradict each other.
            FormatError: a file is not what it claims to be.
            SettingsError: a camera's lens distorts, which K can't say.
        """
        place = Path(path)
        self.views: Views = open_views(place, largest_view)
        views = self.views.dataset.views
        self._chosen = [i for i, view in enumerate(views) if split in (None, view.split)]
        if not self._chosen:
            fix = "Choose another split."
            raise DatasetError(place, f"no {split} views", "at least one", fix)
        for camera in self.cameras:
            check_pinhole(camera)

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """Who took each view, near, far and name included."""
        return tuple(self.views.dataset.views[index].camera for index in self._chosen)

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        place = self._chosen[index]
        camera = self.views.dataset.views[place].camera
        item = {
            name: torch.from_numpy(self.views.array(place, name))
            for name in self.views.names(place)
        }
        item["K"] = torch.from_numpy(packed.intrinsics(camera))
        item["c2w"] = torch.tensor(camera.world_from_camera)
        item["index"] = torch.tensor(range(len(self))[index])
        return item
