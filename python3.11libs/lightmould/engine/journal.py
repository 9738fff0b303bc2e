"""Progress and curves of a reconstruction, told as they come and kept for the report."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path

from lightmould.engine.stages import Stage
from lightmould.model import Event, Metric, Progress, Warned

TELL_EVERY = 10
"""Steps between two numbers of a curve, at most."""

POINTS = 20
"""A curve has at least as many, or as many as there are steps."""


class _Teller(logging.Handler):
    """Says warnings as events."""

    def __init__(self, say: Callable[[Event], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(Warned(record.getMessage()))


class Warnings:
    """Passes events on, and keeps what was warned of.

    Attributes:
        told: the warnings, in order.
    """

    def __init__(self, say: Callable[[Event], None]) -> None:
        self.told: list[str] = []
        self._say = say

    def __call__(self, event: Event) -> None:
        """Hear an event."""
        if isinstance(event, Warned):
            self.told.append(event.message)
        self._say(event)


class Journal:
    """Turns "stage 3, step 40, loss 0.1" into events, and into lines of metrics.jsonl."""

    def __init__(self, path: Path, plan: tuple[Stage, ...], say: Callable[[Event], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self.plan = path, plan
        self._skipped: set[int] = set()
        self._begun, self._begun_at = time.monotonic(), 0.0
        self.say = say

    def tell(self, index: int, step: int, loss: float) -> None:
        """A step of a stage is done; a loss that is not finite is no point of a curve."""
        stage = self.plan[index]
        every = max(1, min(TELL_EVERY, stage.steps // POINTS))
        if step % every or not isfinite(loss):
            return
        self.note(stage.name, step, loss)
        self._progress(index, min(1.0, step / stage.steps), stage.title)

    def note(self, name: str, step: int, value: float) -> None:
        """Add a point to a curve."""
        self.say(Metric(name, step, value))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": name, "step": step, "value": value}) + "\n")

    @contextmanager
    def warnings(self) -> Iterator[None]:
        """While this lasts, what modules of the engine warn of becomes events."""
        logger, teller = logging.getLogger("lightmould.engine"), _Teller(self.say)
        logger.addHandler(teller)
        try:
            yield
        finally:
            logger.removeHandler(teller)

    def clear(self) -> None:
        """Forget the curves of a reconstruction of something else."""
        self._path.unlink(missing_ok=True)

    def done(self, index: int) -> None:
        """A stage is done, now or in an earlier run."""
        if not self._begun_at and index:
            # What an earlier run did says nothing about the speed of this one.
            self._begun, self._begun_at = time.monotonic(), self._fraction(index, 1.0)
        self._progress(index, 1.0, self.plan[index].title)

    def skip(self, index: int) -> None:
        """A stage has nothing to do; it counts for nothing from now on."""
        self._skipped.add(index)

    def steps(self, index: int) -> int:
        """Steps of the stages up to one, with its own."""
        return sum(self.plan[k].steps for k in range(index + 1) if k not in self._skipped)

    def curves(self) -> dict[str, dict[int, float]]:
        """Value by step by name, over all runs; a repeated step counts once, the last time."""
        curves: dict[str, dict[int, float]] = {}
        if not self._path.exists():
            return curves
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
                curves.setdefault(entry["name"], {})[int(entry["step"])] = float(entry["value"])
            except (ValueError, KeyError, TypeError):
                continue  # a line that a killed run left torn
        return curves

    def _fraction(self, index: int, inside: float) -> float:
        weights = [stage.weight * (k not in self._skipped) for k, stage in enumerate(self.plan)]
        return (sum(weights[:index]) + weights[index] * inside) / sum(weights)

    def _progress(self, index: int, inside: float, title: str) -> None:
        fraction = self._fraction(index, inside)
        gained = fraction - self._begun_at
        spent = time.monotonic() - self._begun
        eta = spent / gained * (1 - fraction) if gained > 0.02 else None
        self.say(Progress(fraction, title, eta))
