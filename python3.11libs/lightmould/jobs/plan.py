"""The main job as a value: from a source to an asset, every file named before any program runs.

OUT/requests/   what each program is asked for, and the light if none was given
OUT/dataset/    color, mask, depth, normal; manifest.json; not there if the source is a dataset
OUT/nvdiffrec/  where that is the engine: views/ it learns from, run/ what it wrote
OUT/asset/      mesh/, previews/, metrics.json, report.html; manifest.json
"""

from collections.abc import Mapping
from pathlib import Path

import lightmould
from lightmould.dataset import manifest, photos
from lightmould.dataset.intake import Intake
from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.formats.nvdiffrec import Config
from lightmould.jobs import claim, job_file, rendering
from lightmould.model import CameraRig, Job, Step
from lightmould.settings import Settings
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools import nvdiffrec, own


def reconstruct(
    source: Path,
    out: Path,
    settings: Settings,
    how: Reconstruction | Config,
    environ: Mapping[str, str],
    rig: CameraRig | None = None,
) -> Job:
    """Write the requests and the job.json of a reconstruction, and nothing else.

    Args:
        source: a model file, whose views are rendered first; a folder of photos and their poses,
            which are copied; or a dataset's folder.
        out: the job's folder.
        settings: programs, rendering, photos.
        how: the reconstruction by our own engine; or nvdiffrec's configuration, to use that.
        environ: the environment's variables; PATH is searched for Blender.
        rig: cameras for a model's views; unset, they are placed around it as `settings` says.

    Returns:
        The job, ready to run.

    Raises:
        FormatError: the model or one of its files can't be read.
        DatasetError: the source is none of these, or its files do not belong together.
        SettingsError: a path can't be written into requests, or a rig holds out nothing to score
            with or is for what has its cameras already.
        ToolError: nvdiffrec is asked for and is not where the settings say, or nowhere.
        JobError: the job's folder can't be written, or a runner is at work on what it holds.
    """
    out = out.absolute()
    for path in (source.absolute(), out, settings.render.light):
        rendering.check_name(path)
    claim.check_free(out)
    if rig is not None:
        _check_rig(rig, source)
    steps, dataset = _views(source.absolute(), out, settings, environ, rig)
    if isinstance(how, Config):
        last = _by_nvdiffrec(dataset, out, settings, how, environ)
    else:
        last = _by_our_engine(dataset, out, settings, how)
    versions = {"lightmould": lightmould.__version__}
    job = Job(f"Reconstruct {source.name}", out, (*steps, *last), versions, settings.patience)
    job_file.write(job)
    return job


def dataset(
    source: Path,
    out: Path,
    settings: Settings,
    environ: Mapping[str, str],
    rig: CameraRig | None = None,
) -> tuple[Job, Path]:
    """Write the job that `reconstruct` begins with, without the reconstruction; see there.

    Returns:
        The job, of no step where the source is a dataset; and the dataset's manifest.
    """
    out = out.absolute()
    for path in (source.absolute(), out, settings.render.light):
        rendering.check_name(path)
    claim.check_free(out)
    if rig is not None:
        _check_rig(rig, source)
    steps, made = _views(source.absolute(), out, settings, environ, rig)
    versions = {"lightmould": lightmould.__version__}
    job = Job(f"Views of {source.name}", out, steps, versions, settings.patience)
    job_file.write(job)
    return job, made


def _by_our_engine(
    dataset: Path, out: Path, settings: Settings, how: Reconstruction
) -> tuple[Step, ...]:
    request = out / "requests" / "reconstruct.json"
    asset = out / "asset"
    write_atomically(request, codec.write(own.ReconstructionRequest(dataset, asset, how)))
    command = own.reconstruct(rendering.python(settings), request)
    done = asset / manifest.NAME
    return (Step("reconstruct", (command,), (request, dataset), asset, done),)


def _by_nvdiffrec(
    dataset: Path, out: Path, settings: Settings, how: Config, environ: Mapping[str, str]
) -> tuple[Step, ...]:
    """Views as nvdiffrec wants them, nvdiffrec itself, and the asset that is made of its files."""
    setup, python = nvdiffrec.find(settings.nvdiffrec, environ), rendering.python(settings)
    views, run, asset = out / "nvdiffrec" / "views", out / "nvdiffrec" / "run", out / "asset"
    nvdiffrec.check(how, setup)
    viewed, ran = views / "views.json", run / "run.json"
    asked = {
        "prepare": nvdiffrec.PrepareRequest(dataset, views, how.mesh_scale),
        "train": nvdiffrec.TrainRequest(viewed, how, run, setup, settings.nvdiffrec),
        "finish": nvdiffrec.FinishRequest(dataset, ran, asset, settings.nvdiffrec.diffuse_gain),
    }
    files = {name: out / "requests" / f"{name}.json" for name in asked}
    for name, request in asked.items():
        write_atomically(files[name], codec.write(request))
    prepare = nvdiffrec.prepare(python, files["prepare"])
    train = nvdiffrec.supervise(python, files["train"])
    finish = nvdiffrec.finish(python, files["finish"])
    return (
        Step("prepare", (prepare,), (files["prepare"], dataset), views, viewed),
        Step("train", (train,), (files["train"], viewed), run, ran),
        Step("finish", (finish,), (files["finish"], dataset, ran), asset, asset / manifest.NAME),
    )


def _check_rig(rig: CameraRig, source: Path) -> None:
    if source.is_dir():
        found = "cameras of one's own for pictures that are there"
        raise SettingsError(source, found, "a model to render", "Leave the rig out.")
    if not rig.test:
        found, wanted = "no cameras to score with", "some that are held out"
        fix = "Make the rig with --test 8, or add them: lightmould rig file RIG --test 8."
        raise SettingsError(f"camera rig {rig.name!r}", found, wanted, fix)


def sample(out: Path, settings: Settings) -> Job:
    """Write the job.json that makes the bundled sample; its vase.obj is the step's manifest.

    Raises:
        JobError: the job's folder can't be written, or a runner is at work on what it holds.
    """
    out = out.absolute()
    claim.check_free(out)
    model = out / "vase.obj"
    step = Step("sample", (own.sample(rendering.python(settings), out, out),), (), out, model)
    versions = {"lightmould": lightmould.__version__}
    job = Job("Make the sample", out, (step,), versions, settings.patience)
    job_file.write(job)
    return job


def _views(
    source: Path,
    out: Path,
    settings: Settings,
    environ: Mapping[str, str],
    rig: CameraRig | None,
) -> tuple[tuple[Step, ...], Path]:
    """The steps that turn a source into a dataset, and that dataset's manifest."""
    steps: tuple[Step, ...]
    if not source.is_dir():
        planned = rendering.planned(source, out / "dataset", settings.render, rig)
        steps = rendering.steps(planned, out / "requests", settings, environ)
    elif (source / manifest.NAME).is_file():
        manifest.read(source / manifest.NAME)
        return (), source / manifest.NAME
    else:
        steps = (importing(source, out / "requests", out / "dataset", settings),)
    return steps, out / "dataset" / manifest.NAME


def importing(source: Path, requests: Path, folder: Path, settings: Settings) -> Step:
    """The step that turns photos into a dataset; its request is written.

    Args:
        source: the photos' folder.
        requests: folder for what the program is asked for.
        folder: the dataset's.
        settings: programs, how large photos may be.

    Raises:
        DatasetError: the folder holds no photos with poses.
    """
    asked = Intake(photos.find(source), settings.photos.longest_side)
    return intake(asked, requests, folder, settings)


def intake(asked: Intake, requests: Path, folder: Path, settings: Settings) -> Step:
    """The step that does what is asked with photos; see `importing`."""
    for path in asked.photos.files:
        rendering.check_name(path)
    request = requests / "import.json"
    write_atomically(request, codec.write(asked))
    return Step(
        "import",
        (own.take_in(rendering.python(settings), request, folder),),
        (request, *asked.photos.files),
        folder,
        folder / manifest.NAME,
    )
