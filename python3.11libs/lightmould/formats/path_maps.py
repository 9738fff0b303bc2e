"""Path maps as other programs write them, in JSON.

Open Job Description   {"version": "pathmapping-1.0", "path_mapping_rules": [
                         {"source_path_format": "WINDOWS", "source_path": "Z:/show",
                          "destination_path": "/mnt/show"}]}
HOUDINI_PATHMAP        {"Z:/show": "/mnt/show"}
PDG_PATHMAP            {"paths": [{"Z:/show": {"zone": "LINUX", "path": "/mnt/show",
                                               "matchtype": "prefix"}}]}

Sources: Open Job Description's specification, "How Jobs Are Run", path mapping; SideFX's help on
HOUDINI_PATHMAP and on the PDG Path Map pane.
"""

import sys
from collections.abc import Iterator
from typing import Any

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.model import PathMap, PathRule
from lightmould.model.path_map import is_of_windows, rule

VERSION = "pathmapping-1.0"

ZONE = {"win32": "WIN", "darwin": "MAC"}.get(sys.platform, "LINUX")
"""What PDG calls machines like this one."""

_PREFIX = 1
"""PDG's number of the kind of rule that all others here are, too."""


def read_openjd(text: str | bytes, source: str) -> PathMap:
    """The rules of a file of Open Job Description; a session without any writes an empty object.

    Args:
        text: JSON.
        source: the file's name, for errors.

    Raises:
        FormatError: it is none.
        SettingsError: a path of it is not absolute.
    """
    data = _object(codec.parse(text, source), source)
    if data and data.get("version") != VERSION:
        raise _wrong(f"{source}: version", data.get("version"), VERSION)
    listed = data.get("path_mapping_rules", [])
    if not isinstance(listed, list):
        raise _wrong(f"{source}: path_mapping_rules", listed, "a list")
    return PathMap(tuple(_openjd(one, f"{source}: rule {n}") for n, one in enumerate(listed)))


def read_houdini(text: str, source: str = "HOUDINI_PATHMAP") -> PathMap:
    """The rules of a variable of Houdini's; raises as `read_openjd` does.

    One map may serve all machines: rules to Windows are for Windows, the others for the others.
    """
    data = _object(codec.parse(text, source), source)
    pairs = [(old, _text(data, old, source)) for old in data]
    here = sys.platform == "win32"
    return PathMap(tuple(rule(old, new) for old, new in pairs if is_of_windows(new) == here))


def read_pdg(text: str, zone: str = ZONE, source: str = "PDG_PATHMAP") -> PathMap:
    """The rules of a variable of PDG's for machines of one zone; raises as `read_openjd` does."""
    data = _object(codec.parse(text, source), source)
    listed = data.get("paths", [])
    if not isinstance(listed, list):
        raise _wrong(f"{source}: paths", listed, "a list")
    return PathMap(tuple(found for one in listed for found in _pdg(one, zone, source)))


def _openjd(data: Any, where: str) -> PathRule:
    _object(data, where)
    kind = data.get("source_path_format")
    if kind not in {"POSIX", "WINDOWS"}:
        raise _wrong(f"{where}: source_path_format", kind, "POSIX or WINDOWS")
    old, new = (_text(data, name, where) for name in ("source_path", "destination_path"))
    return PathRule(old, new, windows=kind == "WINDOWS")


def _pdg(data: Any, zone: str, where: str) -> Iterator[PathRule]:
    for old, entry in _object(data, where).items():
        _object(entry, f"{where}: {old}")
        if entry.get("zone", "*") not in {"*", zone}:
            continue
        kind = entry.get("matchtype", _PREFIX)
        if kind != _PREFIX and str(kind).lower() != "prefix":
            raise _wrong(f"{where}: {old}: matchtype", kind, "prefix, the one that is known here")
        yield rule(old, _text(entry, "path", f"{where}: {old}"))


def _object(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _wrong(where, data, "an object")
    return data


def _text(data: dict[str, Any], name: str, where: str) -> str:
    if not isinstance(data.get(name), str):
        raise _wrong(f"{where}: {name}", data.get(name), "a path")
    return str(data[name])


def _wrong(where: str, found: object, wanted: str) -> FormatError:
    return FormatError(where, repr(found)[:80], wanted, "Correct the path map.")
