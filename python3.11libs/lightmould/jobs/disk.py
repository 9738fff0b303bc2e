"""What leases ask of a file system, as network drives keep it.

Of NFS no more is taken for granted than this: of several machines that make the same new name one
succeeds, and a file that is opened anew shows what was written and closed before. Names may be
seen late elsewhere, handles go stale, a reply may be lost so that what was done is told to have
failed, and there are drives that make no links.
"""

import errno
import os
import uuid
from contextlib import suppress
from pathlib import Path

from lightmould.formats.files import unless_stale

_NO_LINKS = {
    errno.EPERM,
    errno.EXDEV,
    errno.EINVAL,
    errno.ENOSYS,
    errno.EMLINK,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
}


class Disk:
    """Files that several machines use at once."""

    def create(self, path: Path, data: bytes) -> bool:
        """Make a file, whole from the first moment; whether we did, and nobody was before us."""
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            _make(draft, data)
            os.link(draft, path)
        except FileExistsError:
            return _is_same(draft, path)  # then it was ours, and only the reply was lost
        except FileNotFoundError:
            if path.parent.is_dir():
                return False  # somebody swept the draft away: he has what we want
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return _made_here(path, data)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        return True

    def read(self, path: Path) -> bytes | None:
        """A file's content now; None where there is none."""
        try:
            return unless_stale(path.read_bytes)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def overwrite(self, path: Path, data: bytes) -> bool:
        """Put other content of the same length into a file; False where there is none."""

        def put() -> None:
            with path.open("r+b", buffering=0) as file:
                file.write(data)

        try:
            unless_stale(put)
        except FileNotFoundError:
            return False
        return True

    def remove(self, path: Path) -> None:
        """Remove a file, if there is one."""
        unless_stale(lambda: path.unlink(missing_ok=True))

    def names(self, folder: Path, beginning: str) -> list[str]:
        """The names in a folder that begin so, and of drafts of such files."""
        found = unless_stale(lambda: [path.name for path in folder.iterdir()])
        return [name for name in found if name.startswith((beginning, f".{beginning}"))]


def _make(path: Path, data: bytes) -> None:
    with path.open("xb", buffering=0) as file:
        file.write(data)
        os.fsync(file.fileno())


def _made_here(path: Path, data: bytes) -> bool:
    """Where there are no links; others may see the file before it has its content."""
    try:
        _make(path, data)
    except FileExistsError:
        return False
    return True


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
