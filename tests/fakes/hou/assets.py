"""Our own node types, as the DialogScripts in `otls` declare them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fakes.hou.parms import BUILT_IN, Declared

from lightmould.formats.hda import dialog_read

OTLS = Path(__file__).parents[3] / "otls"
_SUFFIXES = {"vector": "xyz", "vector2": "xy", "intvector2": "xy", "color": "rgb"}
_WHOLE = {"toggle", "integer", "button", "intvector2"}
_REAL = {"float", "vector", "vector2", "color"}


@cache
def assets() -> dict[str, tuple[Declared, ...]]:
    """By `Table/operator`."""
    found = {}
    for path in sorted(OTLS.glob("*/*/DialogScript")):
        table = path.parents[1].name.split("_")[0].rpartition(".")[2].capitalize()
        dialog = dialog_read.read(path.read_text(), path)
        own = tuple(_declared(parm) for parm in dialog.flat() if not parm.is_base)
        inherited = BUILT_IN["Object/subnet"] if table == "Object" else ()
        found[f"{table}/{dialog.name}"] = (*inherited, *own)
    return found


def _declared(parm: Any) -> Declared:
    kind = parm.type or "float"
    values = tuple(_value(kind, text) for text in parm.default) or (_value(kind, "0"),)
    count = parm.size or 1
    values = values * count if len(values) < count else values
    return Declared(parm.name, values, _SUFFIXES.get(kind, ""))


def _value(kind: str, text: Any) -> Any:
    if kind in _WHOLE:
        return int(text)
    return float(text) if kind in _REAL else str(text)
