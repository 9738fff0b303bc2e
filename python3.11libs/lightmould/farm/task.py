"""A task of a farm: one unit of work of a prepared folder, told in the farm's own words."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from lightmould.errors import LightmouldError
from lightmould.farm import prepared, units, verdict
from lightmould.farm.dialect import Dialect
from lightmould.jobs import claim, stop
from lightmould.jobs.run import run
from lightmould.jobs.snapshot import Snapshot, waiting
from lightmould.model import Finished, Job, Progress, Record, Warned
from lightmould.settings import load

_PAUSE = 1.0  # seconds between two reports of how far it is


class Teller:
    """Tells a farm what becomes of a task.

    Args:
        dialect: the farm's.
        out: where it listens.
    """

    def __init__(self, dialect: Dialect, out: TextIO) -> None:
        self._dialect = dialect
        self._out = out
        self._told = float("-inf")
        self._snapshot: Snapshot | None = None

    def follow(self, job: Job) -> None:
        """Be told of a job's beginning."""
        self._snapshot = waiting(job)
        self._say(self._dialect.doing(job.name))

    def hear(self, record: Record) -> None:
        """Pass on what a person or a farm wants to know of a record."""
        if self._snapshot is None:
            return
        self._snapshot = self._snapshot.after(record)
        if isinstance(record.event, Warned):
            self._say(self._dialect.warning(record.event.message))
        ended = isinstance(record.event, Finished) and not record.step
        if ended or (isinstance(record.event, Progress) and self._is_time()):
            self._say(self._dialect.progress(self._snapshot.fraction))
            self._say(self._dialect.doing(self._snapshot.status))

    def fail(self, error: LightmouldError | stop.Stopped) -> None:
        """The last word of a task that did not succeed."""
        self._say(self._dialect.failed(str(error)))

    def _is_time(self) -> bool:
        """Whether to tell how far it is; not every word of it, for there may be many."""
        now = time.monotonic()
        if now - self._told < _PAUSE:
            return False
        self._told = now
        return True

    def _say(self, line: str) -> None:
        self._out.write(f"{line}\n")
        self._out.flush()


def perform(
    folder: Path, asked: tuple[str, str | None], moves: Mapping[str, str], teller: Teller
) -> int:
    """Do a unit of work of a prepared folder, unless it is done; returns the exit code.

    SIGTERM and SIGINT end it; when this returns, no program of it lives.

    Args:
        folder: the prepared one.
        asked: the step, and which part of it; see `units.named`.
        moves: folders as other machines call them, and as they are called here.
        teller: tells the farm.
    """
    settings = load(Path.cwd(), os.environ)
    try:
        with stop.on_signals() as ended:
            here = prepared.read(folder, moves)
            unit = units.named(here, *asked)
            _end_dead(units.place(here, unit))
            job = units.job(here, unit, settings, os.environ)
            teller.follow(job)
            run(job, teller.hear, ended)
    except LightmouldError as error:
        teller.fail(error)
        return verdict.exit_code(error)
    except stop.Stopped as stopped:
        teller.fail(stopped)
        return stopped.exit_code
    return 0


def _end_dead(folder: Path) -> None:
    """Take over from a dead runner, of whatever machine, so that the job can be planned here.

    Raises:
        JobError: a runner lives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with claim.claimed(folder):
        pass
