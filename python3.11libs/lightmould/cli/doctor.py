"""`lightmould doctor`: what is installed, what is missing, and the command that mends it."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from lightmould import settings
from lightmould.errors import LightmouldError
from lightmould.formats import codec
from lightmould.tools import blender

NEEDED = {
    "numpy": "everything",
    "torch": "reconstruction",
    "numba": "reconstruction",
    "scipy": "reconstruction",
    "xatlas": "reconstruction",
    "OpenImageIO": "pictures",
}
"""Packages of the worker's Python and what they are for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: of the program or package.
        found: version or place; empty when it is missing.
        purpose: what it is for.
        fix: the command that brings it; empty when nothing is missing.
    """

    name: str
    found: str
    purpose: str
    fix: str = ""


def doctor(*, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Tell what is installed and what is missing; exits with 1 when something is.

    Args:
        json: Print JSON.
    """
    findings = tuple(_findings())
    if json:
        sys.stdout.write(codec.write(findings))
    else:
        _draw(findings)
    return int(any(finding.fix for finding in findings))


def _findings() -> Iterator[Finding]:
    python = sys.version.split()[0]
    wanted = "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer"
    yield Finding("Python", python, "everything", wanted)
    for name, purpose in NEEDED.items():
        version = _version(name)
        fix = "" if version else f'"{sys.executable}" -m pip install "lightmould[engine]"'
        yield Finding(name, version, purpose, fix)
    yield _blender()


def _blender() -> Finding:
    purpose = "rendering models"
    try:
        found = settings.load(Path.cwd(), os.environ)
        program = blender.find(found.worker.blender, os.environ, sys.executable)
    except LightmouldError as error:
        return Finding("Blender", "", purpose, str(error))
    if not program.is_python:
        return Finding("Blender", program.program, purpose)
    version = _version("bpy")
    fix = "" if version else f'"{sys.executable}" -m pip install "lightmould[blender]"'
    return Finding("Blender (bpy)", version, purpose, fix)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _draw(findings: tuple[Finding, ...]) -> None:
    table = Table("", "found", "for", "to mend it")
    for one in findings:
        table.add_row(one.name, one.found or "missing", one.purpose, one.fix)
    Console().print(table)
