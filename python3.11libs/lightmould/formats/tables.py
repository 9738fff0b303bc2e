"""TOML tables to the fields of dataclasses, strictly: unknown names and wrong types are named."""

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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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

    Raises:
        SettingsError: it is of another kind.
    """
    options = [one for one in typing.get_args(kind) if one is not types.NoneType]
    if isinstance(kind, types.UnionType):
        return value(options[0], data, where)
    if typing.get_origin(kind) is typing.Literal:
        check_names(where, [data] if isinstance(data, str) else [repr(data)], options)
        return data
    if typing.get_origin(kind) is tuple and isinstance(data, list):
        if options[-1] is Ellipsis:
            options = options[:1] * len(data)
        if len(data) == len(options):
            items = enumerate(zip(options, data, strict=True))
            return tuple(value(one, item, f"{where}[{i}]") for i, (one, item) in items)
    elif kind is Path and isinstance(data, str):
        return Path(data)
    elif type(data) is kind or (kind is float and type(data) is int):
        return kind(data)
    wanted = f"{len(options)} of them" if options else {str: "text"}.get(kind, kind.__name__)
    raise SettingsError(where, repr(data), wanted, "Correct that value.")
