"""Looks at job folders, in a thread for each folder of them, so that a dead share hurts nobody.

The interface drains what was found; a share that is slow or gone is asked ever more rarely.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from lightmould.jobs.overview import Overview, Watch, found_in
from lightmould.panel.qt import QtCore

_LISTING = 5.0  # seconds between looks for new jobs and at those that do not run
_RUNNING = 1.0  # seconds between looks at those that run, if nothing is notified
_REMOTELY = 0.2  # the same where nothing ever is
_LEAST = 0.18  # seconds between any two looks, however much is notified
_BUSY, _REST = 0.002, 0.004  # seconds of work, then of rest, so that the interface has its turn
_LONGEST = 60.0  # seconds between looks at a share that does not answer
_SHARE = 10  # of the time a look takes, how much is waited before the next
_BATCH = 50  # jobs that are told at once when there are many
_REMOTE = ("nfs", "cifs", "smb", "afs", "9p", "fuse.sshfs", "ceph", "lustre", "beegfs")


@dataclass(frozen=True, slots=True)
class News:
    """What a look found.

    Attributes:
        root: the folder of jobs.
        changed: jobs that are new or not as before.
        gone: job folders that are no more.
        trouble: why the folder can't be read; empty when it can.
        local: whether changes in it are notified.
    """

    root: Path
    changed: tuple[Overview, ...] = ()
    gone: tuple[Path, ...] = ()
    trouble: str = ""
    local: bool = False


class Scout(threading.Thread):
    """Watches one folder of jobs until it is ended.

    Args:
        root: the folder.
        news: gets what was found.

    Attributes:
        beat: when it was last seen alive, on a clock that never jumps; a share that hangs stops it.
    """

    def __init__(self, root: Path, news: "SimpleQueue[News]") -> None:
        super().__init__(name=f"scout of {root}", daemon=True)
        self.root = root
        self.beat = time.monotonic()
        self._news = news
        self._watches: dict[Path, Watch] = {}
        self._known: dict[Path, Overview] = {}
        self._wake = threading.Event()
        self._shown = threading.Event()
        self._ended = False
        self._relist = True
        self._local = False
        self._waited = 0.0  # seconds that the last listing took

    def run(self) -> None:
        """Look, tell, wait; nothing at all while hidden."""
        pause, listed = _LEAST, float("-inf")
        while not self._ended:
            self._shown.wait()
            self.beat = time.monotonic()
            try:
                if self._relist or self.beat - listed > _LISTING:
                    self._relist = False
                    self._list()
                    listed = time.monotonic()
                else:
                    self._look(self._running())
                pause = _RUNNING if self._local else _REMOTELY
            except OSError as error:
                said = f"{error.filename}: {error.strerror}"
                self._news.put(News(self.root, trouble=said))
                pause = min(_LONGEST, max(1.0, 2 * pause))
            self.beat = time.monotonic()
            time.sleep(_LEAST)
            self._wake.wait(min(_LONGEST, max(pause, _SHARE * self._waited) - _LEAST))
            self._wake.clear()

    def show(self, shown: bool) -> None:
        """Go on, or rest while nobody can see."""
        if shown:
            self._relist = True
            self._shown.set()
            self._wake.set()
        else:
            self._shown.clear()

    def wake(self, *, relist: bool = False) -> None:
        """Look now: something was notified or done."""
        self._relist = self._relist or relist
        self._wake.set()

    def end(self) -> None:
        """Make the thread end, as soon as its share answers."""
        self._ended = True
        self._shown.set()
        self._wake.set()

    def _running(self) -> list[Path]:
        return [path for path, known in self._known.items() if known.state == "running"]

    def _list(self) -> None:
        begin = time.monotonic()
        found = found_in(self.root)
        self._local = is_local(self.root)
        self._waited = time.monotonic() - begin
        there = set(found)
        gone = tuple(path for path in self._watches if path not in there)
        for path in gone:
            self._forget(path)
        # The newest first: with a thousand jobs, those that matter are there at once.
        order = [path for path in found if path in self._watches]
        order += sorted((path for path in found if path not in self._watches), key=_age)
        if gone or not order:
            self._news.put(News(self.root, gone=gone, local=self._local))
        self._look(order)

    def _look(self, paths: list[Path]) -> None:
        rested = time.monotonic()
        for start in range(0, len(paths), _BATCH):
            changed, gone = [], []
            for path in paths[start : start + _BATCH]:
                if self._ended:
                    return
                now = self._watches.setdefault(path, Watch(path)).look()
                self.beat = time.monotonic()
                if now is None:
                    gone.append(path)
                    self._forget(path)
                elif now != self._known.get(path):
                    self._known[path] = now
                    changed.append(now)
                if self.beat - rested > _BUSY:
                    time.sleep(_REST)
                    rested = time.monotonic()
            if changed or gone:
                self._news.put(News(self.root, tuple(changed), tuple(gone), "", self._local))

    def _forget(self, path: Path) -> None:
        self._watches.pop(path, None)
        self._known.pop(path, None)


def is_local(folder: Path) -> bool:
    """Whether a folder lies on a disk of this machine: changes elsewhere are never notified."""
    kind = bytes(QtCore.QStorageInfo(str(folder)).fileSystemType().data()).decode().lower()
    return bool(kind) and not kind.startswith(_REMOTE)


def _age(folder: Path) -> float:
    try:
        return -folder.stat().st_mtime
    except OSError:
        return 0.0
