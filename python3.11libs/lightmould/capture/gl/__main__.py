"""Draws what it is told: `python -m lightmould.capture.gl DESCRIPTOR`.

DESCRIPTOR is of the memory that pictures go to. Orders are lines of standard input, answers lines
of standard output: see `wire`. Ends with its input.
"""

import os
import sys
from collections.abc import Callable
from typing import IO

from lightmould.capture.gl import wire
from lightmould.capture.gl.device import open_context
from lightmould.errors import LightmouldError, ToolError
from lightmould.formats import codec


def main(descriptor: int) -> int:
    """Answer until nobody asks; returns the exit code."""
    # Drivers print to standard output, too.
    voice = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def say(said: wire.Ready | wire.Done | wire.Refused) -> None:
        voice.write(codec.write_line(wire.Answer(said)).encode())
        voice.flush()

    try:
        _work(descriptor, sys.stdin.buffer, say)
    except LightmouldError as error:
        say(wire.Refused(error.where, error.found, error.wanted, error.fix))
    return 0


def _work(
    descriptor: int, ears: IO[bytes], say: Callable[[wire.Ready | wire.Done | wire.Refused], None]
) -> None:
    context, hardware = open_context()
    from lightmould.capture.gl.stage import Stage  # noqa: PLC0415 - is there, now

    say(wire.Ready(str(context.info["GL_RENDERER"]), hardware))
    room, stage = wire.Room(descriptor), None
    while line := ears.readline():
        what = codec.read(wire.Order, line, "standard input").what
        if isinstance(what, wire.Stage):
            stage = Stage(context, what, wire.take(what.arrays, ears))
        elif stage is None:
            raise ToolError("OpenGL", "a shot of nothing", "a stage before it", "Report it.")
        else:
            stage.draw(what, room.pictures(what.size, what.names))
        say(wire.Done())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
