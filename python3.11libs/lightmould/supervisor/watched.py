"""One run of nvdiffrec: every line heard, its silence timed, its end for sure."""

import os
import queue
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lightmould.errors import ToolError
from lightmould.jobs.child import Arrivals, Child, Ended, Line
from lightmould.jobs.environment import scrubbed
from lightmould.jobs.guard import GRACE
from lightmould.jobs.processes import MARK
from lightmould.jobs.stop import Stop, Stopped
from lightmould.model import Command, Event
from lightmould.settings import Nvdiffrec
from lightmould.supervisor import locks
from lightmould.supervisor.harvest import Harvest
from lightmould.tools.nvdiffrec import patience
from lightmould.tools.nvdiffrec.monitor import Monitor

_PAUSE = 0.25  # seconds between looks at files and clocks
_HEARTBEAT = 5.0  # seconds after which progress is said anew
_LAST = 60  # lines that tell why it failed
_BACKLOG = 1000


class StaleLockError(ToolError):
    """Torch waits for a lock whose holder is dead.

    Args:
        lock: the file.
    """

    def __init__(self, lock: Path) -> None:
        super().__init__(lock, "a lock whose holder is dead", "none", "Delete it, run again.")
        self.lock = lock


@dataclass(slots=True)
class Watched:
    """A run and what it takes to watch it.

    Attributes:
        command: nvdiffrec.
        monitor: makes events of lines.
        how: how long it may be silent.
        extensions: where torch compiles.
        harvest: takes pictures as they appear.
        say: hears what happens.
        stop: asked, the run is ended.
        last: its last lines.
    """

    command: Command
    monitor: Monitor
    how: Nvdiffrec
    extensions: Path
    harvest: Harvest
    say: Callable[[Event], None]
    stop: Stop
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST))
    _told: float = 0.0

    def run(self) -> int:
        """The exit code, negative for a signal; nothing of the run lives when this is left.

        Raises:
            ToolError: it was silent for too long, or can't be started.
            StaleLockError: it waits for a lock that can be deleted.
            ReconstructionError: it computes no numbers any more, or unwraps without end.
            Stopped: the run was asked to end.
        """
        arrivals: Arrivals = queue.Queue(_BACKLOG)
        environment = scrubbed(os.environ, self.command.env)
        environment[MARK] = os.environ.get(MARK, "")
        try:
            child = Child.start(0, self.command, environment, arrivals)
        except OSError as error:
            fix = "Correct the checkout's path."
            raise ToolError(self.command.cwd, f"{error}", "nvdiffrec's folder", fix) from error
        ended = None
        try:
            while ended is None:
                ended = self._next(arrivals)
                self._look()
        finally:
            if ended is None:
                _end(child, arrivals)
        return ended.code

    def _next(self, arrivals: Arrivals) -> Ended | None:
        """Hear what has come, for a moment; the end if that came."""
        try:
            arrival = arrivals.get(timeout=_PAUSE)
        except queue.Empty:
            return None
        if isinstance(arrival, Ended):
            return arrival
        self._hear(arrival)
        return None

    def _hear(self, line: Line) -> None:
        sys.stdout.write(f"{line.text}\n")
        sys.stdout.flush()
        if line.text.strip():
            self.last.append(line.text)
        for event in self.monitor.hear(line.text, time.monotonic()):
            self._told = time.monotonic()
            self.say(event)

    def _look(self) -> None:
        """At files, locks, the clock and whether to end."""
        now = time.monotonic()
        if self.stop.asked():
            raise Stopped(self.stop.exit_code)
        if self.harvest.gather(now):
            self.monitor.heard = now
        if now - self._told > _HEARTBEAT:
            self._told = now
            self.monitor.compiling = any(self.extensions.glob("**/lock"))
            self.say(self.monitor.progress(now))
            if self.monitor.lock and locks.is_stale(Path(self.monitor.lock), self.extensions):
                raise StaleLockError(Path(self.monitor.lock))
        error = patience.overdue(self.monitor, self.how, now)
        if error is not None:
            raise error


def _end(child: Child, arrivals: Arrivals) -> None:
    """End a child and wait until it is gone."""
    child.stop()
    give_up = time.monotonic() + GRACE + 1
    while True:
        try:
            if isinstance(arrivals.get(timeout=_PAUSE), Ended):
                return
        except queue.Empty:
            pass
        if time.monotonic() > give_up:
            child.kill()
