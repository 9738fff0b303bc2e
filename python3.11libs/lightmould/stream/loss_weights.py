"""Which scenes training should see more of: those that it is bad at."""

import numpy as np

from lightmould.errors import SettingsError


class LossWeights:
    """How often each kind of scene should come: as its loss, but never hardly ever.

    A scene draws its kind with these weights, which training broadcasts. A kind that nothing is
    known of weighs as much as the worst.
    """

    def __init__(self, kinds: int, memory: float = 0.9, share: float = 0.25) -> None:
        """All kinds weigh the same.

        Args:
            kinds: how many.
            memory: of the past in a kind's loss when a new one comes, 0 to 1.
            share: of all scenes that is spread evenly, whatever the losses; 0 to 1.

        Raises:
            SettingsError: a number is out of its range.
        """
        if kinds < 1 or not 0 <= memory < 1 or not 0 <= share <= 1:
            found = f"{kinds} kinds, memory {memory}, share {share}"
            wanted = "at least 1, below 1, 0 to 1"
            raise SettingsError("weights of losses", found, wanted, "Correct them.")
        self._memory, self._share = memory, share
        self._losses = np.full(kinds, np.nan)

    def tell(self, kind: int, loss: float) -> None:
        """Training met a scene of a kind.

        Raises:
            SettingsError: the loss is not a finite number of at least 0.
        """
        if not 0 <= loss < np.inf:
            raise SettingsError("a loss", str(loss), "a number of at least 0", "Stop training.")
        before = self._losses[kind]
        known = self._memory * before + (1 - self._memory) * loss
        self._losses[kind] = loss if np.isnan(before) else known

    @property
    def weights(self) -> list[float]:
        """For each kind, 1 in all."""
        kinds = len(self._losses)
        worst = np.nanmax(self._losses) if not np.isnan(self._losses).all() else 1.0
        losses = np.where(np.isnan(self._losses), worst, self._losses)
        total = losses.sum()
        by_loss = losses / total if total > 0 else np.full(kinds, 1 / kinds)
        mixed: list[float] = (self._share / kinds + (1 - self._share) * by_loss).tolist()
        return mixed
