"""Houdini without a window: which one, and what it is asked."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from lightmould.errors import ToolError
from lightmould.model import Command
from lightmould.tools.own import LIBRARY

ROOT = LIBRARY.parent
SCRIPT = ROOT / "scripts" / "lightmould_batch.py"

VARIABLE = "LIGHTMOULD_HYTHON"

_KEPT = (
    "HFS", "HSITE", "JOB", "HOUDINI_PACKAGE_DIR", "HOUDINI_PATH", "HOUDINI_OTLSCAN_PATH",
    "HOUDINI_USER_PREF_DIR", "HOUDINI_HYTHON_LIC_OPT", "SESI_LMHOST",
)  # fmt: skip
"""Variables by which Houdini finds a studio's set-up and its license."""


def find(environ: Mapping[str, str]) -> str | None:
    """LIGHTMOULD_HYTHON, else `hython` on PATH; None where there is none.

    Raises:
        ToolError: the variable names no program.
    """
    search = environ.get("PATH", "")
    named = environ.get(VARIABLE)
    found = shutil.which(named or "hython", path=search)
    if named and found is None:
        fix = f"Correct {VARIABLE}, or unset it to use `hython` on PATH."
        raise ToolError(named, "no such program", "hython", fix)
    return found


def bring_in(
    hython: str, asset: Path, scene: Path, saved: Path, environ: Mapping[str, str]
) -> Command:
    """Put an asset into a scene, with its material and its light; done when it is saved.

    Args:
        hython: the program.
        asset: its mesh.obj.
        scene: what it is put into.
        saved: where the scene goes.
        environ: the environment's variables; those that Houdini needs are handed on.

    Raises:
        ToolError: the script is not there, as where lightmould was installed without it.
    """
    if not SCRIPT.is_file():
        fix = "Use a checkout of lightmould on machines that have Houdini."
        raise ToolError(SCRIPT, "no such script", "lightmould's own", fix)
    argv = (hython, str(SCRIPT), "import", str(asset), "--hip", str(scene), "--save", str(saved))
    kept: dict[str, str | None] = {name: environ[name] for name in _KEPT if name in environ}
    kept.setdefault("HOUDINI_PACKAGE_DIR", str(ROOT))
    return Command("Bring the asset into Houdini", argv, cwd=saved.parent, env=kept)
