"""`lightmould bundle`: a reconstruction for many machines, as an Open Job Description bundle."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould.cli import models, render
from lightmould.cli.reconstruct import DEFAULT, How
from lightmould.errors import SettingsError
from lightmould.farm import bundle as bundles
from lightmould.farm import taken, wedge
from lightmould.farm.prepared import Division
from lightmould.farm.template import Needs
from lightmould.jobs import plan
from lightmould.jobs.rendering import python
from lightmould.settings import Settings, load


@Parameter(name="*")
@dataclass(frozen=True)
class Work:
    """How the work is divided, and what a task needs."""

    chunk: int = 8
    """Views that one task renders."""

    seeds: str = ""
    """Seeds to try, as 0,1,2; the best of all wedges by held-out views is kept."""

    presets: str = ""
    """Presets to try, as draft,standard; unset, the one that --preset names, or the job's own."""

    scene: Annotated[Path | None, Parameter(name="--import")] = None
    """Houdini scene that the asset is brought into, where hython is."""

    cores: int = 2
    """Processors that a task wants."""

    memory_gb: float = 4.0
    """Memory that a task wants, GB."""

    hours: float = 24.0
    """Longest that a task may take."""


ALONE = Work()

OWN = "own"
"""The preset of a job that was planned before."""


def bundle(
    source: Path,
    *,
    out: Path,
    how: How = DEFAULT,
    work: Work = ALONE,
    light: Path | None = None,
    placed: models.Placed = models.AS_IT_IS,
) -> int:
    """Prepare a reconstruction for a farm: an Open Job Description bundle of its tasks.

    Nothing is rendered. `openjd run OUT/template.json` runs it here, `deadline bundle submit OUT`
    sends it to AWS Deadline Cloud, and docs/farm.md has the tasks' command line for other farms.

    Args:
        source: What `lightmould reconstruct` takes, or the folder of such a job.
        out: Folder for the bundle.
        how: How the reconstruction is done.
        work: How it is divided.
        light: Lat-long HDR picture to light the model with; a soft studio if there is none.
        placed: How the model is put into our world.
    """
    bundles.check_new(out)
    if work.scene is not None and not work.scene.is_file():
        fix = "Correct the path."
        raise SettingsError(f"--import {work.scene}", "no such file", "a scene", fix)
    found = render.lit(load(Path.cwd(), os.environ), light)
    folder = out / bundles.JOB
    if taken.is_reconstruction(source):
        dataset, own = taken.take(source, folder)
        wedges = _wedges(work, (OWN,), lambda name: own if name == OWN else _how(how, name))
    else:
        wedges = _wedges(work, (how.preset,), lambda name: _how(how, name))
        dataset = _planned(source, folder, found, how, placed)
    division = Division(work.chunk, dataset, wedges, work.scene and work.scene.absolute())
    gpu = any(getattr(one.how, "device", "cuda") == "cuda" for one in wedges)
    needs = Needs(work.cores, work.memory_gb, gpu, work.hours)
    name = f"Reconstruct {source.name}"
    made = bundles.write(out, division, name, python(found), needs)
    sys.stdout.write(f"bundle  {made}\n")
    return 0


def _planned(
    source: Path, folder: Path, settings: Settings, how: How, placed: models.Placed
) -> Path:
    """Write the job of everything before the reconstruction; returns the dataset's manifest."""
    cameras = None if how.rig is None else render.read_rig(how.rig)
    model = models.ready(source, folder, settings, placed, json=False)
    _, dataset = plan.dataset(model, folder, settings, os.environ, cameras)
    return dataset


def _how(how: How, preset: str) -> wedge.How:
    return replace(how, preset=preset).asked()


def _wedges(
    work: Work, usual: tuple[str, ...], how: Callable[[str], wedge.How]
) -> tuple[wedge.Wedge, ...]:
    try:
        seeds = tuple(int(text) for text in _listed(work.seeds))
    except ValueError as error:
        wanted = "whole numbers, as 0,1,2"
        raise SettingsError("--seeds", repr(work.seeds), wanted, "Correct them.") from error
    return wedge.every(_listed(work.presets) or usual, seeds, how)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
