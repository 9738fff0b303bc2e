"""events.jsonl: one record per line, appended whole, readable while it grows.

A writer that is killed may leave its last line torn. The next writer begins a new line, and
readers skip what is torn and count it.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.model import Record

NAME = "events.jsonl"


@dataclass(frozen=True, slots=True)
class History:
    """What a log holds.

    Attributes:
        records: in the order they were written.
        torn: how many lines are no records.
    """

    records: tuple[Record, ...]
    torn: int


class Log:
    """A log, open for appending."""

    def __init__(self, path: Path) -> None:
        whole = not path.exists() or path.stat().st_size == 0 or _last_byte(path) == b"\n"
        self._file = path.open("ab", buffering=0)
        if not whole:
            self._file.write(b"\n")

    def append(self, record: Record) -> None:
        """Write one line; on return the operating system has it.

        Raises:
            OSError: the disk is full; what was cut short is skipped by readers.
        """
        # A file name that is not UTF-8 may sit in a message; the log must stay readable.
        line = codec.write_line(record).encode(errors="replace")
        if self._file.write(line) != len(line):
            raise OSError(None, "the disk is full", self._file.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._file.close()


def read(path: Path) -> History:
    """Everything in a log; an absent file is an empty log."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    records = [parse(line, path) for line in lines if line]
    known = tuple(record for record in records if record is not None)
    return History(known, len(records) - len(known))


def follow(path: Path, running: Callable[[], bool], pause: float = 0.2) -> Iterator[Record]:
    """Records, old ones and then new ones as they come, until there is no writer any more.

    Args:
        path: the log; may not exist yet.
        running: whether somebody may still write to it.
        pause: seconds between looks.
    """
    seen, rest = 0, b""
    going = True
    while going:
        going = running()  # asked before reading, so that the last words are not missed
        fresh = _tail(path, seen)
        seen += len(fresh)
        *lines, rest = (rest + fresh).split(b"\n")
        yield from filter(None, (parse(line, path) for line in lines if line))
        if going and not fresh:
            time.sleep(pause)


def _tail(path: Path, start: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(start)
        return file.read()


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def parse(line: bytes, path: Path) -> Record | None:
    """The record that a line of a log holds; None when it is torn or none of ours."""
    try:
        return codec.read(Record, line, path)
    except FormatError:
        return None
