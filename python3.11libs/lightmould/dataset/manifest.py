"""A dataset's manifest.json, the file that is written last and read first."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from lightmould.errors import DatasetError
from lightmould.formats import codec
from lightmould.formats.files import file_hash, write_atomically
from lightmould.model import CameraRig, Dataset, View
from lightmould.model.dataset import PASSES, PassName, Split

NAME = "manifest.json"


def plan(folder: Path, train: CameraRig, test: CameraRig, source: Path | None = None) -> Dataset:
    """A dataset that is still to be made: cameras, and the paths that their pictures will have.

    Args:
        folder: where the pictures are to lie.
        train: cameras of the views to learn from.
        test: cameras of the views to score with.
        source: the mesh that is rendered.
    """
    both = (*train.cameras, *test.cameras)
    held_out = tuple(camera.name for camera in test.cameras)
    return plan_rig(folder, CameraRig("planned", both, test=held_out), source)


def plan_rig(folder: Path, rig: CameraRig, source: Path | None = None) -> Dataset:
    """A dataset that is still to be made of a rig, with what the rig holds out; see `plan`."""
    val, test = set(rig.val), set(rig.test)

    def split(name: str) -> Split:
        return "val" if name in val else "test" if name in test else "train"

    views = tuple(
        View(
            camera=camera,
            split=split(camera.name),
            color=PurePosixPath(f"color/{camera.name}.png"),
            mask=PurePosixPath(f"mask/{camera.name}.png"),
            depth=PurePosixPath(f"depth/{camera.name}.exr"),
            normal=PurePosixPath(f"normal/{camera.name}.exr"),
        )
        for camera in rig.cameras
    )
    return Dataset(folder, views, source=source)


def read(path: Path) -> Dataset:
    """The dataset that a manifest describes; its folder is where the manifest lies.

    Raises:
        DatasetError: there is no manifest.
        FormatError: it is not a manifest.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        fix = "Name a dataset's manifest, or run the job that makes it again."
        raise DatasetError(path, found, "a dataset's manifest", fix) from error
    dataset = codec.read(Dataset, text, path)
    source = dataset.source and Path(os.path.normpath(path.parent / dataset.source))
    return replace(dataset, folder=path.parent, source=source)


def with_passes(planned: Dataset, names: Sequence[PassName]) -> Dataset:
    """The same plan with further data pictures of every view, described."""
    views = tuple(
        replace(
            view,
            passes={name: PurePosixPath(f"{name}/{view.camera.name}.exr") for name in names},
        )
        for view in planned.views
    )
    return replace(planned, views=views, passes={name: PASSES[name] for name in names})


def write(dataset: Dataset, path: Path) -> None:
    """Write a manifest. What it says of the folder is ".", for it moves along.

    The source is told relative to the manifest, unless nothing but the disk's root holds both:
    other machines have the folder that holds both at another place.

    Raises:
        JobError: the file can't be written.
    """
    source = dataset.source and _beside(dataset.folder / dataset.source, path.parent)
    write_atomically(path, codec.write(replace(dataset, folder=Path(), source=source)))


def _beside(path: Path, folder: Path) -> Path:
    """A path relative to a folder, where both have more in common than the disk's root."""
    whole, start = Path(os.path.normpath(path.absolute())), folder.absolute()
    shared = Path(os.path.commonpath((whole, start))) if whole.drive == start.drive else None
    if shared is None or shared == Path(start.anchor):
        return whole
    return Path(os.path.relpath(whole, start))


def verify(dataset: Dataset) -> None:
    """Check every file of a dataset against its hash.

    Raises:
        DatasetError: a file is missing or not the one that the manifest describes.
    """
    for name, wanted in dataset.hashes.items():
        path = dataset.folder / name
        fix = "Run the job that makes it again."
        try:
            found = file_hash(path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DatasetError(path, reason, "the file that the manifest lists", fix) from error
        if found != wanted:
            raise DatasetError(path, f"SHA-256 {found}", f"{wanted}, as the manifest says", fix)
