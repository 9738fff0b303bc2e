"""Light, background and paint at random, for each view by itself."""

from dataclasses import dataclass
from math import pi
from pathlib import Path
from typing import TypeAlias

import numpy as np

from lightmould.model import Paint, Sun, ViewLook
from lightmould.model.drawn import Background, Triple
from lightmould.rigs.chance import ANY, AROUND, ONE, ZERO, Chance, Even, Uniform, check
from lightmould.rigs.shapes import polar

Color: TypeAlias = tuple[Chance, Chance, Chance]

_DAY = Even(0.2, 1.4)
_SUN = Uniform(0.0093, 0.0093)


@dataclass(frozen=True, slots=True)
class Light:
    """A picture that may light a view.

    Attributes:
        path: of the lat-long picture.
        hash: its sha256.
    """

    path: Path
    hash: str


@dataclass(frozen=True, slots=True)
class Looks:
    """Between what limits light, background and paint are drawn.

    Attributes:
        lights: lat-long pictures, or folders of them, one of which lights each view; none: all
            views share the light of `[render]`.
        light_turn: of the light about the vertical, radians.
        light_strength: factor on its radiance.
        sun_strength: irradiance of a sun besides, watts per square metre; 0 is none.
        sun_elevation: of the sun above the horizon, radians.
        sun_azimuth: of the sun, radians; 0 is the +Z side, pi/2 the +X side.
        sun_angle: that it fills in the sky, radians; the larger, the softer are shadows.
        sun_color: linear red, green and blue.
        background: what is seen beside the model: transparent, color or environment.
        background_color: linear red, green and blue, where that is color.
        hue: turn of the hue of base colors, radians.
        value: factor on base colors.
        roughness: added to roughness.
        metallic: added to metalness.
        per_object: whether each object is painted by itself; else all are alike.
    """

    lights: tuple[Path, ...] = ()
    light_turn: Chance = ZERO
    light_strength: Chance = ONE
    sun_strength: Chance = ZERO
    sun_elevation: Chance = _DAY
    sun_azimuth: Chance = AROUND
    sun_angle: Chance = _SUN
    sun_color: Color = (ONE, ONE, ONE)
    background: Background = "transparent"
    background_color: Color = (ANY, ANY, ANY)
    hue: Chance = ZERO
    value: Chance = ONE
    roughness: Chance = ZERO
    metallic: Chance = ZERO
    per_object: bool = True

    def __post_init__(self) -> None:
        for name, low, high in (
            ("light_turn", -2 * pi, 2 * pi),
            ("light_strength", 0, 1e6),
            ("sun_strength", 0, 1e6),
            ("sun_elevation", -pi / 2, pi / 2),
            ("sun_azimuth", -2 * pi, 2 * pi),
            ("sun_angle", 0, pi),
            ("hue", -2 * pi, 2 * pi),
            ("value", 0, 100),
            ("roughness", -1, 1),
            ("metallic", -1, 1),
        ):
            check(f"look.{name}", getattr(self, name), low, high)
        for name, color, most in (
            ("sun_color", self.sun_color, 100.0),
            ("background_color", self.background_color, 1.0),
        ):
            for channel in color:
                check(f"look.{name}", channel, 0, most)

    @property
    def paints(self) -> bool:
        """Whether any material may change."""
        unchanged = (ZERO, ONE, ZERO, ZERO)
        return (self.hue, self.value, self.roughness, self.metallic) != unchanged


def draw_look(
    limits: Looks, lights: tuple[Light, ...], objects: int, rng: np.random.Generator
) -> ViewLook:
    """How one view looks; what one limit decides does not depend on the others.

    Args:
        limits: between which it is drawn.
        lights: one of them is taken; none: that which all views share.
        objects: of the model, at least 1.
        rng: of this view.
    """
    shares, noise = rng.random(13).tolist(), int(rng.integers(2**31))
    light = lights[min(int(shares[0] * len(lights)), len(lights) - 1)] if lights else None
    strength = limits.sun_strength.at(shares[3])
    plain = limits.background == "color"
    count = 0 if not limits.paints else objects if limits.per_object else 1
    return ViewLook(
        light=light.path if light else None,
        light_hash=light.hash if light else None,
        light_turn=limits.light_turn.at(shares[1]),
        light_strength=limits.light_strength.at(shares[2]),
        sun=_sun(limits, strength, shares[4:10]) if strength > 0 else None,
        background=limits.background,
        background_color=_color(limits.background_color, shares[10:]) if plain else (0.0, 0.0, 0.0),
        paints=tuple(_paint(limits, rng) for _ in range(count)),
        noise=noise,
    )


def _sun(limits: Looks, strength: float, shares: list[float]) -> Sun:
    height, around = limits.sun_elevation.at(shares[0]), limits.sun_azimuth.at(shares[1])
    x, y, z = (float(one) for one in polar(np.array([around]), np.array([height]))[0])
    color = _color(limits.sun_color, shares[3:])
    return Sun((x, y, z), strength, limits.sun_angle.at(shares[2]), color)


def _color(chances: Color, shares: list[float]) -> Triple:
    red, green, blue = (one.at(share) for one, share in zip(chances, shares, strict=True))
    return red, green, blue


def _paint(limits: Looks, rng: np.random.Generator) -> Paint:
    chances = (limits.hue, limits.value, limits.roughness, limits.metallic)
    hue, value, roughness, metallic = (
        one.at(share) for one, share in zip(chances, rng.random(4).tolist(), strict=True)
    )
    return Paint(hue, value, roughness, metallic)
