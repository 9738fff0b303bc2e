"""What OBJ and MTL share: statements, numbers, names, and paths that stay in their folder."""

import posixpath
import re
from collections.abc import Iterator
from math import nan
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from lightmould.errors import FormatError, SettingsError

LARGEST = 1e30
"""What no coordinate comes near, and whose square and cube are still numbers."""

_DRIVE = re.compile(r"[A-Za-z]:")


Statement: TypeAlias = tuple[int, str, str]
"""Number of its (first) line, keyword, and the rest without white space around it.

A comment after the rest is still there: names may hold a "#". `words` leaves it out.
"""


def words(text: str) -> list[str]:
    """The words of a statement of numbers, without the comment."""
    return text.split("#", 1)[0].split()


def statements(text: str | bytes) -> Iterator[Statement]:
    """The statements of an OBJ or MTL file, whatever its line ends; comments are left out.

    A comment never goes on after a backslash: it may be a folder of Windows. Bytes that are not
    UTF-8 are let through, since old comments are full of them; `name` refuses them.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = enumerate(text.split("\n"), 1)
    for count, line in lines:
        whole = line if not line.endswith("\\") else _joined(line, lines)
        parts = whole.split(None, 1)
        if parts and parts[0][0] != "#":
            yield count, parts[0], parts[1].rstrip() if len(parts) > 1 else ""


def _joined(line: str, lines: Iterator[tuple[int, str]]) -> str:
    """The line and those it goes on with."""
    parts = [line]
    while parts[-1].endswith("\\") and not line.lstrip().startswith("#"):
        parts[-1] = parts[-1][:-1]
        parts.append(next(lines, (0, ""))[1])
    return " ".join(parts)


def number(word: str, where: str) -> float:
    """The finite number that a word is.

    Raises:
        FormatError: it is not a number, or nan, inf or too large.
    """
    try:
        value = nan if "_" in word else float(word)
    except ValueError:
        value = nan
    if not abs(value) <= LARGEST:
        wanted = f"a finite number, {LARGEST:g} at most"
        raise FormatError(where, repr(word), wanted, "Correct or remove that line.")
    return value


def name(text: str, where: str) -> str:
    """The name as it stands.

    Raises:
        FormatError: it is not UTF-8.
    """
    if not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise FormatError(where, f"the name {text!a}", "UTF-8", "Save the file as UTF-8.")
    return text


def inner_path(text: str, where: str) -> PurePosixPath:
    """A path that does not leave the folder of the file that names it, as far as text can tell.

    Raises:
        FormatError: it is absolute, of another drive or machine, a URL, or climbs out.
    """
    raw = name(text, where)
    path = posixpath.normpath(raw.replace("\\", "/"))
    outside = path.startswith(("/", "../")) or path == ".." or _DRIVE.match(path)
    if not raw or path == "." or outside or "://" in raw or "\0" in raw:
        raise FormatError(
            where,
            f"the path {raw!r}",
            "a file in the folder of the file that names it, or below",
            "Copy the file there and name it by its relative path.",
        )
    return PurePosixPath(path)


def writable_name(text: str, what: str) -> str:
    """The name, if a Wavefront file can hold it.

    Raises:
        SettingsError: it would be read back as something else.
    """
    broken = not text or text != text.strip() or set(text) & {"\n", "\r"} or text.endswith("\\")
    if broken or text == NO_NAME:
        wanted = "a name without line breaks, outer white space or a backslash at its end"
        raise SettingsError(what, repr(text), wanted, "Rename it.")
    return text


def writable_path(path: Path | PurePosixPath, what: str) -> str:
    """The relative path in the form that `inner_path` reads back unchanged.

    Raises:
        SettingsError: it leaves the folder or holds what the format can't.
    """
    text = writable_name(path.as_posix(), what)
    try:
        same = inner_path(text, what) == PurePosixPath(text)
    except FormatError as error:
        raise SettingsError(what, error.found, error.wanted, error.fix) from None
    if not same:
        wanted = "a plain path: forward slashes, nothing that climbs"
        raise SettingsError(what, f"the path {text!r}", wanted, "Rename the file.")
    return text


NO_NAME = "(null)"
"""How Wavefront files say that faces have no material, or are in no group."""
