"""A dataset by its path, wherever its views lie."""

from pathlib import Path

from lightmould.dataset import packed
from lightmould.dataset.packed import LARGEST_VIEW, PackedViews
from lightmould.dataset.views import FolderViews, of_folder


def open_views(path: Path, largest_view: int = LARGEST_VIEW) -> FolderViews | PackedViews:
    """The views of a dataset, none of them read.

    Args:
        path: the dataset's folder, a packed dataset's index, or one of its files.
        largest_view: bytes that a packed view's arrays may have.

    Raises:
        DatasetError: there is no manifest, or files contradict each other.
        FormatError: a file is not what it claims to be.
    """
    return of_folder(path) if path.is_dir() else packed.read(path, largest_view)
