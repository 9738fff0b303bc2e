"""What chance decided about a view: where its camera stands, and how the model looks from there."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.errors import SettingsError

Triple: TypeAlias = tuple[float, float, float]
Background: TypeAlias = Literal["transparent", "color", "environment"]


@dataclass(frozen=True, slots=True)
class Stance:
    """Where a camera stands, as it was drawn; its pose says the same.

    Attributes:
        target: the point that it looks at, metres.
        distance: from there, metres.
        elevation: radians above the target's horizon.
        azimuth: radians; 0 is the +Z side, pi/2 the +X side.
        roll: radians about the viewing axis; positive leans the camera to its left.
        fov: horizontal field of view, radians.
    """

    target: Triple
    distance: float
    elevation: float
    azimuth: float
    roll: float
    fov: float


@dataclass(frozen=True, slots=True)
class Sun:
    """A light so far away that its rays are parallel, or nearly so.

    Attributes:
        toward: where it stands, seen from the model: (3,) of any length but 0.
        strength: irradiance of a surface that faces it, watts per square metre.
        angle: that it fills in the sky, radians; ours fills 0.0093.
        color: linear RGB.
    """

    toward: Triple
    strength: float
    angle: float = 0.0093
    color: Triple = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if not any(self.toward):
            raise SettingsError("sun", "no direction", "one", "Say where it stands.")
        _check_positive("sun", (self.strength, self.angle, *self.color))


@dataclass(frozen=True, slots=True)
class Paint:
    """How one object's material differs from the model's.

    Attributes:
        hue: turns the base color's hue, radians.
        value: factor on the base color, whose channels stay at 1 or below.
        roughness: added to the roughness, which stays between 0 and 1.
        metallic: added to the metalness, which stays between 0 and 1.
    """

    hue: float = 0.0
    value: float = 1.0
    roughness: float = 0.0
    metallic: float = 0.0

    def __post_init__(self) -> None:
        _check_positive("paint", (self.value,))


@dataclass(frozen=True, slots=True)
class ViewLook:
    """How the model is lit and painted in one view.

    Attributes:
        light: lat-long picture; None is the one that all views share.
        light_hash: its sha256.
        light_turn: of that picture about +Y, counterclockwise seen from above, radians.
        light_strength: factor on its radiance.
        sun: besides; None is none.
        background: what is seen beside the model: nothing, an even color, or the light.
        background_color: linear RGB of an even one.
        paints: of the objects, in the order of their numbers, over again where there are more
            objects; none: all are as the model has them.
        noise: seed of the picture's noise; None is by the view's place among the others.
    """

    light: Path | None = None
    light_hash: str | None = None
    light_turn: float = 0.0
    light_strength: float = 1.0
    sun: Sun | None = None
    background: Background = "transparent"
    background_color: Triple = (0.0, 0.0, 0.0)
    paints: tuple[Paint, ...] = ()
    noise: int | None = None

    def __post_init__(self) -> None:
        if (self.light is None) != (self.light_hash is None):
            found, wanted = f"the light {self.light} with hash {self.light_hash}", "both or none"
            raise SettingsError("look", found, wanted, "Hash the picture.")
        _check_positive("look", (self.light_strength, *self.background_color))


def _check_positive(where: str, numbers: tuple[float, ...]) -> None:
    if not all(isfinite(number) and number >= 0 for number in numbers):
        raise SettingsError(where, f"{numbers}", "numbers of 0 or more", "Correct them.")
