"""What the scripts say that look at other programs: one marked line of JSON for each thing."""

from collections.abc import Iterable
from dataclasses import dataclass

from lightmould.errors import FormatError
from lightmould.formats import codec

MARK = "@check "


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was looked at.

    Attributes:
        name: a plain word.
        good: whether it works.
        found: version, place, or what is wrong.
    """

    name: str
    good: bool
    found: str


def said(lines: Iterable[str]) -> dict[str, Said]:
    """What marked lines say, by name; other lines are somebody else's."""
    every = (_parsed(line.removeprefix(MARK)) for line in lines if line.startswith(MARK))
    return {one.name: one for one in every if one is not None}


def _parsed(text: str) -> Said | None:
    try:
        return codec.read(Said, text, "probe")
    except FormatError:
        return None
