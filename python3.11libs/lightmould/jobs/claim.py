"""One runner per job folder, by the lease `run.claim`; what a dead one left running is ended."""

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.jobs import processes
from lightmould.jobs.disk import Disk
from lightmould.jobs.guard import GRACE
from lightmould.jobs.lease import PACE, Lease, Owner, Watch, is_gone, take, this_process, walk

NAME = "run.claim"


def holder(folder: Path) -> Owner | None:
    """The runner that works, or may work, on a job folder; None when there is none."""
    chain, _ = walk(folder / NAME, Disk())
    return chain[-1][1] if chain and not is_gone(chain[-1][1]) else None


def is_held(folder: Path) -> bool:
    """Whether a runner works, or may work, on a job folder; only looks and waits for nothing."""
    path, owner = folder / NAME, None
    try:
        while True:
            owner = codec.read(Owner, path.read_bytes(), path)
            path = folder / f"{NAME}.{owner.token}"
    except (OSError, FormatError):
        return owner is not None and not is_gone(owner)


def other(folder: Path) -> Owner | None:
    """The holder of a folder if that is another process than this one."""
    owner = holder(folder)
    return None if owner is None or owner == this_process(owner.token) else owner


def check_free(folder: Path) -> None:
    """Do nothing, unless somebody else is at work, or may be.

    Raises:
        JobError: a runner has the folder.
    """
    owner = other(folder)
    if owner is not None:
        raise _busy(folder, owner, PACE.patience)


@contextmanager
def claimed(folder: Path, watch: Watch | None = None) -> Iterator[Lease]:
    """The folder is ours for as long as the block lasts; see `held`.

    A runner on another machine is watched until it is known to live or not.

    Args:
        folder: the job's.
        watch: what was seen of other runners so far, and how long to watch them.

    Raises:
        JobError: another runner has it.
    """
    with held(_taken(folder, watch or Watch())) as lease:
        yield lease


def taken(folder: Path, watch: Watch) -> Lease | None:
    """The claim of a folder, to be `held`; None if somebody else has it or may have it."""
    return take(folder / NAME, watch)


@contextmanager
def held(lease: Lease) -> Iterator[Lease]:
    """A claim is kept until the block is left; then none of its programs lives.

    What a dead predecessor left running on this machine is killed first.
    """
    with lease:
        try:
            for owner in lease.before:
                processes.end_marked(owner.token, blind_wait=GRACE + 1)
            yield lease
        finally:
            processes.end_marked(lease.owner.token)


def _taken(folder: Path, watch: Watch) -> Lease:
    base = folder / NAME
    while (lease := take(base, watch)) is None:
        chain, _ = walk(base, watch.disk)
        if chain and watch.verdict(base, chain[-1][1]) == "alive":
            raise _busy(folder, chain[-1][1], watch.pace.patience)
        time.sleep(watch.pace.beat / 10)
    return lease


def _busy(folder: Path, owner: Owner, patience: float) -> JobError:
    found = f"a runner at work, process {owner.pid} on {owner.host}"
    if owner.host == platform.node():
        fix = f"Wait for it, or stop it (kill {owner.pid}), then run the job again."
    else:
        fix = (
            f"Stop it on {owner.host}; if it runs no more, run the job: {patience:.0f} s later that"
            f" takes it over; or delete {folder / NAME}."
        )
    return JobError(folder, found, "a job nobody runs", fix, "busy")
