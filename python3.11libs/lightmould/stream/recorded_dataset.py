"""A recording as a PyTorch dataset."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from torch.utils.data import Dataset

from lightmould.stream.dataset import to_tensors
from lightmould.stream.replay import LARGEST_ITEM, Recording
from lightmould.stream.source import Item

T = TypeVar("T")


class RecordedDataset(Dataset[T]):
    """All items of a recording, by seed, epoch and index; the same that were handed out live.

    Files are opened at every access, so workers may be forked or spawned.
    """

    def __init__(
        self,
        folder: Path | str,
        transform: Callable[[Item], T] = to_tensors,  # type: ignore[assignment]  # T is its result
        largest_item: int = LARGEST_ITEM,
    ) -> None:
        """Open a recording; no array is read yet.

        Args:
            folder: that a `Recorder` has finished.
            transform: makes of an item what is handed out.
            largest_item: bytes that one item's arrays may have.

        Raises:
            DatasetError: it is not finished, or not as it was recorded.
            FormatError: a file is not what it claims to be.
        """
        self.recording = Recording(folder, largest_item)
        self._transform = transform

    def __len__(self) -> int:
        return len(self.recording)

    def __getitem__(self, index: int) -> T:
        return self._transform(self.recording.item(self.recording.requests[index]))
