"""A job at one moment, folded from its records: what a terminal or a panel shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Literal, TypeAlias

from lightmould.jobs.stop import INTERRUPTED, TERMINATED
from lightmould.model import (
    Failed,
    Finished,
    Job,
    Metric,
    Progress,
    Record,
    Started,
    Warned,
    Wrote,
)

State: TypeAlias = Literal["waiting", "running", "finished", "failed", "stopped"]

SHARES = {
    "sample": 1.0, "render": 5.0, "assemble": 1.0, "import": 1.0, "reconstruct": 6.0,
    "prepare": 1.0, "train": 60.0, "finish": 1.0,
}  # fmt: skip
"""How much of a job's time each step takes, by name, in any unit; others take 1."""

_ENOUGH = 0.02  # of the work, before its speed says anything
_KEPT = 99  # warnings before the last one: a log may hold a million


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job at the moment of its last record.

    Attributes:
        shares: for each step, in order, how much of the job's time it takes, in any unit.
        state: of the job.
        time: of the last record; seconds since 1970, UTC.
        began: when the run began; seconds since 1970, UTC.
        host: the machine that runs it.
        step: the step at work; empty before and after.
        done: for each step that has begun, its fraction, 0 to 1.
        found: for each step, the fraction that earlier runs had done already.
        status: the last few words said.
        step_eta: seconds that the step at work still needs, by its own account.
        metrics: the last value of each metric.
        files: the last file of each kind.
        warnings: the last that were said.
        message: why it failed.
    """

    shares: Mapping[str, float]
    state: State = "waiting"
    time: float = 0.0
    began: float = 0.0
    host: str = ""
    step: str = ""
    done: Mapping[str, float] = field(default_factory=dict)
    found: Mapping[str, float] = field(default_factory=dict)
    status: str = ""
    step_eta: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    message: str = ""

    @property
    def fraction(self) -> float:
        """Of the whole job, 0 to 1."""
        total = sum(self.shares.values())
        return self._shares_of(self.done) / total if total else float(self.state == "finished")

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return self.time - self.began

    @property
    def eta(self) -> float | None:
        """Seconds until the whole job is done; None while unknown.

        The step at work may know its own rest. Everything else is judged by how long this run's
        work has taken so far for its share.
        """
        if self.state != "running":
            return None
        worked = self._shares_of(self.done) - self._shares_of(self.found)
        total = sum(self.shares.values())
        pace = self.seconds / worked if worked > _ENOUGH * total else None
        here = self.shares.get(self.step, 0.0) * (1 - self.done.get(self.step, 0.0))
        later = sum(share for name, share in self.shares.items() if name not in self.done)
        if self.step_eta is None:
            return None if pace is None else pace * (here + later)
        if later == 0:
            return self.step_eta
        return None if pace is None else self.step_eta + pace * later

    def after(self, record: Record) -> "Snapshot":
        """The job after one more record."""
        now = replace(self, time=record.time)
        match record.event:
            case Started(_, host) if not record.step:
                return Snapshot(self.shares, "running", record.time, record.time, host)
            case Progress(fraction, status, eta):
                done = {**self.done, record.step: fraction}
                found = {record.step: fraction, **self.found}
                return replace(now, done=done, found=found, status=status, step_eta=eta)
            case Metric(name, _, value):
                return replace(now, metrics={**self.metrics, name: value})
            case Wrote(path, kind):
                return replace(now, files={**self.files, kind: path})
            case Warned(message):
                return replace(now, warnings=(*self.warnings[-_KEPT:], message))
            case _:
                return _turned(now, record)

    def _shares_of(self, fractions: Mapping[str, float]) -> float:
        return sum(share * fractions.get(name, 0.0) for name, share in self.shares.items())


def waiting(job: Job) -> Snapshot:
    """A job before its first record."""
    return Snapshot({step.name: SHARES.get(step.name, 1.0) for step in job.steps})


def fold(shares: Mapping[str, float], records: Iterable[Record]) -> Snapshot:
    """The job after these records.

    Args:
        shares: for each step, in order, how much of the job's time it takes, in any unit.
        records: from its log or from a run.
    """
    return reduce(Snapshot.after, records, Snapshot(shares))


def _turned(now: Snapshot, record: Record) -> Snapshot:
    """After a step or the job began or ended."""
    step = record.step
    match record.event:
        case Started(title):
            done = now.done if step in now.done else {**now.done, step: 0.0}
            return replace(now, step=step, status=title, done=done, step_eta=None)
        case Failed(message, code) if not step:
            stopped = code in (INTERRUPTED, TERMINATED)
            state: State = "stopped" if stopped else "failed"
            return replace(now, state=state, message=message)
        case Finished() if not step:
            return replace(now, state="finished", status="done", step="", step_eta=None)
        case Finished(skipped):
            done = {**now.done, step: 1.0}
            found = {**now.found, step: 1.0} if skipped else now.found
            return replace(now, done=done, found=found, step_eta=None)
        case _:
            return now
