"""Prepared folders without anything to render, and tasks as farms run them."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from fakes.datasets import ball, cameras

from lightmould.farm import bundle, wedge
from lightmould.farm.prepared import Division
from lightmould.farm.template import Needs
from lightmould.jobs import plan
from lightmould.settings import Settings
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel

HOW = Reconstruction(
    levels=(ShapeLevel(12, 4, 0, 2),),
    texture_size=64,
    appearance=(AppearanceLevel(0, 4, 4, 1.0, 0.5),),
)
"""A reconstruction of a second or two."""


def of_ball(
    folder: Path,
    *seeds: int,
    how: Reconstruction = HOW,
    needs: Needs | None = None,
    name: str = "ball",
    scene: Path | None = None,
) -> Path:
    """A bundle of wedges over a dataset of a ball; returns the template."""
    views = folder / "views of a ball"
    if not views.exists():
        ball(views, cameras(8))
    out = folder / "the bundle"
    _, dataset = plan.dataset(views, out / bundle.JOB, Settings(), {})
    division = Division(4, dataset, wedge.every(("draft",), seeds, lambda _: how), scene)
    return bundle.write(out, division, name, sys.executable, needs or Needs())


def task(
    folder: Path,
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run a task to its end."""
    argv = (sys.executable, "-m", "lightmould", "task", str(folder), *arguments)
    return subprocess.run(
        argv, capture_output=True, check=False, encoding="utf-8", env=environ, cwd=cwd, timeout=1800
    )
