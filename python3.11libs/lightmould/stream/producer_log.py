"""The end of what a producer printed: why it ended, and whether it will come again."""

from contextlib import suppress
from pathlib import Path

GIVEN_UP = "@stream given up"
"""Begins the last line of the log of a producer that is not started again."""

_READ = 1 << 14  # bytes
_WIDTH = 300  # characters of a line


def tail(log: Path | None, lines: int = 15) -> list[str]:
    """The last lines; none where nobody keeps a log here."""
    if log is None:
        return []
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _READ))
        last = file.read().decode(errors="replace").splitlines()[-lines:]
        return [line[:_WIDTH] for line in last]
    return []


def quoted(log: Path | None) -> str:
    """The last lines, as a part of an error; empty if there are none."""
    lines = tail(log)
    return f"The log, {log}, ends:" + "".join(f"\n  {line}" for line in lines) if lines else ""


def given_up(log: Path | None) -> bool:
    """Whether its launcher has said that it will not come again."""
    return any(line.startswith(GIVEN_UP) for line in tail(log, 1))
