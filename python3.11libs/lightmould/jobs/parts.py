"""The main job in parts, each a small job of its own: for those who schedule, as PDG does.

OUT/rig/              cameras: rig.json; model.obj, where the model was no OBJ
OUT/render/000000/    some of the views; their records in views.json
OUT/assemble/         the job that makes OUT/dataset of them
OUT/dataset/          color, mask, depth, normal; manifest.json
OUT/asset/            of OUT/job.json, see `plan.reconstruct`

What a part needs to know of an earlier one it reads from that one's files, so a part is planned
once those before it are done, and may run on another machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import lightmould
from lightmould.dataset import manifest
from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.jobs import claim, conversion, job_file, rendering
from lightmould.model import CameraRig, Job, Step
from lightmould.settings import Settings
from lightmould.tools import blender, own
from lightmould.tools.blender import Placement

RIG, RENDER, ASSEMBLE = "rig", "render", "assemble"
"""Folders of the parts."""

_LIST = "views.json"


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


def rig(asked: RigRequest, out: Path, settings: Settings, environ: Mapping[str, str]) -> Job:
    """Write the job that places cameras; a model that is no OBJ is made one first.

    Returns:
        The job; its last step makes rig.json, and the OBJ is that step's input.

    Raises:
        FormatError: the model can't be read.
        SettingsError: the placement does not fit the model's format.
        JobError: the job's folder can't be written, or a runner is at work on it.
    """
    folder = out.absolute() / RIG
    claim.check_free(folder)
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
    return _written(f"Cameras: {asked.kind}", folder, (*steps, place))


def render(
    model: Path, rig: CameraRig | None, out: Path, settings: Settings, environ: Mapping[str, str]
) -> "Rendering":
    """What all parts of a rendering have in common, worked out once.

    Args:
        model: an OBJ.
        rig: the cameras; unset, they are placed around the model as `settings` says.
        out: the folder of the whole.
        settings: programs, rendering.
        environ: the environment's variables; PATH is searched for Blender.

    Raises:
        FormatError: the model or one of its files can't be read.
        SettingsError: a camera is no pinhole, or a path can't be written into requests.
        JobError: the folder can't be written.
    """
    model, out = model.absolute(), out.absolute()
    for path in (model, out, settings.render.light):
        rendering.check_name(path)
    requests = out / RENDER / "requests"
    wanted = rendering.planned(model, out / "dataset", settings.render, rig)
    whole = rendering.requested(wanted, requests, settings.render)
    manifest.write(wanted, requests / "assemble.json")
    program = blender.find(settings.worker.blender, environ, rendering.python(settings))
    return Rendering(out, whole, program)


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendering that is done in parts.

    Attributes:
        out: the folder of the whole.
        whole: all views.
        program: who renders.
    """

    out: Path
    whole: blender.RenderRequest
    program: blender.Blender

    def count(self, batch: int) -> int:
        """How many parts there are, of so many views each."""
        return -(-len(self.whole.views) // batch)

    def part(self, number: int, batch: int) -> Job:
        """Write the job that renders one part.

        Args:
            number: which, from 0.
            batch: views in each.

        Raises:
            JobError: its folder can't be written, or a runner is at work on it.
        """
        folder = self.out / RENDER / f"{number:06d}"
        claim.check_free(folder)
        views = self.whole.views[number * batch : (number + 1) * batch]
        request = folder / "requests" / "render.json"
        asked = replace(self.whole, folder=folder, views=views)
        write_atomically(request, codec.write(asked))
        command = blender.command(request, self.program)
        made = folder / _LIST
        step = Step("render", (command,), (request,), folder, made, checks_itself=True)
        return _written(f"Views {views[0].name} to {views[-1].name}", folder, (step,))


def assemble(out: Path, count: int, settings: Settings) -> Job:
    """Write the job that makes a dataset of parts that are rendered.

    Args:
        out: the folder of the whole.
        count: of parts.
        settings: programs.

    Raises:
        JobError: the job's folder can't be written, or a runner is at work on it.
    """
    out = out.absolute()
    claim.check_free(out / ASSEMBLE)
    parts: Sequence[Path] = [out / RENDER / f"{number:06d}" for number in range(count)]
    wanted = out / RENDER / "requests" / "assemble.json"
    dataset = out / "dataset"
    step = Step(
        "assemble",
        (own.assemble(rendering.python(settings), wanted, dataset, parts),),
        (wanted, *(part / _LIST for part in parts)),
        dataset,
        dataset / manifest.NAME,
    )
    return _written("Assemble the dataset", out / ASSEMBLE, (step,))


def _written(name: str, folder: Path, steps: tuple[Step, ...]) -> Job:
    job = Job(name, folder, steps, {"lightmould": lightmould.__version__})
    job_file.write(job)
    return job
