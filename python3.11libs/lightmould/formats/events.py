"""How a program of ours speaks: one marked line of JSON on standard output for each event.

The mark keeps what others print (Blender, libraries) from being taken for an event.
"""

from dataclasses import dataclass

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.model import Event

MARK = "@lightmould "
LONGEST = 1 << 16  # characters; an event is a few words, so more is somebody else's output


@dataclass(frozen=True, slots=True)
class _Said:
    event: Event


def line(event: Event) -> str:
    """The event as one line, with its line break."""
    return MARK + codec.write_line(_Said(event))


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
