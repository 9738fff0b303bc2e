"""The units of work of a prepared folder, and the job that each of them is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import lightmould
from lightmould.dataset import manifest
from lightmould.errors import JobError, SettingsError
from lightmould.farm.prepared import REQUESTS, Prepared
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.jobs import job_file, parts, plan
from lightmould.jobs.rendering import python
from lightmould.model import Job, Step
from lightmould.settings import Settings
from lightmould.tools import farm

StepName: TypeAlias = Literal["render", "assemble", "reconstruct", "best", "import"]

Planner: TypeAlias = Callable[[Prepared, int, Settings, Mapping[str, str]], Job]

ASSET = "asset"
PARTS = "parts"
WEDGES = "wedges"


@dataclass(frozen=True, slots=True)
class Unit:
    """Work that one task does.

    Attributes:
        step: of all the work.
        part: which of the step's, from 0.
    """

    step: StepName
    part: int


def units(prepared: Prepared) -> tuple[Unit, ...]:
    """All units of work; those of a step need all those of the steps before it.

    Raises:
        FormatError: a request is damaged.
    """
    rendering, division = prepared.rendering, prepared.division
    views = 0 if rendering is None else len(rendering.views)
    counts: dict[StepName, int] = {
        "render": -(-views // division.chunk),
        "assemble": int(rendering is not None or prepared.intake is not None),
        "reconstruct": len(division.wedges),
        "best": 1,
        "import": int(division.scene is not None),
    }
    return tuple(Unit(step, part) for step, count in counts.items() for part in range(count))


def named(prepared: Prepared, step: str, part: str | None) -> Unit:
    """The unit that a command line names.

    Args:
        prepared: the folder.
        step: of which.
        part: a number from 0, or a wedge's name; None where the step has one part.

    Raises:
        SettingsError: there is none such.
    """
    found = {_name(prepared, unit): unit for unit in units(prepared) if unit.step == step}
    if part is None and len(found) == 1:
        return next(iter(found.values()))
    unit = found.get(part or "")
    if unit is None and part is not None and part.isdecimal():
        unit = {str(one.part): one for one in found.values()}.get(str(int(part)))
    if unit is None:
        wanted = f"one of {', '.join(found)}" if found else "a step that this folder has"
        raise SettingsError(f"{step} --part", f"{part}", wanted, "Name one of them.")
    return unit


def place(prepared: Prepared, unit: Unit) -> Path:
    """The folder of a unit's job."""
    match unit.step:
        case "render":
            return prepared.folder / PARTS / f"{unit.part:06d}"
        case "assemble":
            return prepared.division.dataset.parent
        case "reconstruct":
            return prepared.folder / WEDGES / prepared.division.wedges[unit.part].name
        case _:
            return prepared.folder / unit.step


def job(prepared: Prepared, unit: Unit, settings: Settings, environ: Mapping[str, str]) -> Job:
    """Write the job that does a unit of work, planned from what the steps before it made.

    Args:
        prepared: the folder.
        unit: what is to be done.
        settings: this machine's programs.
        environ: the environment's variables; PATH is searched for programs.

    Raises:
        LightmouldError: what it needs is not there, or somebody is at work on it.
    """
    return _PLANNERS[unit.step](prepared, unit.part, settings, environ)


def _name(prepared: Prepared, unit: Unit) -> str:
    if unit.step == "reconstruct":
        return prepared.division.wedges[unit.part].name
    return str(unit.part)


def _parts(prepared: Prepared, settings: Settings, environ: Mapping[str, str]) -> parts.Rendering:
    whole, planned = prepared.rendering, prepared.planned
    if whole is None or planned is None:
        fix = "Prepare the job again."
        raise JobError(prepared.folder / REQUESTS, "no rendering", "one", fix)
    folder = prepared.folder / PARTS
    request = folder / REQUESTS / "assemble.json"
    if not request.exists():
        manifest.write(planned, request)
    return parts.split(whole, folder, prepared.division.chunk, settings, environ)


def _render(prepared: Prepared, part: int, settings: Settings, environ: Mapping[str, str]) -> Job:
    return _parts(prepared, settings, environ).part(part)


def _assemble(
    prepared: Prepared, _part: int, settings: Settings, environ: Mapping[str, str]
) -> Job:
    folder, asked = prepared.division.dataset.parent, prepared.intake
    if asked is not None:
        parts.await_free(folder)
        step = plan.intake(asked, folder / REQUESTS, folder, settings)
        return _written(f"Take in {asked.photos.folder.name}", folder, step)
    rendering = _parts(prepared, settings, environ)
    made = [rendering.folder / f"{number:06d}" for number in range(rendering.count)]
    return parts.assemble(made, folder, settings, check=False)


def _reconstruct(
    prepared: Prepared, part: int, settings: Settings, environ: Mapping[str, str]
) -> Job:
    wedge = prepared.division.wedges[part]
    folder = prepared.folder / WEDGES / wedge.name
    source = prepared.division.dataset.parent
    return plan.reconstruct(source, folder, settings, wedge.how, environ)


def _best(prepared: Prepared, _part: int, settings: Settings, _environ: Mapping[str, str]) -> Job:
    folder, out = prepared.folder, prepared.folder / ASSET
    assets = {one.name: folder / WEDGES / one.name / ASSET for one in prepared.division.wedges}
    request = folder / "best" / "requests" / "best.json"
    parts.await_free(folder / "best")
    write_atomically(request, codec.write(farm.BestRequest(assets, out)))
    inputs = (request, *(asset / manifest.NAME for asset in assets.values()))
    command = farm.best(python(settings), request)
    step = Step("best", (command,), inputs, out, out / manifest.NAME)
    return _written("Keep the best", folder / "best", step)


_PLANNERS: dict[StepName, Planner] = {
    "render": _render,
    "assemble": _assemble,
    "reconstruct": _reconstruct,
    "best": _best,
}


def _written(name: str, folder: Path, step: Step) -> Job:
    found = Job(name, folder, (step,), {"lightmould": lightmould.__version__})
    job_file.write(found)
    return found
