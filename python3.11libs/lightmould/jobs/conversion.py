"""A model of any format becomes an OBJ, to render and to score against, in a job of its own.

OUT/requests/convert.json   what Blender is asked for
OUT/model.obj, model.mtl, textures/   the model, Y-up, in metres
OUT/model.json              how it was placed, and what was left out; written last
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import lightmould
from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.files import file_hash, write_atomically
from lightmould.jobs import claim, job_file
from lightmould.model import Job, Step
from lightmould.settings import Settings
from lightmould.tools import blender
from lightmould.tools.blender import ConversionRequest, Placement
from lightmould.tools.blender.conversion import SILENT

RESULT = "model.obj"


def is_needed(model: Path, placement: Placement) -> bool:
    """Whether a model can't be rendered as the file has it."""
    return model.suffix.lower() != ".obj" or placement != Placement()


def convert(
    model: Path, out: Path, settings: Settings, placement: Placement, environ: Mapping[str, str]
) -> Job:
    """Write the request and the job.json that make OUT/model.obj, and nothing else.

    Args:
        model: a file of one of `blender.MODELS`.
        out: the job's folder.
        settings: programs.
        placement: how the model is put into our world.
        environ: the environment's variables; PATH is searched for Blender.

    Raises:
        FormatError: the model is of no known kind, or it or one of an OBJ's files can't be read.
        SettingsError: the placement does not fit the model's format.
        JobError: the job's folder can't be written, or a runner is at work on what it holds.
    """
    model, out = model.absolute(), out.absolute()
    placement.check(model)
    kind = model.suffix.lower()
    materials = read_obj_asset(model).materials if kind == ".obj" else ()
    claim.check_free(out)
    asked = ConversionRequest(
        folder=out,
        model=model,
        hash=_content(model),
        materials=materials,
        up=placement.up or SILENT.get(kind, "z"),
        unit=placement.unit,
        normalize=placement.normalize,
    )
    request = out / "requests" / "convert.json"
    write_atomically(request, codec.write(asked))
    python = settings.worker.python or sys.executable
    program = blender.find(settings.worker.blender, environ, python)
    # Which other files a model refers to shows when it is read, so it is read every time.
    record = out / "model.json"
    record.unlink(missing_ok=True)
    step = Step("convert", (blender.convert(request, program),), (request, model), out, record)
    versions = {"lightmould": lightmould.__version__}
    job = Job(f"Read {model.name}", out, (step,), versions, settings.patience)
    job_file.write(job)
    return job


def _content(path: Path) -> str:
    try:
        return file_hash(path)
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise FormatError(path, found, "a model that can be read", "Correct the path.") from error
