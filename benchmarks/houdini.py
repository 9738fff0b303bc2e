"""Importing an asset of 100,000 faces into Houdini: our own share, without hou's.

    python benchmarks/houdini.py [FOLDER]

Reads a folder's mesh.obj, or makes one, and writes it into a geometry that takes every call and
does nothing, so that what is left is ours. Best of 3.
"""

import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "python3.11libs")]
BAR = 1.0
"""Seconds."""


class Nothing:
    """Takes every call and gives as many nothings as it got things."""

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **_: [None] * len(given[0]) if name == "createPolygons" else Nothing()


def main(arguments: list[str]) -> None:
    """Print a small table."""
    hou = ModuleType("hou")
    hou.__getattr__ = lambda _: Nothing()  # type: ignore[method-assign]
    sys.modules["hou"] = hou
    from fakes.assets import sphere, write_asset  # noqa: PLC0415  # after hou is played

    from lightmould.formats.asset import read_obj_asset  # noqa: PLC0415
    from lightmould.houdini import geometry  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        mesh = Path(arguments[0]) / "mesh.obj" if arguments else None
        path = mesh or write_asset(Path(folder), sphere(100_000))
        rounds = []
        for _ in range(3):
            began = time.perf_counter()
            asset = read_obj_asset(path)
            read = time.perf_counter()
            geometry.write(asset, Nothing(), ["/mat/one"] * len(asset.materials))
            geometry.write_handedness(asset, Nothing(), crossed=False)
            rounds.append((time.perf_counter() - began, read - began))
        together, reading = min(rounds)
    print(f"{len(asset.mesh.faces)} faces")
    print(f"  read the OBJ      {reading:6.2f} s")
    print(f"  write geometry    {together - reading:6.2f} s")
    print(f"  together          {together:6.2f} s   bar {BAR} s")


if __name__ == "__main__":
    main(sys.argv[1:])
