# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""A producer's door: lets those in that know the token, and keeps what they ask for in a row.

It works in a thread of its own, so that nobody waits at the door while a frame is rendered. The
standard library and NumPy, Python 3.10 and later.
"""

import queue
import selectors
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or __package__:
    from lightmould.tools.blender.inside import arrays as memory
    from lightmould.tools.blender.inside import slots, trust, wire
else:  # in Blender, this folder is on the path and nothing else of ours is
    import arrays as memory
    import slots
    import trust
    import wire

GUESTS = 64
"""Consumers at the same time."""

STRANGERS = 32
"""Those who have not proved that they know the token; the oldest makes room for the next."""

WAITING = 64
"""What a consumer may have asked for that is not answered; then we listen to it no more."""

_TOLD = 50  # refusals, before only some of them are
_PAUSE = 0.5  # seconds between two looks at who is late


@dataclass(frozen=True, slots=True)
class Asked:
    """What a consumer wants, and where to answer.

    Attributes:
        guest: who asks.
        number: the consumer's own, which the answer repeats.
        index: of the item.
        epoch: of the item.
        seed: of the item.
        parameters: of the item.
        slot: where its arrays may be put; None if nowhere.
        limit_s: seconds that it may take; 0 for any number of them.
    """

    guest: "Guest"
    number: int
    index: int
    epoch: int
    seed: int
    parameters: dict[str, Any]
    slot: int | None
    limit_s: float


class Guest:
    """A consumer at the other end of a link.

    Attributes:
        link: to it.
        name: its address, for people.
        asked: how much it has asked for; counted by the one thread that listens.
        answered: how much of that is done; counted by the other one, which answers.
        gone: nobody is there any more.
    """

    def __init__(self, link: wire.Link, name: str) -> None:
        self.link = link
        self.name = name
        self.asked = self.answered = 0
        self.gone = False
        self._shared: tuple[str, slots.Slots] | None = None

    @property
    def full(self) -> bool:
        """Whether it has asked for so much that it is to wait."""
        return self.asked - self.answered >= WAITING

    def take_slots(self, offer: slots.Offer) -> None:
        """Take shared memory if it can be had; says so."""
        try:
            self._shared = offer.name, slots.take(offer)
        except slots.SlotsError as error:
            self._shared = None
            self.link.send("unshared", {"why": str(error)})
        else:
            self.link.send("shared", {})

    def answer(self, fields: dict[str, Any], slot: int | None, arrays: Mapping[str, Any]) -> None:
        """Hand arrays over, through a slot if they fit there.

        Raises:
            memory.LayoutError: they can't be sent.
            ValueError, TypeError: fields that are no JSON.
            trust.WireError: nobody is there any more.
        """
        began, where = time.perf_counter(), memory.layout(arrays)
        if where.size > wire.MOST.payload:
            raise memory.LayoutError(f"{where.size} bytes; at most {wire.MOST.payload} travel")
        payload = np.zeros(0, np.uint8)
        name, shared = self._shared or ("", None)
        if (
            shared is not None
            and slot is not None
            and slot < shared.count
            and where.size <= shared.size
        ):
            memory.put(arrays, where, shared[slot])
            fields |= {"memory": name, "layout": where.described()}
            where = memory.NOTHING
        else:
            payload = np.zeros(where.size, np.uint8)
            memory.put(arrays, where, payload)
        fields["pack_s"] = time.perf_counter() - began
        self.link.send("answer", fields, where, payload)


class Reception(threading.Thread):
    """Listens for consumers until the program ends.

    Args:
        listener: a listening socket.
        token: what consumers have to know.
        limits: what is believed of them.

    Attributes:
        asked: what is wanted, in a row.
        refused: how many were not let in, or thrown out.
    """

    def __init__(self, listener: socket.socket, token: bytes, limits: wire.Limits) -> None:
        super().__init__(name="reception", daemon=True)
        listener.setblocking(False)  # noqa: FBT003  # so the standard library has it
        self.asked: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        self.refused = 0
        self._listener = listener
        self._token = token
        self._limits = limits
        self._guests: dict[wire.Link, Guest] = {}
        self._selector = selectors.DefaultSelector()
        self._bell, self._ringer = socket.socketpair()
        for end in (self._bell, self._ringer):
            end.setblocking(False)  # noqa: FBT003

    def run(self) -> None:
        """Open the door, and listen to those who are inside."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        while True:
            for key, events in self._selector.select(_PAUSE):
                if key.fileobj is self._listener:
                    self._let_in()
                elif key.fileobj is self._bell:
                    self._bell.recv(1024)
                elif isinstance(key.fileobj, wire.Link) and key.fileobj in self._guests:
                    self._attend(self._guests[key.fileobj], events)
            self._look_around()

    def answered(self, guest: Guest) -> None:
        """Called by whoever answers, when that is done."""
        full = guest.full
        guest.answered += 1
        if full or guest.link.unsent:
            with suppress(BlockingIOError):  # it rings already
                self._ringer.send(b"!")

    def _let_in(self) -> None:
        try:
            connection, address = self._listener.accept()
        except OSError:  # it has changed its mind
            return
        strangers = [guest for guest in self._guests.values() if not guest.link.ready]
        if len(strangers) >= STRANGERS:
            self._refuse(strangers[0], "too many that say nothing")
        if len(self._guests) >= GUESTS + STRANGERS:
            connection.close()
            return
        name = f"{address[0]}:{address[1]}" if isinstance(address, tuple) else "this host"
        try:
            link = wire.Link(connection, self._token, "producer", self._limits)
        except (OSError, trust.WireError):
            connection.close()
            return
        self._guests[link] = Guest(link, name)
        self._selector.register(link, selectors.EVENT_READ)

    def _attend(self, guest: Guest, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                guest.link.flush()
            if events & selectors.EVENT_READ:
                for message in guest.link.receive():
                    self._heed(guest, message)
        except trust.RefusedError as error:
            self._refuse(guest, str(error))
        except trust.WireError:
            self._forget(guest)

    def _heed(self, guest: Guest, message: wire.Message) -> None:
        if message.kind == "ask":
            guest.asked += 1
            self.asked.put(_asked(guest, message.fields))
        elif message.kind == "share":
            guest.take_slots(_offered(message.fields))
        else:
            raise trust.RefusedError(f"a message {message.kind[:20]!r}")

    def _look_around(self) -> None:
        now = time.monotonic()
        for guest in [*self._guests.values()]:
            if guest.gone:
                self._forget(guest)
            elif guest.link.late(now):
                self._refuse(guest, "half a message, and then nothing")
            else:
                listen = 0 if guest.full else selectors.EVENT_READ
                say = selectors.EVENT_WRITE if guest.link.unsent else 0
                self._watch(guest.link, listen | say)

    def _watch(self, link: wire.Link, events: int) -> None:
        known = link in self._selector.get_map()
        if known and not events:
            self._selector.unregister(link)
        elif known and self._selector.get_key(link).events != events:
            self._selector.modify(link, events)
        elif not known and events:
            self._selector.register(link, events)

    def _refuse(self, guest: Guest, why: str) -> None:
        self.refused += 1
        # A stranger must not fill our disk: of many, only every so often one is told.
        if self.refused <= _TOLD or self.refused & (self.refused - 1) == 0:
            sys.stderr.write(f"refused {guest.name}: {why} ({self.refused} so far)\n")
            sys.stderr.flush()
        self._forget(guest)

    def _forget(self, guest: Guest) -> None:
        guest.gone = True
        self._watch(guest.link, 0)
        self._guests.pop(guest.link, None)
        guest.link.close()


def _offered(fields: Mapping[str, Any]) -> slots.Offer:
    name, key = fields.get("name"), fields.get("key")
    if not isinstance(name, str) or not isinstance(key, str):
        raise trust.RefusedError("an offer without a name")
    return slots.Offer(name, key, _whole(fields, "count"), _whole(fields, "size"))


def _asked(guest: Guest, fields: Mapping[str, Any]) -> Asked:
    parameters, limit = fields.get("parameters"), fields.get("limit_s")
    if not isinstance(parameters, dict):
        raise trust.RefusedError("parameters that are no object")
    if not isinstance(limit, int | float) or not 0 <= limit < 1e6:
        raise trust.RefusedError("a limit that is no number of seconds")
    return Asked(
        guest=guest,
        number=_whole(fields, "id"),
        index=_whole(fields, "index"),
        epoch=_whole(fields, "epoch"),
        seed=_whole(fields, "seed"),
        parameters=parameters,
        slot=None if fields.get("slot") is None else _whole(fields, "slot"),
        limit_s=float(limit),
    )


def _whole(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise trust.RefusedError(f"{name} that is no whole number")
    return value
