"""From a model to a dataset: the steps of every job that renders, and a job that only does that.

OUT/requests/   what each program is asked for, and the light if none was given
OUT             color, mask, depth, normal; manifest.json, which is written last
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

import lightmould
from lightmould.dataset import manifest
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec, radiance
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.files import file_hash, write_atomically
from lightmould.jobs import claim, job_file
from lightmould.model import Asset, CameraRig, Dataset, Job, Mesh, Step
from lightmould.model.arrays import Floats
from lightmould.rigs import Lens, around_sphere, studio
from lightmould.settings import Render, Settings
from lightmould.tools import blender, own

MODELS = (".obj",)
"""Endings of the model files that can be rendered as they are; see `jobs.conversion`."""


def render(
    model: Path,
    out: Path,
    settings: Settings,
    environ: Mapping[str, str],
    rig: CameraRig | None = None,
) -> Job:
    """Write the requests and the job.json that render a dataset, and nothing else.

    Args:
        model: an OBJ.
        out: the dataset's folder, and the job's.
        settings: programs, rendering.
        environ: the environment's variables; PATH is searched for Blender.
        rig: the cameras; unset, they are placed around the model as `settings` says.

    Raises:
        FormatError: the model or one of its files can't be read.
        SettingsError: a camera is no pinhole, or a path can't be written into requests.
        JobError: the job's folder can't be written, or a runner is at work on what it holds.
    """
    model, out = model.absolute(), out.absolute()
    for path in (model, out, settings.render.light):
        check_name(path)
    claim.check_free(out)
    wanted = planned(model, out, settings.render, rig)
    both = steps(wanted, out / "requests", settings, environ)
    versions = {"lightmould": lightmould.__version__}
    job = Job(f"Render {model.name}", out, both, versions, settings.patience)
    job_file.write(job)
    return job


def planned(model: Path, folder: Path, how: Render, rig: CameraRig | None = None) -> Dataset:
    """The dataset that is to be made of a model.

    Args:
        model: an OBJ.
        folder: where the dataset is to lie.
        how: where cameras are placed if there is no rig.
        rig: the cameras, and which of them are held out.

    Raises:
        FormatError: it is no OBJ; or there is no rig, and it can't be read or has no extent.
    """
    if rig is None:
        used = surface(model)
        lens, rng = Lens(how.size, how.fov), np.random.default_rng(how.seed)
        train, test = around_sphere(used, lens, how.views_train, how.views_test, rng)
        found = manifest.plan(folder, train, test, source=model)
    else:
        _check_kind(model)
        found = manifest.plan_rig(folder, rig, source=model)
    found = manifest.with_passes(found, how.passes)
    return replace(found, source_hash=file_hash(model))


def surface(model: Path) -> Floats:
    """The (V, 3) vertices of a model's faces, metres.

    Raises:
        FormatError: it is no OBJ, can't be read, or has no extent.
    """
    _check_kind(model)
    return _used(read_obj_asset(model).mesh, model)


def _used(mesh: Mesh, model: Path) -> Floats:
    used = mesh.positions[np.unique(mesh.faces)]
    if not np.ptp(used, axis=0).any():
        fix = "Export the model again."
        raise FormatError(model, "all faces in one point", "a mesh of some size", fix)
    return used


def steps(
    wanted: Dataset, requests: Path, settings: Settings, environ: Mapping[str, str]
) -> tuple[Step, Step]:
    """The steps that make a planned dataset; their requests are written.

    Args:
        wanted: its source is an OBJ.
        requests: folder for what the programs are asked for.
        settings: programs, rendering.
        environ: the environment's variables.

    Raises:
        FormatError: the model or one of its files can't be read.
        SettingsError: a camera is no pinhole.
    """
    program = blender.find(settings.worker.blender, environ, python(settings))
    asked = requested(wanted, requests, settings.render)
    return steps_of(asked, wanted, requests, program, python(settings))


def steps_of(
    asked: blender.RenderRequest,
    wanted: Dataset,
    requests: Path,
    program: blender.Blender,
    python: str,
) -> tuple[Step, Step]:
    """The steps that render what Blender is asked for and make a dataset of it; see `steps`."""
    folder = wanted.folder
    render, assemble = requests / "render.json", requests / "assemble.json"
    write_atomically(render, codec.write(asked))
    manifest.write(wanted, assemble)
    views = folder / "views.json"
    return (
        Step(
            "render",
            (own.render(python, render, assemble, program),),
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


def requested(wanted: Dataset, requests: Path, how: Render) -> blender.RenderRequest:
    """What Blender is asked for to make a planned dataset.

    Args:
        wanted: its source is an OBJ.
        requests: folder for the light, if none is given.
        how: the pictures.

    Raises:
        FormatError: the model or one of its files can't be read, or it has no extent.
        SettingsError: a camera is no pinhole.
    """
    model = wanted.folder / str(wanted.source)
    asset: Asset = read_obj_asset(model)
    _used(asset.mesh, model)
    if how.light is None:
        light = requests / "studio.hdr"
        write_atomically(light, radiance.write(studio.studio()))
        how = replace(how, light=light)
    return blender.request(asset, model, wanted, how)


def check_name(path: Path | None) -> None:
    """Refuse a path that requests, which are UTF-8, can't hold.

    Raises:
        SettingsError: naming it.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        found, fix = "a name that is not UTF-8", "Rename it, or use a locale that fits it."
        raise SettingsError(ascii(str(path)), found, "names in UTF-8", fix) from error


def python(settings: Settings) -> str:
    """The worker's interpreter."""
    return settings.worker.python or sys.executable


def _check_kind(path: Path) -> None:
    if not path.exists():
        raise FormatError(path, "no such file", "a model, photos or a dataset", "Correct the path.")
    if path.suffix.lower() not in MODELS:
        found = f"a {path.suffix or 'nameless kind of'} file"
        fix = "Make an OBJ of it first: `jobs.conversion` does, and so does the command line."
        raise FormatError(path, found, f"one of {', '.join(MODELS)}", fix)
