"""nvdiffrec's configuration files and its lines on standard output.

Files are read more strictly than nvdiffrec does, which takes any name and any value in silence and
fails hours later: what it would crash on or ignore is an error that says what to do instead.
"""

import difflib
import inspect
import json
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Any

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats.nvdiffrec.config import Config, shown

__all__ = ["Config", "Explained", "explained", "flags", "of", "read", "write"]

_SIBLING = {"envlight": "envmap", "learn_lighting": "learn_light"}
"""Names that nvdiffrecmc has for the same things."""


def read(text: bytes | str, source: PurePath) -> Config:
    """The configuration that a JSON file holds.

    Args:
        text: the file's content.
        source: its name, for errors.

    Raises:
        FormatError: it is not JSON, a key is unknown, or a value is not what its key wants.
    """
    return of(_object(text, source), source)


def of(data: Mapping[str, Any], source: PurePath) -> Config:
    """The configuration of plain data, as JSON has it.

    Raises:
        FormatError: as `read`.
    """
    known = {one.name: one for one in fields(Config)}
    hints = typing.get_type_hints(Config)
    values = {}
    for name, value in data.items():
        if name not in known:
            raise _unknown(name, source)
        try:
            values[name] = codec.decoded(hints[name], value, f"{source}: {name}")
        except FormatError as error:
            wanted = known[name].metadata["wanted"]
            raise FormatError(error.where, error.found, wanted, error.fix) from None
    try:
        return Config(**values)
    except SettingsError as error:
        where = f"{source}: {error.where}"
        raise FormatError(where, error.found, error.wanted, error.fix) from None


def write(config: Config) -> str:
    """A JSON file that says every key whose value is not the default; it reads back equal."""
    plain = codec.encode(config)
    said = {
        one.name: plain[one.name]
        for one in fields(Config)
        if getattr(config, one.name) != one.default
    }
    lines = (f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in said.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def flags(config: Config) -> dict[str, Any]:
    """Every key and its value, lists as lists, as nvdiffrec prints them when it begins."""
    plain: dict[str, Any] = codec.encode(config)
    return plain


@dataclass(frozen=True, slots=True)
class Explained:
    """A key in words.

    Attributes:
        name: of the key.
        meaning: what it is.
        wanted: what it may be.
        default: as JSON; empty where it has to be given.
    """

    name: str
    meaning: str
    wanted: str
    default: str


def explained() -> tuple[Explained, ...]:
    """Every key, in the file's order."""
    text = inspect.getdoc(Config) or ""
    entries = re.findall(r"^    (\w+): ((?:.+\n?(?:        .*\n?)*))", text, re.MULTILINE)
    meanings = {name: " ".join(meaning.split()) for name, meaning in entries}
    return tuple(
        Explained(
            one.name,
            meanings.get(one.name, ""),
            one.metadata["wanted"],
            "" if one.name in ("ref_mesh", "out_dir") else shown(codec.encode(one.default)),
        )
        for one in fields(Config)
    )


def _object(text: bytes | str, source: PurePath) -> dict[str, Any]:
    data = codec.parse(text, source)
    if not isinstance(data, dict):
        raise FormatError(source, shown(data), "an object of keys", "Begin it with a brace.")
    return data


def _unknown(name: str, source: PurePath) -> FormatError:
    known = [one.name for one in fields(Config)]
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"Did you mean {near[0]!r}?" if near else "Remove it."
    if name in _SIBLING:
        fix = f"That is nvdiffrecmc's; did you mean {_SIBLING[name]!r}?"
    return FormatError(source, f"the unknown key {name!r}", "a key of nvdiffrec", fix)
