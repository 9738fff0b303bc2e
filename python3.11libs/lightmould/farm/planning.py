"""The job that a unit of work is, planned from what the steps before it made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import lightmould
from lightmould.dataset import manifest
from lightmould.errors import ToolError
from lightmould.farm.prepared import REQUESTS, Prepared
from lightmould.farm.units import PARTS, StepName, Unit, place
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.jobs import job_file, parts, plan
from lightmould.jobs.rendering import python
from lightmould.model import Job, Step
from lightmould.settings import Settings
from lightmould.tools import blender, farm, hython

ASSET = "asset"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Machine:
    """Who does the work.

    Attributes:
        settings: its programs.
        environ: the environment's variables; PATH is searched for programs.
    """

    settings: Settings
    environ: Mapping[str, str]


Planner: TypeAlias = Callable[[Prepared, Unit, Machine], Job]


def job(prepared: Prepared, unit: Unit, machine: Machine) -> Job:
    """Write the job that does a unit of work.

    Args:
        prepared: the folder.
        unit: what is to be done; its place is claimed.
        machine: who does it.

    Raises:
        LightmouldError: what it needs is not there, or somebody is at work on it.
    """
    found = replace(_PLANNERS[unit.step](prepared, unit, machine), home=prepared.folder)
    job_file.write(found)
    return found


def lacking(unit: Unit, machine: Machine) -> str | None:
    """Why a unit that may be left out can't be done on this machine; None if it can."""
    if unit.step != "import" or hython.find(machine.environ) is not None:
        return None
    return f"There is no hython here: set {hython.VARIABLE}. The scene is not made."


def _render(prepared: Prepared, unit: Unit, machine: Machine) -> Job:
    settings = machine.settings
    program = blender.find(settings.worker.blender, machine.environ, python(settings))
    return parts.part(prepared.part(unit.part), place(prepared, unit), program, settings)


def _assemble(prepared: Prepared, unit: Unit, machine: Machine) -> Job:
    folder, asked = place(prepared, unit), prepared.intake
    if asked is not None:
        step = plan.intake(asked, folder / REQUESTS, folder, machine.settings)
        return _written(f"Take in {asked.photos.folder.name}", folder, step, machine)
    manifest.write(prepared.planned, prepared.folder / PARTS / REQUESTS / "assemble.json")
    every = (Unit("render", number) for number in range(prepared.division.parts))
    made = [place(prepared, one) for one in every]
    return parts.assemble(made, folder, machine.settings, check=False)


def _reconstruct(prepared: Prepared, unit: Unit, machine: Machine) -> Job:
    wedge, source = prepared.division.wedges[unit.part], prepared.division.dataset.parent
    folder = place(prepared, unit)
    return plan.reconstruct(source, folder, machine.settings, wedge.how, machine.environ)


def _best(prepared: Prepared, unit: Unit, machine: Machine) -> Job:
    folder, out = place(prepared, unit), prepared.folder / ASSET
    wedges = (Unit("reconstruct", part) for part in range(len(prepared.division.wedges)))
    assets = {place(prepared, one).name: place(prepared, one) / ASSET for one in wedges}
    request = folder / REQUESTS / "best.json"
    write_atomically(request, codec.write(farm.BestRequest(assets, out)))
    inputs = (request, *(asset / MANIFEST for asset in assets.values()))
    command = farm.best(python(machine.settings), request)
    return _written(
        "Keep the best", folder, Step("best", (command,), inputs, out, out / MANIFEST), machine
    )


def _import(prepared: Prepared, unit: Unit, machine: Machine) -> Job:
    scene, program = prepared.division.scene, hython.find(machine.environ)
    if program is None or scene is None:
        fix = f"Run this task where hython is, or set {hython.VARIABLE}."
        raise ToolError("hython", "no such program", "Houdini's Python", fix, "missing program")
    folder, asset = place(prepared, unit), prepared.folder / ASSET
    saved, mesh = folder / scene.name, asset / "mesh" / "mesh.obj"
    command = hython.bring_in(program, mesh, scene, saved, machine.environ)
    step = Step("scene", (command,), (scene, asset / MANIFEST), folder, saved)
    return _written(f"Bring the asset into {scene.name}", folder, step, machine)


_PLANNERS: dict[StepName, Planner] = {
    "render": _render,
    "assemble": _assemble,
    "reconstruct": _reconstruct,
    "best": _best,
    "import": _import,
}


def _written(name: str, folder: Path, step: Step, machine: Machine) -> Job:
    versions = {"lightmould": lightmould.__version__}
    found = Job(name, folder, (step,), versions, machine.settings.patience)
    job_file.write(found)
    return found
