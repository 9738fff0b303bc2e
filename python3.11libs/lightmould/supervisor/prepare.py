"""A dataset as nvdiffrec reads it: NeRF-synthetic's files, the object within its grid."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from lightmould.dataset import hull, images, manifest, nerf_reader, settle
from lightmould.dataset.straighten import retaken
from lightmould.errors import DatasetError
from lightmould.formats import codec, png
from lightmould.formats.files import aside, write_atomically
from lightmould.formats.poses import transforms
from lightmould.model import Camera, Dataset, Event, Placement, Poses, Progress, Shot, View, Wrote
from lightmould.model.arrays import Floats
from lightmould.tools.nvdiffrec import PrepareRequest
from lightmould.tools.nvdiffrec.files import VIEWS, Views

FILLED = 0.86
"""Share of the grid's side that the object takes along its longest: its surface may move."""

_LEAST = 0.5  # share of `FILLED` below which an object wastes the grid


def prepare(asked: PrepareRequest) -> Iterator[Event]:
    """Write transforms_train.json, transforms_test.json and the pictures, and views.json last.

    Pictures that nvdiffrec can read are copied byte for byte. The world is moved and scaled only
    where the hull of the masks does not fit into nvdiffrec's grid, or is lost in it.

    Raises:
        DatasetError: the dataset is damaged or of pictures of several sizes, or masks and poses
            contradict each other.
    """
    dataset = manifest.read(asked.dataset)
    manifest.verify(dataset)
    train, test = dataset.of("train"), dataset.of("test")
    if not train:
        fix = "Add views to the split."
        raise DatasetError(asked.dataset, "no train views", "at least one", fix)
    placement = _placement(dataset, asked.mesh_scale / 2)
    lens = _lens((*train, *test), asked.dataset)
    splits = {"train": train, "test": test or train[:1]}  # it does not start without
    total, done = sum(map(len, splits.values())), 0
    for split, views in splits.items():
        shots = []
        for view in views:
            name = PurePosixPath(split, f"{view.camera.name}.png")
            camera = _seen_by(view.camera, lens)
            _write(dataset, view, camera, asked.folder / name)
            shots.append(Shot(placement.camera(camera), name))
            done += 1
            yield Wrote(name.as_posix(), "color")
            yield Progress(done / total, f"view {done} of {total}")
        path = asked.folder / f"transforms_{split}.json"
        write_atomically(path, transforms.write(Poses(tuple(shots))))
        yield Wrote(path.name, "poses")
    for fault in nerf_reader.faults(asked.folder, lens.size):
        raise fault
    views_file = Views(placement, lens.size, len(train), len(splits["test"]))
    write_atomically(asked.folder / VIEWS, codec.write(views_file))
    yield Wrote(VIEWS, "manifest")


def _placement(dataset: Dataset, reach: float) -> Placement:
    """Where nvdiffrec's world lies in the dataset's: the same if the object fits into its grid."""
    silhouettes = settle.silhouettes_of(dataset)
    found = hull.carve(silhouettes.shrunk(settle.CELLS), settle.CELLS)
    if found is None:
        fix = f"See what is wrong with them: lightmould poses check {dataset.folder}."
        wanted = "masks and poses that agree"
        raise DatasetError(dataset.folder, "no point inside every mask", wanted, fix)
    return fitting(*found.bounds, reach)


def fitting(low: Floats, high: Floats, reach: float) -> Placement:
    """Where a world lies whose grid, from -reach to reach, holds a box.

    Args:
        low: (3,) the box's lowest corner.
        high: (3,) its highest.
        reach: half the grid's side.
    """
    farthest = float(np.abs([low, high]).max())
    if FILLED * reach * _LEAST <= farthest <= FILLED * reach:
        return Placement()
    x, y, z = ((low + high) / 2).tolist()
    return Placement(float((high - low).max()) / 2 / (FILLED * reach), (x, y, z))


def _lens(views: tuple[View, ...], where: Path) -> Camera:
    """The one lens that nvdiffrec gets: square pixels, and the narrowest view of all."""
    sizes = {view.camera.size for view in views}
    if len(sizes) > 1:
        found = f"views of {len(sizes)} sizes, {sorted(sizes)}"
        raise DatasetError(where, found, "one size", "Scale the pictures to one size.")
    (width, height) = sizes.pop()
    focal = max(max(view.camera.focal) for view in views)
    center = (width / 2, height / 2)
    return replace(views[0].camera, focal=(focal, focal), center=center, distortion=None)


def _seen_by(camera: Camera, lens: Camera) -> Camera:
    """A camera with that lens."""
    return replace(camera, focal=lens.focal, center=lens.center, distortion=None)


def _write(dataset: Dataset, view: View, instead: Camera, target: Path) -> None:
    """A view's picture as another camera would have taken it, RGBA."""
    source, by = dataset.folder / view.color, view.camera
    told = (by.focal, by.center, by.distortion)
    if told == (instead.focal, instead.center, None) and _is_rgba(source):
        with aside(target) as temporary:
            shutil.copyfile(source, temporary)
        return
    picture = images.read(source, 4)
    if view.mask is not None and not images.header(source).has_alpha:
        picture[..., 3] = images.read(dataset.folder / view.mask, 3)[..., 0]
    images.write_png(target, retaken(picture, by, instead))


def _is_rgba(path: Path) -> bool:
    if path.suffix.lower() != ".png":
        return False
    with path.open("rb") as file:
        told = png.header(file.read(png.LENGTH), path)
    return (told.bits, told.channels) == (8, "RGBA")
