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
"""

from os import PathLike, fspath


class LightmouldError(Exception):
    """Something went wrong that a person can mend.

    Args:
        where: the file (or file and line, see `at`), program or setting concerned.
        found: what is there.
        wanted: what should be there.
        fix: one imperative sentence that says what to do.
    """

    exit_code: int = 1

    def __init__(self, where: str | PathLike[str], found: str, wanted: str, fix: str) -> None:
        super().__init__(where, found, wanted, fix)
        self.where = fspath(where)
        self.found = found
        self.wanted = wanted
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}; wanted {self.wanted}. {self.fix}"


class FormatError(LightmouldError):
    """A file's text or bytes can't be read as what it claims to be."""

    exit_code = 3


class SettingsError(LightmouldError):
    """A setting, flag or value is out of its range."""

    exit_code = 4


class DatasetError(LightmouldError):
    """A folder of views is incomplete, damaged or contradicts itself."""

    exit_code = 5


class ToolError(LightmouldError):
    """Another program is missing, failed, or wrote nothing."""

    exit_code = 6


class JobError(LightmouldError):
    """A job can't be run as it stands: busy, damaged or not writable."""

    exit_code = 7


class ReconstructionError(LightmouldError):
    """The engine can't go on: nothing visible, an empty mesh, NaN."""

    exit_code = 8


def at(path: str | PathLike[str], line: int) -> str:
    """`path:line`, the way editors and compilers write a place in a file."""
    return f"{fspath(path)}:{line}"
