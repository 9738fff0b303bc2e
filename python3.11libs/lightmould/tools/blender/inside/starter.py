# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Runs a user's script as a producer of frames.

    blender --background … --python starter.py -- SCENE SCRIPT ARGUMENT...
    python starter.py SCENE SCRIPT ARGUMENT...          with the bpy package, or without Blender

SCENE is a .blend, or empty for whatever is there; scripts in it are not run. The script finds its
arguments in `sys.argv`, the modules of its own folder, and ours: `import publisher`.
"""

import importlib
import runpy
import sys
from pathlib import Path


def main(scene: str, script: str, arguments: list[str]) -> None:
    """Open the scene and run the script."""
    inside = str(Path(__file__).parent)
    sys.path[:] = [inside, *(place for place in sys.path if place != inside)]
    importlib.import_module("publisher")  # before a module of the script's folder takes its name
    sys.path[0] = str(Path(script).parent)
    sys.path.insert(1, inside)
    if scene:
        blender = importlib.import_module("bpy")
        blender.ops.wm.open_mainfile(filepath=scene, load_ui=False, use_scripts=False)
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    main(given[0], given[1], given[2:])
