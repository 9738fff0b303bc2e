"""One runner per job folder.

The claim is a file, `run.claim`, that only one runner can create. When its owner has died, the
next runner creates `run.claim.TOKEN`, with the dead owner's token, and so on: the last of the
chain owns the folder. Nobody ever removes another's claim to put its own there, so however many
runners arrive at once, one wins. No file times and no locks: neither survives network drives.
"""

import os
import platform
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.jobs import processes
from lightmould.jobs.guard import GRACE

NAME = "run.claim"
_PATIENCE = 1.0  # seconds for a claim that is just being written


@dataclass(frozen=True, slots=True)
class Owner:
    """A runner, named so that no other process can be taken for it.

    Attributes:
        host: its machine.
        boot: which start of that machine.
        pid: process number.
        birth: when that process began, as the system counts.
        token: of this run alone; marks its programs.
    """

    host: str
    boot: str
    pid: int
    birth: str
    token: str


def holder(folder: Path) -> Owner | None:
    """The runner that works, or may work, on a job folder; None when there is none."""
    chain, _ = _walk(folder)
    return chain[-1][1] if chain and _may_live(chain[-1][1]) else None


def is_held(folder: Path) -> bool:
    """Whether a runner works, or may work, on a job folder; only looks and waits for nothing."""
    path, owner = folder / NAME, None
    try:
        while True:
            owner = codec.read(Owner, path.read_bytes(), path)
            path = folder / f"{NAME}.{owner.token}"
    except (OSError, FormatError):
        return owner is not None and _may_live(owner)


def check_free(folder: Path) -> None:
    """Do nothing, unless somebody is at work.

    Raises:
        JobError: a runner has the folder.
    """
    _free_place(folder)


@contextmanager
def claimed(folder: Path) -> Iterator[str]:
    """The folder is ours for as long as the block lasts; gives the run's token.

    What a dead predecessor left running is killed first.

    Raises:
        JobError: another runner has it.
    """
    me = Owner(platform.node(), processes.boot(), os.getpid(), _my_birth(), uuid.uuid4().hex)
    chain = _take(folder, me)
    try:
        _sweep(folder, chain)
        for _, owner in chain[:-1]:
            processes.end_marked(owner.token, blind_wait=GRACE + 1)
        yield me.token
    finally:
        processes.end_marked(me.token)
        for path, owner in chain:  # from the front, so that no half chain looks like a claim
            if _read(path) == owner:
                path.unlink(missing_ok=True)


def _take(folder: Path, me: Owner) -> list[tuple[Path, Owner]]:
    while True:
        free = _free_place(folder)
        if not _create(free, me):
            continue
        chain, _ = _walk(folder)
        # While we created it, the chain may have ended and another begun.
        if chain and chain[-1][1] == me:
            return chain
        free.unlink(missing_ok=True)


def _free_place(folder: Path) -> Path:
    """Where the next claim would go; raises while the last one's owner may live."""
    chain, free = _walk(folder)
    if chain and _may_live(chain[-1][1]):
        raise _busy(*chain[-1])
    return free


def _walk(folder: Path) -> tuple[list[tuple[Path, Owner]], Path]:
    """The claims from first to last, and where the next one would go."""
    chain = []
    path = folder / NAME
    while (owner := _read(path)) is not None:
        chain.append((path, owner))
        path = folder / f"{NAME}.{owner.token}"
    return chain, path


def _create(path: Path, owner: Owner) -> bool:
    try:
        file = path.open("xb", buffering=0)
    except FileExistsError:
        return False
    with file:
        file.write(codec.write(owner).encode())
    return True


def _read(path: Path) -> Owner | None:
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            return codec.read(Owner, path.read_bytes(), path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except FormatError:
            if time.monotonic() > give_up:
                # Its writer died between two system calls; nobody can own this.
                path.unlink(missing_ok=True)
        time.sleep(0.02)


def _sweep(folder: Path, chain: list[tuple[Path, Owner]]) -> None:
    """Remove what runners that died while releasing left behind."""
    ours = {path for path, _ in chain}
    for path in folder.glob(f"{NAME}.*"):
        if path not in ours:
            path.unlink(missing_ok=True)


def _may_live(owner: Owner) -> bool:
    if owner.host != platform.node():
        return True  # can't be known from here
    return owner.boot == processes.boot() and owner.birth == processes.birth(owner.pid)


def _my_birth() -> str:
    return processes.birth(os.getpid()) or ""


def _busy(path: Path, owner: Owner) -> JobError:
    if owner.host == platform.node():
        fix = f"Wait for it, or stop it (kill {owner.pid}), then run the job again."
    else:
        fix = f"Stop it on {owner.host}; if it runs no more, delete {path}."
    found = f"a runner at work, process {owner.pid} on {owner.host}"
    return JobError(path.parent, found, "a job nobody runs", fix, "busy")
