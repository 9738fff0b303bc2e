"""Photos become a dataset: each looked at, copied or made smaller, and described."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

import lightmould
from lightmould.dataset import images, manifest, photos
from lightmould.dataset.images import Header, Pixels
from lightmould.dataset.photos import Photo, Photos
from lightmould.errors import DatasetError
from lightmould.formats.color import linear_from_srgb, srgb_from_linear
from lightmould.formats.files import aside, file_hash
from lightmould.model import Camera, Dataset, Event, Progress, View, Wrote
from lightmould.model.camera import resampled


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

    Pictures are copied byte for byte unless they have to be made smaller. The dataset's world is
    that of the poses as their reader gives it (`lightmould.formats.llff`, `.transforms`).

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
        up_axis="unknown" if source.kind == "llff" else "y",
        versions={"lightmould": lightmould.__version__},
        hashes={path.as_posix(): file_hash(folder / path) for view in views for path in view.paths},
    )
    manifest.write(dataset, folder / manifest.NAME)
    yield Wrote(manifest.NAME, "manifest")


def _view(photo: Photo, camera: Camera, asked: Intake, folder: Path) -> View:
    """A photo and its mask, looked at and put into the dataset's folder."""
    source = asked.photos.folder / photo.color
    mask = None if photo.mask is None else asked.photos.folder / photo.mask
    picture = images.read(source, 4 if _header(source).has_alpha else 3)
    _check_object(picture, source, mask)
    white = None if mask is None else _mask(mask, camera.size)
    factor = -(-max(camera.size) // asked.longest_side)
    suffix = ".png" if factor > 1 else None
    color_name = PurePosixPath("color", photo.name + (suffix or source.suffix.lower()))
    mask_name = mask and PurePosixPath("mask", photo.name + (suffix or mask.suffix.lower()))
    _put(source, _smaller(picture, factor), folder / color_name)
    if mask is not None and white is not None and mask_name is not None:
        _put(mask, _average(white, factor) if factor > 1 else None, folder / mask_name)
    width, height = camera.size
    size = (width // factor, height // factor)
    scaled = resampled(camera, size, (1 / factor, 1 / factor))
    return View(scaled, photo.split, color_name, mask_name)


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


def _check_object(picture: Pixels, path: Path, mask: Path | None) -> None:
    """Refuse a picture of which nobody can tell where the object is."""
    if picture.shape[2] == 3:
        if mask is None:
            fix = "Add masks, white on the object, or cut the object out."
            raise DatasetError(path, "neither alpha nor a mask", "one of them", fix)
        return
    alpha = picture[..., 3]
    if alpha.min() == 1:
        fix = "Cut the object out, or remove the alpha channel so that the mask counts."
        raise DatasetError(path, "alpha that is opaque everywhere", "the object's alpha", fix)
    _check_coverage(alpha, path)


def _mask(path: Path, size: tuple[int, int]) -> Pixels:
    """(H, W, 1) a mask, 0 to 1."""
    header = _header(path)
    if header.has_alpha:
        fix = "Save it in gray, without an alpha channel."
        raise DatasetError(path, "a mask with alpha", "a mask in black and white", fix)
    if header.size != size:
        (width, height), (wide, high) = header.size, size
        fix = "Scale the mask to its picture's size."
        raise DatasetError(path, f"a mask of {width}x{height} pixels", f"{wide}x{high}", fix)
    mask = images.read(path, 3)
    if np.ptp(mask, axis=2).max() > 0.25:
        fix = "Save it in gray, white on the object."
        raise DatasetError(path, "a mask in color", "a mask in black and white", fix)
    _check_coverage(mask, path)
    return mask[..., :1]


def _check_coverage(coverage: Pixels, path: Path) -> None:
    if coverage.max() <= 0.5:
        found = f"an empty mask, {round(255 * float(coverage.max()))} of 255 where it is brightest"
        fix = "Make the object white, or take out the picture and its pose."
        raise DatasetError(path, found, "the object in view", fix)


def _put(source: Path, smaller: Pixels | None, target: Path) -> None:
    """Write the smaller picture, or copy the file if there is none."""
    if smaller is not None:
        images.write_png(target, smaller)
        return
    with aside(target) as temporary:
        shutil.copyfile(source, temporary)


def _smaller(picture: Pixels, factor: int) -> Pixels | None:
    """A picture in sRGB, averaged in linear light, each color as much as it covers."""
    if factor == 1:
        return None
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
