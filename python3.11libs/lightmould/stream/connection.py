"""Asks several producers for items, and others where one ends."""

import os
import selectors
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import Self

from lightmould.errors import ToolError
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.instance import Instance, Said, Task, Terms
from lightmould.stream.producer_log import quoted
from lightmould.stream.source import Item, Request
from lightmould.tools.blender.inside import trust

_TERMS = Terms()
_PAUSE = 0.25  # seconds between two looks at who is late or away
_AWAY = 1.0  # seconds between two looks at the sockets, after which nobody is blamed


@dataclass(slots=True)
class Stats:
    """What a connection has seen since it was made.

    Attributes:
        asked: items that producers were asked for.
        answered: those that came.
        again: those that had to be asked for again, because a producer ended.
        lost: links that ended.
        refused: those that ended because the producer broke the rules.
        turned_away: peers that producers refused, as they say.
        shared: items that came through shared memory.
        bytes: of all arrays.
        waited_s: seconds in which the next item was not there: rendering is the bottleneck.
        idle_s: seconds in which producers had nothing to do: the consumer is the bottleneck.
        render_s: seconds that scripts took, summed over producers.
        transfer_s: seconds spent on packing, receiving and unpacking arrays.
        in_flight: items asked for, not answered, now.
        unread: items that came and wait to be used, now.
    """

    asked: int = 0
    answered: int = 0
    again: int = 0
    lost: int = 0
    refused: int = 0
    turned_away: int = 0
    shared: int = 0
    bytes: int = 0
    waited_s: float = 0.0
    idle_s: float = 0.0
    render_s: float = 0.0
    transfer_s: float = 0.0
    in_flight: int = 0
    unread: int = 0


class Connection:
    """A consumer's links to all producers; a `Source`.

    It belongs to one thread of one process; each DataLoader worker makes its own. Nothing is done
    in the background: producers work ahead, and wait where what they made is not fetched.

    Args:
        endpoints: the producers.
        terms: what is wanted of them.

    Raises:
        ToolError: the token can't be read.
    """

    def __init__(self, endpoints: Endpoints, terms: Terms = _TERMS) -> None:
        try:
            token = trust.read_token(endpoints.token)
        except trust.WireError as error:
            fix = "Copy it from where the producers were started, and keep it to yourself."
            raise ToolError(endpoints.token, str(error), "the producers' token", fix) from error
        self._terms = terms
        self._instances = [Instance(each, token, terms) for each in endpoints.instances]
        self._waiting: deque[Task] = deque()
        self._selector = selectors.DefaultSelector()
        self._stats = Stats()
        self._rows: list[deque[Task]] = []
        self._looked = self._reached = time.monotonic()
        self._closed = weakref.finalize(self, _close, self._instances, self._selector, os.getpid())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._closed()

    def stats(self) -> Stats:
        """What has been seen so far."""
        unread = sum(task.answer is not None for row in self._rows for task in row)
        return replace(
            self._stats,
            in_flight=sum(len(instance.owed) for instance in self._instances),
            unread=unread,
            refused=sum(instance.refused for instance in self._instances),
            turned_away=sum(instance.turned_away for instance in self._instances),
        )

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        """The items for these requests, in their order; as many as `Terms.ahead` says made ahead.

        Raises:
            ToolError: an item can't be made, or no producer can be reached; it says which and why.
        """
        coming, row = iter(requests), deque[Task]()
        self._rows.append(row)
        window = self._terms.ahead * len(self._instances)
        try:
            while True:
                new = [Task(request) for request in islice(coming, window - len(row))]
                row += new
                self._waiting += new
                if not row:
                    return
                self._pump(0.0)
                began = time.perf_counter()
                while (answer := row[0].answer) is None:
                    self._pump(_PAUSE)
                self._stats.waited_s += time.perf_counter() - began
                if not isinstance(answer, Item):
                    raise answer
                row.popleft()
                yield answer
        finally:
            self._rows.remove(row)
            for task in row:
                task.wanted = False

    def _pump(self, seconds: float) -> None:
        """Ask for what is waiting, and take in what comes within some seconds."""
        now = time.monotonic()
        self._look_around(now)
        self._hand_out(now)
        for key, events in self._selector.select(seconds):
            self._attend(key.data, events)

    def _look_around(self, now: float) -> None:
        away, self._looked = now - self._looked > _AWAY, now
        for instance in self._instances:
            if away:  # what they said meanwhile has not been read yet
                instance.excuse(now)
            link = instance.connect(now)
            if link is not None:
                self._selector.register(link, selectors.EVENT_READ, instance)
            why = instance.fault(now)
            if why is not None:
                self._lose(instance, why, now)
        if away or any(instance.ready for instance in self._instances):
            self._reached = now
        elif now - self._reached > self._terms.start_s or all(
            instance.given_up for instance in self._instances
        ):
            raise self._nobody(now)

    def _hand_out(self, now: float) -> None:
        present = [instance for instance in self._instances if instance.ready]
        while self._waiting and present:
            instance = min(present, key=lambda each: len(each.owed))
            if len(instance.owed) >= self._terms.ahead:
                return
            task = self._waiting.popleft()
            if task.wanted:
                try:
                    instance.ask(task, now)
                except trust.WireError as error:
                    present.remove(instance)
                    self._lose(instance, str(error), now)
                self._stats.asked += 1
                self._heed_unsent(instance)

    def _attend(self, instance: Instance, events: int) -> None:
        if instance.link is None:
            return
        began = time.perf_counter()
        try:
            if events & selectors.EVENT_WRITE:
                instance.link.flush()
            for message in instance.link.receive():
                done = instance.heed(message, time.monotonic())
                if done is not None:
                    self._keep(instance, *done)
        except trust.WireError as error:
            instance.refused += isinstance(error, trust.RefusedError)
            self._lose(instance, str(error), time.monotonic())
        self._stats.transfer_s += time.perf_counter() - began
        self._heed_unsent(instance)

    def _heed_unsent(self, instance: Instance) -> None:
        if instance.link is not None:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE * instance.link.unsent)
            if self._selector.get_key(instance.link).events != events:
                self._selector.modify(instance.link, events, instance)

    def _keep(self, instance: Instance, task: Task, said: Said) -> None:
        stats = self._stats
        stats.answered += 1
        if isinstance(said, str):
            fix = "Correct the script; its traceback is above, and in its log."
            where = f"{task.request}, {instance.endpoint.name}"
            task.answer = ToolError(where, said, "a frame", fix)
            return
        stats.shared += said.shared
        stats.bytes += sum(array.nbytes for array in said.arrays.values())
        stats.idle_s += said.idle_s
        stats.render_s += said.render_s
        stats.transfer_s += said.pack_s
        name = instance.endpoint.name
        task.answer = Item(task.request, said.arrays, said.metadata, name, said.render_s)

    def _lose(self, instance: Instance, why: str, now: float) -> None:
        self._stats.lost += instance.ready
        for task in reversed(self._hang_up(instance, why, now)):
            task.ended += task.begun
            if task.ended >= self._terms.attempts:
                task.answer = self._culprit(task, instance)
            elif task.wanted:
                self._stats.again += 1
                self._waiting.appendleft(task)

    def _hang_up(self, instance: Instance, why: str, now: float) -> list[Task]:
        if instance.link is not None and instance.link in self._selector.get_map():
            self._selector.unregister(instance.link)
        return instance.lose(why, now)

    def _culprit(self, task: Task, instance: Instance) -> ToolError:
        found = f"{task.ended} producers that ended over it, {instance.endpoint.name} last"
        wanted = f"a frame within Terms.timeout_s, {self._terms.timeout_s:g} s"
        fix = quoted(instance.endpoint.log) or "Read the producer's log."
        return ToolError(f"{task.request}", f"{found} ({instance.why})", wanted, fix)

    def _nobody(self, now: float) -> ToolError:
        places = [
            f"{each.endpoint.name} at {each.endpoint.host}:{each.endpoint.port}: {each.why}"
            for each in self._instances
        ]
        logs = [text for each in self._instances if (text := quoted(each.endpoint.log))]
        fix = "\n".join(["Start them, and see that host, port and token are theirs.", *logs])
        found = f"none for {now - self._reached:.0f} s ({'; '.join(places)})"
        return ToolError("producers", found, "at least one that answers", fix)


def _close(instances: list[Instance], selector: selectors.BaseSelector, owner: int) -> None:
    for instance in instances:
        if os.getpid() == owner:
            instance.lose("it was left", time.monotonic())
        elif instance.link is not None:  # a fork has only copies, and leaves the rest alone
            instance.link.close()
    selector.close()
