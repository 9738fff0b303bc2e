"""Views that were rendered in parts, each into a folder of its own, become one folder's."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from lightmould.dataset.assemble import LIST, Rendered, RenderedView
from lightmould.errors import DatasetError, FormatError
from lightmould.formats import codec
from lightmould.formats.files import aside, write_atomically
from lightmould.model import Event, Wrote

FOLDERS = ("color", "raw", "views")
"""What a part holds beside its list of views."""


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
    views: dict[str, RenderedView] = {}
    for part in parts:
        found = _views(part)
        twice = sorted(set(views) & set(found))
        if twice:
            fix = "Render them again, each view in one part."
            raise DatasetError(part, f"views {twice}, which another part has", "others", fix)
        views |= found
        for kind in FOLDERS:
            for source in sorted((part / kind).glob("[!.]*")):
                _place(source, folder / kind / source.name)
                yield Wrote(f"{kind}/{source.name}", kind)
    if parts:
        write_atomically(folder / LIST, codec.write(Rendered(views)))


def _views(part: Path) -> dict[str, RenderedView]:
    path = part / LIST
    try:
        return codec.read(Rendered, path.read_bytes(), path).views
    except (OSError, FormatError) as error:
        found, fix = "no list of views", "Render that part again: what is done stays done."
        raise DatasetError(path, found, "a part that is rendered", fix) from error


def _place(source: Path, target: Path) -> None:
    with aside(target) as temporary:
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(source, temporary)
