"""Work that several processes, on several machines, do together: each unit is done by one of them.

Whoever comes takes the next unit that is not done and that nobody is at, and at the end waits for
the others: if one dies, its unit is taken over. Started twice, or too often, they still do each
unit once.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import JobError
from lightmould.jobs import claim
from lightmould.jobs.lease import Lease, Watch


@dataclass(frozen=True, slots=True)
class Unit:
    """Some of the work.

    Attributes:
        number: which, from 0.
        folder: what is made in it; whoever has claimed it is at work on the unit.
        is_done: tells whether the unit is finished, by what lies in the folder.
    """

    number: int
    folder: Path
    is_done: Callable[[], bool]


def shares(
    units: Sequence[Unit], watch: Watch, heed: Callable[[], None]
) -> Generator[tuple[Unit, Lease], None, None]:
    """Ours: units that are not done, each claimed until the next one is asked for.

    Ends when all units are done, ours and the others'. What it gives is to be done then and there,
    or an error raised.

    Args:
        units: all of them, in the order in which they are looked at.
        watch: what was seen of others so far.
        heed: called while there is nothing to do but wait; raises to end that.

    Raises:
        JobError: a folder can't be read or written.
    """
    left = [*units]
    while left:
        busy = []
        for unit in left:
            if unit.is_done():
                continue
            lease = _taken(unit.folder, watch)
            if lease is None:
                busy.append(unit)
                continue
            with claim.held(lease):
                if not unit.is_done():  # asked again, for somebody may just have left
                    yield unit, lease
        left = busy
        if left:
            heed()
            time.sleep(watch.pace.beat / 4)


def _taken(folder: Path, watch: Watch) -> Lease | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return claim.taken(folder, watch)
    except OSError as error:
        found, fix = error.strerror or str(error), "Allow writing there, then run it again."
        raise JobError(folder, found, "a folder that can be written", fix) from error
