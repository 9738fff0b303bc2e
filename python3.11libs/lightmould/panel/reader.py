"""Reads files for the interface in a thread of its own, so that no disk ever makes it wait."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from lightmould.errors import LightmouldError


@dataclass(frozen=True, slots=True)
class _Task:
    act: Callable[[], Any]
    then: Callable[[Any], None]


class Reader:
    """Does tasks one after another; their results come back when the interface drains them.

    Of several tasks that wait under one name the last alone is done: what was wanted before is
    wanted no more.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, _Task] = {}
        self._changed = threading.Condition()
        self._done: SimpleQueue[tuple[Callable[[Any], None], Any]] = SimpleQueue()
        self._ended = False
        threading.Thread(target=self._work, name="reader", daemon=True).start()

    def ask(self, name: str, act: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Have something read.

        Args:
            name: of the kind of task.
            act: reads; called in the other thread.
            then: gets what was read, or the error that kept it from being read, in this thread.
        """
        with self._changed:
            self._tasks.pop(name, None)
            self._tasks[name] = _Task(act, then)
            self._changed.notify()

    def drain(self) -> None:
        """Hand over what has been read."""
        while not self._done.empty():
            then, result = self._done.get()
            then(result)

    def end(self) -> None:
        """Do no more; the thread ends when its disk answers."""
        with self._changed:
            self._ended = True
            self._tasks.clear()
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._tasks and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                task = self._tasks.pop(next(iter(self._tasks)))
            try:
                result = task.act()
            except (OSError, LightmouldError) as error:
                result = error
            self._done.put((task.then, result))
