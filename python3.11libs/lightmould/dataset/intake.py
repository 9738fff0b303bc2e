"""Photos become a dataset: each looked at, copied, straightened or made smaller, and described."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

import lightmould
from lightmould.dataset import images, manifest, photos, settle
from lightmould.dataset.images import Header, Pixels
from lightmould.dataset.photos import Photo, Photos
from lightmould.dataset.straighten import retaken, straight
from lightmould.errors import DatasetError
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.formats.files import aside, file_hash
from lightmould.model import Camera, Dataset, Event, Progress, View, Warned, Wrote
from lightmould.model.camera import resampled

_COLORED = 0.25
"""Difference between channels of a mask that JPEG alone does not make."""

_RINGING = 32 / 255
"""Of a mask in JPEG: around edges its black and its white are up to that far from 0 and 1."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What is asked for.

    Attributes:
        photos: where the pictures and their poses lie.
        longest_side: pixels; what is longer is made smaller by a whole factor.
    """

    photos: Photos
    longest_side: int


def take_in(asked: Intake, folder: Path) -> Iterator[Event]:
    """Make a dataset of photos; the manifest is last.

    Pictures are copied byte for byte unless they have to be made smaller or their lens distorts,
    and so are masks unless they are JPEG, whose noise is taken out. The dataset's world is that of
    the poses as their reader gives it, moved and scaled so that the visual hull of the masks lies
    about the origin and reaches from -1 to 1 along its longest side; `placement` says how.

    Raises:
        DatasetError: a picture, mask or pose is not what it has to be.
        FormatError: a picture can't be decoded, or the poses can't be read.
    """
    source, views = asked.photos, []
    sizes = {photo.color: _header(source.folder / photo.color).size for photo in source.photos}
    taken = photos.cameras(source, sizes.__getitem__)
    for count, (photo, camera) in enumerate(zip(source.photos, taken, strict=True), 1):
        view = _view(photo, camera, asked, folder)
        views.append(view)
        yield from (Wrote(path.as_posix(), path.parent.name) for path in view.paths)
        yield Progress(count / len(taken), f"photo {count} of {len(taken)}")
    dataset = Dataset(
        folder,
        tuple(views),
        up_axis="y" if source.upright else "unknown",
        versions={"lightmould": lightmould.__version__},
        hashes={path.as_posix(): file_hash(folder / path) for view in views for path in view.paths},
    )
    placed = settle.settled(dataset)
    if placed is None:
        yield Warned(
            "No point of space lies inside every mask, so the world is left as the poses have it. "
            f"See what is wrong with them: lightmould poses check {source.folder}"
        )
    manifest.write(placed or dataset, folder / manifest.NAME)
    yield Wrote(manifest.NAME, "manifest")


def _view(photo: Photo, camera: Camera, asked: Intake, folder: Path) -> View:
    """A photo and its mask, looked at and put into the dataset's folder."""
    source, factor = asked.photos.folder, -(-max(camera.size) // asked.longest_side)
    color, mask = _picture(source / photo.color, camera, factor, masked=bool(photo.mask)), None
    color_name, mask_name = _named("color", photo, photo.color, color), None
    if photo.mask is not None:
        mask = _mask(source / photo.mask, camera, factor)
        mask_name = _named("mask", photo, photo.mask, mask)
        _put(source / photo.mask, mask, folder / mask_name)
    _put(source / photo.color, color, folder / color_name)
    size = (camera.size[0] // factor, camera.size[1] // factor)
    scaled = resampled(straight(camera), size, (1 / factor, 1 / factor))
    return View(scaled, photo.split, color_name, mask_name)


def _named(kind: str, photo: Photo, source: PurePosixPath, made: Pixels | None) -> PurePosixPath:
    """Where a picture lies in the dataset: a copy keeps its suffix."""
    return PurePosixPath(kind, photo.name + (source.suffix.lower() if made is None else ".png"))


def _header(path: Path) -> Header:
    """The header of a picture that can be used as it is."""
    header = images.header(path)
    if header.floating:
        fix = "Write it as PNG of 8 or 16 bits."
        raise DatasetError(path, "floating point numbers", "a picture in sRGB", fix)
    if header.orientation != 1:
        found = f"a picture that EXIF says is to be turned (orientation {header.orientation})"
        fix = "Turn its pixels, remove the tag, and find the poses of what you have then."
        raise DatasetError(path, found, "an upright picture", fix)
    return header


def _picture(path: Path, camera: Camera, factor: int, *, masked: bool) -> Pixels | None:
    """A picture straightened and made smaller; None if it is to be copied.

    Refused is a picture of which nobody can tell where the object is.
    """
    has_alpha = _header(path).has_alpha
    if not has_alpha and not masked:
        fix = "Add masks, white on the object, or cut the object out."
        raise DatasetError(path, "neither alpha nor a mask", "one of them", fix)
    picture = images.read(path, 4 if has_alpha else 3)
    if has_alpha:
        if picture[..., 3].min() == 1:
            fix = "Cut the object out, or remove the alpha channel so that a mask counts."
            raise DatasetError(path, "alpha that is opaque everywhere", "the object's alpha", fix)
        _check_coverage(picture[..., 3], path)
    if camera.distortion is not None:
        picture = retaken(picture, camera, straight(camera))
    elif factor == 1:
        return None
    return _smaller(picture, factor)


def _mask(path: Path, camera: Camera, factor: int) -> Pixels | None:
    """A mask straightened, made smaller and rid of a compressor's noise; None to copy it."""
    header = _header(path)
    if header.has_alpha:
        fix = "Save it in gray, without an alpha channel."
        raise DatasetError(path, "a mask with alpha", "a mask in black and white", fix)
    if header.size != camera.size:
        (width, height), (wide, high) = header.size, camera.size
        fix = "Scale the mask to its picture's size."
        raise DatasetError(path, f"a mask of {width}x{height} pixels", f"{wide}x{high}", fix)
    mask = images.read(path, 3)
    if np.ptp(mask, axis=2).max() > _COLORED:
        fix = "Save it in gray, white on the object."
        raise DatasetError(path, "a mask in color", "a mask in black and white", fix)
    _check_coverage(mask, path)
    lossy = path.suffix.lower() in (".jpg", ".jpeg")
    if lossy:
        mask = np.clip((mask - _RINGING) / (1 - 2 * _RINGING), 0, 1)
    if camera.distortion is not None:
        mask = retaken(mask[..., :1], camera, straight(camera))
    elif not lossy and factor == 1:
        return None
    return _average(mask[..., :1], factor)


def _check_coverage(coverage: Pixels, path: Path) -> None:
    if coverage.max() <= 0.5:
        found = f"an empty mask, {round(255 * float(coverage.max()))} of 255 where it is brightest"
        fix = "Make the object white, or take out the picture and its pose."
        raise DatasetError(path, found, "the object in view", fix)


def _put(source: Path, made: Pixels | None, target: Path) -> None:
    """Write what was made of a picture, or copy the file."""
    if made is not None:
        images.write_png(target, made)
        return
    with aside(target) as temporary:
        shutil.copyfile(source, temporary)


def _smaller(picture: Pixels, factor: int) -> Pixels:
    """A picture in sRGB, averaged in linear light, each color as much as it covers."""
    color = linear_from_srgb(picture[..., :3])
    if picture.shape[2] == 3:
        return np.asarray(srgb_from_linear(_average(color, factor)), np.float32)
    alpha = picture[..., 3:]
    covered, weight = _average(color * alpha, factor), _average(alpha, factor)
    straight = srgb_from_linear(covered / np.maximum(weight, 1e-6))
    return np.asarray(np.concatenate([straight, weight], axis=2), np.float32)


def _average(pixels: Pixels, factor: int) -> Pixels:
    """Means of `factor` x `factor` pixels; odd last rows and columns are cut."""
    height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
    whole = pixels[: height * factor, : width * factor]
    blocks = whole.reshape(height, factor, width, factor, pixels.shape[2])
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)
