"""Whether a step is done, decided by content: what went in, and what came out.

For each step NAME, the job's folder holds `steps/NAME.begun`, the key of the inputs that the
files in the step's folder are made from, and, once the step is done, `steps/NAME.json`, the stamp.
A command may therefore take whatever it finds in its folder as its own earlier work. Of a step
that `checks_itself` nothing is removed: it may know better what other inputs leave as it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.formats.files import file_hash, write_atomically
from lightmould.jobs import recipe
from lightmould.model import Job, Step

FOLDER = "steps"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A step was done.

    Attributes:
        key: what it was made from.
        files: SHA-256 of the manifest and of every announced file; paths are relative to the
            step's folder where they lie in it.
    """

    key: str
    files: dict[str, str]


def is_done(job: Job, step: Step, wanted: str) -> bool:
    """Whether a step's stamp has this key and every file is as it was."""
    stamp = _read(job, step)
    return stamp is not None and stamp.key == wanted and not _damaged(step, stamp)


def check_inputs(job: Job, step: Step) -> None:
    """Do nothing if inputs that earlier steps made are as those left them.

    Raises:
        JobError: naming the one that is not; the step that made it will make it again.
    """
    for maker in job.steps[: job.steps.index(step)]:
        made = _read(job, maker)
        for path in step.inputs:
            wanted = made and made.files.get(_name(maker, path))
            if wanted and recipe.input_hash(step, path) != wanted:
                raise _changed(path, f"what step {maker.name!r} wrote")


def check_unchanged(job: Job, step: Step, began_with: str) -> None:
    """Do nothing if a step's inputs are still what they were when its key was made.

    Raises:
        JobError: naming the step; it may have read something else than its key says.
    """
    if recipe.key(job, step) != began_with:
        raise _changed(step.name, "inputs that stay as they are while it runs")


def _changed(where: str | Path, wanted: str) -> JobError:
    return JobError(where, "a change", wanted, "Run the job again.", "damaged")


def prepare(job: Job, step: Step, wanted: str, announced: Iterable[str]) -> None:
    """Remove what is stale or damaged, so that the rest may be taken as finished work.

    Args:
        job: the job.
        step: the step that is about to run.
        wanted: its key now.
        announced: every file it ever wrote.
    """
    begun = _file(job, step, "begun")
    if step.checks_itself:
        stale = []
    elif begun.exists() and begun.read_text() == wanted:
        stamp = _read(job, step)
        stale = _damaged(step, stamp) if stamp else []
    else:
        stale = list(announced)
    _remove(step, stale)
    step.manifest.unlink(missing_ok=True)
    write_atomically(begun, wanted)
    _file(job, step, "json").unlink(missing_ok=True)


def forget(job: Job, step: Step) -> None:
    """Remove what a step has made, so that it is made anew."""
    stamp = _read(job, step)
    _remove(step, stamp.files if stamp else ())
    for path in (step.manifest, _file(job, step, "begun"), _file(job, step, "json")):
        path.unlink(missing_ok=True)


def write(job: Job, step: Step, made_from: str, announced: Iterable[str]) -> None:
    """Say that a step is done; whatever it announced and still exists belongs to it."""
    paths = {step.folder / name for name in announced} | {step.manifest}
    files = {_name(step, path): file_hash(path) for path in sorted(paths) if path.is_file()}
    write_atomically(_file(job, step, "json"), codec.write(Stamp(made_from, files)))


def _remove(step: Step, names: Iterable[str]) -> None:
    for name in names:
        path = step.folder / name
        if path.is_file() and path.resolve().is_relative_to(step.folder.resolve()):
            path.unlink()


def _damaged(step: Step, stamp: Stamp) -> list[str]:
    paths = {name: step.folder / name for name in stamp.files}
    return [
        name
        for name, path in paths.items()
        if not path.is_file() or file_hash(path) != stamp.files[name]
    ]


def _read(job: Job, step: Step) -> Stamp | None:
    path = _file(job, step, "json")
    try:
        return codec.read(Stamp, path.read_bytes(), path)
    except (FileNotFoundError, FormatError):
        return None  # damaged is as good as absent: the step runs again


def _name(step: Step, path: Path) -> str:
    inside = path.is_relative_to(step.folder)
    return (path.relative_to(step.folder) if inside else path).as_posix()


def _file(job: Job, step: Step, suffix: str) -> Path:
    return job.folder / FOLDER / f"{step.name}.{suffix}"
