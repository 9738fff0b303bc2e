"""Short questions to other programs: what they print, and how they end, within a time limit."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lightmould.jobs.child import Line
from lightmould.jobs.environment import scrubbed
from lightmould.jobs.failure import CommandError
from lightmould.jobs.stop import TERMINATED, Stop
from lightmould.jobs.team import Team
from lightmould.model import Command


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said.

    Attributes:
        lines: of its standard output and standard error.
        code: its exit code, negative for a signal; None if it was not done in time.
        seconds: that it took.
    """

    lines: tuple[str, ...]
    code: int | None
    seconds: float


def ask(commands: Sequence[Command], seconds: float) -> tuple[Answer, ...]:
    """Run programs side by side; none of them lives when this returns.

    Args:
        commands: what to run.
        seconds: after which those that are not done are ended.
    """
    begun, stop = time.monotonic(), _Deadline(seconds)
    lines: list[list[str]] = [[] for _ in commands]
    ended: dict[int, tuple[int, float]] = {}
    try:
        with Team(commands, lambda one: scrubbed(os.environ, one.env), len(commands), stop) as team:
            for arrival in team:
                index = arrival.child.index
                if isinstance(arrival, Line):
                    lines[index].append(arrival.text)
                elif not stop.exit_code:
                    ended[index] = (arrival.code, time.monotonic() - begun)
    except CommandError as error:
        return tuple(Answer((str(error),), error.code, 0.0) for _ in commands)
    return tuple(
        Answer(tuple(said), *ended.get(index, (None, seconds))) for index, said in enumerate(lines)
    )


class _Deadline(Stop):
    """A stop that asks for itself when its time is up."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._end = time.monotonic() + seconds

    def asked(self) -> bool:
        if time.monotonic() > self._end:
            self.exit_code, self.at_once = TERMINATED, True
        return super().asked()
