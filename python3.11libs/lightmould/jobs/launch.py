"""Starts a runner that belongs to nobody: it goes on when whoever started it has ended."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lightmould.dataset import quarantine
from lightmould.errors import JobError, ToolError
from lightmould.jobs import claim, job_file
from lightmould.jobs.environment import scrubbed
from lightmould.jobs.stop import FILE
from lightmould.tools.own import LIBRARY

LOG = "runner.log"

# A session of its own, which no terminal or program takes along; Windows: DETACHED_PROCESS,
# CREATE_NEW_PROCESS_GROUP, CREATE_BREAKAWAY_FROM_JOB.
_APART = 0x00000008 | 0x00000200 | 0x01000000 if sys.platform == "win32" else 0


def launch(folder: Path, python: str, environ: Mapping[str, str]) -> int:
    """Run a job's job.json in a process of its own, or go on with it; returns its number.

    What the runner says besides its events is in `runner.log` in the job's folder.

    Args:
        folder: the job's.
        python: the worker's interpreter.
        environ: the environment's variables, of which a job's programs get those they need.

    Raises:
        JobError: there is no job in the folder, somebody runs it, or it can't be written.
        FormatError: its job.json is damaged.
        ToolError: the interpreter can't be started.
    """
    path = folder / job_file.NAME
    job_file.read(path)
    claim.check_free(folder)
    argv = (python, "-m", "lightmould", "run", str(path), "--quiet")
    environment = scrubbed(environ, {"PYTHONPATH": str(LIBRARY)})
    try:
        said = (folder / LOG).open("wb")
    except OSError as error:
        fix = "Choose another folder, or allow writing there."
        found = error.strerror or str(error)
        raise JobError(folder, found, "a folder that can be written", fix) from error
    with said:
        try:
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                creationflags=_APART,
            )
        except OSError as error:
            fix = "Set LIGHTMOULD_PYTHON to the Python that has lightmould's engine."
            raise ToolError(python, error.strerror or str(error), "a Python", fix) from error
    _reaped_later(process)
    return process.pid


def unlock(folder: Path) -> tuple[str, ...]:
    """Have a job's next run try the views that are set aside; returns their names.

    Raises:
        JobError: somebody runs the job, or it can't be written.
    """
    claim.check_free(folder)
    try:
        return quarantine.clear(folder)
    except OSError as error:
        found, fix = error.strerror or str(error), "Allow writing there."
        raise JobError(folder, found, "a folder that can be written", fix) from error


def cancel(folder: Path) -> None:
    """Ask a job's runner, wherever it runs, to end; nothing happens if there is none.

    Raises:
        JobError: the folder can't be written.
    """
    try:
        (folder / FILE).touch()
    except OSError as error:
        fix = "Allow writing there, or stop the job where it runs."
        found = error.strerror or str(error)
        raise JobError(folder, found, "a folder that can be written", fix) from error


_launched: "list[subprocess.Popen[bytes]]" = []


def _reaped_later(process: "subprocess.Popen[bytes]") -> None:
    """Keep ended runners from staying as zombies for as long as a panel is open."""
    _launched[:] = [each for each in _launched if each.poll() is None]
    _launched.append(process)
