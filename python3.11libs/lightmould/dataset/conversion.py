"""Poses from one format to another, with the pictures resampled if that is asked for."""

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lightmould.dataset import beside, images, poses
from lightmould.dataset.poses import Found
from lightmould.dataset.straighten import retaken, straight
from lightmould.errors import DatasetError, SettingsError
from lightmould.formats.files import aside
from lightmould.formats.poses.format import Contents, Format, SizeOf
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Camera, Poses, Shot

PICTURES, MASKS = "images", "masks"
"""Folders of resampled pictures and of their masks, beside the poses."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is asked for.

    Attributes:
        source: a file of poses, or a folder that holds it.
        out: folder for the new ones.
        to: the format to write.
        origin: the format to read; None finds it out.
    """

    source: Path
    out: Path
    to: str
    origin: str | None = None

    @property
    def form(self) -> Format:
        """The format to write.

        Raises:
            SettingsError: there is no such format.
        """
        if self.to not in FORMATS:
            wanted = f"one of {', '.join(FORMATS)}"
            raise SettingsError("--to", repr(self.to), wanted, "Choose one of them.")
        return FORMATS[self.to]


@dataclass(frozen=True, slots=True)
class Converted:
    """What was made: the poses as they are written, and their files."""

    poses: Poses
    contents: Contents


def converted(asked: Conversion) -> Converted:
    """The same poses in another format; nothing is written yet.

    Raises:
        DatasetError: there are no poses, or a picture whose size is needed.
        FormatError: a file is damaged.
        SettingsError: naming the camera: the other format can't hold it.
    """
    form = asked.form
    told, _ = _read(asked)
    return Converted(told, form.write(told))


def straightened(asked: Conversion) -> Converted:
    """Poses that the other format can hold; pictures and masks in `out`, resampled where need be.

    Raises:
        DatasetError: a picture is missing or of another size.
        FormatError: a file is damaged.
        JobError: a picture can't be written.
        SettingsError: the other format can't hold even those.
    """
    form = asked.form
    told, found = _read(asked)
    folder, shots, pictures = _folder(asked.source), [], []
    for shot in told.shots:
        instead = straight(shot.camera, form.holds)
        name, loose = shot.named_picture, shot.picture is None
        source = folder / beside.located(name, found.folder, folder, any_suffix=loose)
        suffix = source.suffix if _lens(instead) == _lens(shot.camera) else ".png"
        path = PurePosixPath(PICTURES, f"{shot.camera.name}{suffix}")
        shots.append(Shot(instead, path, None, shot.split))
        pictures.append((shot.camera, instead, source, asked.out / path))
        mask = shot.mask or beside.mask_of(PurePosixPath(source.relative_to(folder)), folder)
        if mask is not None:
            target = asked.out / MASKS / f"{shot.camera.name}.png"
            pictures.append((shot.camera, instead, folder / mask, target))
    done = Poses(tuple(shots))  # without points: they are told in pixels of the old pictures
    contents = form.write(done)  # refuses before any picture is written
    for camera, instead, source, target in pictures:
        _retake(camera, instead, source, target)
    return Converted(done, contents)


def _lens(camera: Camera) -> tuple[object, ...]:
    return camera.size, camera.focal, camera.center, camera.distortion


def _folder(source: Path) -> Path:
    return source if source.is_dir() else source.parent


def _read(asked: Conversion) -> tuple[Poses, Found]:
    found = poses.find(asked.source, asked.origin)
    return poses.read(found, _sizes(asked.source, found)), found


def _sizes(source: Path, found: Found) -> SizeOf:
    """Sizes of pictures that lie beside the poses."""
    folder = _folder(source)

    def size_of(path: PurePosixPath) -> tuple[int, int]:
        try:
            picture = beside.located(path, found.folder, folder, any_suffix=True)
        except DatasetError as error:
            wanted = f"the picture, because {found.format} does not tell its size"
            fix = "Put the pictures beside the poses, or into images."
            raise DatasetError(error.where, error.found, wanted, fix) from None
        return images.header(folder / picture).size

    return size_of


def _retake(camera: Camera, instead: Camera, source: Path, target: Path) -> None:
    """Write the picture that another lens would have taken; copy one that is the same."""
    header = images.header(source)
    if header.size != camera.size or header.floating:
        (width, height), (wide, high) = header.size, camera.size
        kind = "floating point numbers" if header.floating else f"{width}x{height} pixels"
        fix = "Put the picture back that the pose is of."
        raise DatasetError(source, kind, f"a picture in sRGB of {wide}x{high} pixels", fix)
    if _lens(camera) == _lens(instead) and source.suffix == target.suffix:
        with aside(target) as temporary:
            shutil.copyfile(source, temporary)
        return
    picture = images.read(source, 4 if header.has_alpha else 3)
    if target.parent.name == MASKS:
        picture = picture[..., :1]
    images.write_png(target, retaken(picture, camera, instead))
