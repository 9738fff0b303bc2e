"""Work that several processes, on several machines, do together: each unit is done by one of them.

Whoever comes takes the next unit that is not done and that nobody is at, and at the end waits for
the others: if one dies, its unit is taken over. Started twice, or too often, they still do each
unit once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
) -> Iterator[tuple[Unit, Lease]]:
    """Our share: units that are not done, each claimed until the next one is asked for.

    Ends when all units are done, ours and the others'. What it gives is to be done then and there,
    or an error raised.

    Args:
        units: all of them; those of whoever starts at another one are taken in another order.
        watch: what was seen of others so far.
        heed: called while there is nothing to do but wait; raises to end that.

    Raises:
        OSError: a folder can't be read or written.
    """
    left = [*units]
    while left:
        busy = []
        for unit in left:
            if unit.is_done():
                continue
            unit.folder.mkdir(parents=True, exist_ok=True)
            lease = claim.taken(unit.folder, watch)
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
