"""What lies on a surface: substances, how one covers another, and the patterns they are laid in.

Nothing has an edge sharper than `EDGE`, so that textures can hold it. Lengths are metres.
"""

from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np

from lightmould.model.arrays import Floats

EDGE = 0.0007
"""Half the width of a painted edge."""

RIPPLES = 48


@dataclass(frozen=True, slots=True)
class Finish:
    """One substance.

    Attributes:
        color: linear RGB.
        roughness: 0 to 1.
        metallic: 0 to 1.
    """

    color: tuple[float, float, float]
    roughness: float
    metallic: float = 0.0


@dataclass(frozen=True, slots=True)
class Coat:
    """What lies on N points.

    Attributes:
        color: (N, 3) linear.
        roughness: (N,).
        metallic: (N,).
    """

    color: Floats
    roughness: Floats
    metallic: Floats

    def under(self, finish: Finish, cover: Floats) -> "Coat":
        """This coat with another substance over it where `cover` (N,) is above 0."""
        return Coat(
            self.color + cover[:, None] * (np.array(finish.color) - self.color),
            self.roughness + cover * (finish.roughness - self.roughness),
            self.metallic + cover * (finish.metallic - self.metallic),
        )

    def aged(self, clouds: Floats) -> "Coat":
        """This coat with soft clouds (N,) in it, and no color near black or white."""
        shade = 1 + 0.06 * clouds * (1 - self.metallic)
        color = np.clip(self.color * shade[:, None], 0.03, 0.85)
        return Coat(color, self.roughness + 0.02 * clouds, self.metallic)


def bare(finish: Finish, count: int) -> Coat:
    """One substance on so many points."""
    color = np.tile(finish.color, (count, 1))
    return Coat(color, np.full(count, finish.roughness), np.full(count, finish.metallic))


def above(values: Floats, level: Floats | float, edge: float = EDGE) -> Floats:
    """1 where values are above a level, 0 below, smooth over an edge of half that width."""
    share = np.clip((values - level) / (2 * edge) + 0.5, 0, 1)
    return cast(Floats, share * share * (3 - 2 * share))


def between(
    values: Floats, low: Floats | float, high: Floats | float, edge: float = EDGE
) -> Floats:
    """1 from `low` to `high`, 0 elsewhere, smooth over the edges."""
    return above(values, low, edge) * (1 - above(values, high, edge))


def folded(values: Floats) -> Floats:
    """Values as the distance to their nearest integer, -0.5 to 0.5."""
    return values - np.round(values)


def stripes(place: Floats, period: float, edge: float = EDGE) -> Floats:
    """1 on every other half of a period of metres, 0 between."""
    return above(period / 4 - np.abs(folded(place / period)) * period, 0.0, edge)


def checks(across: Floats, along: Floats) -> Floats:
    """Where exactly one of two patterns of stripes, 0 to 1, is: a chessboard."""
    return across + along - 2 * across * along


@cache
def _ripples() -> tuple[Floats, Floats]:
    """Directions, as radians per metre, and phases of the waves that make up the grain."""
    rng = np.random.default_rng(7)
    direction = rng.normal(size=(RIPPLES, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    lengths = np.geomspace(0.006, 0.050, RIPPLES)
    return direction * (2 * np.pi / lengths)[:, None], rng.uniform(0, 2 * np.pi, RIPPLES)


def grain(points: Floats) -> Floats:
    """(N,) soft clouds, about -1 to 1, at (N, 3) points."""
    waves, phases = _ripples()
    total = np.zeros(len(points))
    for wave, phase in zip(waves, phases, strict=True):
        total += np.cos(points @ wave + phase)
    return cast(Floats, np.clip(total / np.sqrt(2 * RIPPLES), -1, 1))
