"""Which field of view the masks speak for.

A wrong one costs the hull but a few hundredths, because an object's near side is seen but a little
larger than its far side. Yet the fit falls off on either side of the right one as a parabola does,
whose top is found to a few hundredths. Of a ball in the middle of every picture all fields of view
are as good; then there is no top, and nothing is claimed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lightmould.model.arrays import Floats

WIDE = tuple(float(one) for one in np.geomspace(0.4, 2.5, 9))
"""Factors of the focal length that are looked at first, coarsely."""

NEAR = 0.25
"""Logarithm of a factor; the best of the coarse ones counts only if it is farther than this."""

REACH = 0.18
"""Logarithm of the farthest factor that the parabola is laid through, either way."""

SAMPLES = 7
"""Factors that it is laid through."""

LEAST = 0.07
"""Logarithm of a factor that is too little to be called a mistake: grids are off by up to 0.05."""

GAIN = 0.006
"""What the fit has to gain at the top: how a grid happens to lie is worth up to 0.005."""

SURE = 3.0
"""Standard errors that the top has to be away from 1."""

FALL = 0.005
"""What the fit has to fall by from the top to `REACH`: of a ball it falls by less, by chance."""

_AGAIN = 2  # times that the parabola is laid nearer to its top

Score = Callable[[float], float]
"""How well the hull fits with the focal lengths multiplied by a factor."""


@dataclass(frozen=True, slots=True)
class Top:
    """Where a parabola is highest.

    Attributes:
        place: logarithm of the factor.
        error: its standard error.
        height: the fit there.
        fall: from there to `REACH` away.
    """

    place: float
    error: float
    height: float
    fall: float


def factor(coarse: Score, fine: Score) -> tuple[float, float] | None:
    """The factor of the focal lengths that fits, and how well; None if that is 1, or unknown.

    Args:
        coarse: quick.
        fine: exact.
    """
    best = float(np.log(max((1.0, *WIDE), key=coarse)))
    center = best if abs(best) > NEAR else 0.0
    top = _top(center, fine)
    for _ in range(_AGAIN):
        if top is None or abs(top.place - center) < REACH / 4:
            break
        center += float(np.clip(top.place - center, -2 * REACH, 2 * REACH))
        top = _top(center, fine)
    if top is None or top.fall < FALL or top.fall * (top.place / REACH) ** 2 < GAIN:
        return None
    if abs(top.place) < max(LEAST, SURE * top.error):
        return None
    return float(np.exp(top.place)), top.height


def _top(center: float, fine: Score) -> Top | None:
    """The top of the parabola through what is around a factor's logarithm."""
    steps = np.linspace(-REACH, REACH, SAMPLES)
    return top_of(steps + center, np.array([fine(float(np.exp(center + one))) for one in steps]))


def top_of(places: Floats, heights: Floats) -> Top | None:
    """The top of the parabola that fits best; None if it has none."""
    middle = float(places.mean())
    powers = np.stack([np.ones_like(places), places - middle, (places - middle) ** 2], axis=1)
    base, slope, bend = found = np.linalg.lstsq(powers, heights, rcond=None)[0]
    if not bend < 0:
        return None
    off = float(((heights - powers @ found) ** 2).sum()) / (len(places) - 3)
    spread = off * np.linalg.inv(powers.T @ powers)
    place = -slope / (2 * bend)
    # How the place moves with slope and bend.
    along = np.array([0.0, -1 / (2 * bend), slope / (2 * bend**2)])
    error = float(np.sqrt(max(along @ spread @ along, 0.0)))
    height = float(base + slope * place / 2)
    return Top(middle + float(place), error, height, float(-bend * REACH**2))
