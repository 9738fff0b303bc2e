"""Leases: who works on something, told by a counter that moves or stands still.

NAME             the first claim: names the owner; only one process can create it
NAME.TOKEN       the claim of whoever took over from the owner with that token, and so on
NAME.beat.TOKEN  a number that this owner increases for as long as it lives

The last of the chain of claims is the owner. Nobody removes another's claim to put its own there,
so however many come at once, one wins. Whether an owner lives is told by its process where that
can be seen, else by its counter: whoever wants the lease watches it on his own clock. No file
times, clocks or locks of others, for network drives keep none of them.

An owner that was paused for so long that another took over finds out when it asks `check`.
"""

import itertools
import logging
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.jobs import processes
from lightmould.jobs.disk import Disk

Verdict: TypeAlias = Literal["alive", "dead", "unknown"]
Chain: TypeAlias = list[tuple[Path, "Owner"]]

_WRITING = 1.0  # seconds for a claim that is just being written, where there are no links

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, named so that no other can be taken for it.

    Attributes:
        host: its machine; machines that share a folder have names of their own.
        boot: which start of that machine, and which container in it.
        pid: process number.
        birth: when that process began, as the system counts.
        token: of this lease alone.
    """

    host: str
    boot: str
    pid: int
    birth: str
    token: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast hearts beat, and when they are given up.

    Attributes:
        beat: seconds between two beats of an owner.
        patience: seconds that a counter has to stand still, at the least, until its owner is
            taken for dead.
    """

    beat: float = 2.0
    patience: float = 30.0


PACE = Pace()


class LostError(JobError):
    """Somebody else took a lease over while its owner slept; what was not published must not be."""


def this_process(token: str) -> Owner:
    """Who we are."""
    birth = processes.birth(os.getpid()) or ""
    return Owner(platform.node(), processes.boot(), os.getpid(), birth, token)


def is_gone(owner: Owner) -> bool | None:
    """Whether an owner's process has ended; None where that can't be seen from here."""
    if owner.host != platform.node():
        return None
    here = processes.boot()
    if owner.boot == here:
        return owner.birth != processes.birth(owner.pid)
    # Containers beside ours have process numbers of their own.
    return None if owner.boot.partition(" ")[0] == here.partition(" ")[0] else True


def walk(base: Path, disk: Disk) -> tuple[Chain, Path]:
    """The claims from first to last, and where the next one would go."""
    chain = []
    path = base
    while (owner := _read(path, disk)) is not None:
        chain.append((path, owner))
        path = base.with_name(f"{base.name}.{owner.token}")
    return chain, path


class Watch:
    """Watches owners whose processes can't be seen.

    Args:
        pace: of all who use the lease.
        disk: where it lies.
        clock: seconds, only ever forwards.
    """

    def __init__(
        self,
        pace: Pace = PACE,
        disk: Disk | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pace = pace
        self.disk = disk or Disk()
        self._clock = clock
        self._seen: dict[str, _Sight] = {}

    def verdict(self, base: Path, owner: Owner) -> Verdict:
        """Whether an owner lives, as far as it was watched; look again until that is known."""
        gone = is_gone(owner)
        if gone:
            return "dead"
        count, now = self.disk.read(_beat(base, owner)), self._clock()
        before = self._seen.get(owner.token, _Sight(count, now))
        moved, still = before.count != count, 0.0
        if not moved:
            # Whoever slept between two looks has not seen the counter stand still meanwhile.
            still = before.still + min(now - before.time, self.pace.beat)
        sight = _Sight(count, now, still, moved=moved or before.moved)
        self._seen[owner.token] = sight
        if still >= self.pace.patience:
            return "dead"
        return "unknown" if gone is None and not sight.moved else "alive"


@dataclass(frozen=True, slots=True)
class _Sight:
    """What was seen of a counter.

    Attributes:
        count: its value.
        time: when that was seen last, seconds.
        still: how long it was seen to stand still, seconds.
        moved: whether it ever did not.
    """

    count: bytes | None
    time: float
    still: float = 0.0
    moved: bool = False


class Lease:
    """A lease that we have; its counter moves until the block is left.

    Attributes:
        owner: who we are.
        before: dead owners, whom we took over from.
    """

    def __init__(self, base: Path, owner: Owner, chain: Chain, watch: Watch) -> None:
        self.owner = owner
        self.before = tuple(one for _, one in chain[:-1])
        self._base = base
        self._chain = chain
        self._disk = watch.disk
        self._pause = watch.pace.beat
        self._count = itertools.count(1)
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._live, daemon=True)
        self.on_loss: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        self._sweep()
        self._heart.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._heart.join()
        try:
            self._release()
        except OSError:
            if error is None:  # else it must not hide what went wrong before
                raise

    def check(self) -> None:
        """Make sure that the lease is ours still; to be asked before anything is published.

        Raises:
            LostError: it is not.
            OSError: that can't be seen.
        """
        if not self._beats():
            found = "a lease that another process took over"
            fix = "Nothing is lost: the other one does the rest."
            raise LostError(self._base, found, "one that is ours", fix, "busy")

    def _beats(self) -> bool:
        """Be seen to live, then see whether the lease is ours."""
        path, number = _beat(self._base, self.owner), b"%012d\n" % next(self._count)
        if not self._disk.overwrite(path, number):
            self._disk.create(path, number)
        return self._is_ours()

    def _is_ours(self) -> bool:
        chain, _ = walk(self._base, self._disk)
        return bool(chain) and chain[-1][1] == self.owner

    def _live(self) -> None:
        while not self._ended.wait(self._pause):
            try:
                if not self._beats():
                    self.on_loss()
                    return
            except OSError as error:  # the drive may come back; `check` tells if it does not
                _log.warning("%s: %s", self._base, error)

    def _sweep(self) -> None:
        """Remove what others left that died while they took or released the lease."""
        ours = {path.name for path, _ in self._chain} | {_beat(self._base, self.owner).name}
        left = self._disk.names(self._base.parent, f"{self._base.name}.")
        if self._is_ours():  # asked after looking, so that no successor's claim is in the list
            for name in set(left) - ours:
                self._disk.remove(self._base.with_name(name))

    def _release(self) -> None:
        """Close the chain behind us, then remove it; leave it to a successor if there is one."""
        last = self._base.with_name(f"{self._base.name}.{self.owner.token}")
        closing = replace(self.owner, token=uuid.uuid4().hex)
        self._disk.remove(_beat(self._base, self.owner))
        if self._disk.create(last, codec.write(closing).encode()):
            # From the front, so that no half chain looks like a claim.
            for path, owner in [*self._chain, (last, closing)]:
                if _read(path, self._disk) == owner:
                    self._disk.remove(path)


def take(base: Path, watch: Watch) -> Lease | None:
    """The lease, if nobody has it or its owner is known to be dead; else None.

    Args:
        base: names the lease; its folder exists.
        watch: knows what was seen of owners so far.

    Raises:
        OSError: the folder can't be read or written.
    """
    disk = watch.disk
    chain, free = walk(base, disk)
    if chain and watch.verdict(base, chain[-1][1]) != "dead":
        return None
    me = this_process(uuid.uuid4().hex)
    disk.create(_beat(base, me), b"%012d\n" % 0)
    if disk.create(free, codec.write(me).encode()):
        chain, _ = walk(base, disk)
        # While we created it, the chain may have ended and another begun.
        if chain and chain[-1][1] == me:
            return Lease(base, me, chain, watch)
        disk.remove(free)
    disk.remove(_beat(base, me))
    return None


def _read(path: Path, disk: Disk) -> Owner | None:
    give_up = time.monotonic() + _WRITING
    while (text := disk.read(path)) is not None:
        try:
            return codec.read(Owner, text, path)
        except FormatError:
            if time.monotonic() > give_up:
                disk.remove(path)  # its writer died between two system calls; nobody can own this
        time.sleep(0.02)
    return None


def _beat(base: Path, owner: Owner) -> Path:
    return base.with_name(f"{base.name}.beat.{owner.token}")
