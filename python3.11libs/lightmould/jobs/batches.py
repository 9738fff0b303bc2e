"""Random views of a model, batch by batch: a job of jobs, and a dataset of datasets.

OUT/requests/         the light that all views share, if none was given
OUT/batches/000000/   a batch: a job, and a dataset, of its own; its views are BATCH-IMAGE
OUT                   views.csv, and the manifest.json of all views, whose pictures stay there
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

import lightmould
from lightmould.dataset import manifest
from lightmould.errors import FormatError, SettingsError
from lightmould.formats.files import file_hash
from lightmould.jobs import claim, job_file, rendering
from lightmould.model import CameraRig, Dataset, Job, Stance, Step
from lightmould.rigs import Lens
from lightmould.rigs.looks import Light, draw_look
from lightmould.rigs.stances import Subject, draw_stance, stand
from lightmould.settings import Settings
from lightmould.settings.batches import Batches
from lightmould.tools import blender, own

FOLDER = "batches"

PICTURES = (".hdr", ".exr")
"""Endings of what is taken for a light in a folder of lights."""

MOST_PAINTS = 64
"""Objects that are painted by themselves; those after them take these paints over again."""

_STANCE, _LOOK = 0, 1  # streams of chance, so that a draw more of one changes nothing of the other


def batches(model: Path, out: Path, settings: Settings, environ: Mapping[str, str]) -> Job:
    """Write the requests and jobs that render random views of a model, and nothing else.

    Args:
        model: an OBJ.
        out: the folder of the whole.
        settings: programs, rendering, batches.
        environ: the environment's variables; PATH is searched for Blender.

    Raises:
        FormatError: the model, one of its files or a light can't be read.
        SettingsError: a path can't be written into requests, or a folder of lights has none.
        JobError: a folder can't be written, or a runner is at work on what it holds.
    """
    model, out = model.absolute(), out.absolute()
    for path in (model, out, settings.render.light, *settings.batches.look.lights):
        rendering.check_name(path)
    claim.check_free(out)
    jobs = _batches(drawn(model, out, settings), settings, environ)
    python = rendering.python(settings)
    render = Step(
        "render",
        tuple(own.run_job(python, one.name, one.folder / job_file.NAME) for one in jobs),
        tuple(step.inputs[0] for one in jobs for step in one.steps),
        out / FOLDER,
        # A command fails unless it has written its own batch's; the step has to name one.
        jobs[-1].folder / manifest.NAME,
        checks_itself=True,
        at_once=settings.batches.jobs,
    )
    folders = tuple(one.folder for one in jobs)
    manifests = tuple(folder / manifest.NAME for folder in folders)
    join = Step("join", (own.join(python, out, folders),), manifests, out, out / manifest.NAME)
    title = f"Render {len(jobs)} batches of {model.name}"
    versions = {"lightmould": lightmould.__version__}
    # A batch is tried again by itself; what is left to do here is to run fewer of them at once.
    patience = replace(settings.patience, transient=0)
    job = Job(title, out, (render, join), versions, patience)
    job_file.write(job)
    return job


def drawn(model: Path, folder: Path, settings: Settings) -> Dataset:
    """All views of all batches, in their order: what is left to chance is decided here.

    Args:
        model: an OBJ.
        folder: of the whole.
        settings: rendering, batches.

    Raises:
        FormatError: the model or a light can't be read.
        SettingsError: a folder of lights has none.
    """
    how, many = settings.render, settings.batches
    subject = Subject.of(rendering.surface(model))
    lights, objects = _lights(many), _objects(model)
    places = [(batch, image) for batch in range(many.batches) for image in range(many.images)]
    names = [f"{batch:06d}-{image:06d}" for batch, image in places]
    lens = Lens(how.size, how.fov)
    stances: list[Stance] = [
        draw_stance(many.cameras, subject, lens, _rng(many, place, _STANCE)) for place in places
    ]
    looks = [draw_look(many.look, lights, objects, _rng(many, place, _LOOK)) for place in places]
    pairs = zip(names, stances, strict=True)
    cameras = tuple(stand(stance, name, how.size, subject) for name, stance in pairs)
    kept = many.images - many.test
    test = tuple(name for name, (_, image) in zip(names, places, strict=True) if image >= kept)
    plan = rendering.planned(model, folder, how, CameraRig("drawn", cameras, test=test))
    views = zip(plan.views, stances, looks, strict=True)
    return replace(plan, views=tuple(replace(v, stance=s, look=look) for v, s, look in views))


def _rng(many: Batches, place: tuple[int, int], stream: int) -> np.random.Generator:
    """Chance for one view: of nothing but the seed, its batch and its number."""
    return np.random.default_rng((many.seed, *place, stream))


def _batches(whole: Dataset, settings: Settings, environ: Mapping[str, str]) -> list[Job]:
    """Write the jobs of all batches; what they share is looked at once."""
    python = rendering.python(settings)
    program = blender.find(settings.worker.blender, environ, python)
    asked = rendering.requested(whole, whole.folder / "requests", settings.render)
    jobs, size = [], settings.batches.images
    for number, first in enumerate(range(0, len(whole.views), size)):
        folder, views = whole.folder / FOLDER / f"{number:06d}", slice(first, first + size)
        claim.check_free(folder)
        steps = rendering.steps_of(
            replace(asked, folder=folder, views=asked.views[views]),
            replace(whole, folder=folder, views=whole.views[views]),
            folder / "requests",
            program,
            python,
        )
        versions = {"lightmould": lightmould.__version__}
        jobs.append(Job(f"batch {number:06d}", folder, steps, versions, settings.patience))
        job_file.write(jobs[-1])
    return jobs


def _lights(many: Batches) -> tuple[Light, ...]:
    """The pictures that may light a view, in the order of their names in each folder."""
    found: list[Path] = []
    for path in many.look.lights:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(one for one in path.iterdir() if one.suffix.lower() in PICTURES)
        if not inside:
            wanted = f"lat-long pictures: {', '.join(PICTURES)}"
            raise SettingsError(path, "a folder without lights", wanted, "Put some there.")
        found += inside
    return tuple(Light(path.absolute(), _content(path)) for path in found)


def _content(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise FormatError(path, found, "a lat-long picture", "Correct the path.") from error


def _objects(model: Path) -> int:
    """Objects and groups that an OBJ names; Blender may make fewer of them."""
    names = set(re.findall(rb"^[ \t]*[og][ \t]+(.*?)\s*$", model.read_bytes(), re.MULTILINE))
    return min(max(len(names), 1), MOST_PAINTS)
