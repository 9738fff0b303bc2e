"""A text of any length, by line number: what is remembered is one number for 64 KiB of it."""

import re
import time
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from lightmould.jobs.tail import REST, identity

_BLOCK = 1 << 16  # bytes
_STRETCH = 1 << 24  # bytes that are counted before others have their turn
_LONGEST = 4096  # bytes of a line that are shown
_WIDEST = 1 << 24  # bytes that are read to find where a line ends
_MOST = 200_000  # lines that a search remembers


class Lines:
    """The lines of a file that may grow. Not for two threads at once.

    Attributes:
        path: the file.
        count: whole lines so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._before: list[int] = []  # line breaks before each block
        self._size = 0
        self._file: tuple[int, int] | None = None

    def grow(self) -> bool:
        """Count what was written since; whether the file is another one now, so all is forgotten.

        Raises:
            OSError: it can't be read.
        """
        found = self.path.stat()
        anew = self._file is not None and (
            identity(found) != self._file or found.st_size < self._size
        )
        if anew:
            self.count, self._size, self._before = 0, 0, []
        self._file = identity(found)
        if found.st_size > self._size:
            with self.path.open("rb") as file:
                file.seek(self._size)
                while block := file.read(_BLOCK - self._size % _BLOCK):
                    if self._size % _BLOCK == 0:
                        self._before.append(self.count)
                    self.count += block.count(b"\n")
                    self._size += len(block)
                    if self._size % _STRETCH == 0:
                        time.sleep(REST)
        return anew

    def read(self, numbers: Sequence[int]) -> list[str]:
        """Lines by their numbers, which rise from 0; of a very long one its beginning.

        Raises:
            OSError: the file can't be read.
        """
        found: list[str] = []
        with self.path.open("rb") as file:
            whole, lines = range(0), [b""]
            for number in numbers:
                if number not in whole:
                    whole, lines = self._around(file, number)
                place = number - whole.start
                line = lines[place] if number < self.count and place < len(lines) else b""
                found.append(line[:_LONGEST].decode(errors="replace").rstrip("\r"))
        return found

    def find(self, pattern: re.Pattern[bytes], start: int = 0) -> "array[int]":
        """The numbers of the lines from `start` on that hold a pattern, at most 200,000.

        Raises:
            OSError: the file can't be read.
        """
        found: array[int] = array("Q")
        block = self._block_of(start)
        number, rest = (self._before[block] if self._before else 0), b""
        with self.path.open("rb") as file:
            file.seek(block * _BLOCK)
            while number < self.count and len(found) < _MOST and (fresh := file.read(_BLOCK)):
                text, ends, rest = (rest + fresh).rpartition(b"\n")
                at = 0
                for match in pattern.finditer(text):
                    number += text.count(b"\n", at, match.start())
                    at = match.start()
                    if number >= start and (not found or found[-1] != number):
                        found.append(number)
                number += text.count(b"\n", at) + len(ends)
        return found

    def _around(self, file: IO[bytes], number: int) -> tuple[range, list[bytes]]:
        """Lines around one, and their numbers."""
        block = self._block_of(number)
        first = self._before[block] if self._before else 0
        file.seek(block * _BLOCK)
        data = file.read(2 * _BLOCK)
        while data.count(b"\n") <= number - first and len(data) < _WIDEST:
            more = file.read(_BLOCK)
            if not more:
                break
            data += more
        lines = data.split(b"\n")
        partial = int(block > 0)  # the first line began before this block
        return range(first + partial, first + len(lines) - 1), lines[partial:]

    def _block_of(self, number: int) -> int:
        """The last block before which there are fewer line breaks than a line has."""
        return max(0, bisect_left(self._before, number) - 1)
