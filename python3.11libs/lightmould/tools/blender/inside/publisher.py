# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""What a script in Blender says to become a producer of frames.

    import publisher

    def frame(item):                      # item.index, .epoch, .seed, .parameters, .rng()
        ...move things...
        return {"color": pixels}, {"bounds": [0, 0, 10, 10]}     # NumPy arrays, JSON

    publisher.serve(frame)

The standard library and NumPy, Python 3.10 and later; nothing of Blender's, so that any program can
be a producer. Where to listen, and the file with the token, come from the environment:

    LIGHTMOULD_STREAM_SOCKET     number of a listening socket that was handed down; or else
    LIGHTMOULD_STREAM_ADDRESS    host:port to listen on, 127.0.0.1:0 by default
    LIGHTMOULD_STREAM_TOKEN      file of the token, which nobody else may read
    LIGHTMOULD_STREAM_INSTANCE   name of this producer, for scripts and people
"""

import faulthandler
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING or __package__:
    from lightmould.tools.blender.inside import reception, trust, wire
else:  # in Blender, this folder is on the path and nothing else of ours is
    import reception
    import trust
    import wire

SERVING = "@stream serving "
"""Begins the line that is printed once consumers may come; an address follows."""

_LONGEST = 8000  # characters of a traceback that travel


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be rendered now.

    Attributes:
        index: which item of the epoch.
        epoch: which pass through all items.
        seed: of the whole training.
        parameters: whatever the consumer wants to say.
        instance: name of this producer. Nothing that is rendered should depend on it.
    """

    index: int
    epoch: int
    seed: int
    parameters: dict[str, Any]
    instance: str

    def rng(self) -> np.random.Generator:
        """Chance of this item's own, the same whoever renders it."""
        words = np.random.SeedSequence((self.seed, self.epoch, self.index))
        return np.random.Generator(np.random.PCG64(words))


Frame = Callable[[Item], Any]
"""Makes an item: returns named arrays, or those and JSON."""


LIMITS = wire.Limits(payload=0)
"""What is believed of consumers, who have only words to say."""


def serve(frame: Frame, limits: wire.Limits = LIMITS) -> NoReturn:
    """Make items as they are asked for, one after another, until the program is ended.

    An exception in `frame` is the answer to its item; the next one is made as if nothing were.

    Args:
        frame: makes an item.
        limits: of what consumers say.

    Raises:
        trust.WireError: there is no token, or a file of it that others may read.
        OSError: nobody can listen there.
    """
    if "LIGHTMOULD_STREAM_TOKEN" not in os.environ:
        raise trust.WireError("LIGHTMOULD_STREAM_TOKEN names no file; who launches scripts sets it")
    token = trust.read_token(Path(os.environ["LIGHTMOULD_STREAM_TOKEN"]))
    listener = _listener()
    door = reception.Reception(listener, token, limits)
    door.start()
    host, port = listener.getsockname()[:2]
    sys.stdout.write(f"{SERVING}{host}:{port}\n")
    sys.stdout.flush()
    _Studio(frame, door, os.environ.get("LIGHTMOULD_STREAM_INSTANCE", "")).work()


class _Studio:
    """Makes what is asked for, in the main thread, which is the only one that Blender bears."""

    def __init__(self, frame: Frame, door: reception.Reception, name: str) -> None:
        self._frame = frame
        self._door = door
        self._name = name
        self._alarm = _Alarm()

    def work(self) -> NoReturn:
        while True:
            began = time.perf_counter()
            if self._door.asked.empty():
                self._alarm.stop()
            asked = self._door.asked.get()
            idle = time.perf_counter() - began
            if not asked.guest.gone:
                try:
                    self._answer(asked, idle)
                except trust.WireError:
                    asked.guest.gone = True
            self._door.answered(asked.guest)

    def _answer(self, asked: reception.Asked, idle: float) -> None:
        guest, number = asked.guest, {"id": asked.number}
        guest.link.send("begun", number)
        try:
            began = time.perf_counter()
            arrays, metadata = self._make(asked)
            times = {"render_s": time.perf_counter() - began, "idle_s": idle}
            said = {**number, **times, "metadata": metadata, "refused": self._door.refused}
            guest.answer(said, asked.slot, arrays)
        except trust.WireError:
            raise
        except Exception:  # noqa: BLE001  # whatever it is, it is this item's and no other's
            text = traceback.format_exc()
            sys.stderr.write(f"item {asked.index} of epoch {asked.epoch}:\n{text}")
            sys.stderr.flush()
            guest.link.send("failed", {**number, "error": text[-_LONGEST:]})

    def _make(self, asked: reception.Asked) -> tuple[Mapping[str, Any], dict[str, Any]]:
        item = Item(asked.index, asked.epoch, asked.seed, asked.parameters, self._name)
        self._alarm.set(asked.limit_s)
        made = self._frame(item)
        arrays, metadata = made if isinstance(made, tuple) and len(made) == 2 else (made, {})
        if not isinstance(arrays, Mapping) or not isinstance(metadata, dict):
            raise TypeError("frame() returns a dict of NumPy arrays, or that and a dict of JSON")
        return arrays, metadata


class _Alarm:
    """Ends a script that hangs, and prints where: a thread that needs no Python.

    Setting it takes longer than making a small item. So it is set a bit later than asked for, and
    once for all items of a short while.
    """

    def __init__(self) -> None:
        self._limit = self._since = 0.0

    def set(self, limit: float) -> None:
        now = time.monotonic()
        if limit == self._limit and now - self._since < limit / 10:
            return
        self._limit, self._since = limit, now
        if limit:
            faulthandler.dump_traceback_later(limit * 1.1, exit=True)
        else:
            faulthandler.cancel_dump_traceback_later()

    def stop(self) -> None:
        if self._limit:
            self.set(0.0)


def _listener() -> socket.socket:
    handed_down = os.environ.get("LIGHTMOULD_STREAM_SOCKET")
    if handed_down:
        return socket.socket(fileno=int(handed_down))
    address = os.environ.get("LIGHTMOULD_STREAM_ADDRESS", "127.0.0.1:0")
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family)
