"""The commands of a step at work, side by side."""

import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from math import inf
from types import TracebackType
from typing import Self

from lightmould.errors import Cause
from lightmould.jobs.child import Arrivals, Child, Ended, Line
from lightmould.jobs.failure import CommandError
from lightmould.jobs.guard import GRACE, NOT_STARTED
from lightmould.jobs.stop import Stop
from lightmould.model import Command

_PAUSE = 0.2  # seconds between looks at whether to stop
_BACKLOG = 1000  # lines; a command that prints faster than we read has to wait


class Team:
    """Runs commands and yields what they say; when the block is left, none of them lives.

    Args:
        commands: what to run.
        environment: makes a command's environment.
        limit: how many at the same time.
        stop: asked, the running ones are ended and no other is started.
        quiet: seconds that a command may say nothing before it is ended.
    """

    def __init__(
        self,
        commands: Sequence[Command],
        environment: Callable[[Command], dict[str, str]],
        limit: int,
        stop: Stop,
        quiet: float = inf,
    ) -> None:
        self._waiting = deque(enumerate(commands))
        self._environment = environment
        self._limit = limit
        self._stop = stop
        self._quiet = quiet
        self._running: set[Child] = set()
        self._arrivals: Arrivals = queue.Queue(_BACKLOG)
        self._give_up: float | None = None

    def __enter__(self) -> Self:
        return self

    def __iter__(self) -> Iterator[Line | Ended]:
        """Lines as they are printed, and the end of each command.

        Raises:
            CommandError: a command can't be started.
        """
        while self._waiting or self._running:
            self._heed_stop()
            self._start_some()
            try:
                arrival = self._arrivals.get(timeout=_PAUSE)
            except queue.Empty:
                self._end_silent()
                continue
            self._forget(arrival)
            yield arrival

    def end(self) -> None:
        """Start nothing more; end what runs, with grace."""
        self._waiting.clear()
        if self._give_up is None:
            self._give_up = time.monotonic() + GRACE + 1
        for child in self._running:
            child.stop()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._kill()
        while self._running:
            self._forget(self._arrivals.get())

    def _heed_stop(self) -> None:
        if self._stop.asked():
            self.end()
        late = self._give_up is not None and time.monotonic() > self._give_up
        if self._stop.at_once or late:
            self._kill()

    def _end_silent(self) -> None:
        for child in self._running:
            child.kill_if_silent(self._quiet)

    def _start_some(self) -> None:
        while self._waiting and len(self._running) < self._limit:
            index, command = self._waiting.popleft()
            environment = self._environment(command)
            try:
                child = Child.start(index, command, environment, self._arrivals)
            except OSError as error:
                found = f"{error.strerror}: {error.filename}"
                fix = f"Make sure that the working folder, {command.cwd}, exists."
                cause: Cause = "missing file"
                raise CommandError(command.title, found, fix, NOT_STARTED, cause) from error
            self._running.add(child)

    def _kill(self) -> None:
        for child in self._running:
            child.kill()

    def _forget(self, arrival: Line | Ended) -> None:
        if isinstance(arrival, Ended):
            self._running.discard(arrival.child)
