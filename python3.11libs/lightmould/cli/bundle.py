"""`lightmould bundle`: a reconstruction for many machines, as an Open Job Description bundle."""

import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould.cli import models, render
from lightmould.cli.reconstruct import DEFAULT, How
from lightmould.errors import SettingsError
from lightmould.farm import bundle as bundles
from lightmould.farm import prepared, taken, wedge
from lightmould.farm.prepared import Division
from lightmould.farm.template import TITLES, Needs
from lightmould.farm.units import units
from lightmould.formats import codec
from lightmould.jobs import plan
from lightmould.jobs.rendering import python
from lightmould.settings import Settings, load


@Parameter(name="*")
@dataclass(frozen=True)
class Work:
    """How the work is divided, and what a task needs."""

    chunk: int = 16
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


def bundle(  # noqa: PLR0913 - flags
    source: Path,
    *,
    out: Path,
    how: How = DEFAULT,
    work: Work = ALONE,
    light: Path | None = None,
    placed: models.Placed = models.AS_IT_IS,
    json: Annotated[bool, Parameter(negative="")] = False,
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
        json: Print lines of JSON; the last has the template, the prepared folder and the tasks.
    """
    bundles.check_new(out)
    if work.scene is not None and not work.scene.is_file():
        fix = "Correct the path."
        raise SettingsError(f"--import {work.scene}", "no such file", "a scene", fix)
    found = render.lit(load(Path.cwd(), os.environ), light)
    folder = out / bundles.JOB
    if taken.is_reconstruction(source):
        _check_planned(source, how, work, asked=(light, placed))
        dataset, own = taken.take(source, folder)
        wedges = _wedges(work, (OWN,), lambda name: own if name == OWN else _how(how, name))
    else:
        wedges = _wedges(work, (how.preset,), lambda name: _how(how, name))
        model = models.ready(source, folder, found, placed, json=json)
        dataset = _planned(model, folder, found, how)
    division = Division(work.chunk, dataset, wedges, work.scene and work.scene.absolute())
    gpu = any(getattr(one.how, "device", "cuda") == "cuda" for one in wedges)
    needs = Needs(work.cores, work.memory_gb, gpu, work.hours)
    name = f"Reconstruct {source.name}"
    made = bundles.write(out, division, name, python(found), needs)
    sys.stdout.write(_told(made, folder, json=json))
    return 0


def _check_planned(
    source: Path, how: How, work: Work, asked: tuple[Path | None, models.Placed]
) -> None:
    """Refuse flags that a job has settled already.

    Raises:
        SettingsError: there are some.
    """
    fix = "Leave them out, or bundle what the job was made of."
    if asked != (None, models.AS_IT_IS) or how.rig is not None:
        found = "--light, --rig, --up, --unit or --normalize"
        raise SettingsError(source, found, "none of them: its views are planned", fix)
    if how != DEFAULT and not work.presets:
        found = "--preset, --settings, --engine or --supervision"
        raise SettingsError(source, found, "--presets, or the job's own settings", fix)


def _planned(source: Path, folder: Path, settings: Settings, how: How) -> Path:
    """Write the job of everything before the reconstruction; returns the dataset's manifest."""
    cameras = None if how.rig is None else render.read_rig(how.rig)
    _, dataset = plan.dataset(source, folder, settings, os.environ, cameras)
    return dataset


def _told(template: Path, folder: Path, *, json: bool) -> str:
    """What was written, in lines for people or in one for programs."""
    counts = Counter(TITLES[unit.step] for unit in units(prepared.read(folder)))
    if json:
        return codec.write_line({"template": template, "folder": folder, "tasks": counts})
    tasks = ", ".join(f"{count} {title}" for title, count in counts.items())
    return f"bundle  {template}\ntasks   {tasks}\n"


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
