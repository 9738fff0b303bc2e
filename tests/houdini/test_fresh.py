"""What Houdini loads of ours is light: neither Qt nor anything compiled but numpy."""

import json
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
PROBE = """
import importlib, json, pkgutil, sys
from fakes import hou
sys.modules["hou"] = hou
package = importlib.import_module("lightmould.houdini")
few = sorted(name for name in sys.modules if name.startswith("lightmould."))
for module in pkgutil.iter_modules(package.__path__, "lightmould.houdini."):
    importlib.import_module(module.name)
print(json.dumps([few, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
HEAVY = {"bpy", "cyclopts", "numba", "OpenImageIO", "rich", "scipy", "torch", "xatlas"}


def test_houdinis_modules_need_neither_qt_nor_anything_heavy() -> None:
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    argv = (sys.executable, "-c", PROBE)
    said = subprocess.check_output(argv, env=environment, timeout=60)
    few, loaded = json.loads(said)
    assert {"hou", "lightmould", "numpy"} <= set(loaded)
    assert set(loaded) & (HEAVY | {"pdg", "PySide2", "PySide6"}) == set()
    assert "lightmould.houdini.shelf" not in few  # only what is used is loaded
