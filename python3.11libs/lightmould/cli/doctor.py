"""`lightmould doctor`: what is installed, what is missing, and the command that mends it."""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from lightmould import settings
from lightmould.doctor.look import SECONDS, look
from lightmould.formats import codec
from lightmould.model import Check

COLORS = {"PASS": "green", "WARN": "yellow", "FAIL": "red"}


def doctor(
    *,
    out: Path | None = None,
    seconds: float = SECONDS,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Tell what is installed and what is missing; exits with 1 when something fails.

    Needs no network; Blender renders 16 x 16 pixels, and nvdiffrec, where it is set up, is asked in
    its own interpreter.

    Args:
        out: Folder that jobs are to be written to; the current one.
        seconds: For all programs to answer.
        json: Print JSON.
    """
    here = Path.cwd()
    checks = look(settings.load(here, os.environ), (out or here).absolute(), os.environ, seconds)
    if json:
        sys.stdout.write(codec.write(checks) + "\n")
    else:
        _draw(checks)
    return int(any(check.state == "FAIL" for check in checks))


def _draw(checks: tuple[Check, ...]) -> None:
    table = Table("", "", "found", "for", "to mend it")
    for one in checks:
        color = COLORS[one.state]
        state = f"[{color}]{one.state}[/{color}]"
        table.add_row(state, one.name, _plain(one.found), one.purpose, _plain(one.fix))
    Console().print(table)


def _plain(text: str) -> str:
    """Text whose brackets are no markup."""
    return text.replace("[", r"\[")
