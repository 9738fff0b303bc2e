"""How a program of ours speaks: one marked line of JSON on standard output for each event.

The mark keeps what others print (Blender, libraries) from being taken for an event.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import FormatError, LightmouldError, of_system
from lightmould.formats import codec
from lightmould.model import Event, Failed

MARK = "@lightmould "
LONGEST = 1 << 16  # characters; an event is a few words, so more is somebody else's output


@dataclass(frozen=True, slots=True)
class _Said:
    event: Event


def line(event: Event) -> str:
    """The event as one line, with its line break."""
    return MARK + codec.write_line(_Said(event))


def say(event: Event) -> None:
    """Tell whoever reads this program's standard output."""
    sys.stdout.write(line(event))
    sys.stdout.flush()


def exit_code(act: Callable[[], None]) -> int:
    """Do the work of a program of ours; what goes wrong is said, and gives the exit code."""
    try:
        try:
            act()
        except OSError as error:
            if error.errno is None:  # a library's or our own mistake, whose trace tells more
                raise
            raise of_system(error, _here()) from error
    except LightmouldError as error:
        say(Failed(str(error), error.exit_code, error.cause))
        return error.exit_code
    return 0


def _here() -> str:
    """The folder that we work in, as far as it is still there."""
    try:
        return str(Path.cwd())
    except OSError:
        return "the working folder"


def parse(text: str) -> Event | None:
    """The event that a line of output holds; None for anything else, whatever it is."""
    if not text.startswith(MARK) or len(text) > LONGEST:
        return None
    try:
        event = codec.read(_Said, text.removeprefix(MARK), "standard output").event
        # What can't be written again (1e999, half a surrogate pair) must not reach a log.
        line(event).encode()
    except (FormatError, ValueError, TypeError, OverflowError):
        return None
    return event
