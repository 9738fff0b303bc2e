# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Whether Blender renders: 16 x 16 pixels of its own cube, and a marked line of JSON."""

import json
import sys
import tempfile
from pathlib import Path

import bpy

MARK = "@check "


def main() -> int:
    """Render; 1 if nothing came of it."""
    render = bpy.context.scene.render
    render.engine = "CYCLES"
    bpy.context.scene.cycles.samples = 1
    bpy.context.scene.cycles.use_denoising = False  # not every Blender is built with it
    render.resolution_x = render.resolution_y = 16
    render.resolution_percentage = 100
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.png"
        render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        good = path.is_file() and path.stat().st_size > 0
    said = {"name": "blender", "good": good, "found": bpy.app.version_string}
    sys.stdout.write(f"{MARK}{json.dumps(said)}\n")
    sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    code = main()
    if code:
        sys.exit(code)
