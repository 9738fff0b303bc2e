"""The main job as a value: from a source to an asset, every file named before any program runs.

OUT/requests/   what each program is asked for, and the light if none was given
OUT/dataset/    color, mask, depth, normal; manifest.json; not there if the source is a dataset
OUT/asset/      mesh/, previews/, metrics.json, report.html; manifest.json
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

import lightmould
from lightmould.dataset import manifest, photos
from lightmould.dataset.intake import Intake
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec, radiance
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.files import file_hash, write_atomically
from lightmould.jobs import claim, job_file
from lightmould.model import Asset, Dataset, Job, Step
from lightmould.rigs import Lens, around_sphere, studio
from lightmould.settings import Render, Settings
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools import blender, own

MODELS = (".obj",)
"""Endings of the model files that can be rendered as they are; see `jobs.conversion`."""


def reconstruct(
    source: Path, out: Path, settings: Settings, how: Reconstruction, environ: Mapping[str, str]
) -> Job:
    """Write the requests and the job.json of a reconstruction, and nothing else.

    Args:
        source: a model file, whose views are rendered first; a folder of photos and their poses,
            which are copied; or a dataset's folder.
        out: the job's folder.
        settings: programs, rendering, photos.
        how: the reconstruction.
        environ: the environment's variables; PATH is searched for Blender.

    Returns:
        The job, ready to run.

    Raises:
        FormatError: the model or one of its files can't be read.
        DatasetError: the source is none of these, or its files do not belong together.
        SettingsError: a path can't be written into requests.
        JobError: the job's folder can't be written, or a runner is at work on what it holds.
    """
    out = out.absolute()
    for path in (source.absolute(), out, settings.render.light):
        _check_name(path)
    claim.check_free(out)
    steps, dataset = _views(source.absolute(), out, settings, environ)
    request = out / "requests" / "reconstruct.json"
    asset = out / "asset"
    write_atomically(request, codec.write(own.ReconstructionRequest(dataset, asset, how)))
    last = Step(
        "reconstruct",
        (own.reconstruct(_python(settings), request),),
        (request, dataset),
        asset,
        asset / manifest.NAME,
    )
    versions = {"lightmould": lightmould.__version__}
    job = Job(f"Reconstruct {source.name}", out, (*steps, last), versions)
    job_file.write(job)
    return job


def sample(out: Path, settings: Settings) -> Job:
    """Write the job.json that makes the bundled sample; its vase.obj is the step's manifest.

    Raises:
        JobError: the job's folder can't be written, or a runner is at work on what it holds.
    """
    out = out.absolute()
    claim.check_free(out)
    model = out / "vase.obj"
    step = Step("sample", (own.sample(_python(settings), out, out),), (), out, model)
    job = Job("Make the sample", out, (step,), {"lightmould": lightmould.__version__})
    job_file.write(job)
    return job


def _views(
    source: Path, out: Path, settings: Settings, environ: Mapping[str, str]
) -> tuple[tuple[Step, ...], Path]:
    """The steps that turn a source into a dataset, and that dataset's manifest."""
    if not source.is_dir():
        steps = _rendering(_model(source), out, settings, environ)
    elif (source / manifest.NAME).is_file():
        manifest.read(source / manifest.NAME)
        return (), source / manifest.NAME
    else:
        steps = (_importing(source, out, settings),)
    return steps, out / "dataset" / manifest.NAME


def _importing(source: Path, out: Path, settings: Settings) -> Step:
    """The step that turns photos into a dataset."""
    found = photos.find(source)
    for path in found.files:
        _check_name(path)
    request, folder = out / "requests" / "import.json", out / "dataset"
    write_atomically(request, codec.write(Intake(found, settings.photos.longest_side)))
    return Step(
        "import",
        (own.take_in(_python(settings), request, folder),),
        (request, *found.files),
        folder,
        folder / manifest.NAME,
    )


def _rendering(
    model: Path, out: Path, settings: Settings, environ: Mapping[str, str]
) -> tuple[Step, ...]:
    """The steps that turn a model into a dataset."""
    asset = read_obj_asset(model)
    folder, requests = out / "dataset", out / "requests"
    planned = _planned(asset, model, folder, settings.render)
    python = _python(settings)
    program = blender.find(settings.worker.blender, environ, python)
    how = settings.render
    if how.light is None:
        light = requests / "studio.hdr"
        write_atomically(light, radiance.write(studio.studio()))
        how = replace(how, light=light)
    render, assemble = requests / "render.json", requests / "assemble.json"
    write_atomically(render, codec.write(blender.request(asset, model, planned, how)))
    manifest.write(planned, assemble)
    views = folder / "views.json"
    return (
        Step(
            "render",
            (blender.command(render, program),),
            (render,),
            folder,
            views,
            checks_itself=True,
        ),
        Step(
            "assemble",
            (own.assemble(python, assemble, folder),),
            (assemble, views),
            folder,
            folder / manifest.NAME,
        ),
    )


def _planned(asset: Asset, model: Path, folder: Path, how: Render) -> Dataset:
    used = asset.mesh.positions[np.unique(asset.mesh.faces)]
    if not np.ptp(used, axis=0).any():
        fix = "Export the model again."
        raise FormatError(model, "all faces in one point", "a mesh of some size", fix)
    lens, rng = Lens(how.size, how.fov), np.random.default_rng(how.seed)
    train, test = around_sphere(used, lens, how.views_train, how.views_test, rng)
    planned = manifest.plan(folder, train, test, source=model)
    return replace(planned, source_hash=file_hash(model))


def _model(path: Path) -> Path:
    if not path.exists():
        raise FormatError(path, "no such file", "a model, photos or a dataset", "Correct the path.")
    if path.suffix.lower() not in MODELS:
        found = f"a {path.suffix or 'nameless kind of'} file"
        fix = "Make an OBJ of it first: `jobs.conversion` does, and so does the command line."
        raise FormatError(path, found, f"one of {', '.join(MODELS)}", fix)
    return path


def _check_name(path: Path | None) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        found, fix = "a name that is not UTF-8", "Rename it, or use a locale that fits it."
        raise SettingsError(ascii(str(path)), found, "names in UTF-8", fix) from error


def _python(settings: Settings) -> str:
    return settings.worker.python or sys.executable
