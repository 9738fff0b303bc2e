"""Frames become files beside the rendering: compression leaves Python's lock to others."""

import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePosixPath
from types import TracebackType
from typing import Self

from lightmould.dataset.images import Pixels
from lightmould.dataset.records import FrameRecord
from lightmould.jobs.shoot.ledger import Ledger, Maker
from lightmould.model import Event, Frame, Progress, Wrote

_THREADS = 4
"""At most."""

_AHEAD = 16
"""Frames that wait, at most; then whoever brings another one does."""


class Writer:
    """Writes frames in threads of its own, and tells of each once it is complete.

    Args:
        ledger: knows where.
        tell: gets the events, in the caller's thread.
        check: raises if we must not write any more.

    Attributes:
        done: the frames that are complete.
        views: how many views are to be written, in all.
    """

    def __init__(
        self, ledger: Ledger, tell: Callable[[Event], None], check: Callable[[], None]
    ) -> None:
        self.done: dict[Frame, FrameRecord] = {}
        self.views = 0
        self._ledger = ledger
        self._tell = tell
        self._check = check
        self._pool = ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1))
        self._waiting: deque[tuple[Frame, Future[FrameRecord]]] = deque()
        self._count = 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def put(self, frame: Frame, layers: dict[str, Pixels], maker: Maker) -> None:
        """Have a frame written.

        Raises:
            DatasetError: the layers of this or an earlier one are not those of such a frame.
            JobError: a file can't be written, or must not be any more.
        """
        self._waiting.append((frame, self._pool.submit(self._keep, frame, layers, maker)))
        while self._waiting and (len(self._waiting) > _AHEAD or self._waiting[0][1].done()):
            self._finish_one()

    def finish(self) -> None:
        """Wait until all are written; raises as `put` does."""
        while self._waiting:
            self._finish_one()

    def _keep(self, frame: Frame, layers: dict[str, Pixels], maker: Maker) -> FrameRecord:
        self._check()
        return self._ledger.keep(frame, layers, maker)

    def _finish_one(self) -> None:
        frame, future = self._waiting.popleft()
        record = self.done[frame] = future.result()
        for name in record.files:
            self._tell(Wrote(name, PurePosixPath(name).parent.name))
        if frame.kind == "color":
            self._count += 1
            left = self.views - self._count
            eta = (time.monotonic() - self._began) / self._count * left
            status = f"view {self._count} of {self.views}"
            self._tell(Progress(min(1.0, self._count / self.views), status, max(0.0, eta)))
