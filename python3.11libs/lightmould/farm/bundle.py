"""A prepared job as a folder that Open Job Description's and Deadline Cloud's programs take.

DIR/template.json           see `farm.template`; JSON is YAML
DIR/parameter_values.json   what `deadline bundle submit` sets besides the template's defaults
DIR/asset_references.json   files outside of the bundle that a farm without a shared disk sends
DIR/job                     the prepared folder
"""

from collections.abc import Iterator
from pathlib import Path

from lightmould.errors import JobError
from lightmould.farm import prepared
from lightmould.farm.prepared import Division, Prepared
from lightmould.farm.template import Needs, template
from lightmould.farm.units import PARTS, WEDGES
from lightmould.formats import codec, obj
from lightmould.formats.files import write_atomically
from lightmould.settings.reconstruction import Reconstruction

JOB = "job"
RETRIES = 3  # of a task that ended with an error, by Deadline Cloud

TEMPLATE = "template.json"
PARAMETERS = "parameter_values.json"
ASSETS = "asset_references.json"


def write(out: Path, division: Division, name: str, python: str, needs: Needs) -> Path:
    """Write a bundle around a job that is planned in its folder `job`; returns the template.

    Args:
        out: the bundle's folder.
        division: how the job's work is divided.
        name: the job's.
        python: the worker's interpreter.
        needs: what its tasks need.

    Raises:
        JobError: the folder can't be written.
    """
    folder = out.absolute() / JOB
    prepared.write(folder, division)
    found = prepared.read(folder)
    values = {"deadline:maxRetriesPerTask": RETRIES}
    parameters = {"parameterValues": [{"name": n, "value": v} for n, v in values.items()]}
    write_atomically(out / PARAMETERS, codec.write(parameters))
    write_atomically(out / ASSETS, codec.write(_references(found)))
    write_atomically(out / TEMPLATE, codec.write(template(found, name, python, needs)))
    return out / TEMPLATE


def check_new(out: Path) -> None:
    """Refuse a folder that holds something else, or a bundle that was run already.

    What its tasks have made is taken for what they were asked then.

    Raises:
        JobError: it does.
    """
    if out.is_dir() and any(out.iterdir()) and not (out / TEMPLATE).is_file():
        fix = "Choose another folder."
        raise JobError(out, "a folder that holds something else", "an empty one, or a bundle", fix)
    made = [name for name in (PARTS, WEDGES, "dataset") if (out / JOB / name).exists()]
    if made:
        fix = "Run its tasks again, which go on; or choose another folder."
        raise JobError(out, f"a bundle that was run: {', '.join(made)}", "a new one", fix)


def _references(found: Prepared) -> dict[str, object]:
    files = sorted({path for path in _inputs(found) if not path.is_relative_to(found.folder)})
    folders = [str(path) for path in files if path.is_dir()]
    names = [str(path) for path in files if not path.is_dir()]
    return {
        "assetReferences": {
            "inputs": {"filenames": names, "directories": folders},
            "outputs": {"directories": []},
            "referencedPaths": [],
        }
    }


def _inputs(found: Prepared) -> Iterator[Path]:
    """All that is read and is not made by the job."""
    division = found.division
    if found.rendering is not None:
        yield from map(Path, found.rendering.hashes)
        model = found.rendering.model  # whose materials the result is compared with, too
        libraries = obj.read(model.read_bytes(), model).libraries
        yield from (model.parent / name for name in libraries)
    elif found.intake is not None:
        yield from found.intake.photos.files
    else:
        yield division.dataset.parent
    if division.scene is not None:
        yield division.scene
    for wedge in division.wedges:
        if isinstance(wedge.how, Reconstruction):
            yield from (path for path in (wedge.how.base_mesh, wedge.how.light) if path)
