"""The main job in parts, each a small job of its own: for those who schedule, as PDG does.

RIG/rig.json                     cameras; model.obj beside it, where the model was no OBJ
VIEWS/000000/, VIEWS/000001/ …   some of the views each; their records in views.json
DATASET/manifest.json            what was made of them, or of photos
ASSET/asset/manifest.json        see `plan.reconstruct`

Every folder holds the job.json that makes it. What a part needs to know of an earlier one it reads
from that one's files, so a part is planned once those before it are done, by whoever likes to.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

import lightmould
from lightmould.dataset import manifest
from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.jobs import claim, conversion, job_file, plan, recipe, rendering, stamp
from lightmould.model import CameraRig, Dataset, Job, Step
from lightmould.settings import Settings
from lightmould.tools import blender, own
from lightmould.tools.blender import Placement

Keep: TypeAlias = Literal["automatic", "read", "write"]

ENDING = 8.0  # seconds that a run may take to end after it was cancelled, however roughly

LIST = "views.json"
"""What a part of a rendering ends with."""


@dataclass(frozen=True, slots=True)
class RigRequest:
    """Which cameras are wanted.

    Attributes:
        kind: a verb of `lightmould rig`.
        flags: what follows it, without --mesh and --out.
        model: what the cameras are for, if anything.
        placement: how the model is put into our world.
    """

    kind: str
    flags: tuple[str, ...]
    model: Path | None = None
    placement: Placement = field(default_factory=Placement)


def rig(asked: RigRequest, folder: Path, settings: Settings, environ: Mapping[str, str]) -> Job:
    """Write the job that places cameras; a model that is no OBJ is made one first.

    Returns:
        The job; its last step makes rig.json, and the OBJ is that step's input.

    Raises:
        FormatError: the model can't be read.
        SettingsError: the placement does not fit the model's format.
        JobError: the folder can't be written, or a runner is at work on it.
    """
    folder = folder.absolute()
    await_free(folder)
    steps: tuple[Step, ...] = ()
    model = asked.model and asked.model.absolute()
    rendering.check_name(model)
    if model is not None and conversion.is_needed(model, asked.placement):
        steps = conversion.convert(model, folder, settings, asked.placement, environ).steps
        model = folder / conversion.RESULT
    elif model is not None and not model.is_file():
        raise FormatError(model, "no such file", "a model", "Correct the path.")
    made = folder / "rig.json"
    command = own.rig(rendering.python(settings), asked.kind, asked.flags, model, made)
    place = Step("rig", (command,), () if model is None else (model,), folder, made)
    return _written(f"Cameras: {asked.kind}", folder, (*steps, place), settings)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendering that is done in parts.

    Attributes:
        folder: holds the parts.
        planned: the dataset of all views.
        whole: what is asked for them.
        program: who renders.
        batch: views in each part.
        settings: programs, patience.
    """

    folder: Path
    planned: Dataset
    whole: blender.RenderRequest
    program: blender.Blender
    batch: int
    settings: Settings

    @property
    def count(self) -> int:
        """How many parts there are."""
        return -(-len(self.whole.views) // self.batch)

    def part(self, number: int) -> Job:
        """Write the job that renders one part.

        Args:
            number: which, from 0.

        Raises:
            JobError: its folder can't be written, or a runner is at work on it.
        """
        ours = slice(number * self.batch, (number + 1) * self.batch)
        planned = replace(self.planned, views=self.planned.views[ours])
        asked = replace(self.whole, views=self.whole.views[ours])
        return part((planned, asked), self.folder / f"{number:06d}", self.program, self.settings)


def part(
    wanted: tuple[Dataset, blender.RenderRequest],
    folder: Path,
    program: blender.Blender,
    settings: Settings,
) -> Job:
    """Write the job that renders some views.

    Args:
        wanted: the dataset as far as it has these views, and what is asked for them.
        folder: for what is made.
        program: who renders.
        settings: programs, patience.

    Raises:
        JobError: its folder can't be written, or a runner is at work on it.
    """
    await_free(folder)
    planned, asked = wanted
    request = folder / "requests" / "render.json"
    write_atomically(request, codec.write(replace(asked, folder=folder)))
    manifest.write(planned, _plan(folder))
    command = own.render(rendering.python(settings), request, _plan(folder), program)
    step = Step("render", (command,), (request,), folder, folder / LIST, checks_itself=True)
    first, last = asked.views[0].name, asked.views[-1].name
    return _written(f"Views {first} to {last}", folder, (step,), settings)


def render(
    wanted: tuple[Path, CameraRig | None],
    folder: Path,
    batch: int,
    settings: Settings,
    environ: Mapping[str, str],
) -> Rendering:
    """What all parts of a rendering have in common, worked out once; the plan of their dataset.

    Args:
        wanted: an OBJ, and the cameras; without any, they are placed as `settings` says.
        folder: of the parts.
        batch: views in each.
        settings: programs, rendering.
        environ: the environment's variables; PATH is searched for Blender.

    Raises:
        FormatError: the model or one of its files can't be read.
        SettingsError: a camera is no pinhole, or a path can't be written into requests.
        JobError: the folder can't be written.
    """
    model, folder = wanted[0].absolute(), folder.absolute()
    for path in (model, folder, settings.render.light):
        rendering.check_name(path)
    planned = rendering.planned(model, folder, settings.render, wanted[1])
    whole = rendering.requested(planned, folder / "requests", settings.render)
    manifest.write(planned, _plan(folder))
    program = blender.find(settings.worker.blender, environ, rendering.python(settings))
    return Rendering(folder, planned, whole, program, batch, settings)


def assemble(parts: Sequence[Path], folder: Path, settings: Settings, *, check: bool) -> Job:
    """Write the job that makes a dataset of parts that are rendered.

    Args:
        parts: folders of one rendering's parts.
        folder: the dataset's.
        settings: programs.
        check: look for what is wrong with it, too.

    Raises:
        JobError: the folder can't be written, or a runner is at work on it.
    """
    folder = folder.absolute()
    await_free(folder)
    wanted = _plan(parts[0].parent)
    step = Step(
        "assemble",
        (own.assemble(rendering.python(settings), wanted, folder, parts),),
        (wanted, *(part / LIST for part in parts)),
        folder,
        folder / manifest.NAME,
    )
    steps = (step, _check(folder, settings)) if check else (step,)
    return _written("Assemble the dataset", folder, steps, settings)


def take_in(photos: Path, folder: Path, settings: Settings, *, check: bool) -> Job:
    """Write the job that makes a dataset of photos and their poses.

    Args:
        photos: their folder.
        folder: the dataset's.
        settings: programs, how large photos may be.
        check: look for what is wrong with it, too.

    Raises:
        DatasetError: the folder holds no photos with poses.
        JobError: the dataset's folder can't be written, or a runner is at work on it.
    """
    photos, folder = photos.absolute(), folder.absolute()
    for path in (photos, folder):
        rendering.check_name(path)
    await_free(folder)
    step = plan.importing(photos, folder / "requests", folder, settings)
    steps = (step, _check(folder, settings)) if check else (step,)
    return _written(f"Take in {photos.name}", folder, steps, settings)


def await_free(folder: Path) -> None:
    """Wait while a run that was just cancelled is ending.

    Raises:
        JobError: it does not end: a runner is at work on the folder.
    """
    give_up = time.monotonic() + ENDING
    while claim.other(folder) is not None and time.monotonic() < give_up:
        time.sleep(0.1)
    claim.check_free(folder)


def settle(job: Job, keep: Keep) -> bool:
    """Let the manifests tell what is done: whoever looks for no more than them is told right.

    Args:
        job: nobody runs it.
        keep: "automatic" keeps results that are what the job would make, "read" all that are
            there, "write" none.

    Returns:
        Whether every manifest is there.
    """
    for step in job.steps:
        if keep == "write":
            stamp.forget(job, step)
        elif keep == "automatic" and not _is_done(job, step):
            step.manifest.unlink(missing_ok=True)
    return all(step.manifest.is_file() for step in job.steps)


def _is_done(job: Job, step: Step) -> bool:
    try:
        return stamp.is_done(job, step, recipe.key(job, step))
    except JobError:
        return False  # an input is still to be made


def _check(dataset: Path, settings: Settings) -> Step:
    described, sheet = dataset / manifest.NAME, dataset / "check.png"
    command = own.check(rendering.python(settings), dataset, sheet)
    return Step("check", (command,), (described,), dataset, sheet)


def _plan(folder: Path) -> Path:
    return folder / "requests" / "assemble.json"


def _written(name: str, folder: Path, steps: tuple[Step, ...], settings: Settings) -> Job:
    versions = {"lightmould": lightmould.__version__}
    job = Job(name, folder, steps, versions, settings.patience)
    job_file.write(job)
    return job
