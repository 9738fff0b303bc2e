"""What says that frames of a dataset are finished: a record each, and a list when all are.

views/NAME.KIND.json    a frame's record, written after its files
views.json              all of them; written last
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lightmould.errors import DatasetError, FormatError
from lightmould.formats import codec
from lightmould.formats.files import aside, file_hash, unless_stale, write_atomically
from lightmould.model import Frame, FrameKind, View

FOLDER = "views"
LIST = "views.json"


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """A frame is finished.

    Attributes:
        key: hash of all that decides its pixels.
        blender: version of the Blender that made it.
        engine: which of its engines did.
        device: what it ran on.
        files: SHA-256 of each file, by its path in the dataset's folder.
        instances: names of the objects, in the order of their numbers, if they are told apart.
    """

    key: str
    blender: str
    engine: str
    device: str
    files: dict[str, str]
    instances: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                wanted, fix = "paths inside the dataset's folder", "Render that view again."
                raise DatasetError("a view's record", f"the path {name}", wanted, fix)


@dataclass(frozen=True, slots=True)
class Rendered:
    """views.json: all that was asked for is there.

    Attributes:
        views: each view's frames, by the view's name.
        missing: views that were asked for and may be missing; see `quarantine`.
    """

    views: dict[str, dict[FrameKind, FrameRecord]]
    missing: tuple[str, ...] = ()


def paths(view: View, kind: FrameKind) -> tuple[PurePosixPath, ...]:
    """The files of a view that are made of one of its frames."""
    return (view.color,) if kind == "color" else view.paths[1:]


def read(folder: Path, frame: Frame) -> FrameRecord | None:
    """A frame's record; None if there is none, or a damaged one."""
    path = _path(folder, frame)
    try:
        return codec.read(FrameRecord, unless_stale(path.read_bytes), path)
    except (OSError, FormatError):
        return None


def write(folder: Path, frame: Frame, record: FrameRecord) -> None:
    """Write a frame's record.

    It need not be on the disk before the next one is begun: what a power cut takes is redone.

    Raises:
        JobError: the file can't be written.
    """
    with aside(_path(folder, frame)) as temporary:
        temporary.write_text(codec.write(record), encoding="utf-8")


def write_list(folder: Path, rendered: Rendered) -> None:
    """Say that all is there.

    Raises:
        JobError: the file can't be written.
    """
    write_atomically(folder / LIST, codec.write(rendered))


def lists(folder: Path, keys: Mapping[str, str]) -> bool:
    """Whether all that was asked for is said to be there, made from what decides its pixels now.

    Args:
        folder: the dataset's.
        keys: of each view, see `FrameRecord`.
    """
    try:
        text = unless_stale((folder / LIST).read_bytes)
        said = codec.read(Rendered, text, folder / LIST).views
    except (OSError, FormatError):
        return False
    found = {name: {record.key for record in frames.values()} for name, frames in said.items()}
    return found == {name: {key} for name, key in keys.items()}


def is_whole(folder: Path, record: FrameRecord) -> bool:
    """Whether the files of a record are there and as they were written."""
    try:
        return all(file_hash(folder / name) == wanted for name, wanted in record.files.items())
    except OSError:
        return False


def found(folder: Path) -> Iterator[Frame]:
    """The frames that have a record, finished or not."""
    for path in sorted((folder / FOLDER).glob("[!.]*.json")):
        name, _, kind = path.stem.rpartition(".")
        if kind == "data":
            yield Frame(name, "data")
        elif kind == "color":
            yield Frame(name, "color")


def forget(folder: Path, frame: Frame) -> None:
    """Remove a frame's files and its record."""
    record = read(folder, frame)
    for name in record.files if record else ():
        (folder / name).unlink(missing_ok=True)
    _path(folder, frame).unlink(missing_ok=True)


def _path(folder: Path, frame: Frame) -> Path:
    return folder / FOLDER / f"{frame.view}.{frame.kind}.json"
