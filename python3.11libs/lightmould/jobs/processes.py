"""Which processes are alive, and which of them belong to a run."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from lightmould.errors import JobError

MARK = "LIGHTMOULD_RUN"  # set for every program of a run, to the run's token
_PROC = Path("/proc")
_PATIENCE = 10.0  # seconds for killed processes to be gone


def boot() -> str:
    """What tells this start of the machine from others, and after a blank this container in it.

    Empty where the system does not say. Containers have process numbers of their own.
    """
    path = _PROC / "sys/kernel/random/boot_id"
    if not path.exists():
        return ""
    start = path.read_text().strip()
    try:
        return f"{start} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:  # a system without containers, or one that does not tell
        return start


def birth(pid: int) -> str | None:
    """What tells a process from a later one of the same number; None when it is gone."""
    if sys.platform == "win32":
        return _birth_on_windows(pid)
    if not _PROC.is_dir():
        return _alive_without_proc(pid)
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name, in parentheses, may hold anything; Source: proc_pid_stat(5), fields 3 and 22.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def end_marked(token: str, *, blind_wait: float = 0.0) -> None:
    """Kill what is left of a run, and wait until it is gone.

    Args:
        token: the run's.
        blind_wait: seconds to leave to the run's own guards, where a system does not let us look.

    Raises:
        JobError: a process does not end.
    """
    if not _PROC.is_dir():
        time.sleep(blind_wait)
        return
    give_up = time.monotonic() + _PATIENCE
    while left := _marked(token):
        if time.monotonic() > give_up:
            fix = "End them by hand, then run the job again."
            raise JobError("leftover programs", f"processes {left}", "none", fix)
        for pid in left:
            with suppress(ProcessLookupError):
                os.killpg(os.getpgid(pid), signal.SIGKILL)
        time.sleep(0.02)


def having(name: str, value: str) -> list[int] | None:
    """Processes with this variable in their environment; None where a system does not tell."""
    if not _PROC.is_dir():
        return None
    entry = os.fsencode(f"{name}={value}")
    pids = [int(path.name) for path in _PROC.iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if entry in _environment(pid)]


def _marked(token: str) -> list[int]:
    return having(MARK, token) or []


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # gone, or somebody else's
        return []


def _alive_without_proc(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "alive"


def _birth_on_windows(pid: int) -> str | None:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  # Windows alone needs it
        from ctypes import wintypes  # noqa: PLC0415

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        limited_information, still_active = 0x1000, 259
        handle = kernel.OpenProcess(limited_information, 0, pid)
        if handle:
            code = wintypes.DWORD()
            times = [wintypes.FILETIME() for _ in range(4)]
            kernel.GetExitCodeProcess(handle, ctypes.byref(code))
            kernel.GetProcessTimes(handle, *(ctypes.byref(moment) for moment in times))
            kernel.CloseHandle(handle)
            born = (times[0].dwHighDateTime << 32) | times[0].dwLowDateTime
            return str(born) if code.value == still_active else None
    return None
