"""Memory that a consumer shares with one producer: lent to who uses the arrays, then used again."""

import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.tools.blender.inside import arrays, slots, trust

_GRAIN = 1 << 16  # bytes; slots are multiples of it


class Pool:
    """Slots for answers. There are none until it is known how large they have to be.

    Arrays are not copied out of a slot, which is free again when the last of them is gone. Who
    keeps more of them than are made ahead gets copies, so that producers never wait for a slot.

    Args:
        ahead: answers that may be on their way.
        enabled: there may be slots at all.
    """

    def __init__(self, ahead: int, *, enabled: bool) -> None:
        self._ahead, self._enabled = ahead, enabled
        self._free = [*range(2 * ahead)]
        self._lent: set[int] = set()
        self._memory: dict[str, slots.Slots] = {}
        self._offered: str | None = None

    def take(self) -> int | None:
        """A slot for the next answer."""
        return self._free.pop() if self._free else None

    def give_back(self, slot: int | None) -> None:
        """An answer did not need its slot."""
        if slot is not None:
            self._free.append(slot)

    def offer(self, size: int) -> slots.Offer | None:
        """Slots that hold so many bytes, to be offered to the producer; None if it has such."""
        if not self._enabled or self._offered is not None or not size:
            return None
        try:
            memory, offer = slots.create(2 * self._ahead, -(-size // _GRAIN) * _GRAIN)
        except slots.SlotsError:
            self._enabled = False
            return None
        self._memory[offer.name], self._offered = memory, offer.name
        return offer

    def settle(self, *, taken: bool) -> None:
        """The producer has taken what was offered, or can't; its name is needed no more."""
        self._enabled = taken
        if self._offered is not None:
            slots.remove(self._offered)
            self._offered = None

    def arrays(self, name: object, described: object, slot: int | None) -> dict[str, NDArray[Any]]:
        """What the producer has put into a slot.

        Raises:
            trust.RefusedError: that is not where it was to put it.
            arrays.LayoutError: it is nothing that there could be.
        """
        memory = self._memory.get(name) if isinstance(name, str) else None
        where = arrays.read(described)
        if memory is None or slot is None or where.size > memory.size:
            raise trust.RefusedError("an answer in memory that was not offered for it")
        if self._offered is None:  # it uses what was offered last, and never again another
            self._memory = {str(name): memory}
        whole: NDArray[np.uint8] = np.ndarray(memory.size, np.uint8, memory[slot])
        found = arrays.views(where, whole)
        if len(self._lent) < self._ahead:
            self._lent.add(slot)
            weakref.finalize(whole, _returned, self._lent, self._free, slot).atexit = False
            return found
        self._free.append(slot)
        return {key: view.copy() for key, view in found.items()}


def _returned(lent: set[int], free: list[int], slot: int) -> None:
    lent.discard(slot)
    free.append(slot)
