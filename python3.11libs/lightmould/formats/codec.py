"""Values to JSON and back, strictly: unknown, missing and wrongly typed fields are named.

Our own because Houdini reads these files too and has no library for it. A union of dataclasses
is written with the class's name, in lower case, under "is".
"""

import dataclasses
import json
import sys
import types
import typing
from collections import Counter
from functools import cache
from math import isfinite
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, TypeVar

import numpy as np

from lightmould.errors import FormatError, LightmouldError

T = TypeVar("T")


class _WrongError(Exception):
    """Carries the JSON path of what is wrong."""

    def __init__(self, path: str, found: str, wanted: str) -> None:
        super().__init__(path, found, wanted)
        self.path, self.found, self.wanted = path, found, wanted


def write(value: object) -> str:
    """One value as indented JSON text that ends with a line break."""
    return json.dumps(encode(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_line(value: object) -> str:
    """One value as one line of JSON, with its line break."""
    return json.dumps(encode(value), ensure_ascii=False, allow_nan=False) + "\n"


def read(kind: type[T], text: str | bytes, source: str | PurePath) -> T:
    """The value that JSON text holds.

    Args:
        kind: the dataclass that is wanted.
        text: JSON.
        source: the file's name, for errors.

    Raises:
        FormatError: the text is not JSON or does not fit the type exactly.
    """
    return typing.cast(T, decoded(kind, parse(text, source), f"{source}: $"))


def decoded(kind: Any, data: Any, where: str) -> Any:
    """The value of type `kind` that plain data holds.

    Args:
        kind: a dataclass, or whatever a field of one may be declared as.
        data: of `parse`.
        where: the place of the data, for errors.

    Raises:
        FormatError: the data does not fit the type exactly.
    """
    try:
        return decode(kind, data, where)
    except _WrongError as wrong:
        raise FormatError(wrong.path, wrong.found, wrong.wanted, "Correct that field.") from None


def parse(text: str | bytes, source: str | PurePath) -> Any:
    """The plain data that JSON text holds: no name twice, no number that is not finite.

    Raises:
        FormatError: the text is not such JSON.
    """
    hooks: dict[str, Any] = {"object_pairs_hook": _once, "parse_float": _finite}
    try:
        return json.loads(text, parse_constant=_finite, **hooks)
    except _WrongError as wrong:
        raise FormatError(source, wrong.found, wrong.wanted, "Correct the file.") from None
    except json.JSONDecodeError as error:
        where = f"{source}:{error.lineno}"
        raise FormatError(where, error.msg, "JSON", "Correct the file.") from None
    except (ValueError, RecursionError) as error:  # not UTF-8; thousands of digits; nested deeply
        raise FormatError(source, str(error), "JSON in UTF-8", "Correct the file.") from None


def encode(value: object, hint: Any = None) -> Any:
    """Plain lists, dicts, strings and numbers for `value`, declared as `hint`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        names = [field.name for field in dataclasses.fields(value)]
        tag = {"is": type(value).__name__.lower()} if len(_choices(hint)) > 1 else {}
        return tag | {name: encode(getattr(value, name), hints[name]) for name in names}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, list | tuple):
        return [encode(item, _item_hint(hint, index)) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {str(key): encode(item, _item_hint(hint, 1)) for key, item in value.items()}
    return value


def decode(kind: Any, data: Any, path: str = "$") -> Any:  # noqa: PLR0911
    """The value of type `kind` that plain data holds; raises on any misfit but of `Any`."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _decode_fields(kind, data, path)
    if origin in (types.UnionType, typing.Union):
        return _decode_union(arguments, data, path)
    if origin is typing.Literal:
        if data not in arguments:
            raise _WrongError(path, repr(data), f"one of {list(arguments)}")
        return data
    if origin is tuple:
        return _decode_tuple(arguments, data, path)
    if origin is dict:
        _expect(isinstance(data, dict), data, "an object", path)
        return {
            decode(arguments[0], key, path): decode(arguments[1], item, f"{path}.{key}")
            for key, item in data.items()
        }
    if origin is np.ndarray:
        return _decode_array(data, path)
    return _decode_scalar(kind, data, path)


def _decode_fields(kind: type, data: Any, path: str) -> Any:
    _expect(isinstance(data, dict), data, f"an object, a {kind.__name__}", path)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in data:
        _expect(name in fields or name == "is", name, f"one of {sorted(fields)}", path)
    hints = _hints(kind)
    values = {}
    for name, field in fields.items():
        if name in data:
            values[name] = decode(hints[name], data[name], f"{path}.{name}")
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise _WrongError(path, f"no field {name!r}", f"{kind.__name__}.{name}")
    try:
        return kind(**values)
    except LightmouldError as error:
        raise _WrongError(path, error.found, f"{error.wanted} ({error.where})") from None


def _decode_union(kinds: tuple[Any, ...], data: Any, path: str) -> Any:
    if data is None and types.NoneType in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not types.NoneType)
    if len(kinds) == 1:
        return decode(kinds[0], data, path)
    if all(dataclasses.is_dataclass(kind) for kind in kinds):
        names = {kind.__name__.lower(): kind for kind in kinds}
        tag = data.get("is") if isinstance(data, dict) else None
        _expect(tag in list(names), tag, f'"is" to be one of {sorted(names)}', path)
        return decode(names[tag], data, path)
    for kind in kinds:
        try:
            return decode(kind, data, path)
        except _WrongError:
            continue
    raise _WrongError(path, repr(data), f"one of {[str(kind) for kind in kinds]}")


def _decode_tuple(arguments: tuple[Any, ...], data: Any, path: str) -> Any:
    _expect(isinstance(data, list), data, "an array", path)
    if arguments[-1] is Ellipsis:
        arguments = (arguments[0],) * len(data)
    _expect(len(data) == len(arguments), data, f"{len(arguments)} items", path)
    items = zip(arguments, data, strict=True)
    return tuple(decode(kind, item, f"{path}[{i}]") for i, (kind, item) in enumerate(items))


def _decode_array(data: Any, path: str) -> Any:
    try:
        array = np.array(data)
    except (ValueError, OverflowError):
        array = np.array("ragged")
    _expect(array.dtype.kind in "iuf", data, "an array of numbers", path)
    return array


def _decode_scalar(kind: Any, data: Any, path: str) -> Any:
    if kind is Any:
        return data
    if kind in (Path, PurePosixPath):
        _expect(_text(data) and "\0" not in data, data, "a path", path)
        return kind(data)
    if kind is float:
        number = isinstance(data, int | float) and not isinstance(data, bool)
        _expect(number and abs(data) <= sys.float_info.max, data, "a number", path)
        return float(data)
    _expect(type(data) is kind and (kind is not str or _text(data)), data, kind.__name__, path)
    return data


def _text(data: object) -> bool:
    """Whether this is text that can be written again: JSON may hold half a surrogate pair."""
    return isinstance(data, str) and not any("\ud800" <= letter <= "\udfff" for letter in data)


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The declared types of a dataclass's fields; a log has a million lines of the same class."""
    return typing.get_type_hints(kind)


def _choices(hint: Any) -> list[Any]:
    """What a value may be besides None."""
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return [hint]
    return [kind for kind in typing.get_args(hint) if kind is not types.NoneType]


def _item_hint(hint: Any, index: int) -> Any:
    """The declared type of one item of a tuple or of a dict's values; None where unknown."""
    kinds = typing.get_args(_choices(hint)[0])
    if kinds and kinds[-1] is Ellipsis:
        return kinds[0]
    return kinds[index] if index < len(kinds) else None


def _expect(fits: bool, found: object, wanted: str, path: str) -> None:  # noqa: FBT001
    if not fits:
        shown = json.dumps(found, default=str)
        raise _WrongError(path, shown if len(shown) < 80 else shown[:77] + "...", wanted)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        count = Counter(name for name, _ in pairs)
        twice = sorted(name for name in names if count[name] > 1)
        raise _WrongError("$", f"{twice} twice", "each name once")
    return names


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise _WrongError("$", text, "finite numbers")
    return value
