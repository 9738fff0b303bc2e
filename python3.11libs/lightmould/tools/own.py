"""Our own programs: commands for the worker's Python, which need nothing installed but its wheels.

Each says what happens as marked lines (`lightmould.formats.events`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import lightmould
from lightmould.model import Command
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools.blender.program import Blender

LIBRARY = Path(lightmould.__file__).parents[1]
"""The folder that has to be on the worker's path."""


@dataclass(frozen=True, slots=True)
class ReconstructionRequest:
    """What the engine is asked for.

    Attributes:
        dataset: a dataset's manifest.json.
        out: the asset's folder.
        how: settings.
    """

    dataset: Path
    out: Path
    how: Reconstruction


def render(python: str, request: Path, plan: Path, program: Blender) -> Command:
    """Render the views of a request; done when views.json is in the request's folder.

    Args:
        python: the worker's interpreter.
        request: a `RenderRequest` as JSON.
        plan: a manifest of what the dataset is to hold.
        program: who renders.
    """
    arguments = (str(request), str(plan), program.program, *(("bpy",) * program.is_python))
    return module("Render the views", python, "lightmould.jobs.shoot", arguments, request.parent)


def assemble(python: str, plan: Path, folder: Path, parts: Sequence[Path] = ()) -> Command:
    """Turn what was rendered into a dataset; done when its manifest.json is there.

    Args:
        python: the worker's interpreter.
        plan: a manifest of what the dataset is to hold.
        folder: the dataset's.
        parts: folders that its views were rendered into; unset, they were into its own.
    """
    arguments = ("assemble", str(plan), str(folder), *map(str, parts))
    return module("Assemble the dataset", python, "lightmould.dataset", arguments, plan.parent)


def join(python: str, folder: Path, parts: Sequence[Path]) -> Command:
    """Make one dataset of those in its subfolders; done when its manifest.json is there."""
    arguments = ("join", str(folder), *map(str, parts))
    return module("Join the batches", python, "lightmould.dataset", arguments, folder)


def run_job(python: str, title: str, job: Path) -> Command:
    """Run a job as a command of another one; what that one is to wait for, its steps say."""
    arguments = ("run", "--marked", str(job))
    return module(title, python, "lightmould", arguments, job.parent)


def take_in(python: str, request: Path, folder: Path) -> Command:
    """Turn photos into a dataset; done when its manifest.json is there."""
    arguments = ("import", str(request), str(folder))
    return module("Take in the photos", python, "lightmould.dataset", arguments, request.parent)


def check(python: str, dataset: Path, sheet: Path) -> Command:
    """Look for what is wrong with a dataset; done when its contact sheet is there."""
    arguments = ("check", str(dataset), "--preview", str(sheet))
    return module("Check the dataset", python, "lightmould.cli", arguments, dataset)


def reconstruct(python: str, request: Path) -> Command:
    """Reconstruct an asset; done when its manifest.json is there."""
    arguments = ("run", str(request))
    return module("Reconstruct", python, "lightmould.engine", arguments, request.parent)


def rig(python: str, kind: str, flags: Sequence[str], model: Path | None, out: Path) -> Command:
    """Place cameras; done when the file is there.

    Args:
        python: the worker's interpreter.
        kind: a verb of `lightmould rig`.
        flags: what it is asked besides.
        model: an OBJ that they are for, if there is one.
        out: the rig's file.
    """
    about: tuple[str, ...] = ()
    if model is not None:
        about = (str(model),) if kind == "around" else ("--mesh", str(model))
    arguments = ("rig", kind, *about, *flags, "--out", str(out))
    return module("Place the cameras", python, "lightmould.cli", arguments, out.parent)


def doctor(python: str, cwd: Path, environ: Mapping[str, str]) -> Command:
    """Say what is installed and what is missing, by the settings of the one who asks."""
    asked = module("Look at what is installed", python, "lightmould.cli", ("doctor",), cwd)
    ours = {name: value for name, value in environ.items() if name.startswith("LIGHTMOULD_")}
    # Nobody's terminal: a table is as wide as its words.
    return replace(asked, env={**asked.env, **ours, "COLUMNS": "180"})


def sample(python: str, folder: Path, cwd: Path) -> Command:
    """Make the bundled sample; done when its vase.obj is there."""
    arguments = ("sample", str(folder))
    return module("Make the sample", python, "lightmould.engine", arguments, cwd)


def module(title: str, python: str, name: str, arguments: tuple[str, ...], cwd: Path) -> Command:
    """Run a module of ours."""
    # Threads that spin while they wait for one another stand still on a busy machine.
    env: dict[str, str | None] = {"PYTHONPATH": str(LIBRARY), "OMP_WAIT_POLICY": "PASSIVE"}
    return Command(title, (python, "-m", name, *arguments), cwd, env)
