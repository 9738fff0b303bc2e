"""What a task's exit code tells a farm: done, try again, or never mind.

0             done, or done before
75            try again, here or elsewhere: nothing is wrong with the job (EX_TEMPFAIL)
2 to 8        do not try again: the errors of `lightmould.errors`, and a wrong command line
130, 143      stopped by SIGINT, SIGTERM; run again, it goes on
"""

from lightmould.errors import KINDS, LightmouldError

RETRY = 75
"""EX_TEMPFAIL of sysexits.h."""


def exit_code(error: LightmouldError) -> int:
    """The exit code of a task that ended with an error, after it tried again by itself."""
    return error.exit_code if KINDS[error.cause] == "fatal" else RETRY
