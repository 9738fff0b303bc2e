"""How a run is asked to end: by signals, by a file, or by another thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

INTERRUPTED = 130  # Ctrl-C
TERMINATED = 143  # SIGTERM, or the file
FILE = "cancel"  # in the job's folder


class Stopped(BaseException):
    """The run was asked to end; run again to resume.

    Like KeyboardInterrupt, this is no error, so that nothing that handles errors swallows it.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code

    def __str__(self) -> str:
        by = "Ctrl-C" if self.exit_code == INTERRUPTED else "request"
        return f"stopped by {by}; run the same command again to resume"


class Stop:
    """Whether a run was asked to end, and how urgently.

    Attributes:
        exit_code: what the runner exits with; 0 while nobody asked.
        at_once: asked twice, so no grace for anybody.
    """

    def __init__(self) -> None:
        self.exit_code = 0
        self.at_once = False
        self._file: Path | None = None

    def ask(self, exit_code: int) -> None:
        """Ask; the second time, insist. Safe in signal handlers and other threads."""
        self.at_once = self.exit_code != 0
        self.exit_code = self.exit_code or exit_code

    def watch(self, file: Path) -> None:
        """From now on, this file's appearance asks too; an old one is removed."""
        file.unlink(missing_ok=True)
        self._file = file

    def asked(self) -> bool:
        """Whether anybody has asked; looks for the file."""
        if self.exit_code == 0 and self._file is not None and self._file.exists():
            self.ask(TERMINATED)
        return self.exit_code != 0


@contextmanager
def on_signals() -> Iterator[Stop]:
    """A Stop that Ctrl-C and SIGTERM ask, for as long as the block lasts; main thread only."""
    stop = Stop()
    codes = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}
    if hasattr(signal, "SIGBREAK"):  # what Windows sends to a process group
        codes[signal.SIGBREAK] = TERMINATED

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.ask(codes[signal.Signals(number)])

    before = {number: signal.signal(number, ask) for number in codes}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
