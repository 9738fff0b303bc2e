"""Datasets that mean the same by their numbers become one, whose pictures stay where they are."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lightmould.dataset import manifest
from lightmould.errors import DatasetError
from lightmould.formats import view_table
from lightmould.formats.files import write_atomically
from lightmould.model import Dataset, Event, View, Wrote


def join(folder: Path, parts: Sequence[Path]) -> Iterator[Event]:
    """Write a manifest, and a table, of the views of all parts; the manifest is last.

    Args:
        folder: of the whole; the parts lie in it.
        parts: folders of datasets, in the order of their views.

    Raises:
        DatasetError: a part is missing, lies elsewhere, or differs in what its numbers mean.
        FormatError: a manifest is damaged.
    """
    found = [(part, manifest.read(part / manifest.NAME)) for part in parts]
    for part, dataset in found[1:]:
        _check_alike(part, dataset, found[0][1])
    moved = [_moved(dataset, _inside(part, folder)) for part, dataset in found]
    whole = replace(
        moved[0],
        folder=folder,
        views=tuple(view for one in moved for view in one.views),
        hashes={name: value for one in moved for name, value in one.hashes.items()},
    )
    write_atomically(folder / view_table.NAME, view_table.write(whole))
    yield Wrote(view_table.NAME, "views")
    manifest.write(whole, folder / manifest.NAME)
    yield Wrote(manifest.NAME, "manifest")


def _inside(part: Path, folder: Path) -> PurePosixPath:
    if not part.is_relative_to(folder):
        fix = "Move the part there."
        raise DatasetError(part, f"a part outside of {folder}", "parts inside of it", fix)
    return PurePosixPath(part.relative_to(folder).as_posix())


def _check_alike(part: Path, dataset: Dataset, first: Dataset) -> None:
    if replace(dataset, folder=first.folder, views=first.views, hashes=first.hashes) != first:
        wanted = "the same source, passes, conventions and programs"
        fix = "Render the part again."
        raise DatasetError(part, "a dataset of another kind than the first", wanted, fix)


def _moved(dataset: Dataset, place: PurePosixPath) -> Dataset:
    """A dataset whose paths begin a few folders farther up."""

    def below(path: PurePosixPath | None) -> PurePosixPath | None:
        return None if path is None else place / path

    views: list[View] = [
        replace(
            view,
            color=place / view.color,
            mask=below(view.mask),
            depth=below(view.depth),
            normal=below(view.normal),
            passes={name: place / path for name, path in view.passes.items()},
        )
        for view in dataset.views
    ]
    hashes = {(place / name).as_posix(): value for name, value in dataset.hashes.items()}
    source = None if dataset.source is None else Path(place) / dataset.source
    return replace(dataset, views=tuple(views), hashes=hashes, source=source)
