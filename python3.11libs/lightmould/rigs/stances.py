"""Cameras at random about a model, each drawn by itself."""

from dataclasses import dataclass
from math import atan, cos, pi, sin

import numpy as np

from lightmould.errors import SettingsError
from lightmould.model import Camera, Stance
from lightmould.model.arrays import Floats
from lightmould.rigs.chance import AROUND, EVERYWHERE, ZERO, Chance, Uniform, check
from lightmould.rigs.pose import FULL_FRAME_MM, Lens, framing, look_at
from lightmould.rigs.shapes import polar

_FILL = Uniform(0.7, 0.95)
_WIDEST = 2.8
_NEAREST = 1e-4  # least near over far, for cameras inside of a model


@dataclass(frozen=True, slots=True)
class Subject:
    """What cameras are drawn about.

    Attributes:
        middle: (3,) of its bounding box, metres.
        radius: of the sphere about its middle that holds it, metres.
    """

    middle: tuple[float, float, float]
    radius: float

    @classmethod
    def of(cls, positions: Floats) -> "Subject":
        """That which has these (V, 3) vertices, metres."""
        middle = (positions.min(axis=0) + positions.max(axis=0)) / 2
        x, y, z = (float(value) for value in middle)
        return cls((x, y, z), float(np.linalg.norm(positions - middle, axis=1).max()))


@dataclass(frozen=True, slots=True)
class Stances:
    """Between what limits cameras are drawn.

    Attributes:
        fill: how much of the picture's shorter side a sphere about the model takes, if no distance
            says otherwise; 1 is all of it.
        distance: from the point that is looked at, metres; unset is as `fill` says.
        elevation: radians above that point's horizon.
        azimuth: radians; 0 is the +Z side, pi/2 the +X side.
        roll: about the viewing axis, radians.
        fov: horizontal field of view, radians; unset is that of `[render]`.
        focal_mm: the same as a focal length on 35 mm film, 36 mm wide, millimetres.
        aim: how far beside the model's middle a camera looks, in any direction; 1 is the radius of
            the sphere about the model.
    """

    fill: Chance = _FILL
    distance: Chance | None = None
    elevation: Chance = EVERYWHERE
    azimuth: Chance = AROUND
    roll: Chance = ZERO
    fov: Chance | None = None
    focal_mm: Chance | None = None
    aim: Chance = ZERO

    def __post_init__(self) -> None:
        check("cameras.fill", self.fill, 0.01, 100)
        check("cameras.elevation", self.elevation, -pi / 2, pi / 2)
        check("cameras.azimuth", self.azimuth, -2 * pi, 2 * pi)
        check("cameras.roll", self.roll, -2 * pi, 2 * pi)
        check("cameras.aim", self.aim, 0, 100)
        if self.distance is not None:
            check("cameras.distance", self.distance, 1e-6, 1e9)
        if self.fov is not None:
            check("cameras.fov", self.fov, 0.02, _WIDEST)
        if self.focal_mm is not None:
            check("cameras.focal_mm", self.focal_mm, 4, 2000)
        if self.fov is not None and self.focal_mm is not None:
            found, wanted = "both fov and focal_mm", "one of them"
            raise SettingsError("cameras", found, wanted, "Leave one out.")


def draw_stance(limits: Stances, subject: Subject, lens: Lens, rng: np.random.Generator) -> Stance:
    """Where one camera stands; it takes as many random numbers whatever the limits are.

    Args:
        limits: between which it is drawn.
        subject: what it is about.
        lens: its picture's size, and its field of view where the limits leave that open.
        rng: of this camera.
    """
    shares = rng.random(9).tolist()
    fov = lens.fov
    if limits.fov is not None:
        fov = limits.fov.at(shares[0])
    elif limits.focal_mm is not None:
        fov = 2 * atan(FULL_FRAME_MM / 2 / limits.focal_mm.at(shares[0]))
    fill = limits.fill.at(shares[1])
    if limits.distance is None:
        distance = framing(subject.radius, Lens(lens.size, fov).narrow_fov, 1 / fill)
    else:
        distance = limits.distance.at(shares[2])
    beside = limits.aim.at(shares[6]) * subject.radius
    height, turn = 2 * shares[7] - 1, 2 * pi * shares[8]
    level = (1 - height * height) ** 0.5
    x, y, z = subject.middle
    return Stance(
        target=(
            x + beside * level * sin(turn),
            y + beside * height,
            z + beside * level * cos(turn),
        ),
        distance=distance,
        elevation=limits.elevation.at(shares[3]),
        azimuth=limits.azimuth.at(shares[4]),
        roll=limits.roll.at(shares[5]),
        fov=fov,
    )


def stand(stance: Stance, name: str, size: tuple[int, int], subject: Subject) -> Camera:
    """The camera of a stance, its clipping planes around the subject.

    Args:
        stance: where it stands.
        name: its name.
        size: (width, height) of its picture, pixels.
        subject: nothing else is seen.
    """
    target = np.array(stance.target)
    direction = polar(np.array([stance.azimuth]), np.array([stance.elevation]))[0]
    eye = target + stance.distance * direction
    pose = look_at(eye, target)
    sine, cosine = sin(stance.roll), cos(stance.roll)
    pose[:3, :2] = pose[:3, :2] @ np.array([[cosine, -sine], [sine, cosine]])
    reach = float(np.linalg.norm(eye - subject.middle))
    far = 2 * (reach + subject.radius)
    near = max((reach - subject.radius) / 2, _NEAREST * far)
    return Lens(size, stance.fov, near, far).camera(name, pose)
