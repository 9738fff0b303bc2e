"""What a linter finds, and the one way to find it: reading a file and writing it again."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from lightmould.errors import FormatError

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with an asset.

    Attributes:
        path: of the file, from the asset's folder; a part of Contents.mime after a colon.
        line: counted from 1; 0 where it is about the whole file.
        message: what was found, and what was wanted.
    """

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return (
            f"{self.path}:{self.line}: {self.message}"
            if self.line
            else f"{self.path}: {self.message}"
        )


class Findings(list[Finding]):
    """The findings so far."""

    def add(self, path: str, message: str, line: int = 0) -> None:
        """Note one."""
        self.append(Finding(path, line, message))

    def add_error(self, path: str, error: FormatError) -> None:
        """Note why a file can't be read."""
        where, _, line = error.where.rpartition(":")
        known = where.endswith(path) and line.isdecimal()
        said = f"found {error.found}; wanted {error.wanted}"
        self.add(path, said, int(line) if known else 0)

    def canonical(
        self,
        path: str,
        text: str,
        read: Callable[[str, str], _Value],
        write: Callable[[_Value], str],
    ) -> _Value | None:
        """What a text says, if it can be read; a finding where Houdini would write it otherwise."""
        try:
            value = read(text, path)
        except FormatError as error:
            self.add_error(path, error)
            return None
        self.same(path, text, write(value))
        return value

    def same(self, path: str, text: str, wanted: str) -> None:
        """A finding at the first line that is not the wanted one, if there is any."""
        pairs = zip_longest(text.split("\n"), wanted.split("\n"))
        for line, (found, right) in enumerate(pairs, start=1):
            if found != right:
                self.add(path, f"found {found!r}; wanted {right!r}", line)
                return
