"""Deleting a job: what it made goes, what it did not make stays."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import JobError
from lightmould.jobs import claim, job_file, launch, log, run, stamp, stop
from lightmould.model import Job

_OWN = (
    job_file.NAME,
    log.NAME,
    launch.LOG,
    stop.FILE,
    run.LOGS,
    stamp.FOLDER,
    "requests",
)
_WROTE = re.compile(rb'"step": "([^"\\]*)", "event": \{"is": "wrote", "path": ("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Going:
    """A file or folder of a job that is to be deleted.

    Attributes:
        path: absolute, within the job's folder.
        files: how many.
        size: bytes of all.
    """

    path: Path
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What deleting a job would do.

    Attributes:
        folder: the job's.
        going: what it made.
        staying: what else lies in the folder, by name.
    """

    folder: Path
    going: tuple[Going, ...]
    staying: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes that become free."""
        return sum(one.size for one in self.going)


def plan(folder: Path) -> Removal:
    """What would go. Nothing happens yet.

    Raises:
        JobError: somebody runs the job, or there is none, or it was made for another folder.
        FormatError: its job.json is damaged.
    """
    job = job_file.read(folder / job_file.NAME)
    claim.check_free(folder)
    try:
        names = sorted(_made(job, folder))
        going = tuple(_measured(folder / name) for name in names)
        known = {Path(name).parts[0] for name in names}
        staying = sorted(path.name for path in folder.iterdir() if path.name not in known)
    except OSError as error:
        raise _refused(error, folder) from error
    return Removal(folder, going, tuple(staying))


def remove(planned: Removal) -> None:
    """Delete what goes, job.json last, and the folder if nothing stays; links are not followed.

    Raises:
        JobError: somebody has begun to run the job, or something can't be deleted.
    """
    claim.check_free(planned.folder)
    last = planned.folder / job_file.NAME
    try:
        for path in (*(one.path for one in planned.going if one.path != last), last):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            _remove_empty(path.parent, planned.folder)
        if not any(planned.folder.iterdir()):
            planned.folder.rmdir()
    except OSError as error:
        raise _refused(error, planned.folder) from error


def _made(job: Job, folder: Path) -> set[str]:
    """What the job made, relative to its folder: whole folders of its own, else single files."""
    names = {name for name in _OWN if (folder / name).exists()}
    names |= {path.name for path in folder.glob(f"{claim.NAME}*")}
    for step in job.steps:
        if step.folder != folder and _within(step.folder, folder):
            names.add(step.folder.relative_to(folder).as_posix())
        elif step.folder == folder:
            names |= {_relative(folder / name, folder) for name in _announced(folder, step.name)}
            names.add(_relative(step.manifest, folder))
    there = {name for name in names if name and (folder / name).exists()}
    return {name for name in there if not {str(one) for one in Path(name).parents} & there}


def _announced(folder: Path, step: str) -> set[str]:
    path = folder / log.NAME
    text = path.read_bytes() if path.exists() else b""
    return {
        json.loads(name)
        for said, name in _WROTE.findall(text)
        if said.decode(errors="replace") == step
    }


def _relative(path: Path, folder: Path) -> str:
    """A path within a folder, relative to it; nothing for any other."""
    return path.relative_to(folder).as_posix() if _within(path, folder) else ""


def _within(path: Path, folder: Path) -> bool:
    inside = path.is_relative_to(folder) and path != folder
    return inside and path.resolve().is_relative_to(folder.resolve())


def _measured(path: Path) -> Going:
    if path.is_symlink() or not path.is_dir():
        return Going(path, 1, path.lstat().st_size)
    files = [one for one in path.rglob("*") if one.is_symlink() or not one.is_dir()]
    return Going(path, len(files), sum(one.lstat().st_size for one in files))


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _refused(error: OSError, folder: Path) -> JobError:
    found = error.strerror or str(error)
    return JobError(error.filename or folder, found, "leave to delete it", "Allow writing there.")
