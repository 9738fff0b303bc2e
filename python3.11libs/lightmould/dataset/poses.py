"""Files of poses where they lie: which format they are of, what they tell, how they are written."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lightmould.errors import DatasetError, FormatError, SettingsError
from lightmould.formats.files import write_atomically
from lightmould.formats.poses.format import Contents, Files, Format, SizeOf
from lightmould.formats.poses.registry import FORMATS, SPLIT_FILES
from lightmould.model import Poses, Shot
from lightmould.model.dataset import Split

LARGEST = 2**31
"""Bytes of a file of poses that are read; what is larger is none."""


@dataclass(frozen=True, slots=True)
class Found:
    """Files of poses.

    Attributes:
        format: its name, a key of `FORMATS`.
        folder: where the files lie.
        files: relative to that folder.
    """

    format: str
    folder: Path
    files: tuple[PurePosixPath, ...]


def find(path: Path, name: str | None = None) -> Found:
    """The files of poses that a path means.

    Args:
        path: one of the files, or a folder that holds them, or holds sparse/0 of COLMAP.
        name: of the format; found out if not given.

    Raises:
        DatasetError: there are none.
        SettingsError: there is no such format.
    """
    found = search(path, name)
    if found is None:
        kinds = ", ".join(FORMATS[name].files) if name else "one of docs/poses.md's formats"
        reason = "no file of poses" if path.exists() else "no such file or folder"
        raise DatasetError(path, reason, kinds, "Name the file or its folder, or the format.")
    return found


def search(path: Path, name: str | None = None) -> Found | None:
    """What `find` finds; None where there is nothing.

    Raises:
        SettingsError: there is no such format.
    """
    if name is not None and name not in FORMATS:
        wanted = f"one of {', '.join(FORMATS)}"
        raise SettingsError("the format of poses", repr(name), wanted, "Choose one of them.")
    formats = [FORMATS[name]] if name else [*FORMATS.values()]
    if path.is_file():
        every = (_of_file(path, form) for form in formats)
    else:
        # Names that say what they are come first; any .json or .csv may be something else.
        ways = [(loose, form) for loose in (False, True) for form in formats]
        every = (_of_folder(path, form, any_name=loose) for loose, form in ways)
    return next((one for one in every if one is not None), None)


def _of_file(path: Path, form: Format) -> Found | None:
    named, loose = (
        any(path.match(one.rpartition("/")[2]) for one in patterns)
        for patterns in (form.files, form.loose)
    )
    if not (named or loose) or (form.claims is not None and not form.claims(_content(path))):
        return None
    first = PurePosixPath(path.name)
    together = _matching(path.parent, form.files) if named and form.needed else []
    rest = [*together, *_matching(path.parent, form.companions)]
    return Found(form.name, path.parent, (first, *(one for one in rest if one != first)))


def _of_folder(path: Path, form: Format, *, any_name: bool) -> Found | None:
    for below in form.folders:
        folder = path / below
        files = _matching(folder, form.loose if any_name else form.files)
        if form.claims is not None:
            files = [one for one in files if form.claims(_content(folder / one))]
        if not files or (not any_name and len(files) < form.needed):
            continue
        whole = form.files == SPLIT_FILES or (form.needed and not any_name)
        chosen = files if whole else files[:1]
        return Found(form.name, folder, (*chosen, *_matching(folder, form.companions)))
    return None


def _matching(folder: Path, patterns: Iterable[str]) -> list[PurePosixPath]:
    """Files by patterns, in their order, each once."""
    found: dict[PurePosixPath, None] = {}
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            if path.is_file():
                found[PurePosixPath(path.relative_to(folder).as_posix())] = None
    return list(found)


def read(found: Found, size_of: SizeOf) -> Poses:
    """What the files tell.

    Args:
        found: of `find`.
        size_of: (width, height) of a picture by its name, for formats that do not tell it.

    Raises:
        DatasetError: a file can't be opened, or pictures are in two of them.
        FormatError: a file is damaged or is not of its format.
    """
    contents = {name: _content(found.folder / name) for name in found.files}
    form = FORMATS[found.format]
    if form.files != SPLIT_FILES:
        return form.read(Files(found.folder, contents, size_of))
    shots: list[Shot] = []
    for name, data in contents.items():
        part = form.read(Files(found.folder, {name: data}, size_of))
        shots += [replace(shot, split=_split(name, contents)) for shot in part.shots]
    return Poses(_named_apart(shots, found.folder))


def _split(name: PurePosixPath, contents: Iterable[PurePosixPath]) -> Split | None:
    """What a file of NeRF-synthetic is for; alone it may be for anything."""
    if len(list(contents)) < 2:
        return None
    splits: dict[str, Split] = {"train": "train", "val": "val", "test": "test"}
    return splits[name.stem.removeprefix("transforms_")]


def _named_apart(shots: list[Shot], folder: Path) -> tuple[Shot, ...]:
    """The same shots; those of the same name are named by their whole paths, as train_r_0."""
    paths = [shot.named_picture for shot in shots]
    stems = Counter(path.stem for path in paths)
    whole = ["_".join(path.with_suffix("").parts) for path in paths]
    names = [
        path.stem if stems[path.stem] == 1 else name
        for path, name in zip(paths, whole, strict=True)
    ]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DatasetError(
            folder,
            f"the picture {twice[0]} both to learn from and to score with",
            "pictures to score with that nothing was learned from",
            "Take it out of one of the files of poses.",
        )
    return tuple(
        replace(shot, camera=replace(shot.camera, name=name))
        for shot, name in zip(shots, names, strict=True)
    )


def write(contents: Contents, folder: Path) -> tuple[Path, ...]:
    """Write files below a folder.

    Raises:
        JobError: one can't be written.
    """
    for name, data in contents.items():
        write_atomically(folder / name, data)
    return tuple(folder / name for name in contents)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            found, fix = f"{path.stat().st_size} bytes", "Name a file of poses."
            raise FormatError(path, found, f"{LARGEST} at most", fix)
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DatasetError(path, reason, "a file of poses", "Allow reading it.") from error
