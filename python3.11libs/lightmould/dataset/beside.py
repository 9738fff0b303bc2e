"""Pictures and masks that lie beside files of poses."""

from pathlib import Path, PurePosixPath

from lightmould.dataset.poses import Found
from lightmould.errors import DatasetError

_PICTURES = frozenset({".png", ".jpg", ".jpeg"})
_FOLDERS = (".", "images", "input")


def located(name: PurePosixPath, beside: Path, folder: Path, *, any_suffix: bool) -> PurePosixPath:
    """Where a picture lies: where the poses say, or in images/.

    Args:
        name: as the poses have it.
        beside: where the poses lie.
        folder: what the result is relative to.
        any_suffix: whether the poses told no suffix.

    Raises:
        DatasetError: it is nowhere.
    """
    places = [base / below for base in (folder, beside) for below in _FOLDERS]
    for place in places:
        if (place / name).is_file():
            return _relative(place / name, folder)
    for place in places if any_suffix else []:
        for path in sorted(place.glob(f"{_plain(name.stem)}.*")):
            if path.suffix.lower() in _PICTURES and path.stem == name.stem:
                return _relative(path, folder)
    where = folder / name
    found = "something that is no file" if where.exists() else "no file"
    raise DatasetError(where, found, "the picture that the poses name", "Add it.")


def _relative(path: Path, folder: Path) -> PurePosixPath:
    try:
        return PurePosixPath(path.relative_to(folder).as_posix())
    except ValueError:
        fix = "Name the folder that holds both."
        raise DatasetError(path, "a picture elsewhere", f"a file within {folder}", fix) from None


def _plain(stem: str) -> str:
    """A name whose * ? [ are not patterns."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def listed(folder: Path, name: str, found: Found) -> list[PurePosixPath]:
    """The pictures in a folder of the folder, in the order of their names."""
    try:
        names = sorted(path.name for path in (folder / name).iterdir())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fix = f"Put the pictures that {found.files[0]} is about into {name}."
        raise DatasetError(folder / name, reason, "a folder of pictures", fix) from error
    paths = [PurePosixPath(name, one) for one in names if not one.startswith(".")]
    return [path for path in paths if path.suffix.lower() in _PICTURES]


def masks(
    colors: list[PurePosixPath], found: Found, folder: Path, *, by_order: bool
) -> list[PurePosixPath | None]:
    """Each picture's mask, where it has one: STEM.mask.png beside it, or masks/STEM.*.

    Args:
        colors: the pictures, relative to the folder.
        found: the poses, for errors.
        folder: what they lie in.
        by_order: whether masks of other names may belong to the pictures in the order of names.

    Raises:
        DatasetError: some have one and others do not.
    """
    named = [mask_of(color, folder) for color in colors]
    if not (folder / "masks").is_dir() or any(mask and mask.parts[0] != "masks" for mask in named):
        return named
    if not any(named) and not by_order:
        return named  # of other pictures, it may be; those of these have alpha, or are refused
    return _paired(colors, named, listed(folder, "masks", found), folder)


def mask_of(color: PurePosixPath, folder: Path) -> PurePosixPath | None:
    """masks/STEM.* or STEM.mask.png, in the picture's own subfolder first."""
    beside = color.with_name(f"{color.stem}.mask.png")
    if (folder / beside).is_file():
        return beside
    inner = PurePosixPath(*color.parts[1:]) if len(color.parts) > 1 else color
    for name in (color, inner, PurePosixPath(color.name)):
        parent = folder / "masks" / name.parent
        for stem in (name.stem, name.name):  # COLMAP has masks/a.jpg.png
            for path in sorted(parent.glob(f"{_plain(stem)}.*")):
                if path.stem == stem and path.suffix.lower() in _PICTURES:
                    return PurePosixPath(path.relative_to(folder).as_posix())
    return None


def _paired(
    pictures: list[PurePosixPath],
    named: list[PurePosixPath | None],
    those: list[PurePosixPath],
    folder: Path,
) -> list[PurePosixPath | None]:
    """A mask for each picture: by name where any has the same, else in the order of the names."""
    alone = [picture for picture, mask in zip(pictures, named, strict=True) if mask is None]
    where, fix = folder / "masks", "Add the missing masks, or remove what is none."
    if alone and len(those) != len(pictures):
        raise DatasetError(where, f"{len(those)} masks", f"{len(pictures)}, one a picture", fix)
    if not alone:
        return named
    if len(alone) < len(pictures):
        found = f"no mask named like {alone[0].name}"
        raise DatasetError(where, found, "one for each picture", fix)
    return [*those]
