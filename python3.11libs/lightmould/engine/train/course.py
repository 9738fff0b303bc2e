"""Stages of the engine told as passes and iterations of nvdiffrec."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lightmould.engine.stages import Stage
from lightmould.formats.nvdiffrec import Config, log

EVERY = 10
"""Iterations from one told step to the next."""

SLOWEST = 0.1
"""The materials' rate at the end of a pass beside that at its beginning."""


@dataclass(slots=True)
class _Since:
    """What has gathered since the last told step."""

    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    iterations: float = 0.0


def kind_of(stage: Stage) -> str:
    """What a stage does: hull, shape, mesh, atlas, base or appearance."""
    return stage.name.partition("_")[2]


def pass_of(stage: Stage) -> int | None:
    """0 for a stage that finds the shape, 1 for one that finds the look; None for those between."""
    return {"shape": 0, "appearance": 1}.get(kind_of(stage))


class Course:
    """Hears of the engine's steps and tells nvdiffrec's.

    However many steps the stages of a pass have, together they are `iter + 1` iterations.
    """

    def __init__(
        self, config: Config, plan: tuple[Stage, ...], line: Callable[[str], None]
    ) -> None:
        self._config, self._plan, self._line = config, plan, line
        self._since = _Since()
        self._told = -1
        self._now = 0.0

    def begin(self, index: int) -> None:
        """A stage begins; what happened since the last step takes no time of it."""
        before = [pass_of(stage) for stage in self._plan[:index]]
        if pass_of(self._plan[index]) not in before:
            self._told, self._since = -1, _Since()
        self._now = time.monotonic()

    def step(self, index: int, step: int, loss: float) -> None:
        """A step of a stage is done; tells it if ten iterations are."""
        now = time.monotonic()
        stage = self._plan[index]
        of_pass = pass_of(stage)
        if of_pass is None:
            return
        pace = (self._config.iter + 1) / self._total(of_pass)
        done = (self._before(index, of_pass) + step + 1) * pace
        self._since.losses.append(loss)
        self._since.seconds += now - self._now
        self._since.iterations += pace
        self._now = now
        iteration = min(int(done + 1e-6) - 1, self._config.iter)
        iteration -= iteration % EVERY if iteration < self._config.iter else 0
        if iteration > self._told:
            self._tell(of_pass, iteration)

    def _tell(self, of_pass: int, iteration: int) -> None:
        since, self._since, self._told = self._since, _Since(), iteration
        share = iteration / self._config.iter
        self._line(
            log.step(
                log.Step(
                    iteration=iteration,
                    image_loss=sum(since.losses) / len(since.losses),
                    other_loss=0.0,
                    rate=self._config.rates(of_pass)[1] * SLOWEST**share,
                    seconds=since.seconds / since.iterations,
                    left=self._config.iter - iteration,
                )
            )
        )

    def _total(self, of_pass: int) -> int:
        return sum(stage.steps for stage in self._plan if pass_of(stage) == of_pass)

    def _before(self, index: int, of_pass: int) -> int:
        return sum(stage.steps for stage in self._plan[:index] if pass_of(stage) == of_pass)
