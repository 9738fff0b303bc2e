"""What a task's exit code tells a farm: done, try again, or never mind.

0             done, or done before
75            try again, here or elsewhere: nothing is wrong with the job (EX_TEMPFAIL)
2 to 8        do not try again: the errors of `lightmould.errors`, and a wrong command line
130, 143      stopped by SIGINT, SIGTERM; run again, it goes on
"""

import errno

from lightmould.errors import LightmouldError
from lightmould.jobs.failure import CommandError

RETRY = 75
"""EX_TEMPFAIL of sysexits.h."""

_PASSING = frozenset(
    {
        errno.EAGAIN, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM,
        errno.ENOSPC, errno.ESTALE, errno.ETIMEDOUT,
    }
)  # fmt: skip
"""What the same machine may not say the next time, or another one not at all."""


def exit_code(error: LightmouldError) -> int:
    """The exit code of a task that ended with an error."""
    return RETRY if _may_pass(error) else error.exit_code


def _may_pass(error: LightmouldError) -> bool:
    if isinstance(error, CommandError):
        return error.code < 0  # a signal: no memory, a crash
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in _PASSING
