"""Cameras at random places within limits."""

from dataclasses import dataclass
from math import inf, pi

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats, locked
from lightmould.rigs.pose import Lens, check_count, look_at
from lightmould.rigs.shapes import polar

_TRIES = 1000  # for each camera, before they are said not to fit


@dataclass(frozen=True, slots=True)
class Limits:
    """Between what random cameras stand.

    Attributes:
        distance: least and greatest, from the target, metres.
        elevation: lowest and highest, radians above the target's horizon.
        azimuth: first and last, radians; 0 is the +Z side, pi/2 the +X side.
        separation: no two cameras are nearer than this, metres.
    """

    distance: tuple[float, float]
    elevation: tuple[float, float] = (-pi / 2, pi / 2)
    azimuth: tuple[float, float] = (-pi, pi)
    separation: float = 0.0

    def __post_init__(self) -> None:
        self._check("distance", self.distance, (1e-9, inf))
        self._check("elevation", self.elevation, (-pi / 2 - 1e-9, pi / 2 + 1e-9))
        self._check("azimuth", self.azimuth, (-2 * pi - 1e-9, 2 * pi + 1e-9))
        self._check("separation", (0.0, self.separation), (0.0, inf))

    def _check(self, name: str, found: tuple[float, float], within: tuple[float, float]) -> None:
        low, high = found
        if not (within[0] <= low <= high <= within[1] and high < inf):
            wanted = f"two ascending numbers from {within[0]:.4g} to {within[1]:.4g}"
            raise SettingsError(f"limits {name}", f"{low}, {high}", wanted, "Correct them.")

    def place(self, rng: np.random.Generator) -> Floats:
        """(3,) one place about the origin: all directions are as likely, and all distances."""
        height = np.arcsin(rng.uniform(*np.sin(self.elevation)))
        direction = polar(np.array([rng.uniform(*self.azimuth)]), np.array([height]))[0]
        return np.asarray(rng.uniform(*self.distance) * direction)


def scatter(
    target: ArrayLike, limits: Limits, count: int, lens: Lens, rng: np.random.Generator
) -> CameraRig:
    """Cameras at random places within limits, all looking at the target.

    Args:
        target: (3,) metres.
        limits: where they may stand.
        count: of cameras.
        lens: that they share.
        rng: of the places.

    Raises:
        SettingsError: so many don't fit so far apart.
    """
    check_count(count)
    middle = locked("rig target", target, (3,), np.float64)
    places = np.zeros((count, 3))
    for i in range(count):
        for _ in range(_TRIES):
            places[i] = limits.place(rng)
            if i == 0 or _apart(places[:i], places[i]) >= limits.separation:
                break
        else:
            found = f"room for {i} of {count} cameras {limits.separation} m apart"
            fix = "Ask for fewer, nearer together, or widen the limits."
            raise SettingsError("limits separation", found, "room for all", fix)
    poses = [look_at(middle + place, middle) for place in places]
    cameras = tuple(lens.camera(f"{i:06d}", pose) for i, pose in enumerate(poses))
    return CameraRig("random", cameras)


def _apart(places: Floats, place: Floats) -> float:
    return float(np.linalg.norm(places - place, axis=1).min())
