"""A task of a farm: one unit of work of a prepared folder, told in the farm's own words."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from lightmould.errors import LightmouldError
from lightmould.farm import planning, prepared, units, verdict
from lightmould.farm.dialect import Dialect
from lightmould.farm.planning import Machine
from lightmould.farm.prepared import Prepared
from lightmould.farm.units import Unit
from lightmould.jobs import claim, shares, stop
from lightmould.jobs.lease import Lease, Watch
from lightmould.jobs.path_map import path_map
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
        self._snapshot = Snapshot({})
        self._span = (0.0, 1.0)
        self._status = ""

    def follow(self, job: Job, begin: float, end: float) -> None:
        """Be told of a job's beginning.

        Args:
            job: what is run.
            begin: fraction of the task that is done before it.
            end: and after it.
        """
        self._snapshot = waiting(job)
        self._span = (begin, end)
        self._tell(job.name)

    def hear(self, record: Record) -> None:
        """Pass on what a person or a farm wants to know of a record."""
        self._snapshot = self._snapshot.after(record)
        if isinstance(record.event, Warned):
            self.warn(record.event.message)
        ended = isinstance(record.event, Finished) and not record.step
        if ended or (isinstance(record.event, Progress) and self._is_time()):
            begin, end = self._span
            done = begin + self._snapshot.fraction * (end - begin)
            self._say(self._dialect.progress(done))
            self._tell(self._snapshot.status)

    def warn(self, text: str) -> None:
        """Something that a person should know."""
        self._say(self._dialect.warning(text))

    def finish(self) -> None:
        """Be told that all is done, by whomever."""
        self._say(self._dialect.progress(1.0))
        self._tell("done")

    def fail(self, error: LightmouldError | stop.Stopped) -> None:
        """The last word of a task that did not succeed."""
        self._say(self._dialect.failed(str(error)))

    def _tell(self, status: str) -> None:
        """Say what is being done, once."""
        if status != self._status:
            self._status = status
            self._say(self._dialect.doing(status))

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
    folder: Path,
    asked: tuple[str | None, str | None],
    teller: Teller,
    environ: Mapping[str, str],
) -> int:
    """Do units of work of a prepared folder, unless they are done; returns the exit code.

    One part is done, or refused while somebody is at it. Where none is named, all that are asked
    for are shared with whoever does likewise: this ends when all are done, by whomever.

    SIGTERM and SIGINT end it; when this returns, no program of it lives.

    Args:
        folder: the prepared one.
        asked: a step, or None for all; which part of it, or None for all.
        teller: tells the farm.
        environ: the environment's variables.
    """
    try:
        with stop.on_signals() as ended:
            machine = Machine(load(Path.cwd(), environ), environ)
            here = prepared.read(folder, path_map(machine.settings.paths))
            work = _Work(here, machine, teller, ended)
            chosen = units.chosen(here, *asked)
            if asked[1] is None:
                work.share(chosen)
            else:
                work.one(chosen[0])
    except LightmouldError as error:
        teller.fail(error)
        return verdict.exit_code(error)
    except stop.Stopped as stopped:
        teller.fail(stopped)
        return stopped.exit_code
    return 0


@dataclass(frozen=True, slots=True)
class _Work:
    """A task at work."""

    here: Prepared
    machine: Machine
    teller: Teller
    ended: stop.Stop

    def one(self, unit: Unit) -> None:
        """Do a unit; a runner that died on another machine is waited for."""
        place = units.place(self.here, unit)
        place.mkdir(parents=True, exist_ok=True)
        with claim.claimed(place) as lease:
            self._do(unit, lease, 0.0, 1.0)

    def share(self, chosen: Sequence[Unit]) -> None:
        """Do our share of units, one step of them after another."""
        watch, done = Watch(), 0
        for step in dict.fromkeys(unit.step for unit in chosen):
            these = [unit for unit in chosen if unit.step == step]
            wanted = [
                shares.Unit(
                    number, units.place(self.here, unit), partial(units.is_done, self.here, unit)
                )
                for number, unit in enumerate(these)
            ]
            for ours, lease in shares.shares(wanted, watch, self._heed):
                first = done + ours.number
                self._do(these[ours.number], lease, first / len(chosen), (first + 1) / len(chosen))
            done += len(these)
        self.teller.finish()

    def _do(self, unit: Unit, lease: Lease, begin: float, end: float) -> None:
        lacking = planning.lacking(unit, self.machine)
        if lacking is not None:
            self.teller.warn(lacking)
            return
        job = planning.job(self.here, unit, self.machine)
        self.teller.follow(job, begin, end)
        run(job, self.teller.hear, self.ended, lease=lease)

    def _heed(self) -> None:
        if self.ended.asked():
            raise stop.Stopped(self.ended.exit_code)
