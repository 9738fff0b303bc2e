"""One camera: its lens, its pose and how far away it stands."""

from dataclasses import dataclass
from math import atan, isfinite, pi, sin, tan
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import Camera
from lightmould.model.arrays import Floats, locked

UP: Final = (0.0, 1.0, 0.0)
FULL_FRAME_MM: Final = 36.0
"""Width of 35 mm film, and of Blender's sensor."""

MOST: Final = 1_000_000
"""Cameras of a rig."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What the cameras of a rig have in common: square pixels, the axis in the center.

    Attributes:
        size: (width, height), pixels.
        fov: horizontal field of view, radians.
        near: metres; nothing nearer matters.
        far: metres; nothing farther matters.
    """

    size: tuple[int, int]
    fov: float
    near: float = 0.01
    far: float = 1000.0

    def __post_init__(self) -> None:
        if not 0 < self.fov < pi:
            raise SettingsError("lens", f"fov {self.fov}", "above 0, below pi", "Choose another.")

    @classmethod
    def of_film(
        cls, size: tuple[int, int], focal_mm: float, aperture_mm: float = FULL_FRAME_MM
    ) -> Self:
        """A lens as camera makers, Houdini and Blender describe one.

        Args:
            size: (width, height), pixels.
            focal_mm: focal length, millimetres.
            aperture_mm: width of the film or sensor, millimetres.

        Raises:
            SettingsError: a length that is not above 0.
        """
        for name, length in (("focal", focal_mm), ("aperture", aperture_mm)):
            if not (length > 0 and isfinite(length)):
                found = f"{name} {length} mm"
                raise SettingsError("lens", found, "millimetres above 0", "Correct it.")
        return cls(size, 2 * atan(aperture_mm / 2 / focal_mm))

    @property
    def focal(self) -> float:
        """Focal length, pixels."""
        return self.size[0] / 2 / tan(self.fov / 2)

    @property
    def narrow_fov(self) -> float:
        """Field of view across the shorter side, radians."""
        return 2 * atan(min(self.size) / 2 / self.focal)

    def camera(self, name: str, world_from_camera: Floats) -> Camera:
        """A camera with this lens."""
        width, height = self.size
        center = (width / 2, height / 2)
        focal = (self.focal, self.focal)
        return Camera(name, self.size, focal, center, world_from_camera, self.near, self.far)


def look_at(position: ArrayLike, target: ArrayLike, up: ArrayLike = UP) -> Floats:
    """The pose of a camera that sees `target` in the center of its picture.

    Args:
        position: (3,) metres.
        target: (3,) metres.
        up: (3,) the direction that points up in the picture; where the camera looks along it,
            the axis that is farthest from the view stands in.

    Returns:
        (4, 4) world_from_camera.

    Raises:
        SettingsError: position and target are the same point, or up is no direction.
    """
    eye = locked("camera position", position, (3,), np.float64)
    backward = eye - locked("camera target", target, (3,), np.float64)
    distance = float(np.linalg.norm(backward))
    if distance == 0.0 or not isfinite(distance):
        fix = "Move the camera."
        raise SettingsError("look_at", f"distance {distance}", "a target in front", fix)
    backward = backward / distance
    right = np.cross(unit("camera up", up), backward)
    if np.linalg.norm(right) < 1e-6:
        right = np.cross(np.eye(3)[np.argmin(np.abs(backward))], backward)
    right = right / np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :] = np.stack([right, np.cross(backward, right), backward, eye], axis=1)
    return pose


def unit(name: str, direction: ArrayLike) -> Floats:
    """(3,) `direction` of length 1.

    Raises:
        SettingsError: it has no length.
    """
    values = locked(name, direction, (3,), np.float64)
    length = float(np.linalg.norm(values))
    if not (length > 1e-12 and isfinite(length)):
        raise SettingsError(name, f"{values.tolist()}", "a direction", "Give it another length.")
    return np.asarray(values / length)


def turn(start: ArrayLike, end: ArrayLike) -> Floats:
    """The smallest rotation (3, 3) that takes one direction to another.

    Two mirrors make it: the first turns `start` around, the second takes that to `end`.

    Args:
        start: (3,) unit.
        end: (3,) unit; opposite to `start`, the rotation is one of those by half a turn.
    """
    one = np.asarray(start, np.float64)
    between = one + np.asarray(end, np.float64)
    if np.linalg.norm(between) < 1e-9:
        between = np.cross(one, np.eye(3)[np.argmin(np.abs(one))])
    between = between / np.linalg.norm(between)
    mirrors = [np.eye(3) - 2 * np.outer(normal, normal) for normal in (between, one)]
    return np.asarray(mirrors[0] @ mirrors[1])


def check_count(count: int) -> None:
    """Refuse a rig without cameras, and one that no memory holds.

    Raises:
        SettingsError: less than one, or more than `MOST`.
    """
    if not 1 <= count <= MOST:
        raise SettingsError("rig", f"{count} cameras", f"1 to {MOST}", "Ask for another number.")


def framing(radius: float, fov: float, margin: float = 1.05) -> float:
    """How far from a sphere's center to stand so that the sphere fills the picture.

    Args:
        radius: metres.
        fov: field of view across the picture's shorter side, radians.
        margin: half the picture's width over the radius of the sphere's outline in it.

    Returns:
        Metres.

    Raises:
        SettingsError: the sphere has no extent.
    """
    if not (radius > 0 and isfinite(radius)):
        fix = "Check the mesh's size."
        raise SettingsError("framing", f"a radius of {radius}", "more than 0", fix)
    return radius / sin(atan(tan(fov / 2) / margin))
