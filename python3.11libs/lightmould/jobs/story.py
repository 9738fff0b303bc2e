"""All of one job that a person may ask about: steps, curves, warnings, cause, what it made."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.jobs import job_file, log
from lightmould.jobs.snapshot import Snapshot, waiting
from lightmould.jobs.tail import REST, Tail, gist
from lightmould.model import Failed, Finished, Job, Metric, Record, Started

StepState: TypeAlias = Literal["waiting", "running", "finished", "skipped", "failed", "stopped"]

_BLOCK = 1 << 16  # bytes
_POINTS = 4096  # of a curve; then every other one goes
# As formats.codec writes it.
_METRIC = re.compile(
    rb'"is": "metric", "name": "([^"\\]*)", "step": (-?\d+), "value": (-?[\d.]+(?:[eE][-+]?\d+)?)\}'
)


@dataclass(frozen=True, slots=True)
class StepStory:
    """A step in the last run.

    Attributes:
        name: of the step.
        state: how it stands.
        fraction: 0 to 1.
        began: seconds since 1970, UTC; 0 before.
        ended: the same.
        message: why it failed.
    """

    name: str
    state: StepState = "waiting"
    fraction: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    message: str = ""


class Curve:
    """A number over the iterations, of any length, in a bounded number of points.

    Attributes:
        steps: iterations, rising.
        values: one for each.
    """

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.values: list[float] = []
        self._stride = 1
        self._passed = 0

    def add(self, step: int, value: float) -> None:
        """One more; work that is done again replaces what it is done again for."""
        while self.steps and self.steps[-1] >= step:
            self.steps.pop()
            self.values.pop()
        self._passed += 1
        if self._passed % self._stride:
            return
        self.steps.append(step)
        self.values.append(value)
        if len(self.steps) > _POINTS:
            del self.steps[1::2], self.values[1::2]
            self._stride *= 2


@dataclass(frozen=True, slots=True)
class Story:
    """A job at one moment.

    Attributes:
        job: what was to be done.
        snapshot: how far it is.
        steps: in order.
        curves: name to iterations and values.
        torn: lines of the log that are no records.
    """

    job: Job
    snapshot: Snapshot
    steps: tuple[StepStory, ...]
    curves: Mapping[str, tuple[tuple[int, ...], tuple[float, ...]]] = field(default_factory=dict)
    torn: int = 0


class Teller:
    """Tells the story of one job folder, and goes on telling it while the job goes on.

    Raises:
        JobError: there is no job in the folder.
        FormatError: its job.json is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._job = job_file.look(folder / job_file.NAME)
        self._tail: Tail | None = None
        self._curves: dict[str, Curve] = {}
        self._begin()

    def tell(self) -> Story | None:
        """The story now; None when nothing has happened since.

        Raises:
            OSError: the log can't be read.
        """
        path = self.folder / log.NAME
        if not path.exists():
            return self._told() if self._first() else None
        if self._tail is None:
            began = gist(path)
            self._tail = Tail(path, began.end)
            self._take(began.records, curves=False)
            self._read_curves(path, began.end)
            self._first()
            return self._told()
        fresh = self._tail.read()
        if fresh is None:
            self._begin()
            return self.tell()
        self._take(fresh, curves=True)
        return self._told() if fresh else None

    def _begin(self) -> None:
        self._tail = None
        self._snapshot = waiting(self._job)
        self._steps = {step.name: StepStory(step.name) for step in self._job.steps}
        self._curves = {}
        self._fresh = True

    def _first(self) -> bool:
        first, self._fresh = self._fresh, False
        return first

    def _take(self, records: tuple[Record, ...], *, curves: bool) -> None:
        self._snapshot = reduce(Snapshot.after, records, self._snapshot)
        for record in records:
            if isinstance(record.event, Metric):
                if curves:
                    self._curve(record.event.name).add(record.event.step, record.event.value)
            elif record.step in self._steps:
                self._steps[record.step] = _after(self._steps[record.step], record)
            elif isinstance(record.event, Started):
                self._steps = {name: StepStory(name) for name in self._steps}
            elif isinstance(record.event, Failed):
                self._steps = {name: _ended(one, record) for name, one in self._steps.items()}

    def _read_curves(self, path: Path, end: int) -> None:
        with path.open("rb") as file:
            rest = b""
            while file.tell() < end and (block := file.read(min(_BLOCK, end - file.tell()))):
                text, _, rest = (rest + block).rpartition(b"\n")
                for name, step, value in _METRIC.findall(text):
                    self._curve(name.decode(errors="replace")).add(int(step), float(value))
                if len(block) == _BLOCK:
                    time.sleep(REST)

    def _curve(self, name: str) -> Curve:
        return self._curves.setdefault(name, Curve())

    def _told(self) -> Story:
        curves = {
            name: (tuple(curve.steps), tuple(curve.values)) for name, curve in self._curves.items()
        }
        steps = tuple(
            replace(one, fraction=self._snapshot.done.get(name, one.fraction))
            for name, one in self._steps.items()
        )
        torn = self._tail.torn if self._tail is not None else 0
        return Story(self._job, self._snapshot, steps, curves, torn)


def _after(step: StepStory, record: Record) -> StepStory:
    match record.event:
        case Started():
            return StepStory(step.name, "running", began=record.time)
        case Finished(skipped):
            state: StepState = "skipped" if skipped else "finished"
            return replace(step, state=state, fraction=1.0, ended=record.time)
        case Failed(message, _):
            return replace(step, state="failed", ended=record.time, message=message)
        case _:
            return step


def _ended(step: StepStory, record: Record) -> StepStory:
    """A step that was at work when the job ended."""
    return replace(step, state="stopped", ended=record.time) if step.state == "running" else step
