"""One command at work under its guard: what it prints and how it ends arrive in a queue."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, TypeAlias, cast

from lightmould.jobs import guard
from lightmould.model import Command

LONGEST = 1 << 16  # characters; a longer line arrives in pieces
_SILENCE = 2.0  # seconds without output after which an ended command's pipe is given up


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a command's standard output or standard error, without its line break."""

    child: "Child"
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A command ended, and everything it had started.

    Attributes:
        child: which.
        code: exit code; negative is a signal.
    """

    child: "Child"
    code: int


Arrivals: TypeAlias = "queue.Queue[Line | Ended]"


class Child:
    """A running command. Its output is read by a thread, so that it never waits for a pipe.

    Attributes:
        index: the command's place in its step.
        command: what runs.
        heard: when it last said something, or was started; of time.monotonic().
        silenced: seconds that it had said nothing for when it was ended for that; else 0.
    """

    def __init__(self, index: int, command: Command, process: "subprocess.Popen[str]") -> None:
        self.index = index
        self.command = command
        self.heard = time.monotonic()
        self.silenced = 0.0
        self._process = process
        self._watched = cast("IO[str]", process.stdin)
        self._output = cast("IO[str]", process.stdout)
        self._lock = threading.Lock()
        self._lines = 0

    @classmethod
    def start(
        cls,
        index: int,
        command: Command,
        environment: Mapping[str, str],
        arrivals: Arrivals,
        handed_down: tuple[int, ...] = (),
    ) -> Self:
        """Start a command; lines and the end go into `arrivals`.

        Args:
            index: the command's place.
            command: what to run.
            environment: all of it.
            arrivals: gets what it says.
            handed_down: open files that it gets, under the same numbers; not on Windows.

        Raises:
            OSError: the guard can't be started, for example for want of the working folder.
        """
        program = Path(guard.__file__).resolve()  # the working folder is another one
        process = subprocess.Popen(
            (sys.executable, "-I", "-S", str(program), *command.argv),
            cwd=command.cwd,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            pass_fds=handed_down,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        child = cls(index, command, process)
        reader = threading.Thread(target=child._read, args=(arrivals,), daemon=True)
        reader.start()
        threading.Thread(target=child._await, args=(reader, arrivals), daemon=True).start()
        return child

    def stop(self) -> None:
        """Have the guard end the command, with a grace period."""
        with self._lock:
            self._watched.close()

    def let_go(self) -> None:
        """In a process that was forked from ours: it is not the one whose end the guard awaits."""
        self._watched.close()

    def kill(self) -> None:
        """End the command and all it started, now."""
        with self._lock:
            if self._process.returncode is None:
                self._kill_group()

    def kill_if_silent(self, seconds: float) -> None:
        """End the command and all it started, now, if it has said nothing for so long."""
        silent = time.monotonic() - self.heard
        if not self.silenced and silent > seconds:
            self.silenced = silent
            self.kill()

    def _read(self, arrivals: Arrivals) -> None:
        while text := self._output.readline(LONGEST):
            self._lines += 1
            self.heard = time.monotonic()
            arrivals.put(Line(self, text.rstrip("\n")))
        self._output.close()

    def _await(self, reader: threading.Thread, arrivals: Arrivals) -> None:
        if sys.platform != "win32" and hasattr(os, "waitid"):
            # Not reaped yet, the number of the guard and of its group can be nobody else's.
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            with self._lock:
                self._kill_group()
                code = self._process.wait()
        else:
            code = self._process.wait()
        self.stop()
        # A program that left the group may hold the pipe open for ever.
        lines = -1
        while reader.is_alive() and lines != self._lines:
            lines = self._lines
            reader.join(_SILENCE)
        arrivals.put(Ended(self, code))

    def _kill_group(self) -> None:
        if sys.platform == "win32":
            guard.kill_tree(self._process.pid)
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
