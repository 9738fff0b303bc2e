"""What only a real Houdini can tell of our TOPs; see `smoke`."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hou

from lightmould.errors import ToolError
from lightmould.houdini import nodes
from lightmould.houdini.smoke_scene import network, write_asset

NAMES = {
    "File": ("path", "tag"),
    "Node": ("scheduler", "topNode"),
    "Scheduler": ("delocalizePath", "localizePath", "runOnMainThread"),
    "WorkItem": (
        *("addExpectedOutputFile", "addOutputFile", "hasAttrib", "index", "intAttribValue"),
        *("isPartition", "makeActive", "outputFiles", "partitionItems", "setCommand"),
        *("setIntAttrib", "setLabel", "setStringAttrib", "stringAttribValue"),
    ),
    "WorkItemHolder": ("addWorkItem",),
}
"""What our TOPs use of pdg, by class."""

_ASSET = "lightmould_smoke_asset"


def checks() -> tuple[tuple[str, Callable[[], str]], ...]:
    """Titles, and what finds out."""
    return (
        ("pdg has the names that our TOPs use", _names),
        ("a TOP's work item runs outside Houdini and makes its rig", _cooks),
        ("Import Asset changes the scene while a cook is waited for", _imports),
    )


def _names() -> str:
    import pdg  # noqa: PLC0415  # there is none in a Houdini without TOPs

    missing = [
        f"pdg.{kind}.{name}"
        for kind, names in NAMES.items()
        for name in names
        if not hasattr(getattr(pdg, kind, None), name)
    ]
    if missing:
        raise ToolError("pdg", f"none of {missing}", "all of them", "Report them.")
    return f"{sum(map(len, NAMES.values()))} names"


def _cooks() -> str:
    with tempfile.TemporaryDirectory() as folder:
        values = {"kind": "sphere", "count": 4, "test": 0, "fit": 0, "folder": folder}
        _cook("camera_rig", values)
        made = Path(folder) / "rig.json"
        if not made.is_file():
            fix = "See the node's work item and its log."
            raise ToolError(made, "no such file", "the rig of 4 cameras", fix)
        return f"{made.stat().st_size} bytes"


def _imports() -> str:
    with tempfile.TemporaryDirectory() as folder:
        mesh = write_asset(Path(folder))
        values = {"file": mesh.as_posix(), "object_name": _ASSET, "material": 0}
        try:
            _cook("import_asset", values)
            return nodes.at(f"/obj/{_ASSET}/asset").path()
        finally:
            left = hou.node(f"/obj/{_ASSET}")
            if left is not None:
                left.destroy()


def _cook(kind: str, values: dict[str, Any]) -> None:
    with network("Top") as parent:
        top = nodes.made(parent, f"lightmould::{kind}::1.0", kind, values)
        if isinstance(top, hou.TopNode):
            top.cookWorkItems(block=True, tops_only=True, save_prompt=False)
