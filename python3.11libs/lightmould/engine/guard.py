"""A watch on an optimization: what runs away is taken back to where it was still good."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import ReconstructionError

ROLLBACKS = 3
"""How often one stage may be taken back before it is given up."""

EXPLOSION = 10.0
"""A loss this many times the usual one has run away."""

SOUND = 2.0
"""A state whose loss is at most this many times the usual one is worth returning to."""

NOTHING = 1e-3
"""Losses below this are no explosion, however small those before them were."""

MEMORY = 31
"""The usual loss is the lowest so far of the medians of this many in a row."""

CONFIDENT = 5
"""Losses that must be known before one may be called an explosion."""

KEEP_EVERY = 10
"""Steps between two states that are kept: more often costs copies, less often costs steps."""


class Guard:
    """Keeps the last good state of an optimization and returns to it.

    A loop asks before each step whether what it just computed may be used:

        guard = Guard("shape, 96 cells", (distance, moment), warn)
        for step in range(steps):
            loss, gradient = ...
            if guard.check(step, loss, (gradient,)):
                ...  # step, by `rate * guard.speed`

    Attributes:
        speed: factor on every rate; halved by each return.
    """

    def __init__(
        self, stage: str, state: Sequence[NDArray[Any]], warn: Callable[[str], None]
    ) -> None:
        """Watch over arrays that the loop changes in place.

        Args:
            stage: its name, for people.
            state: parameters, and the moments of their optimizer; of finite numbers.
            warn: hears of each return.
        """
        self.speed = 1.0
        self._stage, self._state, self._warn = stage, tuple(state), warn
        self._losses: deque[float] = deque(maxlen=MEMORY)
        self._usual = np.inf
        self._rollbacks, self._since = 0, 0
        self._good = tuple(array.copy() for array in self._state)

    def check(self, step: int, loss: float, gradients: Sequence[NDArray[Any]] = ()) -> bool:
        """Whether the state and its gradients may be used; if not, the state is the last good one.

        Args:
            step: for the message.
            loss: of the state as it is now.
            gradients: at the state as it is now.

        Raises:
            ReconstructionError: it has run away more often than is worth another try.
        """
        trouble = self._trouble(loss, gradients)
        if trouble:
            self._back(step, trouble)
            return False
        self._losses.append(loss)
        if len(self._losses) >= CONFIDENT:
            self._usual = min(self._usual, float(np.median(self._losses)))
        self._since += 1
        if self._since >= KEEP_EVERY and loss <= max(SOUND * self._usual, NOTHING):
            self._since = 0
            for kept, array in zip(self._good, self._state, strict=True):
                kept[...] = array
        return True

    def _trouble(self, loss: float, gradients: Sequence[NDArray[Any]]) -> str:
        """What is wrong, in words; empty if nothing is."""
        if not np.isfinite(loss):
            return f"a loss of {loss}"
        if loss > max(EXPLOSION * self._usual, NOTHING):
            return f"a loss of {loss:.3g} after {self._usual:.3g}"
        # A sum is not finite if one of its terms is not, and needs no array of answers.
        with np.errstate(over="ignore", invalid="ignore"):
            finite = all(np.isfinite(gradient.sum(dtype=np.float64)) for gradient in gradients)
        return "" if finite else "a gradient that is not finite"

    def _back(self, step: int, trouble: str) -> None:
        if self._rollbacks == ROLLBACKS:
            raise ReconstructionError(
                f"{self._stage}, step {step}",
                f"{trouble}, for the {ROLLBACKS + 1}th time",
                "an optimization that settles",
                "Lower its rates, and check the pictures for NaN and for wild brightness.",
            )
        self._rollbacks += 1
        self.speed /= 2
        self._since = 0
        for kept, array in zip(self._good, self._state, strict=True):
            array[...] = kept
        self._warn(
            f"{self._stage}, step {step}: {trouble}; back to the last good state, "
            f"with steps {self.speed:g} times as long"
        )
