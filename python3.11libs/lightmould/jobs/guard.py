"""Stands between the runner and one program, so that the program never outlives the runner.

Run as `python -I -S guard.py PROGRAM ARGUMENT...` in a session of its own. Its standard input is
a pipe that only the runner holds: when that closes, because the runner asked or because it died in
whatever way, the whole process group is told to end and, after a grace period, killed.
The guard ends the way its program ended. Standard library alone.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time

GRACE = 2.0  # seconds between telling a program to end and killing it
NOT_STARTED = 127  # what shells answer when there is no such program


def main(argv: list[str]) -> int:
    """Run a program and watch the pipe; returns the program's exit code."""
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # A handler, not SIG_IGN, which the program would inherit.
            signal.signal(number, lambda *_: None)
    try:
        # What we were handed besides standard input and output, a socket perhaps, is meant for it.
        program = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, close_fds=sys.platform == "win32"
        )
    except OSError as error:
        sys.stderr.write(f"can't start {argv[0]}: {error.strerror}\n")
        return NOT_STARTED
    threading.Thread(target=_watch, args=(program,), daemon=True).start()
    return program.wait()


def kill_tree(pid: int) -> None:
    """End a process and all it started, where there are no process groups: on Windows."""
    taskkill = ["taskkill", "/F", "/T", "/PID", str(pid)]
    subprocess.call(taskkill, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _watch(program: "subprocess.Popen[bytes]") -> None:
    while os.read(0, 1024):
        pass
    if sys.platform == "win32":
        kill_tree(program.pid)
    else:
        os.killpg(0, signal.SIGTERM)
        time.sleep(GRACE)
        os.killpg(0, signal.SIGKILL)


def _leave(code: int) -> None:
    """End the way the program did; if nobody watches any more, take what it started along."""
    sys.stderr.flush()
    if sys.platform != "win32":
        if select.select([0], [], [], 0)[0]:
            os.killpg(0, signal.SIGKILL)
        if code < 0:
            _die_of(-code)
    os._exit(code)


def _die_of(number: int) -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # there is none on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one core dump is enough
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


if __name__ == "__main__":
    _leave(main(sys.argv[1:]))
