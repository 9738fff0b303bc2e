"""A log of any length: skimmed once for what matters, then read on as it grows."""

import re
import time
from collections import deque
from dataclasses import dataclass
from os import stat_result
from pathlib import Path

from lightmould.jobs import log
from lightmould.model import Record, Started, Warned

_BLOCK = 1 << 17  # bytes read at once
REST = 0.002  # seconds between blocks, in which other threads have their turn
_BEHIND = 1 << 22  # bytes from which on a new gist is faster than to read on
_LONGEST = 1 << 18  # bytes of a line; a record is a few words, so more is none of ours
_KEPT = 100  # warnings
# As formats.codec writes them. A quote within a text is escaped, so no text looks like this.
_TURNS = re.compile(rb'"is": "(?:started|finished|failed|warned)"')
_PROGRESS = b'"is": "progress"'
_LAST = (_PROGRESS, b'"name": "preview"', b'"kind": "preview"')


class Tail:
    """A log's records from some byte onward, as they are written.

    Attributes:
        torn: how many lines were no records.
    """

    def __init__(self, path: Path, start: int = 0) -> None:
        self.torn = 0
        self._path = path
        self._seen = start
        self._rest = b""
        self._file: tuple[int, int] | None = None

    def read(self) -> tuple[Record, ...] | None:
        """What is new, at most a block of it; None when the log has to be read anew.

        It has when it was replaced by another, or when so much is new that a gist is faster.

        Raises:
            OSError: it can't be read, or is there no more.
        """
        found = self._path.stat()
        if self._file is None:
            self._file = identity(found)
        ahead = found.st_size - self._seen
        if identity(found) != self._file or not 0 <= ahead <= _BEHIND:
            return None
        if not ahead:
            return ()
        with self._path.open("rb") as file:
            file.seek(self._seen)
            fresh = file.read(_BLOCK)
        self._seen += len(fresh)
        *lines, rest = (self._rest + fresh).split(b"\n")
        self._rest = rest[:_LONGEST]
        records = [log.parse(line, self._path) for line in lines if line]
        known = tuple(record for record in records if record is not None)
        self.torn += len(records) - len(known)
        return known


def identity(found: stat_result) -> tuple[int, int]:
    """What tells a file from another that has taken its name."""
    return found.st_dev, found.st_ino


@dataclass(frozen=True, slots=True)
class Gist:
    """What matters of a log's last run.

    Attributes:
        records: all but progress, numbers and files; of those the last, and of progress the first
            of each step too. In the order they were written.
        end: bytes that were read; a `Tail` goes on from there.
    """

    records: tuple[Record, ...]
    end: int


def gist(path: Path) -> Gist:
    """The gist of a log, a hundred times faster than all of it; an absent file is an empty log.

    Raises:
        OSError: it can't be read.
    """
    skim, end = _Skim(path), 0
    if not path.exists():
        return Gist((), 0)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            whole = block.rfind(b"\n") + 1
            if whole:
                skim.take(block[:whole], end)
                end += whole
            elif len(block) < _BLOCK:
                break  # a line that is just being written
            else:
                end += len(block)
            file.seek(end)
            if len(block) == _BLOCK:
                time.sleep(REST)
    return Gist(skim.records(), end)


class _Skim:
    """Finds the lines that matter in blocks of whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns: dict[int, Record] = {}
        self._warned: deque[tuple[int, Record]] = deque(maxlen=_KEPT)
        self._last: dict[bytes, tuple[int, Record]] = {}
        self._begins = False  # whether a step's first progress is still to come

    def take(self, block: bytes, offset: int) -> None:
        """The next block, which begins at this byte of the file."""
        if self._begins:
            self._first_progress(block, 0, offset)
        for match in _TURNS.finditer(block):
            at, record = self._line(block, match.start())
            if record is not None:
                self._turn(record, offset + at)
                if isinstance(record.event, Started):
                    self._first_progress(block, match.end(), offset)
        for mark in _LAST:
            place = block.rfind(mark)
            if place >= 0:
                at, record = self._line(block, place)
                if record is not None:
                    self._last[mark] = (offset + at, record)

    def records(self) -> tuple[Record, ...]:
        """Those of the last run, in order."""
        found = {**self._turns, **dict(self._warned), **dict(self._last.values())}
        begin = max((at for at, one in self._turns.items() if _is_begin(one)), default=0)
        return tuple(found[at] for at in sorted(found) if at >= begin)

    def _turn(self, record: Record, at: int) -> None:
        if isinstance(record.event, Warned):
            self._warned.append((at, record))
            return
        if _is_begin(record):
            self._turns.clear()
        self._turns[at] = record

    def _first_progress(self, block: bytes, start: int, offset: int) -> None:
        place = block.find(_PROGRESS, start)
        self._begins = place < 0
        if place >= 0:
            at, record = self._line(block, place)
            if record is not None:
                self._turns[offset + at] = record

    def _line(self, block: bytes, place: int) -> tuple[int, Record | None]:
        start, end = block.rfind(b"\n", 0, place) + 1, block.find(b"\n", place)
        return start, log.parse(block[start:end], self._path)


def _is_begin(record: Record) -> bool:
    return not record.step and isinstance(record.event, Started)
