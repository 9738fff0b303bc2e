"""Cameras along a curve."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats, locked
from lightmould.rigs.pose import UP, Lens, check_count, look_at

_STEPS = 64  # between two points, for the length of a curve


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A smooth curve through points: a centripetal Catmull-Rom spline.

    Between two neighbors it has no loop or cusp, however unevenly they are spaced.

    Attributes:
        points: (P, 3) metres, at least two, no two neighbors at the same place.
        closed: whether it returns to its first point, which is not repeated then.

    Source: Yuksel, Schaefer & Keyser 2011, "Parameterization and applications of Catmull-Rom
        curves".
    """

    points: Floats
    closed: bool = False

    def __post_init__(self) -> None:
        points = locked("curve points", self.points, (-1, 3), np.float64)
        object.__setattr__(self, "points", points)
        if len(points) < 2 + self.closed:
            found, wanted = f"{len(points)} points", f"at least {2 + self.closed}"
            raise SettingsError("curve", found, wanted, "Add points.")
        apart = np.linalg.norm(self._ends[1] - self._ends[0], axis=1)
        if not apart.all():
            where = f"curve point {np.argmin(apart)}"
            raise SettingsError(where, "the next point at its place", "another", "Remove one.")

    @property
    def pieces(self) -> int:
        """How many pieces there are between points."""
        return len(self.points) - (not self.closed)

    @property
    def _ends(self) -> tuple[Floats, Floats]:
        """(pieces, 3) where pieces begin and end."""
        return self.points[: self.pieces], np.roll(self.points, -1, axis=0)[: self.pieces]

    def at(self, parameters: ArrayLike) -> tuple[Floats, Floats]:
        """Places and tangents.

        Args:
            parameters: (N,) from 0 to `pieces`; whole numbers are the points.

        Returns:
            (N, 3) metres and (N, 3), which may have any length.
        """
        parameter = np.asarray(parameters, np.float64)
        piece = np.clip(np.floor(parameter).astype(int), 0, self.pieces - 1)
        share = (parameter - piece)[:, None]
        before, after = self._slopes()
        (first, last), slope0, slope1 = self._ends, before[piece], after[piece]
        a, b = first[piece], last[piece]
        # Cubic Hermite form over one piece.
        places = (
            (1 + 2 * share) * (1 - share) ** 2 * a
            + share * (1 - share) ** 2 * slope0
            + share**2 * (3 - 2 * share) * b
            + share**2 * (share - 1) * slope1
        )
        tangents = (
            6 * share * (share - 1) * (a - b)
            + (1 - share) * (1 - 3 * share) * slope0
            + share * (3 * share - 2) * slope1
        )
        return places, tangents

    def _slopes(self) -> tuple[Floats, Floats]:
        """(pieces, 3) tangents where pieces begin and end, for a parameter of 0 to 1 in each."""
        points, pieces = self.points, self.pieces
        if self.closed:
            around = np.concatenate([points[-1:], points, points[:2]])
        else:  # one more point at either end, as far as the next, straight on
            start, end = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
            around = np.concatenate([start[None], points, end[None]])
        step = np.diff(around, axis=0)
        knot = np.sqrt(np.linalg.norm(step, axis=1, keepdims=True))
        rate = step / knot
        both = (around[2:] - around[:-2]) / (knot[1:] + knot[:-1])
        slope = rate[:-1] - both + rate[1:]
        inner = knot[1 : 1 + pieces]
        return slope[:pieces] * inner, slope[1 : 1 + pieces] * inner

    def spaced(self, count: int) -> Floats:
        """(N,) parameters of places that lie at equal lengths along the curve, ends included."""
        steps = np.linspace(0, self.pieces, self.pieces * _STEPS + 1)
        return even_parameters(steps, self.at(steps)[0], count, closed=self.closed)


def path(
    curve: Curve, count: int, lens: Lens, target: ArrayLike | None = None, up: ArrayLike = UP
) -> CameraRig:
    """Cameras at equal lengths along a curve.

    Args:
        curve: where they go.
        count: of cameras.
        lens: that they share.
        target: (3,) what they look at, metres; None looks along the curve.
        up: (3,) the direction that points up in the pictures.

    Raises:
        SettingsError: a camera in its target, or none at all.
    """
    check_count(count)
    places, tangents = curve.at(curve.spaced(count))
    ahead = places + tangents if target is None else np.broadcast_to(target, places.shape)
    poses = (look_at(place, seen, up) for place, seen in zip(places, ahead, strict=True))
    return CameraRig("path", tuple(lens.camera(f"{i:06d}", pose) for i, pose in enumerate(poses)))


def even_parameters(steps: Floats, places: Floats, count: int, *, closed: bool = False) -> Floats:
    """Parameters at equal lengths along a finely sampled curve.

    Args:
        steps: (S,) ascending parameters.
        places: (S, 3) where the curve is at these.
        count: how many parameters are wanted; one alone is in the middle.
        closed: whether the last place is the first again, and gets no parameter.

    Returns:
        (count,) from the first to the last of `steps`.
    """
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(places, axis=0), axis=1))])
    if count == 1 and not closed:
        wanted = length[-1:] / 2
    else:
        wanted = length[-1] * np.arange(count) / (count if closed else count - 1)
    if length[-1] == 0:  # a spiral of no turns and no height
        return np.full(count, steps[0])
    return np.interp(wanted, length, steps)
