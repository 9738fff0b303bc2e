"""What is said when a command fails: its own words if it had any, else the end of its log.

And why it failed, in a word (`errors.Cause`): by its own account, by how it ended, by what it
printed last.
"""

import re
import signal
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from lightmould.errors import (
    Cause,
    DatasetError,
    FormatError,
    JobError,
    ReconstructionError,
    SettingsError,
    ToolError,
)
from lightmould.jobs.guard import NOT_STARTED
from lightmould.model import Failed

_KINDS = (FormatError, SettingsError, DatasetError, ToolError, JobError, ReconstructionError)
_OURS = frozenset(kind.exit_code for kind in _KINDS)
LOG = "LIGHTMOULD_LOG"
"""Set for every program of a run, to the file that keeps what it prints."""

_KEPT = 30  # lines of the log
_SHOWN = 15  # of them, in a message
_WIDTH = 300  # characters of each

_TEMPORARY = 75  # exit code; Source: sysexits.h, EX_TEMPFAIL
_OF_SIGNALS = 128  # what shells add to the number of a signal
_WORDS: tuple[tuple[Cause, str], ...] = (
    ("GPU memory", r"(?:CUDA|OptiX|HIP|oneAPI|Metal|GPU)\b.*[Oo]ut of memory|OutOfMemoryError"),
    ("memory", r"\bMemoryError\b|std::bad_alloc|Cannot allocate memory"),
    ("disk full", r"No space left on device|Disk quota exceeded|File too large"),
    ("input/output error", r"Stale file handle|Input/output error|endpoint is not connected"),
)
"""What programs print that know nothing of our causes, as regular expressions on a line."""


class CommandError(ToolError):
    """A command failed or wrote nothing.

    Args:
        where: step and command.
        found: how it ended.
        fix: what to do.
        code: its exit code; negative is a signal.
        cause: in a word.

    Attributes:
        last: the last lines that it printed.
    """

    last: tuple[str, ...] = ()

    def __init__(
        self, where: str, found: str, fix: str, code: int, cause: Cause = "failed"
    ) -> None:
        super().__init__(where, found, "exit code 0 and the step's manifest", fix, cause)
        self.code = code


class ReportedError(CommandError):
    """A command failed and said why; this error says just that.

    Args:
        where: step and command.
        said: the command's words; if its exit code is one of ours it is this error's too.
        code: its real exit code; negative is a signal.
    """

    def __init__(self, where: str, said: Failed, code: int) -> None:
        super().__init__(where, said.message, "Do as it says.", code, said.cause)
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
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))
    said: Failed | None = None

    def failure(self, code: int) -> CommandError | None:
        """The error for an exit code; None for success. A negative code is a signal."""
        if self.said is not None:
            cause = self.said.cause
            if cause == "failed":  # the program may be one that knows nothing of causes
                cause = cause_of(1, [self.said.message])
            return self._quoting(ReportedError(self.where, replace(self.said, cause=cause), code))
        if code == 0:
            return None
        return self._error(ending(code), code, cause_of(code, self.last))

    def was_silent(self, seconds: float, code: int) -> CommandError:
        """The error for a command that was ended because it said nothing for so long."""
        return self._error(f"not a word for {seconds / 60:.3g} minutes", code, "silent")

    def wrote_nothing(self, manifest: Path) -> CommandError:
        """The error for a command that succeeded without its manifest."""
        found = f"exit code 0, but it did not write {manifest}"
        return self._error(found, 0, "wrote nothing")

    def broke_off(self) -> CommandError:
        """The error for a command that said too little, and called that a success."""
        return self._error("its end before its work was done", 0, "ended")

    def _error(self, found: str, code: int, cause: Cause) -> CommandError:
        advice = self._advice(code if cause == "killed" else 0)
        return self._quoting(CommandError(self.where, found, advice, code, cause))

    def _quoting(self, error: CommandError) -> CommandError:
        error.last = tuple(self.last)
        return error

    def _advice(self, code: int) -> str:
        memory = "Check that the machine had memory left. " if code == -9 else ""
        log = f"the log, {self.log}," if self.log else "its log"
        if not self.last:
            return f"{memory}It printed nothing; see {log.rstrip(',')}."
        lines = "".join(f"\n  {line[:_WIDTH]}" for line in [*self.last][-_SHOWN:])
        return f"{memory}Read {log} which ends:{lines}"


def cause_of(code: int, last: Iterable[str]) -> Cause:
    """Why a program failed.

    Args:
        code: its exit code; negative, or above 128, is a signal.
        last: the last lines that it printed.
    """
    for cause, words in _WORDS:
        if any(re.search(words, line) for line in last):
            return cause
    number = -code if code < 0 else code - _OF_SIGNALS
    known: dict[int, Cause] = {
        _TEMPORARY - _OF_SIGNALS: "try again",
        NOT_STARTED - _OF_SIGNALS: "missing program",
        signal.SIGTERM: "ended",
        signal.SIGINT: "ended",
    }
    if sys.platform != "win32":
        known |= {signal.SIGHUP: "ended", signal.SIGKILL: "killed", signal.SIGXCPU: "killed"}
    return known.get(number, "crashed" if number > 0 else "failed")


def ending(code: int) -> str:
    """How a command ended, in words; a negative code is a signal."""
    if code >= 0:
        return f"exit code {code}"
    known = {number.value: number.name for number in signal.Signals}
    return f"its end by signal {-code} ({known.get(-code, 'unknown')})"
