"""Views that are set aside: each killed its renderer again and again, and is not tried any more.

quarantine.json   beside the list of views; there is none where no view is set aside
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lightmould.dataset import records
from lightmould.errors import Cause, FormatError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically

NAME = "quarantine.json"


@dataclass(frozen=True, slots=True)
class SetAside:
    """Why a view is.

    Attributes:
        key: hash of all that decides its pixels; asked for differently, it is tried.
        cause: of its renderer's last death.
        message: how that was told.
        lines: the last that the renderer printed.
        host: the machine that it died on.
        versions: program name to version; by another Blender, it is tried.
    """

    key: str
    cause: Cause
    message: str
    lines: tuple[str, ...]
    host: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Quarantine:
    views: dict[str, SetAside]


def read(folder: Path) -> dict[str, SetAside]:
    """The views that are set aside; none where the list of them is absent or damaged."""
    path = folder / NAME
    try:
        return codec.read(_Quarantine, path.read_bytes(), path).views
    except (OSError, FormatError):
        return {}


def write(folder: Path, views: Mapping[str, SetAside]) -> None:
    """Say which views are set aside.

    Raises:
        JobError: the file can't be written.
    """
    if views:
        write_atomically(folder / NAME, codec.write(_Quarantine(dict(views))))
    else:
        (folder / NAME).unlink(missing_ok=True)


def clear(folder: Path) -> tuple[str, ...]:
    """Have all views in a folder and below tried again; returns their names."""
    names: list[str] = []
    for path in sorted(folder.rglob(NAME)):
        names += read(path.parent)
        (path.parent / records.LIST).unlink(missing_ok=True)  # it may go without them
        path.unlink(missing_ok=True)
    return tuple(names)
