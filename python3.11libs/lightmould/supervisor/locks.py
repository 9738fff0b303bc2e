"""Locks that torch leaves in its build folder when it is killed, and waits for ever on.

A lock is removed only if nobody who builds there lives and it is old. The folder is one machine's
and one environment's (`tools.nvdiffrec.setup`), so whoever builds there can be seen from here.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from lightmould.errors import ToolError
from lightmould.jobs import processes
from lightmould.jobs.stop import Stop, Stopped
from lightmould.model import Event, Progress, Warned

OLD = 60.0
"""Seconds after which a lock without a living holder is nobody's."""

VARIABLE = "TORCH_EXTENSIONS_DIR"
_PAUSE = 0.5


def clear(extensions: Path, patience: float, say: Callable[[Event], None], stop: Stop) -> None:
    """Wait for living builders, remove what dead ones left.

    Args:
        extensions: torch's folder.
        patience: seconds to wait for a living builder.
        say: hears what is waited for, and what is removed.
        stop: asked, waiting ends.

    Raises:
        ToolError: somebody builds for too long, or nobody can tell whether anybody does.
        Stopped: the run was asked to end.
    """
    for lock in sorted(extensions.glob("**/lock")):
        _clear(lock, extensions, time.monotonic() + patience, (say, stop))


def holders(extensions: Path) -> list[int] | None:
    """Living processes outside of this run that build there; None where nobody can tell."""
    found = processes.having(VARIABLE, str(extensions))
    ours = processes.having(processes.MARK, os.environ.get(processes.MARK, ""))
    return None if found is None else [pid for pid in found if pid not in (ours or ())]


def is_stale(lock: Path, extensions: Path) -> bool:
    """Whether a lock is old and its holder dead."""
    age = _age(lock)
    return age is not None and age >= OLD and holders(extensions) == []


def _clear(
    lock: Path, extensions: Path, end: float, ears: tuple[Callable[[Event], None], Stop]
) -> None:
    say, stop = ears
    told = False
    while (age := _age(lock)) is not None:
        found = holders(extensions)
        if stop.asked():
            raise Stopped(stop.exit_code)
        if found == [] and age >= OLD:
            lock.unlink(missing_ok=True)
            say(Warned(f"Removed the stale lock {lock}: who held it is dead."))
            return
        if found is None or time.monotonic() > end:
            raise _held(lock, found)
        if not told and not found:
            say(Warned(f"{lock}: a lock whose holder is dead; removed when it is {OLD:.0f} s old."))
        told = True
        waits = f"process {found[0]}, who compiles" if found else "the stale lock to be old"
        say(Progress(0.0, f"waiting for {waits}"))
        time.sleep(_PAUSE)


def _age(lock: Path) -> float | None:
    """Seconds since a lock was made; None when it is gone."""
    try:
        return time.time() - lock.stat().st_mtime
    except FileNotFoundError:
        return None


def _held(lock: Path, found: list[int] | None) -> ToolError:
    who = f"process {found[0]}" if found else "nobody knows which process"
    fix = f"If no nvdiffrec compiles any more, delete {lock}; then run the job again."
    return ToolError(lock, f"a lock that {who} holds", "no lock", fix)
