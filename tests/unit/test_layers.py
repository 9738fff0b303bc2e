"""What Houdini loads, loads nothing heavy. import-linter reads the code; this sees the truth."""

import json
import subprocess
import sys

import pytest

# Edges that are programs or live in Blender, not modules that Houdini would import.
PROBE = """
import importlib, json, pkgutil, sys

package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(getattr(package, "__path__", ()), package.__name__ + "."):
    if not {"inside", "__main__"} & set(module.name.split(".")):
        importlib.import_module(module.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
HOUDINI_AND_QT = {"hou", "pdg", "PySide2", "PySide6"}
HEAVY = {"torch", "numba", "bpy", "scipy", "OpenImageIO", "xatlas", "trimesh", "cyclopts", "rich"}
LAYERS = (
    "errors", "model", "formats", "rigs", "settings", "tools", "dataset", "jobs", "supervisor",
    "doctor", "farm",
)  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_that_houdini_loads_needs_numpy_alone(layer: str) -> None:
    argv = (sys.executable, "-c", PROBE, f"lightmould.{layer}")
    loaded = json.loads(subprocess.check_output(argv, timeout=60))
    assert {"lightmould"} <= set(loaded)
    assert set(loaded) & (HOUDINI_AND_QT | HEAVY) == set()


def test_interop_needs_torch_and_nothing_heavier() -> None:
    argv = (sys.executable, "-c", PROBE, "lightmould.interop")
    loaded = set(json.loads(subprocess.check_output(argv, timeout=60)))
    assert loaded & (HOUDINI_AND_QT | HEAVY | {"moderngl"}) == {"torch"}


def test_the_panel_needs_qt_and_nothing_of_houdini() -> None:
    argv = (sys.executable, "-c", "import lightmould.panel.qt")
    if subprocess.call(argv, stderr=subprocess.DEVNULL, timeout=60):
        pytest.skip("Qt can't be loaded here")
    argv = (sys.executable, "-c", PROBE, "lightmould.panel")
    loaded = set(json.loads(subprocess.check_output(argv, timeout=60)))
    assert loaded & (HEAVY | {"hou", "pdg"}) == set()


def test_the_package_itself_loads_not_even_numpy() -> None:
    code = "import sys, lightmould; print('numpy' in sys.modules)"
    assert subprocess.check_output((sys.executable, "-c", code), timeout=60).strip() == b"False"
