"""TOML tables to the fields of dataclasses, strictly: unknown names and wrong types are named."""

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lightmould.errors import SettingsError


def read(path: Path) -> dict[str, Any]:
    """The tables of a file; none where there is no file.

    Raises:
        SettingsError: it can't be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        found, fix = error.strerror or str(error), "Allow reading it, or remove it."
        raise SettingsError(path, found, "a readable file", fix) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(path, str(error), "TOML in UTF-8", "Correct the file.") from error


def check_names(where: str, found: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that nobody knows, with the nearest that somebody does.

    Raises:
        SettingsError: by name.
    """
    known = sorted(known)
    for name in found:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"Did you mean {near[0]!r}?" if near else "Remove it."
            raise SettingsError(where, f"the name {name!r}", f"one of {known}", fix)


def value(kind: Any, data: Any, where: str) -> Any:
    """`data` as `kind`; TOML's types are Python's, save that paths are text, tuples are arrays.

    A dataclass is a table of its fields; or an array of them in their order, or one number for all
    of them. Of several dataclasses, "is" names one in lower case; the first is meant without it.

    Raises:
        SettingsError: it is of another kind.
    """
    options = [one for one in typing.get_args(kind) if one is not types.NoneType]
    if isinstance(kind, types.UnionType):
        return _one_of(options, data, where)
    if dataclasses.is_dataclass(kind):
        return _made(kind, data, where)
    if typing.get_origin(kind) is tuple and isinstance(data, list):
        return _tuple(options, data, where)
    return _plain(kind, data, where)


def _plain(kind: Any, data: Any, where: str) -> Any:
    options = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        check_names(where, [data] if isinstance(data, str) else [repr(data)], options)
        return data
    if kind is Path and isinstance(data, str):
        return Path(data)
    if type(data) is kind or (kind is float and type(data) is int):
        return kind(data)
    wanted = f"{len(options)} of them" if options else {str: "text"}.get(kind, kind.__name__)
    raise SettingsError(where, repr(data), wanted, "Correct that value.")


def _tuple(kinds: list[Any], data: list[Any], where: str) -> Any:
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(data)
    if len(data) != len(kinds):
        raise SettingsError(where, repr(data), f"{len(kinds)} of them", "Correct that value.")
    items = enumerate(zip(kinds, data, strict=True))
    return tuple(value(one, item, f"{where}[{i}]") for i, (one, item) in items)


def _one_of(kinds: list[Any], data: Any, where: str) -> Any:
    if len(kinds) == 1 or not isinstance(data, dict) or "is" not in data:
        return value(kinds[0], data, where)
    names = {kind.__name__.lower(): kind for kind in kinds}
    check_names(where, [str(data["is"])], names)
    rest = {name: item for name, item in data.items() if name != "is"}
    return value(names[data["is"]], rest, where)


def _made(kind: Any, data: Any, where: str) -> Any:
    """A dataclass out of a table, an array or a number."""
    hints = typing.get_type_hints(kind)
    if isinstance(data, int | float) and not isinstance(data, bool):
        data = [data] * len(hints)
    if isinstance(data, list):
        if len(data) != len(hints):
            wanted = f"{len(hints)} of them: {', '.join(hints)}"
            raise SettingsError(where, repr(data), wanted, "Correct that value.")
        data = dict(zip(hints, data, strict=True))
    if not isinstance(data, dict):
        wanted = f"a table of {', '.join(hints)}"
        raise SettingsError(where, repr(data), wanted, "Correct that value.")
    check_names(where, data, hints)
    items = {name: value(hints[name], item, f"{where}.{name}") for name, item in data.items()}
    missing = [
        one.name
        for one in dataclasses.fields(kind)
        if one.name not in items and one.default is one.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise SettingsError(where, f"no {missing[0]}", f"{', '.join(hints)}", "Add it.")
    try:
        return kind(**items)
    except SettingsError as error:
        raise SettingsError(
            f"{where}: {error.where}", error.found, error.wanted, error.fix
        ) from None
