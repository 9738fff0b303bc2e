"""JSON in the one form in which Houdini writes options: `ExtraFileOptions`, user data of nodes."""

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TypeAlias

from lightmould.errors import FormatError, at

Value: TypeAlias = str | bool | int | float | list[int] | list[float] | list[str]
Options: TypeAlias = Mapping[str, tuple[str, Value]]
"""Type and value of each name."""

INTERNAL: Options = {"nodeconntype": ("bool", False), "nodeparmtype": ("bool", False)}
"""`InternalFileOptions` of every asset with nodes inside."""

EXTERNAL_VERSION: Options = {"___Version___": ("string", "___EXTERNAL___")}
"""User data of a node whose type is Houdini's own."""

ASSET_VERSION: Options = {"___Version___": ("string", "")}
"""User data of a node whose type is an asset."""


def of_scripts(sections: Iterable[str]) -> Options:
    """`ExtraFileOptions` that call these sections Python, which Houdini takes for hscript else."""
    found: dict[str, tuple[str, Value]] = {}
    for name in sorted(sections):
        found[f"{name}/Cursor"] = ("intarray", [1, 1])
        found[f"{name}/IsExpr"] = ("bool", False)
        found[f"{name}/IsPython"] = ("bool", True)
        found[f"{name}/IsScript"] = ("bool", True)
        found[f"{name}/Source"] = ("string", "")
    return found


def write(options: Options) -> str:
    """The text of options."""
    blocks = [
        f'\t{json.dumps(name, ensure_ascii=False)}:{{\n\t\t"type":"{kind}",\n\t\t"value":'
        f"{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n\t}}"
        for name, (kind, value) in options.items()
    ]
    return "{\n" + ",\n".join(blocks) + "\n}\n" if blocks else "{\n}\n"


def read(text: str, path: str | PathLike[str]) -> Options:
    """What options say.

    Raises:
        FormatError: it is no JSON, or not of that shape.
    """
    fix = "Write the file anew."
    try:
        found = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise FormatError(at(path, line), str(error), "JSON", fix) from error
    if not isinstance(found, dict):
        raise FormatError(path, type(found).__name__, "an object", fix)
    for name, one in found.items():
        if not isinstance(one, dict) or list(one) != ["type", "value"]:
            raise FormatError(path, f"{name}: {one}", "a type and a value", fix)
        if (kind := _KINDS.get(one["type"])) and not _is(one["value"], kind):
            raise FormatError(path, f"{name}: {one['value']!r}", one["type"], fix)
    return {name: (one["type"], one["value"]) for name, one in found.items()}


_KINDS: dict[object, type] = {
    "bool": bool,
    "string": str,
    "int": int,
    "intarray": list,
    "floatarray": list,
}


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) and (kind is not int or not isinstance(value, bool))
