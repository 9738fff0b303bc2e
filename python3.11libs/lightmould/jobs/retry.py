"""Whether, and when, what failed is tried again."""

from collections import Counter

from lightmould.errors import KINDS, Cause, Kind
from lightmould.model import Patience, Step

_LONGEST = 60.0  # seconds

_EASED: frozenset[Cause] = frozenset({"killed", "memory", "GPU memory"})
"""Causes that fewer programs at a time do something about."""


class Tries:
    """What is left to try of a run.

    Args:
        patience: how often.
        at_once: how many programs may run at the same time; None is what a step says.
        processors: how many there are, which is what a step says that says nothing.
    """

    def __init__(self, patience: Patience, at_once: int | None, processors: int) -> None:
        self._patience = patience
        self._at_once = at_once
        self._processors = processors
        self._failed: Counter[tuple[str, Kind]] = Counter()

    def at_once(self, step: Step) -> int:
        """How many programs of a step may run at the same time now."""
        allowed = self._at_once or step.at_once or self._processors
        halvings = self._failed[step.name, "resource"]
        return max(1, min(allowed, len(step.commands)) >> halvings)

    def pause(self, step: Step, cause: Cause) -> float | None:
        """Seconds after which to try a step again that failed; None to give it up."""
        kind = KINDS[cause]
        most = {"transient": self._patience.transient, "resource": self._patience.resource}
        eased = kind != "resource" or (cause in _EASED and self.at_once(step) > 1)
        if not eased or self._failed[step.name, kind] >= most.get(kind, 0):
            return None
        self._failed[step.name, kind] += 1
        before = sum(self._failed.values()) - 1
        return min(_LONGEST, self._patience.pause * 2.0**before)
