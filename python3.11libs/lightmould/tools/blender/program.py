"""Which Blender, and how to call it."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import ToolError
from lightmould.model import Command

SCRIPTS = Path(__file__).parent / "inside"


@dataclass(frozen=True, slots=True)
class Blender:
    """A program that can run scripts with bpy.

    Attributes:
        program: path of the executable.
        is_python: it is a Python interpreter with the bpy package, not Blender itself.
    """

    program: str
    is_python: bool = False


def find(setting: str | None, environ: Mapping[str, str], worker_python: str) -> Blender:
    """The first of: the setting, LIGHTMOULD_BLENDER, `blender` on PATH, the worker's bpy.

    Args:
        setting: path or name of Blender's program; None if unset.
        environ: the environment's variables.
        worker_python: interpreter of the worker; whether it has bpy shows when it runs.

    Raises:
        ToolError: the setting or the variable names no program.
    """
    search = environ.get("PATH", "")
    named = setting or environ.get("LIGHTMOULD_BLENDER")
    if named:
        program = shutil.which(named, path=search)
        if program is None:
            fix = "Correct the path, or unset it to use `blender` on PATH or the bpy package."
            raise ToolError(named, "no such program", "Blender", fix)
        return Blender(program)
    program = shutil.which("blender", path=search)
    return Blender(program) if program else Blender(worker_python, is_python=True)


def command(request: Path, blender: Blender) -> Command:
    """Render views of a request as they are asked for: see `tools.blender.conversation`.

    Args:
        request: a `RenderRequest` as JSON.
        blender: who renders.
    """
    return _script("Blender", "render.py", (str(request),), blender, request.parent)


def convert(request: Path, blender: Blender) -> Command:
    """Make an OBJ of a model; done when model.json is in the request's folder.

    Args:
        request: a `ConversionRequest` as JSON.
        blender: who reads the model.
    """
    return _script(
        "Read the model in Blender", "convert.py", (str(request),), blender, request.parent
    )


def check(blender: Blender, folder: Path) -> Command:
    """Render 16 x 16 pixels of Blender's own cube, and say of what version it is.

    Args:
        blender: who renders.
        folder: to run in; nothing is left there.
    """
    return _script("Let Blender render", "check.py", (), blender, folder)


def produce(
    blender: Blender, scene: Path | None, script: Path, arguments: Sequence[str], cwd: Path
) -> Command:
    """Run a user's script that serves frames: see `tools.blender.inside.publisher`.

    Args:
        blender: who runs it; a Python without bpy will do for a script that needs none.
        scene: a .blend to open; None for what Blender begins with.
        script: the user's.
        arguments: what it finds in `sys.argv`.
        cwd: working folder.
    """
    given = (str(scene or ""), str(script), *arguments)
    return _script("Blender", "starter.py", given, blender, cwd)


def _script(
    title: str, name: str, arguments: tuple[str, ...], blender: Blender, cwd: Path
) -> Command:
    script = str(SCRIPTS / name)
    argv: tuple[str, ...]
    if blender.is_python:
        argv = (blender.program, script, *arguments)
    else:
        quiet = ("--background", "--factory-startup", "--disable-autoexec", "-noaudio")
        run = ("--python-exit-code", "1", "--python", script, "--", *arguments)
        argv = (blender.program, *quiet, *run)
    return Command(title, argv, cwd)
