"""Our own node types, as `scripts/otls` declares them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fakes.hou.parms import BUILT_IN, Declared

SCRIPTS = Path(__file__).parents[3] / "scripts"
_SUFFIXES = {"vector": "xyz", "vector2": "xy", "intvector2": "xy", "color": "rgb"}
_WHOLE = {"toggle", "integer", "button", "intvector2"}
_REAL = {"float", "vector", "vector2", "color"}


def assets() -> dict[str, tuple[Declared, ...]]:
    """By `Table/operator`."""
    sys.path.insert(0, str(SCRIPTS))
    from lightmould.formats.hda.dialog import flat
    from otls.catalog import ASSETS

    sys.path.remove(str(SCRIPTS))
    inherited = {"Object": BUILT_IN["Object/subnet"]}
    return {
        f"{asset.table}/{asset.operator}": (
            *inherited.get(asset.table, ()),
            *(_declared(parm) for parm in flat(asset.parms) if not parm.is_base),
        )
        for asset in ASSETS
    }


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
