"""Where to put lights: a photographer's studio as a lat-long image, all of it soft.

The image's center looks along -Z, its right quarter along +X, its top along +Y.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np

from lightmould.model.arrays import Floats


@dataclass(frozen=True, slots=True)
class Softbox:
    """A glowing rectangle at infinity whose edges fade.

    Attributes:
        azimuth: radians, 0 along -Z, growing toward +X.
        elevation: radians above the horizon.
        size: (width, height), radians, where the glow has fallen to half.
        radiance: linear RGB at its middle.
    """

    azimuth: float
    elevation: float
    size: tuple[float, float]
    radiance: tuple[float, float, float]


GROUND, HORIZON, ZENITH = (0.26, 0.235, 0.215), (0.36, 0.37, 0.38), (0.32, 0.36, 0.41)
KEY = Softbox(2.4, 0.75, (1.6, 1.2), (1.90, 1.70, 1.45))
FILL = Softbox(-2.2, 0.35, (1.6, 1.2), (0.55, 0.70, 0.90))
BACK = Softbox(-0.35, 0.55, (1.5, 0.9), (1.10, 1.15, 1.25))
FADE = 0.3
"""Half the width of a softbox's edge, radians: large, dim and soft keeps path tracing quiet."""


def studio(height: int = 128) -> Floats:
    """(height, 2 height, 3) linear radiance."""
    toward = directions(height)
    light = _surround(toward[..., 1])
    for box in (KEY, FILL, BACK):
        light += _glow(box, toward)[..., None] * np.array(box.radiance)
    return light


def directions(height: int) -> Floats:
    """(height, 2 height, 3) unit directions of the texel centers of a lat-long image."""
    polar = np.pi * (np.arange(height)[:, None] + 0.5) / height
    azimuth = np.pi * ((np.arange(2 * height)[None] + 0.5) / height - 1)
    level = np.sin(polar)
    up = np.broadcast_to(np.cos(polar), (height, 2 * height))
    return np.stack([level * np.sin(azimuth), up, -level * np.cos(azimuth)], axis=-1)


def _surround(up: Floats) -> Floats:
    """Ground, horizon and zenith, blended by the sine of the elevation."""
    rise = _step(up, -0.05, 0.10)[..., None]
    sky = np.clip(up, 0, 1)[..., None]
    above = (1 - sky) * np.array(HORIZON) + sky * np.array(ZENITH)
    return cast(Floats, (1 - rise) * np.array(GROUND) + rise * above)


def _glow(box: Softbox, toward: Floats) -> Floats:
    """How much of a softbox each direction sees, 0 to 1."""
    sine, cosine = np.sin(box.azimuth), np.cos(box.azimuth)
    across = np.array([cosine, 0.0, sine])
    forward = np.array([sine, 0.0, -cosine]) * np.cos(box.elevation)
    forward[1] = np.sin(box.elevation)
    upward = np.cross(across, forward)
    ahead = toward @ forward
    right = np.arctan2(toward @ across, ahead)
    rise = np.arctan2(toward @ upward, ahead)
    sides = [
        _step(size / 2 - np.abs(angle), -FADE, FADE)
        for angle, size in zip((right, rise), box.size, strict=True)
    ]
    return sides[0] * sides[1]


def _step(values: Floats, start: float, stop: float) -> Floats:
    """0 up to `start`, 1 from `stop`, smooth between."""
    share = np.clip((values - start) / (stop - start), 0.0, 1.0)
    return cast(Floats, share * share * (3 - 2 * share))
