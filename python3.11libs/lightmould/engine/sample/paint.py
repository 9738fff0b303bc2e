"""The sample's paint: clay, cobalt brushwork, a running glaze, and gold, each a function of place.

Every color keeps its distance from black and white, and nothing is finer than two millimetres, so
that small pictures can tell what is there. Lengths are metres.
"""

import numpy as np

from lightmould.engine.sample.coat import Coat, Finish, above, bare, between, folded, grain
from lightmould.engine.sample.shape import Parts, parts
from lightmould.model.arrays import Floats

CLAY = Finish((0.180, 0.085, 0.050), 0.75)
SLIP = Finish((0.640, 0.540, 0.370), 0.60)
COBALT = Finish((0.034, 0.062, 0.250), 0.55)
GLAZE = Finish((0.055, 0.240, 0.215), 0.28)
POOLED = Finish((0.034, 0.105, 0.125), 0.25)
THIN = Finish((0.200, 0.330, 0.240), 0.32)
GOLD = Finish((0.750, 0.470, 0.160), 0.35, 1.0)

PETALS, WAVES = 14, 7
BAND = (0.0735, 0.1175)
"""Heights between which the wave runs."""


def coat(points: Floats) -> Coat:
    """What lies on (N, 3) points of the surface."""
    part, height = parts(points), points[:, 1]
    angle = np.arctan2(points[:, 0], points[:, 2])
    clouds = grain(points)
    layers = bare(CLAY, len(points)).under(SLIP, above(height, 0.0225 + 0.0008 * clouds))
    layers = layers.under(COBALT, _brushwork(angle, height))
    layers = _glazed(layers, angle, height, clouds)
    layers = _lid(layers, part, points, angle)
    layers = layers.under(GOLD, _gilded(part, height))
    return layers.aged(clouds)


def _brushwork(angle: Floats, height: Floats) -> Floats:
    """How much cobalt there is: lines, petals on the lower body, a wave with curls on the belly."""
    lines = [(0.0255, 0.0285), (BAND[0] - 0.0030, BAND[0]), (BAND[1], BAND[1] + 0.0030)]
    cover = np.zeros(len(angle))
    for low, high in lines:
        cover = np.maximum(cover, between(height, low, high))
    return np.maximum(np.maximum(cover, _petals(angle, height)), _wave(angle, height))


def _petals(angle: Floats, height: Floats) -> Floats:
    """Pointed petals that rise from the foot, each an outline around a heart."""
    across = np.abs(folded(angle * PETALS / (2 * np.pi))) * 2
    wide = np.pi * (0.024 + 0.55 * height) / PETALS
    top = 0.0300 + 0.0360 * np.sqrt(np.clip(1 - across**1.6, 0, 1))
    depth = np.minimum(top - height, (1 - across) * wide)
    outline = between(depth, 0.0010, 0.0032)
    heart = above(depth, 0.0062)
    return np.maximum(outline, heart) * above(height, 0.0320)


def _wave(angle: Floats, height: Floats) -> Floats:
    """A stem that swings around the belly, and a curl in each of its hollows."""
    middle, belly = sum(BAND) / 2, 0.064
    length = 2 * np.pi * belly / WAVES
    place = angle * belly
    swing = 0.0105
    phase = 2 * np.pi * place / length
    slope = swing * 2 * np.pi / length * np.cos(phase)
    off = np.abs(height - middle - swing * np.sin(phase)) / np.sqrt(1 + slope**2)
    cover = 1 - above(off, 0.0019)
    for side in (1, -1):
        x = folded(place / length - side * 0.25) * length * side
        y = (height - middle + side * 0.0050) * side
        cover = np.maximum(cover, _curl(x, y))
    return cover


def _curl(x: Floats, y: Floats) -> Floats:
    """A spiral about the origin with a drop at its heart."""
    pitch, reach = 0.0064, 0.0112
    radius = np.hypot(x, y)
    turns = radius / pitch - np.arctan2(y, x) / (2 * np.pi)
    off = np.abs(folded(turns)) * pitch
    lifted = np.clip(radius / reach * 5 - 4, 0, 1)  # the brush leaves the pot at the curl's end
    return np.maximum(1 - above(off, 0.0014 - 0.0024 * lifted), 1 - above(radius, 0.0026))


def _glazed(under: Coat, angle: Floats, height: Floats, clouds: Floats) -> Coat:
    """A glaze over shoulder and neck that has run, thick where it stopped, thin on top."""
    runs = np.cos(5 * angle + 0.6) + 0.8 * np.cos(9 * angle + 2.1) + 0.6 * np.cos(14 * angle)
    edge = 0.1290 - 0.0036 * runs
    cover = above(height, edge)
    above_edge = height - edge
    layers = under.under(GLAZE, cover)
    pool = np.exp(-np.clip(above_edge, 0, None) / 0.0060)
    layers = layers.under(POOLED, cover * np.clip(pool + 0.15 * clouds, 0, 1))
    thin = np.clip((height - 0.140) / 0.050 + 0.2 * clouds, 0, 1)
    return layers.under(THIN, cover * 0.8 * thin * (1 - pool))


def _lid(under: Coat, part: Parts, points: Floats, angle: Floats) -> Coat:
    """Slip with cobalt rays and a glazed heart around the stem."""
    radius = np.hypot(points[:, 0], points[:, 2])
    cover = above(np.minimum(part.pot, part.rim) - part.lid, 0.0)
    layers = under.under(SLIP, cover)
    ray = np.abs(folded(angle * 12 / (2 * np.pi))) * 2
    wide = np.pi * radius / 12
    inside = (0.62 - ray) * wide
    rays = above(inside, 0.0) * between(radius, 0.0150, 0.0265)
    layers = layers.under(COBALT, cover * rays)
    return layers.under(POOLED, cover * (1 - above(radius, 0.0130)))


def _gilded(part: Parts, height: Floats) -> Floats:
    """Where there is gold: handles, rim, knot and its stem."""
    vessel = np.minimum(part.pot, part.lid)
    cover = above(np.minimum(vessel, part.rim) - part.handles, -0.0005)
    cover = np.maximum(cover, above(vessel - part.rim, 0.0))
    return np.maximum(cover, above(height, 0.2098))
