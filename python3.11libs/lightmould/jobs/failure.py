"""What is said when a command fails: its own words if it had any, else the end of its log."""

import signal
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from lightmould.errors import (
    DatasetError,
    FormatError,
    JobError,
    ReconstructionError,
    SettingsError,
    ToolError,
)
from lightmould.model import Failed

_KINDS = (FormatError, SettingsError, DatasetError, ToolError, JobError, ReconstructionError)
_OURS = frozenset(kind.exit_code for kind in _KINDS)
LOG = "LIGHTMOULD_LOG"
"""Set for every program of a run, to the file that keeps what it prints."""

_SHOWN = 15  # lines of the log
_WIDTH = 300  # characters of each


class CommandError(ToolError):
    """A command failed or wrote nothing.

    Args:
        where: step and command.
        found: how it ended.
        fix: what to do.
        code: its exit code; negative is a signal.
    """

    def __init__(self, where: str, found: str, fix: str, code: int) -> None:
        super().__init__(where, found, "exit code 0 and the step's manifest", fix)
        self.code = code


class ReportedError(CommandError):
    """A command failed and said why; this error says just that.

    Args:
        where: step and command.
        said: the command's words; if its exit code is one of ours it is this error's too.
        code: its real exit code; negative is a signal.
    """

    def __init__(self, where: str, said: Failed, code: int) -> None:
        super().__init__(where, said.message, "Do as it says.", code)
        self.exit_code = said.exit_code if said.exit_code in _OURS else ToolError.exit_code

    def __str__(self) -> str:
        return self.found


@dataclass(slots=True)
class Account:
    """What one command has told so far.

    Attributes:
        where: step and command, for people.
        log: the file that holds all it printed; None if nobody keeps that.
        last: its last lines.
        said: the failure it reported itself.
    """

    where: str
    log: Path | None
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_SHOWN))
    said: Failed | None = None

    def failure(self, code: int) -> CommandError | None:
        """The error for an exit code; None for success. A negative code is a signal."""
        if self.said is not None:
            return ReportedError(self.where, self.said, code)
        if code == 0:
            return None
        return CommandError(self.where, _ending(code), self._advice(code), code)

    def wrote_nothing(self, manifest: Path) -> CommandError:
        """The error for a command that succeeded without its manifest."""
        found = f"exit code 0, but it did not write {manifest}"
        return CommandError(self.where, found, self._advice(0), 0)

    def broke_off(self) -> CommandError:
        """The error for a command that said too little, and called that a success."""
        return CommandError(self.where, "its end before its work was done", self._advice(0), 0)

    def _advice(self, code: int) -> str:
        memory = "Check that the machine had memory left. " if code == -9 else ""
        log = f"the log, {self.log}," if self.log else "its log"
        if not self.last:
            return f"{memory}It printed nothing; see {log.rstrip(',')}."
        lines = "".join(f"\n  {line[:_WIDTH]}" for line in self.last)
        return f"{memory}Read {log} which ends:{lines}"


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    known = {number.value: number.name for number in signal.Signals}
    return f"its end by signal {-code} ({known.get(-code, 'unknown')})"
