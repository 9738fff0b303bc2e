"""job.json: a job as it is handed to the runner."""

from pathlib import Path

from lightmould.errors import JobError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.model import Job

NAME = "job.json"


def write(job: Job) -> Path:
    """Write a job into its own folder; returns the file.

    Raises:
        JobError: the folder can't be made or written.
    """
    path = job.folder / NAME
    write_atomically(path, codec.write(job))
    return path


def read(path: Path) -> Job:
    """The job that a file holds, ready to run.

    Raises:
        JobError: there is no such file, or its folder was moved since it was written.
        FormatError: the file is damaged.
    """
    job = look(path)
    if not is_at_home(job, path.parent):
        raise JobError(
            path,
            f"the job of folder {job.folder}",
            f"the job of its own folder, {path.parent.resolve()}",
            "Write the job again where it is to run; its paths are absolute.",
        )
    return job


def look(path: Path) -> Job:
    """The job that a file holds, wherever it lies now.

    Raises:
        JobError: there is no such file.
        FormatError: the file is damaged.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        fix = "Name the job.json that was written for the job."
        raise JobError(path, error.strerror or str(error), "a job file", fix) from error
    return codec.read(Job, text, path)


def is_at_home(job: Job, folder: Path) -> bool:
    """Whether a job lies in the folder that it was written for; elsewhere it can't run."""
    return job.folder.is_absolute() and job.folder.exists() and job.folder.samefile(folder)
