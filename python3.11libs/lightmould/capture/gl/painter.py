"""The process that draws with OpenGL, seen from the host: OpenGL is never loaded there."""

import os
import selectors
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, TypeVar, cast

import numpy as np

from lightmould.capture.gl import wire
from lightmould.capture.pictures import Arrays
from lightmould.errors import FormatError, ToolError
from lightmould.formats import codec
from lightmould.jobs.failure import ending
from lightmould.tools import own

Said = TypeVar("Said", wire.Ready, wire.Done)

PATIENCE = 600.0
"""Seconds for an answer; a driver that needs longer has lost its way."""

_DEPARTURE = 10.0  # seconds for a process that speaks no more to be gone
_LAST = 300  # characters of what it printed
_FIX = "Run it again with --backend cpu, or with this one to go on after what is captured."


class Painter:
    """A running painter; may be used by several threads. It ends with us, or when it is let go.

    Attributes:
        ready: what it said first.

    Raises:
        ToolError: naming the package that is missing, or how it ended.
    """

    def __init__(self) -> None:
        if not hasattr(os, "memfd_create"):
            fix = "Capture with --backend cpu."
            raise ToolError("OpenGL", sys.platform, "Linux, for pictures without a display", fix)
        self._room = wire.Room()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - as long as we live
        self._turn = threading.Lock()
        self._where = "OpenGL"
        self._fate = ""
        arguments = (str(self._room.descriptor),)
        program = own.module(
            "Draw by OpenGL", sys.executable, "lightmould.capture.gl", arguments, Path.cwd()
        )
        # Not the scrubbed environment of a job: it is full of what drivers are told.
        changes = {name: value for name, value in program.env.items() if value is not None}
        self._process = subprocess.Popen(
            program.argv,
            env={**os.environ, **changes},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            pass_fds=(self._room.descriptor,),
        )
        self._ears = cast("IO[bytes]", self._process.stdin)
        self._mouth = cast("IO[bytes]", self._process.stdout)
        self.end = weakref.finalize(self, _end, self._process, self._words, self._room.descriptor)
        self.ready = self._expect(wire.Ready, "its start")
        self._where = f"OpenGL ({self.ready.renderer})"

    def set(self, stage: wire.Stage, arrays: Arrays) -> None:
        """Hand over a scene, whose arrays the stage announces.

        Raises:
            ToolError: it is too large for OpenGL, or the painter ended.
        """
        with self._turn:
            self._say(stage, "the scene")
            try:
                for array in arrays.values():
                    self._ears.write(np.ascontiguousarray(array).data)
                self._ears.flush()
            except OSError:
                raise self._ended("the scene") from None
            self._expect(wire.Done, "the scene")

    def paint(self, shot: wire.Shot, into: Arrays, name: str) -> None:
        """Fill a frame's arrays.

        Args:
            shot: which.
            into: by the names that the shot has.
            name: of the frame, for errors.

        Raises:
            ToolError: the painter ended, or has no answer.
        """
        with self._turn:
            lying = self._room.pictures(shot.size, shot.names)
            self._say(shot, name)
            self._expect(wire.Done, name)
            for wanted, array in into.items():
                array[...] = lying[wanted]

    def _say(self, what: wire.Stage | wire.Shot, name: str) -> None:
        if not self.end.alive:
            raise ToolError(self._where, self._fate or "its end", "a picture", _FIX)
        try:
            self._ears.write(codec.write_line(wire.Order(what)).encode())
            self._ears.flush()
        except OSError:
            raise self._ended(name) from None

    def _expect(self, kind: type[Said], name: str) -> Said:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._mouth, selectors.EVENT_READ)
            if not waiting.select(PATIENCE):
                self.end()
                self._fate = f"no answer for {name} within {PATIENCE:g} s"
                raise ToolError(self._where, self._fate, "a picture", _FIX)
        line = self._mouth.readline()
        if not line:
            raise self._ended(name)
        try:
            said = codec.read(wire.Answer, line, "OpenGL's process").said
        except FormatError:
            raise self._ended(name) from None
        if isinstance(said, wire.Refused):
            self.end()
            raise ToolError(said.where, said.found, said.wanted, said.fix)
        if not isinstance(said, kind):
            raise self._ended(name)
        return said

    def _ended(self, name: str) -> ToolError:
        """The error for an end that nobody wanted; a driver's crash is one."""
        try:
            how = ending(self._process.wait(_DEPARTURE))
        except subprocess.TimeoutExpired:
            how = "an answer that is none"
        self._words.seek(0)
        words = self._words.read().decode(errors="replace").strip()
        self.end()
        last = f"; it said: {words[-_LAST:]}" if words else ""
        self._fate = f"{how} at {name}{last}"
        return ToolError(self._where, self._fate, "a picture", _FIX)


def _end(process: "subprocess.Popen[bytes]", words: IO[bytes], descriptor: int) -> None:
    process.kill()  # it has nothing to save
    process.wait()
    for pipe in (process.stdin, process.stdout, words):
        try:
            if pipe is not None:
                pipe.close()
        except BrokenPipeError:
            continue
    os.close(descriptor)
