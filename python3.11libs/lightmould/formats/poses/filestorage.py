"""The part of YAML that OpenCV's FileStorage writes: scalars, lists and matrices by name.

Our own reader, because it is a hundred lines, knows the line of every mistake, and builds nothing
but numbers and text. Nested maps are refused.

Source: OpenCV's documentation, "File Input and Output using XML / YAML / JSON files".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TypeAlias

import numpy as np

from lightmould.errors import FormatError, at
from lightmould.formats.poses import reading
from lightmould.formats.poses.reading import whole_word, words
from lightmould.model.arrays import Floats

Values: TypeAlias = "dict[str, Value]"

_KEY = re.compile(r"([A-Za-z_][\w-]*) *:(?: +(.*))?")
_ITEM = re.compile(r" *- +(.*)")
_FIX = "Write the file with OpenCV's FileStorage."
_KINDS = "ucwsifd"


@dataclass(frozen=True, slots=True)
class Value:
    """A value and its place: text, texts or a matrix."""

    where: str
    content: str | tuple[str, ...] | Floats

    def text(self) -> str:
        """The scalar."""
        if isinstance(self.content, str):
            return self.content
        raise FormatError(self.where, "a list or a matrix", "one value", _FIX)

    def texts(self) -> tuple[str, ...]:
        """The list."""
        if isinstance(self.content, tuple):
            return self.content
        raise FormatError(self.where, "no list", "a list", _FIX)

    def matrix(self, *shapes: tuple[int, int]) -> Floats:
        """The matrix, in one of these shapes; -1 is any length."""
        if not isinstance(self.content, np.ndarray):
            raise FormatError(self.where, "no matrix", "an !!opencv-matrix", _FIX)
        for shape in shapes:
            sides = zip(self.content.shape, shape, strict=True)
            if all(want in (-1, have) for have, want in sides):
                return self.content
        found, wanted = f"a matrix of {self.content.shape}", " or ".join(map(str, shapes))
        raise FormatError(self.where, found, wanted, _FIX)


def read(data: bytes, path: PurePath) -> Values:
    """The values of a file by their names.

    Raises:
        FormatError: naming the line.
    """
    lines = _Lines(reading.text_of(data, path), path)
    values: Values = {}
    for where, line in lines:
        match = _KEY.fullmatch(line)
        if match is None:
            raise FormatError(where, line[:60], "NAME: VALUE", _FIX)
        name, rest = match[1], (match[2] or "").strip()
        if name in values:
            raise FormatError(where, f"{name} as in {values[name].where}", "each name once", _FIX)
        values[name] = Value(where, _content(rest, lines, where))
    return values


class _Lines:
    """Lines that say something, with their places; one can be put back."""

    def __init__(self, text: str, path: PurePath) -> None:
        self._lines = [
            (at(path, number), line.rstrip())
            for number, line in enumerate(text.split("\n"), 1)
            if line.strip() and not line.startswith(("%YAML", "---", "...", "#"))
        ]
        self._next = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        while self._next < len(self._lines):
            self._next += 1
            yield self._lines[self._next - 1]

    def indented(self) -> Iterator[tuple[str, str]]:
        """The lines that belong to the one before."""
        while self._next < len(self._lines) and self._lines[self._next][1].startswith(" "):
            self._next += 1
            yield self._lines[self._next - 1]


def _content(rest: str, lines: _Lines, where: str) -> str | tuple[str, ...] | Floats:
    if rest == "!!opencv-matrix":
        return _matrix(lines, where)
    if rest.startswith("["):
        return _flow(rest, lines, where)
    if rest:
        return _plain(rest)
    items = []
    for place, line in lines.indented():
        match = _ITEM.fullmatch(line)
        if match is None:
            raise FormatError(place, line.strip()[:60], "a list's - ITEM", _FIX)
        items.append(_plain(match[1]))
    return tuple(items)


def _plain(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('\\"', '"').replace("\\\\", "\\") if quoted else text


def _flow(rest: str, lines: _Lines, where: str) -> tuple[str, ...]:
    """A list in brackets, on one line or more."""
    parts = [rest]
    if not rest.endswith("]"):
        for _, line in lines.indented():
            parts.append(line)
            if line.endswith("]"):
                break
    whole = " ".join(parts).strip()
    if not whole.endswith("]") or set(whole[1:-1]) & set("[]{}"):
        raise FormatError(where, whole[:60], "a list that ends with ]", _FIX)
    return tuple(_plain(one) for one in whole[1:-1].split(",") if one.strip())


def _matrix(lines: _Lines, where: str) -> Floats:
    """rows, cols, dt and data of a matrix."""
    fields: dict[str, str | tuple[str, ...]] = {}
    for place, line in lines.indented():
        match = _KEY.fullmatch(line.strip())
        if match is None:
            raise FormatError(place, line.strip()[:60], "rows, cols, dt or data", _FIX)
        rest = (match[2] or "").strip()
        fields[match[1]] = _flow(rest, lines, place) if rest.startswith("[") else _plain(rest)
    rows, cols, kind, data = (fields.get(key) for key in ("rows", "cols", "dt", "data"))
    good = isinstance(rows, str) and isinstance(cols, str) and isinstance(data, tuple)
    if not good or not isinstance(kind, str) or kind[-1:] not in _KINDS:
        raise FormatError(where, f"{sorted(fields)}", "rows, cols, dt and data", _FIX)
    channels = whole_word(kind[:-1] or "1", where)
    shape = whole_word(str(rows), where), whole_word(str(cols), where) * channels
    return words(data or (), shape[0] * shape[1], where).reshape(shape)


def write(values: dict[str, Floats | int | list[str]]) -> bytes:
    """A file of matrices, whole numbers and lists of text, by their names."""
    parts = ["%YAML:1.0", "---"]
    for name, value in values.items():
        if isinstance(value, int):
            parts.append(f"{name}: {value}")
        elif isinstance(value, list):
            parts += [f"{name}:", *(f'   - "{one}"' for one in value)]
        else:
            data = ", ".join(repr(float(one)) for one in value.reshape(-1))
            parts += [
                f"{name}: !!opencv-matrix",
                f"   rows: {value.shape[0]}",
                f"   cols: {value.shape[1]}",
                "   dt: d",
                f"   data: [ {data} ]",
            ]
    return ("\n".join(parts) + "\n").encode()
