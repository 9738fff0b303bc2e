"""Cameras on simple shapes around a target, all looking at it, +Y up.

Azimuths begin on the +Z side and grow toward +X; elevations are above the target's horizon.
"""

from collections.abc import Sequence
from math import pi, sqrt
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import Camera, CameraRig
from lightmould.model.arrays import Floats, locked
from lightmould.rigs.curves import even_parameters
from lightmould.rigs.pose import Lens, check_count, look_at

_GOLDEN_ANGLE = pi * (3 - sqrt(5))
_MOST_TURNS = 10_000  # of a spiral, either way
_STEPS_PER_TURN = 256  # of a spiral's length; more change no camera by a thousandth of its spacing


def sphere(
    target: ArrayLike,
    radius: float,
    count: int,
    lens: Lens,
    rng: np.random.Generator | None = None,
) -> CameraRig:
    """Cameras spread evenly over a sphere.

    Args:
        target: (3,) the middle, metres.
        radius: metres.
        count: of cameras.
        lens: that they share.
        rng: displaces each by about a tenth of their spacing, which keeps regular spacing from
            aliasing with the model; None leaves them where they are.
    """
    directions = even(count) if rng is None else scattered(count, rng)
    return CameraRig("sphere", facing(target, radius, directions, lens))


def hemisphere(target: ArrayLike, radius: float, count: int, lens: Lens) -> CameraRig:
    """Cameras spread evenly over the upper half of a sphere; see `sphere`."""
    directions = even(count, lowest=0.0)
    return CameraRig("hemisphere", facing(target, radius, directions, lens))


def ring(
    target: ArrayLike, radius: float, count: int, lens: Lens, elevation: float = 0.0
) -> CameraRig:
    """Cameras evenly spaced on a horizontal circle, the first on the +Z side: a turntable.

    Args:
        target: (3,) what they look at, metres.
        radius: distance of the cameras from the target, metres.
        count: of cameras.
        lens: that they share.
        elevation: angle of the cameras above the target's horizon, radians.
    """
    check_count(count)
    azimuth = np.arange(count) * (2 * pi / count)
    directions = polar(azimuth, np.full(count, elevation))
    return CameraRig("ring", facing(target, radius, directions, lens))


def dome(
    target: ArrayLike, radius: float, count: int, lens: Lens, elevations: Sequence[float]
) -> CameraRig:
    """Cameras on rings one above the other, each ring with as many as its length deserves.

    Args:
        target: (3,) what they look at, metres.
        radius: distance of the cameras from the target, metres.
        count: of cameras, of all rings together.
        lens: that they share.
        elevations: of the rings, from -pi/2 to pi/2 radians; every other ring is turned by half
            its spacing.

    Raises:
        SettingsError: an elevation beyond the poles, or fewer cameras than rings.
    """
    heights = locked("dome elevations", elevations, (-1,), np.float64)
    if not len(heights) or np.abs(heights).max() > pi / 2:
        found = f"elevations {heights.tolist()}"
        raise SettingsError("dome", found, "some from -pi/2 to pi/2", "Correct them.")
    if count < len(heights):
        found = f"{count} cameras on {len(heights)} rings"
        raise SettingsError("dome", found, "one a ring at least", "Ask for more cameras.")
    directions = []
    for i, (number, height) in enumerate(zip(_shares(count, heights), heights, strict=True)):
        azimuth = (np.arange(number) + i % 2 / 2) * (2 * pi / number)
        directions.append(polar(azimuth, np.full(number, height)))
    return CameraRig("dome", facing(target, radius, np.concatenate(directions), lens))


def spiral(
    target: ArrayLike,
    radius: float,
    count: int,
    lens: Lens,
    turns: float = 4.0,
    elevations: tuple[float, float] = (-pi / 4, pi / 4),
) -> CameraRig:
    """Cameras on a spiral that climbs a sphere, evenly spaced along it.

    Args:
        target: (3,) what they look at, metres.
        radius: distance of the cameras from the target, metres.
        count: of cameras.
        lens: that they share.
        turns: around the target; negative ones go the other way.
        elevations: of the first and the last camera, radians.
    """
    check_count(count)
    if not (abs(turns) <= _MOST_TURNS and np.abs(elevations).max() <= pi / 2):
        found = f"{turns} turns from {elevations[0]} to {elevations[1]}"
        wanted = f"{_MOST_TURNS} turns at most, elevations from -pi/2 to pi/2"
        raise SettingsError("spiral", found, wanted, "Correct them.")
    low, high = elevations

    def at(share: Floats) -> Floats:
        return polar(share * turns * 2 * pi, low + share * (high - low))

    steps = np.linspace(0, 1, 2 + int(_STEPS_PER_TURN * (1 + abs(turns))))
    directions = at(even_parameters(steps, at(steps), count))
    return CameraRig("spiral", facing(target, radius, directions, lens))


def facing(
    target: ArrayLike, radius: float, directions: Floats, lens: Lens, first: int = 0
) -> tuple[Camera, ...]:
    """A camera in each direction, named by six digits counted from `first`.

    Args:
        target: (3,) what they look at, metres.
        radius: distance from the target, metres.
        directions: (N, 3) unit, from the target to the cameras.
        lens: that they share.
        first: number of the first camera.
    """
    middle = locked("rig target", target, (3,), np.float64)
    places = middle + radius * directions
    poses = (look_at(place, middle) for place in places)
    return tuple(lens.camera(f"{first + i:06d}", pose) for i, pose in enumerate(poses))


def polar(azimuth: Floats, elevation: Floats) -> Floats:
    """(N, 3) unit directions of (N,) azimuths and elevations, radians."""
    flat = np.cos(elevation)
    return np.stack([flat * np.sin(azimuth), np.sin(elevation), flat * np.cos(azimuth)], axis=1)


def even(count: int, lowest: float = -1.0) -> Floats:
    """(N, 3) unit directions evenly spread over the sphere above a height, from the top down.

    Args:
        count: N.
        lowest: sine of the lowest elevation.

    Source: Swinbank & Purser 2006, "Fibonacci grids".
    """
    check_count(count)
    index = np.arange(count)
    height = 1 - (1 - lowest) / 2 * (2 * index + 1) / count
    flat = np.sqrt(1 - height**2)
    azimuth = index * _GOLDEN_ANGLE
    return np.stack([flat * np.sin(azimuth), height, flat * np.cos(azimuth)], axis=1)


def scattered(count: int, rng: np.random.Generator) -> Floats:
    """(N, 3) unit vectors, `even`, then displaced by a tenth of their spacing."""
    places = even(count)
    off = places + rng.normal(scale=0.1 * min(sqrt(4 * pi / count), 1.0), size=places.shape)
    return cast(Floats, off / np.linalg.norm(off, axis=1, keepdims=True))


def _shares(count: int, elevations: Floats) -> list[int]:
    """`count` in whole shares of at least 1, otherwise as the rings' lengths are."""
    lengths = np.maximum(np.cos(elevations), 1e-9)  # a ring at a pole has hardly any
    wanted = 1 + (count - len(lengths)) * lengths / lengths.sum()
    whole = np.floor(wanted + 1e-9).astype(int)
    # The largest remainders get what is left; of equal ones the first.
    order = np.argsort(-(wanted - whole).round(9), kind="stable")
    whole[order[: count - whole.sum()]] += 1
    return [int(n) for n in whole]
