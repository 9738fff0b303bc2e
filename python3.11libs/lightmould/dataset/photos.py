"""Folders of photos and their poses, as other programs leave them.

Poses are in any format of `lightmould.formats.poses.registry`. A picture lies where the poses say,
or in images/; where they name none, pictures belong to them in the order of their names. Its mask
is the one that the poses name, masks/STEM.*, or STEM.mask.png beside it; else it has to have alpha.

NeRF-synthetic's files say which pictures are held out: transforms_test.json, else
transforms_val.json. Where nobody says, it is the first and every eighth after it, in the order of
their names, as in the LLFF literature.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from lightmould.dataset import beside, poses
from lightmould.errors import DatasetError
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Camera, Poses, Shot
from lightmould.model.camera import resampled
from lightmould.model.dataset import Split

HELD_OUT_EVERY = 8
_AGAIN = "Give the command again: the folder has changed since."

SizeOf: TypeAlias = Callable[[PurePosixPath], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture; paths are relative to the folder.

    Attributes:
        name: unique among the photos.
        split: what it is for.
        color: the picture.
        mask: white on the object; None where the picture has to have alpha.
    """

    name: str
    split: Split
    color: PurePosixPath
    mask: PurePosixPath | None = None


@dataclass(frozen=True, slots=True)
class Photos:
    """What lies in a folder; no picture has been opened yet.

    Attributes:
        folder: the folder.
        kind: how the poses are written, a key of `FORMATS`.
        poses: the files that hold them, relative to the folder.
        photos: in the order of their poses.
        below: where the poses lie, relative to the folder.
    """

    folder: Path
    kind: str
    poses: tuple[PurePosixPath, ...]
    photos: tuple[Photo, ...]
    below: PurePosixPath

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that decides what the dataset will be."""
        pictures = [path for photo in self.photos for path in (photo.color, photo.mask) if path]
        return tuple(self.folder / path for path in (*self.poses, *pictures))

    @property
    def upright(self) -> bool:
        """Whether the up of the poses' world is known."""
        return FORMATS[self.kind].upright


def find(folder: Path) -> Photos:
    """The photos of a folder.

    Raises:
        DatasetError: there are no poses, or pictures, masks and poses do not belong together.
        FormatError: poses can't be read.
    """
    found = poses.search(folder)
    if found is None:
        raise DatasetError(
            folder,
            "no manifest.json and no file of poses",
            "a dataset's folder, a folder of photos with poses, or a model file",
            "Name one of them; docs/poses.md lists the formats of poses.",
        )
    # Pictures are opened later; their sizes decide nothing that is kept of this reading.
    shots = _wanted(poses.read(found, lambda _: (1, 1)))
    colors = _colors(shots, found, folder)
    masks = [shot.mask for shot in shots]
    if not any(masks):
        by_order = not _named(shots, found.format)
        masks = beside.masks(colors, found, folder, by_order=by_order)
    names = _names(shots, colors, found, folder)
    below = PurePosixPath(found.folder.relative_to(folder).as_posix())
    photos = tuple(
        Photo(name, shot.split or "train", color, mask)
        for name, shot, color, mask in zip(names, shots, colors, masks, strict=True)
    )
    if all(shot.split is None for shot in shots):
        photos = _split(photos)
    files = tuple(below / name for name in found.files)
    whole = Photos(folder, found.format, files, photos, below)
    for path in whole.files:
        _check_inside(path, folder)
    return whole


def _wanted(told: Poses) -> tuple[Shot, ...]:
    """The shots to learn from and to score with: what is for testing, else for validation."""
    splits = {shot.split for shot in told.shots}
    if "test" in splits:
        return tuple(shot for shot in told.shots if shot.split != "val")
    return tuple(replace(one, split="test") if one.split == "val" else one for one in told.shots)


def cameras(photos: Photos, size_of: SizeOf) -> tuple[Camera, ...]:
    """Who took each photo, in their order and by their names.

    Args:
        photos: what `find` found.
        size_of: (width, height) of a picture.

    Raises:
        DatasetError: a picture's size is not its camera's, or the files have changed.
        FormatError: poses can't be read.
    """
    files = tuple(path.relative_to(photos.below) for path in photos.poses)
    found = poses.Found(photos.kind, photos.folder / photos.below, files)
    first = _wanted(poses.read(found, lambda _: (1, 1)))
    if len(first) != len(photos.photos):
        raise DatasetError(photos.folder, "other pictures than it had", "the same", _AGAIN)
    # Formats that tell no size ask for it by whatever name they have.
    colors = {
        PurePosixPath(name): photo.color
        for shot, photo in zip(first, photos.photos, strict=True)
        for name in (f"{shot.camera.name}.png", f"{shot.camera.name}.jpg", shot.named_picture)
    }
    shots = _wanted(poses.read(found, lambda path: size_of(colors.get(path, path))))
    named = _named(shots, photos.kind)
    if named and _colors(shots, found, photos.folder) != [one.color for one in photos.photos]:
        raise DatasetError(photos.folder, "other pictures than it had", "the same", _AGAIN)
    return tuple(
        replace(
            _scaled(shot.camera, size_of(photo.color), photos.folder / photo.color),
            name=photo.name,
        )
        for shot, photo in zip(shots, photos.photos, strict=True)
    )


def _scaled(camera: Camera, size: tuple[int, int], where: Path) -> Camera:
    """The camera of a picture that may have been scaled since its pose was found."""
    (width, height), (x, y) = size, (size[0] / camera.size[0], size[1] / camera.size[1])
    # Programs that scale pictures round their sizes, so the shorter side may be a pixel off.
    if abs(camera.size[0] * y - width) >= 1 and abs(camera.size[1] * x - height) >= 1:
        found = f"a picture of {width}x{height} pixels"
        wanted = f"{camera.size[0]}x{camera.size[1]}, or the same shape in another size"
        fix = "Correct the size in the file of poses, or put the pictures back that they are of."
        raise DatasetError(where, found, wanted, fix)
    return resampled(camera, size, (x, y))


def _named(shots: Iterable[Shot], kind: str) -> bool:
    """Whether the poses say whose they are."""
    return FORMATS[kind].holds.names and any(
        shot.picture is not None or not shot.camera.name.isdigit() for shot in shots
    )


def _colors(shots: tuple[Shot, ...], found: poses.Found, folder: Path) -> list[PurePosixPath]:
    """Each shot's picture, relative to the folder."""
    if _named(shots, found.format):
        return [
            beside.located(
                shot.named_picture, found.folder, folder, any_suffix=shot.picture is None
            )
            for shot in shots
        ]
    pictures = beside.listed(folder, "images", found)
    if len(pictures) != len(shots):
        fix = "Take out the pictures that have no pose, or find the poses of all."
        wanted = f"{len(shots)}, as in {found.folder / found.files[0]}"
        raise DatasetError(folder / "images", f"{len(pictures)} pictures", wanted, fix)
    return pictures


def _names(
    shots: tuple[Shot, ...], colors: list[PurePosixPath], found: poses.Found, folder: Path
) -> list[str]:
    """Each photo's name: its camera's, or its picture's where the poses named none."""
    if _named(shots, found.format):
        return [shot.camera.name for shot in shots]
    stems = Counter(color.stem for color in colors)
    twice = [color.name for color in colors if stems[color.stem] > 1]
    if twice:
        raise DatasetError(
            folder / "images", f"{', '.join(twice[:4])}", "pictures by unique names", "Rename them."
        )
    return [color.stem for color in colors]


def _split(photos: tuple[Photo, ...]) -> tuple[Photo, ...]:
    """The same photos with every eighth held out, in the order of their paths."""
    ranks = {path: rank for rank, path in enumerate(sorted(photo.color for photo in photos))}
    return tuple(
        replace(photo, split="train" if ranks[photo.color] % HELD_OUT_EVERY else "test")
        for photo in photos
    )


def _check_inside(path: Path, folder: Path) -> None:
    if not path.is_file():
        found = "something that is no file" if path.exists() else "no file"
        raise DatasetError(path, found, "the picture that the poses name", "Add it.")
    target = path.resolve()
    if not target.is_relative_to(folder.resolve()):
        fix = "Copy the file into the folder."
        raise DatasetError(path, f"a link to {target}", f"a file within {folder}", fix)
