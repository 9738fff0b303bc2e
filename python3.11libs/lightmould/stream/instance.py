"""One producer as its consumer sees it: a link that comes and goes, and what is owed on it."""

import socket
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from numpy.typing import NDArray

from lightmould.errors import LightmouldError, SettingsError
from lightmould.stream.endpoint import Endpoint
from lightmould.stream.pool import Pool
from lightmould.stream.producer_log import given_up
from lightmould.stream.source import Item, Request
from lightmould.tools.blender.inside import arrays, trust, wire

_AGAIN = 0.1  # seconds until a producer that is not there is tried again; longer each time
_SELDOM = 2.0  # seconds, at most
_TIMES = ("render_s", "pack_s", "idle_s")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a consumer wants of producers.

    Attributes:
        ahead: items that each of them is asked for ahead; they wait in memory until they are used.
        timeout_s: seconds that one item may take.
        start_s: seconds to wait for any producer at all.
        attempts: producers that may end over one item before it is given up.
        shared: have arrays through shared memory where that is possible.
    """

    ahead: int = 4
    timeout_s: float = 60.0
    start_s: float = 60.0
    attempts: int = 3
    shared: bool = True

    def __post_init__(self) -> None:
        for name in ("ahead", "timeout_s", "start_s", "attempts"):
            value = getattr(self, name)
            if not 0 < value < 1e6:
                raise SettingsError(name, str(value), "a number above 0", "Choose another one.")


@dataclass(slots=True, eq=False)
class Task:
    """A request on its way.

    Attributes:
        request: what for.
        answer: what came of it; None for as long as nothing has.
        begun: a producer is at it.
        ended: how many producers ended over it.
        wanted: somebody still waits for it.
        slot: of the producer's memory that is kept for it.
    """

    request: Request
    answer: Item | LightmouldError | None = None
    begun: bool = False
    ended: int = 0
    wanted: bool = True
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a producer says of an item, besides which one it is.

    Attributes:
        arrays: the receiver's own.
        metadata: JSON.
        shared: they came through shared memory.
        render_s: seconds that the script took.
        pack_s: seconds until the arrays lay where they are sent from.
        idle_s: seconds for which it had nothing to do before.
    """

    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, Any]
    shared: bool
    render_s: float
    pack_s: float
    idle_s: float


Said: TypeAlias = Made | str
"""An item, or the traceback of why there is none."""


class Instance:
    """A producer, present or not.

    Args:
        endpoint: where it is.
        token: the secret.
        terms: what is wanted of it.

    Attributes:
        link: to it; None while there is none.
        owed: what it has been asked for and has not answered, by number, oldest first.
        heard: when it said something last, or was asked first (`time.monotonic`).
        why: what ended the last link.
        given_up: nobody will start it again.
        refused: links that ended because it broke the rules.
        turned_away: peers that it says it has refused itself.
    """

    def __init__(self, endpoint: Endpoint, token: bytes, terms: Terms) -> None:
        self.endpoint = endpoint
        self.link: wire.Link | None = None
        self.owed: dict[int, Task] = {}
        self.heard = 0.0
        self.why = "it was never reached"
        self.given_up = False
        self.refused = self.turned_away = 0
        self._token, self._terms = token, terms
        self._again, self._pause = 0.0, _AGAIN
        self._count = 0
        self._pool = Pool(terms.ahead, enabled=False)

    @property
    def ready(self) -> bool:
        """Whether it can be asked."""
        return self.link is not None and self.link.ready

    def connect(self, now: float) -> wire.Link | None:
        """Open a link if there is none and it is time to; returns a new one."""
        if self.link is not None or now < self._again:
            return None
        address = (self.endpoint.host, self.endpoint.port)
        try:
            family, kind, protocol, _, place = socket.getaddrinfo(
                *address, type=socket.SOCK_STREAM
            )[0]
            connection = socket.socket(family, kind, protocol)
            connection.setblocking(False)  # noqa: FBT003  # so the standard library has it
            connection.connect_ex(place)
            limits = wire.Limits(handshake_s=self._terms.start_s)
            self.link = wire.Link(connection, self._token, "consumer", limits)
        except (OSError, trust.WireError) as error:
            self.lose(str(error), now)
            return None
        self._pool = Pool(self._terms.ahead, enabled=self._terms.shared)
        return self.link

    def lose(self, why: str, now: float) -> list[Task]:
        """Close the link; returns what it owed, which somebody else has to make."""
        self.why = why
        self._again = now + self._pause
        self._pause = min(_SELDOM, 2 * self._pause)
        if self.link is not None:
            self.link.close()
        self.link = None
        self.given_up = given_up(self.endpoint.log)
        self._pool.settle(taken=False)
        owed = [*self.owed.values()]
        self.owed.clear()
        return owed

    def ask(self, task: Task, now: float) -> None:
        """Have an item made.

        Raises:
            trust.WireError: the link has ended.
        """
        if self.link is None:
            raise trust.WireError(self.why)
        if not self.owed:
            self.heard = now
        self._count += 1
        task.begun, task.slot = False, self._pool.take()
        self.owed[self._count] = task
        request = task.request
        fields = {"id": self._count, "slot": task.slot, "limit_s": self._terms.timeout_s}
        fields |= {"index": request.index, "epoch": request.epoch, "seed": request.seed}
        self.link.send("ask", {**fields, "parameters": request.parameters})

    def heed(self, message: wire.Message, now: float) -> tuple[Task, Said] | None:
        """Take in what it says; returns a task and what came of it, if that is now done.

        Raises:
            trust.RefusedError: it breaks the rules.
        """
        self.heard, self._pause = now, _AGAIN
        fields = message.fields
        if message.kind in {"shared", "unshared"}:
            self._pool.settle(taken=message.kind == "shared")
            return None
        number = fields.get("id")
        task = self.owed.get(number) if isinstance(number, int) else None
        if task is None or not isinstance(number, int):
            raise trust.RefusedError("an answer to nothing that was asked")
        if message.kind == "begun":
            task.begun = True
            return None
        try:
            said = self._said(message, task)
        except arrays.LayoutError as error:
            raise trust.RefusedError(str(error)) from error
        del self.owed[number]
        return task, said

    def excuse(self, now: float) -> None:
        """Nobody has listened to it for a while, which is not its fault."""
        self.heard = now
        if self.link is not None:
            self.link.excuse(now)

    def fault(self, now: float) -> str | None:
        """What is wrong with how long it takes; None if nothing is."""
        if self.link is None:
            return None
        if self.link.late(now):
            return "half a message, or no answer when it was called"
        # Others may have asked it, too; it ends by itself when one item takes too long.
        if self.owed and now - self.heard > 2 * self._terms.timeout_s:
            return f"silence for {now - self.heard:.0f} s"
        return None

    def _said(self, message: wire.Message, task: Task) -> Said:
        fields = message.fields
        if message.kind == "failed":
            self._pool.give_back(task.slot)
            return str(fields.get("error"))
        metadata, turned_away = fields.get("metadata"), fields.get("refused")
        times = [time for name in _TIMES if isinstance(time := fields.get(name), float)]
        if message.kind != "answer" or not isinstance(metadata, dict) or len(times) < len(_TIMES):
            raise trust.RefusedError(f"an answer {message.kind[:20]!r} without what belongs to it")
        if isinstance(turned_away, int):
            self.turned_away = max(self.turned_away, turned_away)
        name = fields.get("memory")
        shared = name is not None
        if shared:
            found = self._pool.arrays(name, fields.get("layout"), task.slot)
        else:
            found = message.arrays
            self._pool.give_back(task.slot)
            self._offer(arrays.layout(found).size)
        return Made(found, metadata, shared, *times)

    def _offer(self, size: int) -> None:
        """Offer memory in which what came beside it would have had room."""
        offer = self._pool.offer(size)
        if offer is not None and self.link is not None:
            self.link.send("share", asdict(offer))
