"""How fast items come, and what they wait for."""

import time
from dataclasses import dataclass

from lightmould.stream.connection import Connection
from lightmould.stream.source import Request

_WARM = 16  # items, so that links are open and shared memory has been offered


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run of items took.

    Attributes:
        items: how many.
        bytes: of one item's arrays, on average.
        seconds: for all.
        items_per_s: of them.
        render_ms: of producers' scripts, an item; several at once where there are several.
        transfer_ms: to pack, send and unpack, an item.
        wait_ms: in which the next item was not there, an item: producers are too slow.
        idle_ms: in which a producer had nothing to do, an item: the consumer is too slow.
        in_flight: items asked for and not answered, on average; what bounds it is `Terms.ahead`.
        unread: items that had come and were not used yet, on average.
        shared: part of the items that came through shared memory.
        again: items that were asked for again.
    """

    items: int
    bytes: int
    seconds: float
    items_per_s: float
    render_ms: float
    transfer_ms: float
    wait_ms: float
    idle_ms: float
    in_flight: float
    unread: float
    shared: float
    again: int


def measure(source: Connection, items: int, seed: int) -> Measured:
    """What a run of items takes, after as many as fill all queues.

    Raises:
        ToolError: an item can't be made.
    """
    for _ in source.ask(Request(index, 0, seed) for index in range(_WARM)):
        pass
    before, began = source.stats(), time.perf_counter()
    in_flight = unread = 0
    for _ in source.ask(Request(index, 1, seed) for index in range(items)):
        now = source.stats()
        in_flight += now.in_flight
        unread += now.unread
    seconds, after = time.perf_counter() - began, source.stats()

    def spent(name: str) -> float:
        return round(1000 * float(getattr(after, name) - getattr(before, name)) / items, 3)

    return Measured(
        items=items,
        bytes=(after.bytes - before.bytes) // items,
        seconds=round(seconds, 3),
        items_per_s=round(items / seconds, 1),
        render_ms=spent("render_s"),
        transfer_ms=spent("transfer_s"),
        wait_ms=spent("waited_s"),
        idle_ms=spent("idle_s"),
        in_flight=round(in_flight / items, 2),
        unread=round(unread / items, 2),
        shared=round((after.shared - before.shared) / items, 3),
        again=after.again - before.again,
    )
