"""Runs a job: its steps one after another, skipping what is done."""

import logging
import os
import platform
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypeAlias

from lightmould.errors import JobError, LightmouldError, of_system
from lightmould.jobs import log, processes, recipe, secrets, stamp, stop
from lightmould.jobs.claim import claimed
from lightmould.jobs.environment import scrubbed
from lightmould.jobs.failure import LOG, CommandError
from lightmould.jobs.lease import Lease, LostError
from lightmould.jobs.perform import perform
from lightmould.jobs.processes import MARK
from lightmould.jobs.retry import Tries
from lightmould.jobs.team import Team
from lightmould.model import (
    Event,
    Failed,
    Finished,
    Job,
    Record,
    Runner,
    Started,
    Step,
    Warned,
    Wrote,
)

Sink: TypeAlias = Callable[[Record], None]
LOGS = "logs"
_LOOK = 0.2  # seconds between looks at whether to stop

_log = logging.getLogger(__name__)


def run(
    job: Job,
    sink: Sink,
    asked: stop.Stop | None = None,
    *,
    limit: int | None = None,
    clock: Callable[[], float] = time.time,
    lease: Lease | None = None,
) -> None:
    """Run what is not yet done of a job; every record goes to its events.jsonl, then to `sink`.

    When this returns or raises, no program of the job lives. Run again, it goes on.

    Args:
        job: what to run.
        sink: called in the caller's thread with each record.
        asked: how the run is asked to end; besides, a file `cancel` in the job's folder does.
        limit: commands of a step that run at the same time; unset, as many as the step says.
        clock: seconds since 1970, UTC.
        lease: the claim of the job's folder, where it is held already.

    Raises:
        JobError: another runner has the job, an input is missing or a folder can't be written.
        LostError: this process slept so long that another runner took the job over.
        CommandError: a command failed, or succeeded without writing its step's manifest.
        Stopped: the run was asked to end.
    """
    with _told_as_job_errors(job):
        _check_folders(job)
        held = claimed(job.folder) if lease is None else nullcontext(lease)
        with held as ours, log.Log(job.folder / log.NAME) as events:

            def tell(step: str, event: Event) -> None:
                record = Record(clock(), step, event)
                events.append(record)
                sink(record)

            asked = asked or stop.Stop()
            asked.watch(job.folder / stop.FILE)
            _Run(job, tell, asked, limit, ours).steps()


class _Run:
    """One run of one job."""

    def __init__(
        self,
        job: Job,
        tell: Callable[[str, Event], None],
        asked: stop.Stop,
        limit: int | None,
        lease: Lease,
    ) -> None:
        self._job = job
        self._tell = tell
        self._asked = asked
        self._lease = lease
        lease.on_loss = self._lose
        self._home = _identity(job.folder)
        self._tries = Tries(job.patience, limit, os.cpu_count() or 1)
        environs = [command.env for step in job.steps for command in step.commands]
        self._hide = secrets.hider(os.environ, *environs)
        self._announced = _announced(job)
        self._runner = _runner(job, self._hide)
        programs = ", ".join(f"{name} {each}" for name, each in self._runner.versions.items())
        self._who = f"process {os.getpid()} on {platform.node()}: {self._runner.system}; {programs}"

    def steps(self) -> None:
        """All steps, between a first and a last record."""
        self._tell("", Started(self._job.name, platform.node(), self._runner))
        try:
            while not self._all_steps():
                pass
        except LostError:
            raise  # the log, too, is the other one's now
        except LightmouldError as error:
            with suppress(OSError):  # must not hide what went wrong before
                self._tell("", Failed(self._hide(str(error)), error.exit_code, error.cause))
            raise
        except stop.Stopped as stopped:
            self._tell("", Failed(str(stopped), stopped.exit_code))
            raise
        self._tell("", Finished())

    def _all_steps(self) -> bool:
        """Do what is not done; False where that failed and is to be tried again, from the first.

        An earlier step may have to make anew what a later one found damaged.
        """
        for step in self._job.steps:
            try:
                with _told_as_job_errors(self._job):
                    self._step(step)
            except LightmouldError as error:
                gone = self._gone()
                if gone is not None:
                    raise gone from error
                pause = self._tries.pause(step, error.cause)
                if pause is None or isinstance(error, LostError):
                    raise
                again = f"{error.cause}: {step.name} is tried again in {pause:.3g} s."
                self._tell(step.name, Warned(f"{again} {self._hide(str(error))}"))
                self._wait(pause)
                return False
        return True

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._heed_stop()
            time.sleep(min(left, _LOOK))

    def _step(self, step: Step) -> None:
        self._heed_stop()
        key = recipe.key(self._job, step)
        self._tell(step.name, Started(step.name))
        done = stamp.is_done(self._job, step, key)
        if not done:
            stamp.check_inputs(self._job, step)
            stamp.prepare(self._job, step, key, self._announced[step.name])
            self._perform(step)
            self._heed_stop()
            if (gone := self._gone()) is not None:
                raise gone
            stamp.check_unchanged(self._job, step, key)
            stamp.write(self._job, step, key, self._announced[step.name])
        self._tell(step.name, Finished(skipped=done))

    def _perform(self, step: Step) -> None:
        path = self._job.folder / LOGS / f"{step.name}.log"
        marks = {MARK: self._lease.owner.token, LOG: str(path)}
        team = Team(
            step.commands,
            lambda command: scrubbed(os.environ, command.env) | marks,
            self._tries.at_once(step),
            self._asked,
            60 * self._job.patience.quiet_minutes,
        )
        try:
            perform(
                step, team, path, lambda event: self._pass_on(step, event), self._hide, self._who
            )
        except CommandError as error:
            self._heed_stop()  # a command that we ended has not failed
            self._tell(step.name, Failed(self._hide(str(error)), error.code, error.cause))
            raise

    def _pass_on(self, step: Step, event: Event) -> None:
        if isinstance(event, Wrote):
            self._announced[step.name].add(event.path)
        self._tell(step.name, event)

    def _lose(self) -> None:
        """End what runs, if another runner has the job now; called in the lease's thread."""
        if self._gone() is None:
            self._asked.ask(stop.TERMINATED)

    def _gone(self) -> JobError | None:
        """The error for a folder that is not there any more, with its drive, or is another one.

        What lies where it was is not the job's, and what was written there is of no use.
        """
        folder = self._job.folder
        # Some drives number their files anew while they are in use, but the claim stays ours.
        if _identity(folder) == self._home or self._has_claim():
            return None
        fix = "Bring its drive back, then run the job again."
        found = "another folder than at the beginning, or none"
        return JobError(folder, found, "the folder that this run began in", fix, "drive gone")

    def _has_claim(self) -> bool:
        try:
            self._lease.check()
        except (LostError, OSError):
            return False
        return True

    def _heed_stop(self) -> None:
        self._lease.check()
        if self._asked.asked():
            raise stop.Stopped(self._asked.exit_code)


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one of its name; None where there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _runner(job: Job, hide: Callable[[str], str]) -> Runner:
    """Us."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    versions = {**job.versions, "python": platform.python_version()}
    command = tuple(hide(word) for word in sys.orig_argv)
    return Runner(os.getpid(), processes.boot(), system, versions, command)


def _announced(job: Job) -> defaultdict[str, set[str]]:
    """The files that each step has ever said to have written."""
    path = job.folder / log.NAME
    history = log.read(path)
    if history.torn:
        _log.warning("%s: %d torn lines skipped", path, history.torn)
    announced = defaultdict(set)
    for record in history.records:
        if isinstance(record.event, Wrote):
            announced[record.step].add(record.event.path)
    return announced


def _check_folders(job: Job) -> None:
    """Fail now rather than after an hour."""
    ours = [job.folder, job.folder / LOGS, job.folder / stamp.FOLDER]
    for folder in ours + [step.folder for step in job.steps]:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            fix = "Choose another folder, or allow writing there."
            found = error.strerror or str(error)
            raise JobError(folder, found, "a folder that can be written", fix) from error


@contextmanager
def _told_as_job_errors(job: Job) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise of_system(error, job.folder) from error
