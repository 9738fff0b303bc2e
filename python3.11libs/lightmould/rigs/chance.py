"""Numbers that are left to chance, within limits.

Each is a function of one share of all chances, so that a draw takes one random number whatever is
drawn: what is changed about one quantity leaves the draws of the others as they were.
"""

from dataclasses import astuple, dataclass
from math import asin, inf, isfinite, pi, sin
from statistics import NormalDist
from typing import TypeAlias

from lightmould.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every number of a range is as likely; a constant where both ends are the same.

    Attributes:
        low: least.
        high: greatest.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_order(self, self.low <= self.high)

    def at(self, share: float) -> float:
        """The number below which this share of all draws lies."""
        return self.low + (self.high - self.low) * share


@dataclass(frozen=True, slots=True)
class Normal:
    """A bell curve, cut at both ends.

    Attributes:
        mean: of the whole curve.
        deviation: standard deviation of the whole curve.
        low: least.
        high: greatest.
    """

    mean: float
    deviation: float
    low: float
    high: float

    def __post_init__(self) -> None:
        _check_order(self, self.low < self.high and self.deviation > 0)
        below, above = self._shares()
        if not above - below > 1e-6:
            found, wanted = f"{astuple(self)}", "ends between which some of the curve lies"
            raise SettingsError("normal", found, wanted, "Move the mean or the ends.")

    def _shares(self) -> tuple[float, float]:
        curve = NormalDist(self.mean, self.deviation)
        return curve.cdf(self.low), curve.cdf(self.high)

    def at(self, share: float) -> float:
        """The number below which this share of all draws lies."""
        below, above = self._shares()
        whole = below + (above - below) * share
        if not 0 < whole < 1:
            return self.low if whole <= 0 else self.high
        return min(max(NormalDist(self.mean, self.deviation).inv_cdf(whole), self.low), self.high)


@dataclass(frozen=True, slots=True)
class LogUniform:
    """Every factor is as likely: as many draws from 1 to 2 as from 2 to 4.

    Attributes:
        low: least, above 0.
        high: greatest.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_order(self, 0 < self.low <= self.high)

    def at(self, share: float) -> float:
        """The number below which this share of all draws lies."""
        return min(float(self.low * (self.high / self.low) ** share), self.high)


@dataclass(frozen=True, slots=True)
class Even:
    """Elevations that lie evenly on a sphere: few near its poles, where there is little room.

    Attributes:
        low: least, radians.
        high: greatest, radians.
    """

    low: float = -pi / 2
    high: float = pi / 2

    def __post_init__(self) -> None:
        _check_order(self, -pi / 2 - 1e-9 <= self.low <= self.high <= pi / 2 + 1e-9)

    def at(self, share: float) -> float:
        """The elevation below which this share of all draws lies."""
        low, high = sin(self.low), sin(self.high)
        return asin(min(max(low + (high - low) * share, -1.0), 1.0))


Chance: TypeAlias = Uniform | Normal | LogUniform | Even


def check(where: str, chance: Chance, low: float = -inf, high: float = inf) -> None:
    """Refuse a chance of numbers that make no sense.

    Raises:
        SettingsError: it reaches below `low` or above `high`.
    """
    if chance.low < low - 1e-9 or chance.high > high + 1e-9:
        found, wanted = f"{chance.low:g} to {chance.high:g}", f"{low:.4g} to {high:.4g}"
        raise SettingsError(where, found, f"numbers from {wanted}", "Choose them in that range.")


def _check_order(chance: Chance, fits: bool) -> None:  # noqa: FBT001
    numbers = astuple(chance)
    if not fits or not all(isfinite(number) for number in numbers):
        name = type(chance).__name__.lower()
        wanted = {
            "uniform": "finite low and high, in that order",
            "normal": "finite numbers, low below high, deviation above 0",
            "loguniform": "finite low and high above 0, in that order",
            "even": "low and high from -pi/2 to pi/2, in that order",
        }[name]
        raise SettingsError(name, f"{numbers}", wanted, "Correct them.")


ZERO, ONE = Uniform(0.0, 0.0), Uniform(1.0, 1.0)
"""The same number every time."""

ANY = Uniform(0.0, 1.0)
AROUND = Uniform(-pi, pi)
EVERYWHERE = Even()
