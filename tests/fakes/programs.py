"""Programs written in Python that are started by their own name, as Blender is."""

import shlex
import sys
from pathlib import Path


def program(path: Path, code: str, *flags: str) -> Path:
    """A program that runs Python code.

    A shell stands before it, since `#!` can't name an interpreter whose path has a space.

    Args:
        path: of the program; the code lies beside it.
        code: Python.
        flags: for the interpreter.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    script = path.with_name(f"{path.name}.py")
    script.write_text(code, encoding="utf-8")
    argv = shlex.join((sys.executable, *flags, str(script)))
    path.write_text(f'#!/bin/sh\nexec {argv} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path
