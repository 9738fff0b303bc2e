"""A DialogScript cut into tokens, each with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import NoReturn

from lightmould.errors import FormatError, at

_TOKEN = re.compile(
    r'[ \t]+|"(?P<text>(?:\\.|[^"\\])*)"|(?P<mark>[{}\[\]])(?=\s|$)|(?P<word>[^\s"]+)'
)
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word, text in quotes, or bracket.

    Attributes:
        text: without quotes and their escapes.
        line: counted from 1.
        is_quoted: whether it stood in quotes.
    """

    text: str
    line: int
    is_quoted: bool = False


class Tokens:
    """The tokens of a file, taken one after the other.

    Args:
        text: the file's text.
        path: where it is from, for errors.

    Raises:
        FormatError: a text in quotes does not end on its line.
    """

    def __init__(self, text: str, path: str | PathLike[str]) -> None:
        self._path = path
        self._all = [token for line, one in _lines(text) for token in self._cut(one, line)]
        self._next = 0

    def _cut(self, text: str, line: int) -> Iterator[Token]:
        place = 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                self.fail(line, "a quotation mark that nothing ends", "text in quotes on one line")
            place = match.end()
            if (quoted := match["text"]) is not None:
                yield Token(_ESCAPED.sub(_meaning, quoted), line, is_quoted=True)
            elif (bare := match["mark"] or match["word"]) is not None:
                yield Token(bare, line)

    def fail(self, line: int, found: str, wanted: str) -> NoReturn:
        """Say what is wrong at a line.

        Raises:
            FormatError: always.
        """
        raise FormatError(at(self._path, line), found, wanted, "Write the file anew.")

    def peek(self) -> Token:
        """The token that comes next; at the end an empty one."""
        if self._next < len(self._all):
            return self._all[self._next]
        return Token("", self._all[-1].line if self._all else 1)

    def take(self) -> Token:
        """The token that comes next, and go on.

        Raises:
            FormatError: there is none.
        """
        token = self.peek()
        if self._next >= len(self._all):
            self.fail(token.line, "the end", "more")
        self._next += 1
        return token

    def expect(self, mark: str) -> Token:
        """Go past this bare word or bracket.

        Raises:
            FormatError: there is something else.
        """
        token = self.take()
        if token.is_quoted or token.text != mark:
            self.fail(token.line, repr(token.text), f"`{mark}`")
        return token

    def sees(self, mark: str) -> bool:
        """Whether this bare word or bracket comes next; goes past it if so."""
        token = self.peek()
        found = not token.is_quoted and token.text == mark
        self._next += found
        return found

    def quoted(self) -> str:
        """The text in quotes that comes next.

        Raises:
            FormatError: there is something else.
        """
        token = self.take()
        if not token.is_quoted:
            self.fail(token.line, repr(token.text), "a text in quotes")
        return token.text

    def word(self) -> str:
        """The word, bare or in quotes, that comes next.

        Raises:
            FormatError: there is a bracket.
        """
        token = self.take()
        if not token.is_quoted and token.text in {"{", "}", "[", "]"}:
            self.fail(token.line, repr(token.text), "a word")
        return token.text

    def is_done(self) -> bool:
        """Whether every token was taken."""
        return self._next >= len(self._all)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.startswith("#"):
            yield number, line.removesuffix("\r")


def _meaning(match: re.Match[str]) -> str:
    return _MEANT.get(match[1], match[1])
