"""Cameras on simple shapes around a target, all looking at it."""

from math import pi, sqrt
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import Camera, CameraRig
from lightmould.model.arrays import Floats, locked
from lightmould.rigs.pose import Lens, look_at

_GOLDEN_ANGLE = pi * (3 - sqrt(5))


def sphere(
    target: ArrayLike, radius: float, count: int, lens: Lens, rng: np.random.Generator
) -> CameraRig:
    """Cameras spread evenly over a sphere, each a little off its place.

    Args:
        target: (3,) the middle, metres.
        radius: metres.
        count: of cameras.
        lens: that they share.
        rng: of the displacement, which keeps regular spacing from aliasing with the model.
    """
    return CameraRig("sphere", facing(target, radius, scattered(count, rng), lens))


def ring(
    target: ArrayLike, radius: float, count: int, lens: Lens, elevation: float = 0.0
) -> CameraRig:
    """Cameras evenly spaced on a horizontal circle, the first on the +Z side.

    Args:
        target: (3,) what they look at, metres.
        radius: distance of the cameras from the target, metres.
        count: of cameras.
        lens: that they share.
        elevation: angle of the cameras above the target's horizon, radians.
    """
    _check_count(count)
    turn = np.arange(count) * (2 * pi / count)
    flat = np.cos(elevation)
    height = np.full(count, np.sin(elevation))
    directions = np.stack([flat * np.sin(turn), height, flat * np.cos(turn)], axis=1)
    return CameraRig("ring", facing(target, radius, directions, lens))


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


def scattered(count: int, rng: np.random.Generator) -> Floats:
    """(N, 3) unit vectors, evenly spread over the sphere, displaced by a tenth of their spacing.

    Source: Swinbank & Purser 2006, "Fibonacci grids", for the even ones.
    """
    _check_count(count)
    index = np.arange(count)
    height = 1 - (2 * index + 1) / count
    flat = np.sqrt(1 - height**2)
    turn = index * _GOLDEN_ANGLE
    even = np.stack([flat * np.sin(turn), height, flat * np.cos(turn)], axis=1)
    off = even + rng.normal(scale=0.1 * min(sqrt(4 * pi / count), 1.0), size=even.shape)
    return cast(Floats, off / np.linalg.norm(off, axis=1, keepdims=True))


def _check_count(count: int) -> None:
    if count < 1:
        raise SettingsError("rig", f"{count} cameras", "at least one", "Ask for more cameras.")
