"""Gymnasium's spaces from what a script in Blender says of its own, in plain JSON."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from gymnasium import spaces

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec

Bound: TypeAlias = float | tuple[float | None, ...] | None
Numbers: TypeAlias = Literal["float32", "float64", "uint8", "int32", "int64"]

_KINDS = ("box", "discrete", "dict")


@dataclass(frozen=True, slots=True)
class Box:
    """Arrays of numbers.

    Attributes:
        shape: of an array.
        low: of each number, or of all of them; None is no bound.
        high: the same.
        dtype: of the array.
    """

    shape: tuple[int, ...]
    low: Bound = None
    high: Bound = None
    dtype: Numbers = "float32"

    def space(self) -> spaces.Box:
        """As Gymnasium has it."""
        low, high = self._bound(self.low, -np.inf), self._bound(self.high, np.inf)
        return spaces.Box(low, high, self.shape, np.dtype(self.dtype).type)

    def _bound(self, bound: Bound, none: float) -> Any:
        flat = bound if isinstance(bound, tuple) else (bound,)
        filled = np.array([none if one is None else one for one in flat])
        if not np.isfinite(filled).all() and self.dtype[0] != "f":
            limits = np.iinfo(self.dtype)
            filled = np.where(np.isfinite(filled), filled, limits.min if none < 0 else limits.max)
        if filled.size not in (1, np.prod(self.shape)):
            wanted = f"1, or one for each of {self.shape}"
            fix = "Correct the script's `spaces`."
            raise SettingsError("a box's bounds", f"{filled.size} numbers", wanted, fix)
        whole = np.broadcast_to(filled, np.prod(self.shape, dtype=int))
        return whole.reshape(self.shape).astype(self.dtype)


@dataclass(frozen=True, slots=True)
class Discrete:
    """Whole numbers.

    Attributes:
        n: how many.
        start: the first.
    """

    n: int
    start: int = 0

    def space(self) -> spaces.Discrete:
        """As Gymnasium has it."""
        return spaces.Discrete(self.n, start=self.start)


def read(said: Any, where: str) -> spaces.Space[Any]:
    """The space that a script describes.

    Args:
        said: of `lightmould.tools.blender.inside.environment`.
        where: whose space, for errors.

    Raises:
        FormatError: it describes none.
    """
    if not isinstance(said, dict) or len(said) != 1 or next(iter(said)) not in _KINDS:
        fix = "Correct the script's `spaces`."
        raise FormatError(where, repr(said)[:80], f"a space: one of {_KINDS}", fix)
    ((kind, inner),) = said.items()
    if kind == "dict":
        named = inner if isinstance(inner, dict) else {}
        return spaces.Dict({name: read(one, f"{where}.{name}") for name, one in named.items()})
    described = codec.decoded(Box if kind == "box" else Discrete, inner, f"{where}.{kind}")
    space: spaces.Space[Any] = described.space()
    return space
