"""The small files of an expanded asset: its index, its lists, its scripts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import NoReturn

from lightmould.errors import FormatError, at

TYPE_OPTIONS: Mapping[str, int] = {
    "CheckExternal": 1,
    "ContentsCompressionType": 1,
    "ForbidOutsideParms": 1,
    "GzipContents": 1,
    "LockContents": 1,
    "MakeDefault": 1,
    "ParmsFromVfl": 0,
    "PrefixDroppedParmLabel": 0,
    "PrefixDroppedParmName": 0,
    "SaveCachedCode": 0,
    "SaveIcon": 1,
    "SaveSpareParms": 0,
    "UnlockOnCreate": 0,
    "UseDSParms": 1,
}
"""`TypePropertiesOptions` of nearly every asset."""

_OLD_ORDER = (
    "SaveSpareParms", "CheckExternal", "SaveIcon", "GzipContents", "ContentsCompressionType",
    "UnlockOnCreate", "SaveCachedCode", "LockContents", "MakeDefault", "UseDSParms",
    "ForbidOutsideParms", "PrefixDroppedParmLabel", "PrefixDroppedParmName", "ParmsFromVfl",
)  # fmt: skip
"""How Houdini before 19.5 ordered the same."""

_FIX = "Write the file anew."
_KEYS = (
    "Operator", "Label", "Path", "Icon", "Table", "License", "Extra", "User", "Inputs", "Outputs",
    "Subnet", "Python", "Empty", "Modified",
)  # fmt: skip
_INPUTS = re.compile(r"(\d+) to (\d+)")
_DATE = re.compile(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}")
_OPTION = re.compile(r"(\w+) := (\d);")


@dataclass(frozen=True, slots=True)
class Entry:
    """One operator in an index.

    Attributes:
        operator: its name with namespace and version.
        label: what people call it.
        path: `Operator.path`.
        icon: Houdini's name of one, or `opdef:/PATH?IconSVG`.
        table: kind of network.
        inputs: fewest and most.
        outputs: how many, where not one.
        is_subnet: whether there are nodes inside.
        is_python: whether its cook is Python.
        extra: options of the table's own.
        modified: a date as C's `ctime` has it.
    """

    operator: str
    label: str
    path: str
    icon: str
    table: str
    inputs: tuple[int, int]
    is_subnet: bool
    is_python: bool
    modified: str
    outputs: int | None = None
    extra: str = ""


def write_index(entries: Iterable[Entry]) -> str:
    """The text of an `INDEX__SECTION`."""
    return "".join(f"{_entry(entry)}\n" for entry in entries)


def _entry(one: Entry) -> str:
    low, high = one.inputs
    path = f"oplib:/{one.path}?{one.path}"
    values = (
        one.operator, one.label, path, one.icon, one.table, "", one.extra, "", f"{low} to {high}",
        None if one.outputs is None else str(one.outputs),
        str(one.is_subnet).lower(), str(one.is_python).lower(), "false", one.modified,
    )  # fmt: skip
    lines = zip(_KEYS, values, strict=True)
    return "".join(f"{f'{key}:':<14}{value}\n" for key, value in lines if value is not None)


def read_index(text: str, path: str | PathLike[str]) -> tuple[Entry, ...]:
    """The operators of an `INDEX__SECTION`.

    Raises:
        FormatError: it is not one.
    """
    entries = []
    line = 1
    for block in text.removesuffix("\n").split("\n\n"):
        found = [row.split(":", 1) for row in block.removesuffix("\n").split("\n")]
        for number, row in enumerate(found, start=line):
            if len(row) != 2 or row[0] not in _KEYS:
                _fail(path, number, ":".join(row), "a known key and its value")
        values = {key: value.removeprefix(" " * (13 - len(key))) for key, value in found}
        missing = [key for key in _KEYS if key not in values and key != "Outputs"]
        if missing:
            _fail(path, line, f"no {missing[0]}", ", ".join(_KEYS))
        entries.append(_read_entry(values, path, line))
        line += len(found) + 1
    return tuple(entries)


def _read_entry(values: Mapping[str, str], path: str | PathLike[str], line: int) -> Entry:
    inputs, outputs = _INPUTS.fullmatch(values["Inputs"]), values.get("Outputs")
    if inputs is None or int(inputs[1]) > int(inputs[2]):
        _fail(path, line, f"inputs {values['Inputs']}", "the fewest and the most")
    if outputs is not None and not outputs.isdecimal():
        _fail(path, line, f"outputs {outputs}", "a number")
    switches = [values[key] for key in ("Subnet", "Python", "Empty")]
    if not set(switches) <= {"true", "false"}:
        _fail(path, line, ", ".join(switches), "true or false")
    if _DATE.fullmatch(values["Modified"]) is None:
        _fail(path, line, values["Modified"], "a date")
    where = values["Path"].removeprefix("oplib:/").split("?", 1)
    if where[0] != where[-1]:
        _fail(path, line, values["Path"], "oplib:/PATH?PATH")
    return Entry(
        values["Operator"], values["Label"], where[0], values["Icon"], values["Table"],
        (int(inputs[1]), int(inputs[2])), switches[0] == "true", switches[1] == "true",
        values["Modified"], None if outputs is None else int(outputs), values["Extra"],
    )  # fmt: skip


def write_list(names: Mapping[str, str]) -> str:
    """The text of a `Sections.list`: what each file holds."""
    return '""\n' + "".join(f"{file}\t{section}\n" for file, section in names.items())


def read_list(text: str, path: str | PathLike[str]) -> dict[str, str]:
    """What each file holds, by a `Sections.list`.

    Raises:
        FormatError: it is not one.
    """
    first, *rows = text.split("\n")
    if first != '""' or rows[-1:] != [""]:
        _fail(path, 1, repr(first), '"" first, and a line break last')
    found: dict[str, str] = {}
    for line, row in enumerate(rows[:-1], start=2):
        file, tab, section = row.partition("\t")
        if not (file and tab and section) or "\t" in section or file in found:
            _fail(path, line, repr(row), "a file of its own, a tab and what it holds")
        found[file] = section
    return found


def write_type_options(values: Mapping[str, int] = TYPE_OPTIONS) -> str:
    """The text of `TypePropertiesOptions`."""
    return "".join(f"{name} := {value};\n" for name, value in values.items())


def read_type_options(text: str, path: str | PathLike[str]) -> dict[str, int]:
    """What `TypePropertiesOptions` say.

    Raises:
        FormatError: it is not that.
    """
    found: dict[str, int] = {}
    for line, row in enumerate(text.removesuffix("\n").split("\n"), start=1):
        match = _OPTION.fullmatch(row)
        if match is None or match[1] not in TYPE_OPTIONS or match[1] in found:
            _fail(path, line, repr(row), "`NAME := 0;` of a known name, once")
        found[match[1]] = int(match[2])
    if tuple(found) not in {tuple(TYPE_OPTIONS), _OLD_ORDER}:
        _fail(path, 1, ", ".join(found), ", ".join(TYPE_OPTIONS))
    return found


def create_script(operator: str, path: str) -> str:
    """The hscript that Houdini runs for a new node; it sets nothing.

    Args:
        operator: `Operator.type_name`.
        path: `Operator.path`.
    """
    return f"{creation_head(operator, path)}{_AFTER_HEAD}"


_AFTER_HEAD = "opexprlanguage -s hscript $arg1\nopuserdata -n '___Version___' -v '' $arg1\n"


def creation_head(operator: str, path: str) -> str:
    """What every creation script begins with, down to the commands for the node."""
    return (
        "# Automatically generated script\n"
        "\\set noalias = 1\n"
        "#\n"
        f"#  Creation script for {operator} operator\n"
        "#\n"
        "\n"
        'if ( "$arg1" == "" ) then\n'
        "    echo This script is intended as a creation script\n"
        "    exit\n"
        "endif\n"
        "\n"
        f"# Node $arg1 ({path})\n"
    )


def _fail(path: str | PathLike[str], line: int, found: str, wanted: str) -> NoReturn:
    raise FormatError(at(path, line), found, wanted, _FIX)
