"""One Blender at work: what it says, what it hands over, and how it ends."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar, cast

import numpy as np

from lightmould.dataset import images
from lightmould.dataset.images import Pixels
from lightmould.errors import ToolError
from lightmould.formats import codec, events
from lightmould.jobs import secrets
from lightmould.jobs.failure import Account, CommandError
from lightmould.model import Command, Event, Failed, Frame
from lightmould.tools.blender.conversation import (
    Batch,
    Hello,
    Layer,
    Order,
    Ready,
    Route,
    Taken,
    parse,
)

T = TypeVar("T")

_PIPE = 1 << 20
"""Bytes that a pipe holds, where the system lets us choose: Blender goes on before we have read."""

_PATIENCE = 10.0  # seconds for a killed Blender to be gone


class Session:
    """A running Blender; when the block is left, it runs no more.

    Args:
        command: of `tools.blender`.
        log: the file that keeps what we print.
        tell: gets the events that it says.
        patience: seconds that it may take for a frame, or to get ready, before it is ended.
    """

    def __init__(
        self, command: Command, log: Path | None, tell: Callable[[Event], None], patience: float
    ) -> None:
        self._tell = tell
        self._patience = patience
        self._late = False
        self._hide = secrets.hider(os.environ)
        self._account = Account(command.title, log)
        try:
            self._process = subprocess.Popen(
                command.argv,
                cwd=command.cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pipesize=_PIPE,
            )
        except OSError as error:
            found, fix = f"{error.strerror}: {error.filename}", "Correct the path of Blender."
            raise ToolError(command.argv[0], found, "a program that starts", fix) from error
        self._ears = cast("IO[bytes]", self._process.stdin)
        self._mouth = cast("IO[bytes]", self._process.stdout)
        self._complaints = threading.Thread(target=self._overhear, daemon=True)
        self._complaints.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        # It has nothing to save, and a wrapper's child sees the end of its input.
        self._process.kill()
        self._process.wait()
        for pipe in (self._ears, self._mouth):
            try:
                pipe.close()
            except BrokenPipeError:
                continue
        self._complaints.join(_PATIENCE)

    def hello(self) -> Hello:
        """Its first words.

        Raises:
            CommandError: it ended instead, as in all that follows.
        """
        with self._in_time():
            return self._expect(Hello)

    def prepare(self, order: Order) -> tuple[Ready, Route]:
        """Have the stage set up and the engine tested; how pixels may come from there."""
        with self._in_time():
            self._say(order)
            ready = self._expect(Ready)
        try:
            if not ready.in_memory:
                return ready, "file"
            with self._in_time():
                copied, filed = self._pixels(self._expect(Taken)), images.read_layers(ready.test)
        finally:
            ready.test.unlink(missing_ok=True)
        same = all(
            name in copied and np.array_equal(copied[name], layer, equal_nan=True)
            for name, layer in filed.items()
        )
        return ready, "memory" if same else "file"

    def take(
        self, route: Route, frames: Sequence[Frame]
    ) -> Iterator[tuple[Frame, dict[str, Pixels]]]:
        """Have frames rendered; yields the layers of each, rows from above."""
        self._say(Batch(route, tuple(frames)))
        for frame in frames:
            with self._in_time():
                taken = self._expect(Taken)
                if taken.frame != frame:
                    raise self._confused(str(taken.frame), str(frame))
                layers = self._pixels(taken)
            yield frame, layers

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Blender is ended if the block takes too long."""
        timer = threading.Timer(self._patience, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        self._late = True
        self._process.kill()

    def _say(self, value: Order | Batch) -> None:
        try:
            self._ears.write(codec.write_line(value).encode())
            self._ears.flush()
        except OSError:
            raise self._ended() from None

    def _expect(self, kind: type[T]) -> T:
        while line := self._mouth.readline():
            text = line.decode(errors="replace")
            event, said = events.parse(text), parse(text)
            if isinstance(said, kind):
                return said
            if isinstance(event, Failed):
                self._account.said = event
            elif event is not None:
                self._tell(event)
            elif said is not None:
                raise self._confused(type(said).__name__, kind.__name__)
            else:
                self._note(text)
        raise self._ended()

    def _pixels(self, taken: Taken) -> dict[str, Pixels]:
        if taken.file is not None:
            try:
                return images.read_layers(taken.file)
            finally:
                taken.file.unlink(missing_ok=True)
        data = self._mouth.read(4 * taken.floats)
        if len(data) < 4 * taken.floats:
            raise self._ended()
        return _split(np.frombuffer(data, np.float32), taken.size, taken.layers)

    def _overhear(self) -> None:
        with cast("IO[bytes]", self._process.stderr) as lines:
            for line in lines:
                self._note(line.decode(errors="replace"))

    def _note(self, text: str) -> None:
        """Pass on what is no event, for the log, and remember its end."""
        text = self._hide(text)
        sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
        if text.strip():
            self._account.last.append(text.rstrip())

    def _ended(self) -> CommandError:
        """The error for an end that comes too early."""
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            code = 0  # it lives, but speaks no more
        self._complaints.join(_PATIENCE)
        if self._late:
            return self._account.was_silent(self._patience, code)
        return self._account.failure(code) or self._account.broke_off()

    def _confused(self, found: str, wanted: str) -> CommandError:
        found, fix = f"{found} from Blender in place of {wanted}", "Report it."
        return CommandError(self._account.where, found, fix, 0)


def _split(floats: Pixels, size: tuple[int, int], layers: Sequence[Layer]) -> dict[str, Pixels]:
    width, height = size
    ends = np.cumsum([width * height * layer.channels for layer in layers])
    return {
        layer.name: part.reshape(height, width, layer.channels)[::-1]
        for layer, part in zip(layers, np.split(floats, ends[:-1]), strict=True)
    }
