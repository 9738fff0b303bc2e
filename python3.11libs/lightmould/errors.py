"""The whole exception tree.

LightmouldError           where, what was found, what was wanted, what to do
├── FormatError           a file's text or bytes can't be read as what it claims to be
├── SettingsError         a setting, flag or value is out of its range
├── DatasetError          a folder of views is incomplete, damaged or contradicts itself
├── ToolError             another program is missing, failed, or wrote nothing
├── JobError              a job can't be run as it stands: busy, damaged, not writable
└── ReconstructionError   the engine can't go on: nothing visible, empty mesh, NaN

Exit codes of every command line of ours are these classes' `exit_code`; 0 is success, 2 is a
wrong command line, 130 and 143 mean stopped by Ctrl-C and by SIGTERM (run again to resume).

Beside its class an error has a cause, a word or two that tell whether trying again can help:
`transient` can, as it is; `resource` can with less at the same time, or on another machine; `fatal`
can't before somebody has changed something.
"""

import errno
from os import PathLike, fspath
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["transient", "resource", "fatal"]

Cause: TypeAlias = Literal[
    "busy",
    "crashed",
    "damaged",
    "drive gone",
    "ended",
    "input/output error",
    "silent",
    "try again",
    "disk full",
    "GPU memory",
    "killed",
    "memory",
    "bad dataset",
    "bad input",
    "bad settings",
    "bad views",
    "failed",
    "forbidden",
    "missing file",
    "missing program",
    "no surface",
    "wrote nothing",
]

KINDS: dict[Cause, Kind] = {
    "busy": "transient",  # somebody else is at work there
    "crashed": "transient",  # by a signal of its own making
    "damaged": "transient",  # what an earlier step wrote, which makes it again
    "drive gone": "transient",  # and the job's folder with it
    "ended": "transient",  # by a signal that we did not send
    "input/output error": "transient",  # of a drive or of the network before it
    "silent": "transient",  # for longer than it may be
    "try again": "transient",  # exit code 75, EX_TEMPFAIL of sysexits.h
    "disk full": "resource",
    "GPU memory": "resource",
    "killed": "resource",  # by SIGKILL that we did not send, as the system does for memory
    "memory": "resource",
    "bad dataset": "fatal",
    "bad input": "fatal",
    "bad settings": "fatal",
    "bad views": "fatal",  # that were set aside, see `dataset.quarantine`
    "failed": "fatal",  # nobody knows why
    "forbidden": "fatal",
    "missing file": "fatal",
    "missing program": "fatal",
    "no surface": "fatal",
    "wrote nothing": "fatal",
}

_BY_NUMBER: dict[int | None, Cause] = {
    errno.ENOSPC: "disk full",
    errno.EDQUOT: "disk full",
    errno.EFBIG: "disk full",  # of a process that may not write more
    errno.ENOMEM: "memory",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EROFS: "forbidden",
    errno.ENOENT: "missing file",
    errno.ENOTDIR: "missing file",
    errno.ENAMETOOLONG: "bad settings",
    errno.EIO: "input/output error",
    errno.ESTALE: "input/output error",
    errno.ENOTCONN: "input/output error",
    errno.ETIMEDOUT: "input/output error",
    errno.EHOSTDOWN: "input/output error",
    errno.ENODEV: "input/output error",
}


class LightmouldError(Exception):
    """Something went wrong that a person can mend.

    Args:
        where: the file (or file and line, see `at`), program or setting concerned.
        found: what is there.
        wanted: what should be there.
        fix: one imperative sentence that says what to do.
        cause: in a word; unset, it is that of the system's error behind this one, or the class's.
    """

    exit_code: int = 1
    usual: Cause = "failed"

    def __init__(
        self,
        where: str | PathLike[str],
        found: str,
        wanted: str,
        fix: str,
        cause: Cause | None = None,
    ) -> None:
        super().__init__(where, found, wanted, fix)
        self.where = fspath(where)
        self.found = found
        self.wanted = wanted
        self.fix = fix
        self._cause = cause

    @property
    def cause(self) -> Cause:
        """What went wrong, in a word."""
        behind = self.__cause__
        if self._cause is not None:
            return self._cause
        if isinstance(behind, MemoryError):
            return "memory"
        if isinstance(behind, OSError):
            return _BY_NUMBER.get(behind.errno, self.usual)
        return self.usual

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}; wanted {self.wanted}. {self.fix}"


class FormatError(LightmouldError):
    """A file's text or bytes can't be read as what it claims to be."""

    exit_code = 3
    usual = "bad input"


class SettingsError(LightmouldError):
    """A setting, flag or value is out of its range."""

    exit_code = 4
    usual = "bad settings"


class DatasetError(LightmouldError):
    """A folder of views is incomplete, damaged or contradicts itself."""

    exit_code = 5
    usual = "bad dataset"


class ToolError(LightmouldError):
    """Another program is missing, failed, or wrote nothing."""

    exit_code = 6


class JobError(LightmouldError):
    """A job can't be run as it stands: busy, damaged or not writable."""

    exit_code = 7


class ReconstructionError(LightmouldError):
    """The engine can't go on: nothing visible, an empty mesh, NaN."""

    exit_code = 8
    usual = "no surface"


def of_system(error: OSError, where: str | PathLike[str]) -> JobError:
    """The error of ours for one of the system's, which it is to be raised from.

    Args:
        error: the system's.
        where: the file or folder concerned, if the system does not say.
    """
    found = error.strerror or str(error)
    fix = "Free space or allow access, then run it again."
    return JobError(error.filename or where, found, "a file that can be read and written", fix)


def at(path: str | PathLike[str], line: int) -> str:
    """`path:line`, the way editors and compilers write a place in a file."""
    return f"{fspath(path)}:{line}"
