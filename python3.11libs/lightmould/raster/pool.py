"""Our own threads for kernels that release the GIL.

Not numba's threading layers: OpenMP's threads spin, and a step that takes 6 ms on an idle machine
takes 160 ms beside another busy process; and a layer that is absent must not break the product.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lightmould.errors import SettingsError


class Threads:
    """The caller and its helpers, started at first use.

    Args:
        count: how many run at once, the caller included; None for every core we may use.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = available() if count is None else count
        if self.count < 1:
            raise SettingsError("threads", str(count), "at least 1", "Ask for one or more.")
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def run(self, kernel: Callable[..., None], pieces: Sequence[tuple[Any, ...]]) -> None:
        """Call `kernel` with each piece's arguments, in any order; return when all are done."""
        self.run_chains(kernel, [[piece] for piece in pieces])

    def run_chains(
        self, kernel: Callable[..., None], chains: Sequence[Sequence[tuple[Any, ...]]]
    ) -> None:
        """The same, but each chain's pieces one after the other, in order."""
        waiting = deque(chains)

        def drain() -> None:
            while True:
                try:
                    chain = waiting.popleft()
                except IndexError:
                    return
                for piece in chain:
                    kernel(*piece)

        helpers = min(self.count, len(chains)) - 1
        if helpers < 1:
            drain()
            return
        pool = self._started()
        futures = [pool.submit(drain) for _ in range(helpers)]
        drain()
        for future in futures:
            # One that has not started has nothing left to do: nobody waits for a sleeping core.
            if not future.cancel():
                future.result()

    def _started(self) -> ThreadPoolExecutor:
        # A fork copies the object but not its threads.
        if self._pool is None or self._process != os.getpid():
            self._pool = ThreadPoolExecutor(self.count - 1, thread_name_prefix="raster")
            self._process = os.getpid()
        return self._pool


def available() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_shared = [Threads()]


def shared() -> Threads:
    """The one pool of this process: whoever has kernels to run, runs them here."""
    return _shared[0]


def set_threads(count: int | None) -> None:
    """Use `count` threads, the caller's included; None is every core that we may use."""
    _shared[0] = Threads(count)
