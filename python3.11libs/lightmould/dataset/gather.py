"""Views that were rendered in parts, each into a folder of its own, become one folder's."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from lightmould.dataset import records
from lightmould.dataset.records import LIST, FrameRecord, Rendered
from lightmould.errors import DatasetError, FormatError
from lightmould.formats import codec
from lightmould.formats.files import place
from lightmould.model import Event, Frame, FrameKind, Wrote

Views: TypeAlias = dict[str, dict[FrameKind, FrameRecord]]


def gather(parts: Sequence[Path], folder: Path) -> Iterator[Event]:
    """Bring the views of all parts together; the list of views is written last.

    Files are linked where the disk can, else copied.

    Args:
        parts: folders as Blender left them; without any, nothing is done.
        folder: where the views are to lie.

    Raises:
        DatasetError: a part is unfinished, or two hold a view of one name.
        JobError: the folder can't be written.
    """
    views: Views = {}
    missing: tuple[str, ...] = ()
    for part in parts:
        rendered = _rendered(part)
        found, missing = rendered.views, missing + rendered.missing
        twice = sorted(set(views) & set(found))
        if twice:
            fix = "Render them again, each view in one part."
            raise DatasetError(part, f"views {twice}, which another part has", "others", fix)
        views |= found
        for frame, record in _frames(found):
            for name in record.files:
                place(part / name, folder / name)
                yield Wrote(name, PurePosixPath(name).parent.name)
            records.write(folder, frame, record)
    if parts:
        records.write_list(folder, Rendered(views, missing))


def _frames(views: Views) -> Iterator[tuple[Frame, FrameRecord]]:
    for name, frames in views.items():
        for kind, record in frames.items():
            yield Frame(name, kind), record


def _rendered(part: Path) -> Rendered:
    path = part / LIST
    try:
        return codec.read(Rendered, path.read_bytes(), path)
    except (OSError, FormatError) as error:
        found, fix = "no list of views", "Render that part again: what is done stays done."
        raise DatasetError(path, found, "a part that is rendered", fix) from error
