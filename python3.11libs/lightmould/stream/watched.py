"""One producer, started again when it ends, given up when it ends before it serves anything."""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import SettingsError, ToolError
from lightmould.jobs.child import Arrivals, Child
from lightmould.jobs.environment import scrubbed
from lightmould.jobs.failure import Account
from lightmould.model import Command
from lightmould.stream.endpoint import Endpoint
from lightmould.stream.producer_log import GIVEN_UP
from lightmould.tools.blender.inside.publisher import SERVING

_TRIES = 3  # starts in a row that end before anything is served
_PAUSE = 0.2  # seconds until the next start; longer each time
_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # names of no host


@dataclass(frozen=True, slots=True)
class Place:
    """Where a producer listens.

    Attributes:
        listener: the socket, which is handed down and outlives each producer, so that whoever
            connects meanwhile waits for the next one; None where sockets can't be handed down.
        host: to bind to.
        port: of the socket.
    """

    listener: socket.socket | None
    host: str
    port: int

    @property
    def env(self) -> dict[str, str | None]:
        """How the producer is told."""
        if self.listener is not None:
            return {"LIGHTMOULD_STREAM_SOCKET": str(self.listener.fileno())}
        return {"LIGHTMOULD_STREAM_ADDRESS": f"{self.host}:{self.port}"}

    @property
    def handed_down(self) -> tuple[int, ...]:
        """Numbers of the files that a producer gets."""
        return () if self.listener is None else (self.listener.fileno(),)

    def close(self) -> None:
        """From now on, whoever connects is told that nobody is there."""
        if self.listener is not None:
            self.listener.close()


def open_place(host: str, port: int) -> Place:
    """A place to listen.

    Args:
        host: name or address to bind to.
        port: TCP; 0 for any that is free.

    Raises:
        SettingsError: nobody can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        fix = "Choose another one; 127.0.0.1 and 0 always do."
        raise SettingsError("host and port", f"{host}:{port}: {error}", "free ones", fix) from error
    port = listener.getsockname()[1]
    if sys.platform == "win32":
        listener.close()
        return Place(None, host, port)
    return Place(listener, host, port)


class Watched:
    """A producer.

    Args:
        index: which of them.
        command: starts it.
        place: where it listens.
        log: file of what it prints; overwritten.

    Attributes:
        command: starts it.
        serving: consumers may come.
        starts: how often it was started.
        error: why it was given up; None unless it was.
    """

    def __init__(self, index: int, command: Command, place: Place, log: Path) -> None:
        self.command = command
        self.serving = False
        self.starts = 0
        self.error: ToolError | None = None
        self._index, self._place = index, place
        self._log = log.open("wb", buffering=0)
        self._account = Account(command.title, log)
        self._child: Child | None = None
        self._failures = 0
        self._due = 0.0

    @property
    def endpoint(self) -> Endpoint:
        """Where it can be reached."""
        host = self._place.host
        host = socket.gethostname() if host in _ANYWHERE else host
        return Endpoint(self.command.title, host, self._place.port, self._account.log)

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None

    def start_if_due(self, now: float, environ: Mapping[str, str], arrivals: Arrivals) -> None:
        """Start it, unless it runs, is given up, or ended just before."""
        if self._child is not None or self.error is not None or now < self._due:
            return
        environment = scrubbed(environ, {**self.command.env, **self._place.env})
        self.starts += 1
        try:
            self._child = Child.start(
                self._index, self.command, environment, arrivals, self._place.handed_down
            )
        except OSError as error:
            self._write(f"{error.strerror}: {error.filename}")
            self.ended(1, now)

    def heed(self, text: str) -> None:
        """Take in a line that it printed."""
        self._write(text)
        if text.startswith(SERVING):
            self.serving = True
            self._failures = 0

    def ended(self, code: int, now: float) -> None:
        """Decide what comes after its end."""
        self._child = None
        self._failures += 1
        self._write(f"{self.command.title} ended with {code}")
        self._due = now + (0.0 if self.serving else _PAUSE * self._failures)
        self.serving = False
        if self._failures >= _TRIES:
            self.error = self._account.failure(code) or self._account.broke_off()
            self._write(f"{GIVEN_UP}: it ended {_TRIES} times before it served anything")
            self._place.close()

    def stop(self) -> None:
        """Have it ended, with a grace period."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """End it now."""
        if self._child is not None:
            self._child.kill()

    def let_go(self) -> None:
        """In a process that was forked from the one that watches."""
        self._place.close()
        if self._child is not None:
            self._child.let_go()

    def close(self) -> None:
        """After its end: nobody will come again."""
        self._place.close()
        self._log.close()

    def _write(self, text: str) -> None:
        self._account.last.append(text)
        self._log.write(os.fsencode(f"{text}\n"))
