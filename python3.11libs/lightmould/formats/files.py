"""Files that are either complete or absent: written aside, then renamed; and their hashes."""

import errno
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from lightmould.errors import JobError

T = TypeVar("T")

_TRIES = 5
_PAUSE = 0.05  # seconds before a stale handle is looked up again


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A temporary neighbor of `path` to write to; takes that name when the block ends well.

    The folder is made where it is missing. The temporary file keeps the suffix (image libraries
    choose the format by it), begins with a dot, and is removed when the block raises.

    Raises:
        JobError: the folder or the file can't be written.
    """
    # A number of the process alone would be another machine's, too, that writes the same file.
    writer = f"{os.getpid()}-{uuid.uuid4().int >> 64}"
    temporary = path.with_name(f".{path.stem}.{writer}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        fix = "Choose another folder, or free space and allow writing there."
        found = error.strerror or str(error)
        raise JobError(path, found, "a file that can be written", fix) from error
    finally:
        with suppress(OSError):  # must not hide what went wrong before
            temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a whole file, on disk before it takes its name; text becomes UTF-8.

    Raises:
        JobError: the folder or the file can't be written.
    """
    content = data.encode() if isinstance(data, str) else data
    with aside(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def place(source: Path, target: Path) -> None:
    """Give a file a second place: linked where the disk can, else copied.

    Raises:
        JobError: the folder or the file can't be written.
    """
    with aside(target) as temporary:
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(source, temporary)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    return unless_stale(lambda: _hash(path))


def unless_stale(act: Callable[[], T]) -> T:
    """What `act` returns; called again while a network drive has lost hold of the file."""
    for _ in range(_TRIES - 1):
        try:
            return act()
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
            time.sleep(_PAUSE)
    return act()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
