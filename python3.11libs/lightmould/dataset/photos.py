"""Folders of photos and their poses, as other programs leave them.

- NeRF-synthetic, instant-ngp, nerfstudio: transforms_train.json and transforms_test.json (or
  transforms_val.json), else one transforms.json. Their Z-up world is turned into our Y-up one.
- LLFF and NeRD: poses_bounds.npy, images/ and, unless the pictures have alpha, masks/. Their world
  is kept as it is. Poses belong to the pictures in the order of their names.

Where nobody says which pictures are held out, it is the first and every eighth after it, in the
order of their names, as in the LLFF literature.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from lightmould.errors import DatasetError
from lightmould.formats.poses import llff, transforms
from lightmould.model import Camera
from lightmould.model.camera import resampled
from lightmould.model.dataset import Split

HELD_OUT_EVERY = 8
POSES = "poses_bounds.npy"
_PICTURES = frozenset({".png", ".jpg", ".jpeg"})
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
        kind: how the poses are written.
        poses: the files that hold them, relative to the folder.
        photos: in the order of their poses.
    """

    folder: Path
    kind: Literal["llff", "transforms"]
    poses: tuple[PurePosixPath, ...]
    photos: tuple[Photo, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that decides what the dataset will be."""
        pictures = [path for photo in self.photos for path in (photo.color, photo.mask) if path]
        return tuple(self.folder / path for path in (*self.poses, *pictures))


def find(folder: Path) -> Photos:
    """The photos of a folder.

    Raises:
        DatasetError: there are no poses, or pictures, masks and poses do not belong together.
        FormatError: poses can't be read.
    """
    poses = {name: folder / f"transforms{name}.json" for name in ("", "_train", "_val", "_test")}
    there = {name for name, path in poses.items() if path.is_file()}
    if (folder / POSES).is_file():
        found = Photos(folder, "llff", (PurePosixPath(POSES),), _of_llff(folder))
    elif "_train" in there and there & {"_test", "_val"}:
        test = poses["_test" if "_test" in there else "_val"]
        photos = (*_of_transforms(poses["_train"], "train"), *_of_transforms(test, "test"))
        names = tuple(PurePosixPath(path.name) for path in (poses["_train"], test))
        found = Photos(folder, "transforms", names, _named_apart(photos, folder))
    elif there & {"", "_train"}:
        path = poses["_train" if "_train" in there else ""]
        photos = _split(_of_transforms(path, "train"))
        found = Photos(folder, "transforms", (PurePosixPath(path.name),), photos)
    else:
        raise DatasetError(
            folder,
            f"no manifest.json, no transforms_train.json and no {POSES}",
            "a dataset's folder, a folder of photos with poses, or a model file",
            "Name one of them.",
        )
    for path in found.files:
        _check_inside(path, folder)
    return found


def cameras(photos: Photos, size_of: SizeOf) -> tuple[Camera, ...]:
    """Who took each photo, in their order and by their names.

    Args:
        photos: what `find` found.
        size_of: (width, height) of a picture.

    Raises:
        DatasetError: a picture's size is not its camera's, or the files have changed.
        FormatError: poses can't be read.
    """
    if photos.kind == "llff":
        path = photos.folder / POSES
        taken = list(llff.read(_content(path), path))
        paths = [photo.color for photo in photos.photos][: len(taken)]
    else:
        files = [photos.folder / name for name in photos.poses]
        shots = [
            shot for path in files for shot in transforms.read(_content(path), path, size_of).shots
        ]
        taken, paths = [shot.camera for shot in shots], [shot.named_picture for shot in shots]
    if len(taken) != len(photos.photos) or paths != [photo.color for photo in photos.photos]:
        raise DatasetError(photos.folder, "other pictures than it had", "the same", _AGAIN)
    fit = _scaled if photos.kind == "llff" else _unscaled
    return tuple(
        replace(fit(camera, size_of(photo.color), photos.folder / photo.color), name=photo.name)
        for camera, photo in zip(taken, photos.photos, strict=True)
    )


def _scaled(camera: Camera, size: tuple[int, int], where: Path) -> Camera:
    """The camera of a picture that may have been scaled since its pose was found."""
    (width, height), (x, y) = size, (size[0] / camera.size[0], size[1] / camera.size[1])
    # Programs that scale pictures round their sizes, so the shorter side may be a pixel off.
    if abs(camera.size[0] * y - width) >= 1 and abs(camera.size[1] * x - height) >= 1:
        raise _other_size(camera, size, where, "or the same shape in another size")
    return resampled(camera, size, (x, y))


def _unscaled(camera: Camera, size: tuple[int, int], where: Path) -> Camera:
    if camera.size != size:
        raise _other_size(camera, size, where, "as its pose says")
    return camera


def _other_size(camera: Camera, size: tuple[int, int], where: Path, which: str) -> DatasetError:
    (width, height), (wide, high) = size, camera.size
    fix = "Correct the size in the file of poses, or put the pictures back that the poses are of."
    return DatasetError(
        where, f"a picture of {width}x{height} pixels", f"{wide}x{high}, {which}", fix
    )


def _of_transforms(path: Path, split: Split) -> tuple[Photo, ...]:
    # Pictures are opened later; their sizes decide nothing that is kept of this reading.
    shots = transforms.read(_content(path), path, lambda _: (1, 1)).shots
    return tuple(Photo(shot.camera.name, split, shot.named_picture, shot.mask) for shot in shots)


def _of_llff(folder: Path) -> tuple[Photo, ...]:
    path = folder / POSES
    count = len(llff.read(_content(path), path))
    pictures = _listed(folder, "images")
    if not (folder / "masks").is_dir():
        masks: list[PurePosixPath | None] = [None] * len(pictures)
    else:
        masks = _paired(pictures, _listed(folder, "masks"), folder)
    if len(pictures) != count:
        fix = "Take out the pictures that have no pose, or find the poses of all."
        where = folder / "images"
        raise DatasetError(where, f"{len(pictures)} pictures", f"{count}, as in {path}", fix)
    stems = Counter(picture.stem for picture in pictures)
    twice = [picture.name for picture in pictures if stems[picture.stem] > 1]
    if twice:
        raise DatasetError(
            folder / "images", f"{', '.join(twice[:4])}", "pictures by unique names", "Rename them."
        )
    photos = zip(pictures, masks, strict=True)
    return _split(tuple(Photo(color.stem, "train", color, mask) for color, mask in photos))


def _listed(folder: Path, name: str) -> list[PurePosixPath]:
    """The pictures in a folder of the folder, in the order of their names."""
    try:
        found = sorted(path.name for path in (folder / name).iterdir())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fix = f"Put the pictures that {POSES} is about into {name}."
        raise DatasetError(folder / name, reason, "a folder of pictures", fix) from error
    paths = [PurePosixPath(name, one) for one in found if not one.startswith(".")]
    return [path for path in paths if path.suffix.lower() in _PICTURES]


def _paired(
    pictures: list[PurePosixPath], masks: list[PurePosixPath], folder: Path
) -> list[PurePosixPath | None]:
    """A mask for each picture: by name where any has the same, else in the order of the names."""
    by_stem = {mask.stem: mask for mask in masks}
    alone = [picture.name for picture in pictures if picture.stem not in by_stem]
    where, fix = folder / "masks", "Add the missing masks, or remove what is none."
    if len(masks) != len(pictures):
        raise DatasetError(where, f"{len(masks)} masks", f"{len(pictures)}, one a picture", fix)
    if not alone:
        return [by_stem[picture.stem] for picture in pictures]
    if len(alone) < len(pictures):
        raise DatasetError(where, f"no mask named like {alone[0]}", "one for each picture", fix)
    return [*masks]


def _split(photos: tuple[Photo, ...]) -> tuple[Photo, ...]:
    """The same photos with every eighth held out, in the order of their paths."""
    ranks = {path: rank for rank, path in enumerate(sorted(photo.color for photo in photos))}
    return tuple(
        replace(photo, split="train" if ranks[photo.color] % HELD_OUT_EVERY else "test")
        for photo in photos
    )


def _named_apart(photos: tuple[Photo, ...], folder: Path) -> tuple[Photo, ...]:
    """The same photos; those of the same name are named by their whole paths, as train_r_0."""
    stems = Counter(photo.color.stem for photo in photos)
    whole = ["_".join(photo.color.with_suffix("").parts) for photo in photos]
    names = [
        photo.color.stem if stems[photo.color.stem] == 1 else name
        for photo, name in zip(photos, whole, strict=True)
    ]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DatasetError(
            folder,
            f"the picture {twice[0]} both to learn from and to score with",
            "pictures to score with that nothing was learned from",
            "Take it out of one of the files of poses.",
        )
    return tuple(replace(photo, name=name) for photo, name in zip(photos, names, strict=True))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DatasetError(path, reason, "a file of poses", "Allow reading it.") from error


def _check_inside(path: Path, folder: Path) -> None:
    if not path.is_file():
        found = "something that is no file" if path.exists() else "no file"
        raise DatasetError(path, found, "the picture that the poses name", "Add it.")
    target = path.resolve()
    if not target.is_relative_to(folder.resolve()):
        fix = "Copy the file into the folder."
        raise DatasetError(path, f"a link to {target}", f"a file within {folder}", fix)
