"""A test object: a birdcage on a stand with cymbals, leaves and rigging, all of it thin.

Dozens of closed parts, the thinnest 1.6 mm, hide one another from every side, and patterns of two
millimetres cover them. Lengths are metres, Y is up, the base stands on y = 0.
"""

from functools import cache

import numpy as np

from lightmould.engine.sample import sweeps
from lightmould.engine.sample.coat import (
    Coat,
    Finish,
    above,
    bare,
    between,
    checks,
    folded,
    grain,
    stripes,
)
from lightmould.engine.sample.sweeps import Part
from lightmould.model.arrays import Floats, Ints
from lightmould.model.mesh import vertex_normals

BASE, POLE, LEG, BAR, HOOP, BALL, ARM, CYMBAL, LEAF, PLATE, STRING = range(11)
"""Kinds of parts."""

BARS, LEAVES, STRINGS, LEGS = 14, 13, 6, 3
# Radius and height that the cage's bars pass.
CAGE = ((0.046, 0.046), (0.066, 0.062), (0.080, 0.095), (0.074, 0.135), (0.050, 0.168))
HOOPS = ((0.0490, 0.0470), (0.0815, 0.1000), (0.0525, 0.1660))
TOP = 0.265
EDGE = 0.0002
"""Half the width of a painted edge: a pattern of two millimetres has to have flat parts."""

IVORY = Finish((0.640, 0.560, 0.420), 0.55)
SOOT = Finish((0.045, 0.042, 0.050), 0.50)
RED = Finish((0.420, 0.060, 0.040), 0.45)
BLUE = Finish((0.050, 0.110, 0.340), 0.40)
GREEN = Finish((0.070, 0.210, 0.050), 0.50)
LIME = Finish((0.330, 0.450, 0.120), 0.60)
WOOD = Finish((0.270, 0.140, 0.065), 0.65)
YELLOW = Finish((0.620, 0.410, 0.060), 0.50)
BRASS = Finish((0.700, 0.480, 0.180), 0.30, 1.0)
STEEL = Finish((0.500, 0.500, 0.520), 0.35, 1.0)


@cache
def parts() -> tuple[Part, ...]:
    """Every part."""
    return (
        *_stand(),
        *_cage(),
        *_cymbals(),
        *(_leaf(index) for index in range(LEAVES)),
        *(_string(index) for index in range(STRINGS)),
        _plate(),
    )


def surface() -> tuple[Floats, Ints, Floats]:
    """(V, 3) positions, (F, 3) faces, (V, 3) unit normals."""
    positions, faces = sweeps.joined(parts())
    return positions, faces, vertex_normals(positions, faces)


def places() -> tuple[Floats, Floats]:
    """(V, 3) where each vertex lies on its part, and (V, 3) its part's kind, its number and 0."""
    every = parts()
    numbers = [(part.kind, number, 0) for number, part in enumerate(every)]
    lengths = [len(part.positions) for part in every]
    return (
        np.concatenate([part.places for part in every]),
        np.repeat(np.array(numbers, np.float64), lengths, axis=0),
    )


def coat(points: Floats, place: Floats, part: Floats) -> Coat:
    """What lies on (N, 3) points, given what `places` says of them."""
    kind, number = np.rint(part[:, 0]).astype(int), np.rint(part[:, 1])
    along, around = place[:, 0].astype(np.float64), np.arctan2(place[:, 2], place[:, 1])
    layers = bare(IVORY, len(points))
    layers = _on_rods(layers, kind, number, along, around)
    layers = _on_round_parts(layers, kind, along, around, points)
    layers = _on_flat_parts(layers, kind, number, along, place[:, 1], points)
    return layers.aged(grain(points))


def _stand() -> tuple[Part, ...]:
    outline = np.array(
        [
            (0.0, 0.0),
            (0.060, 0.0),
            (0.096, 0.0002),
            (0.0992, 0.0012),
            (0.1, 0.003),
            (0.0992, 0.0048),
            (0.096, 0.0058),
            (0.07, 0.006),
            (0.04, 0.006),
            (0.015, 0.006),
            (0.0, 0.006),
        ]
    )
    base = sweeps.turned(BASE, outline, sweeps.seat((0, 0, 0), (0, 1, 0)), 96)
    pole = sweeps.rod(POLE, sweeps.curve(np.array([(0, 0.004, 0), (0, TOP, 0)]), 60), 0.0026, 14)
    legs = []
    for turn in np.arange(LEGS) * 2 * np.pi / LEGS + 0.4:
        out = np.array([np.sin(turn), 0, np.cos(turn)])
        rise = np.array([0, 1.0, 0])
        way = [0.089 * out + 0.004 * rise, 0.05 * out + 0.016 * rise, 0.002 * out + 0.045 * rise]
        legs.append(sweeps.rod(LEG, sweeps.curve(np.array(way), 24), 0.0021, 10))
    return (base, pole, *legs)


def _cage() -> tuple[Part, ...]:
    outline = np.array(CAGE)
    bars = []
    for turn in np.arange(BARS) * 2 * np.pi / BARS:
        radius, height = outline.T
        way = np.stack([radius * np.sin(turn), height, radius * np.cos(turn)], axis=1)
        bars.append(sweeps.rod(BAR, sweeps.curve(way, 30), 0.0016, 10))
    hoops = [
        sweeps.hoop(HOOP, sweeps.seat((0, height, 0), (0, 1, 0)), radius, (0.0011, 0.0034), 96)
        for radius, height in HOOPS
    ]
    tilt = np.linspace(-np.pi / 2, np.pi / 2, 25)
    ball = 0.030 * np.stack([np.cos(tilt), np.sin(tilt)], axis=1)
    ball[[0, -1], 0] = 0
    return (*bars, *hoops, sweeps.turned(BALL, ball, sweeps.seat((0, 0.1, 0), (0.2, 1, 0.1)), 48))


def _cymbals() -> tuple[Part, ...]:
    """Two thin shells on arms, a little tilted."""
    radius = np.array([0.004, 0.010, 0.014, 0.022, 0.034, 0.046, 0.0515, 0.0527])
    rise = 0.009 - 0.24 * radius + 0.006 * np.exp(-((radius / 0.011) ** 2))
    thick = np.array([7, 7, 7, 7, 7, 6, 4.5, 2]) * 1e-4
    below = np.stack([radius, rise - thick], axis=1)
    over = np.stack([radius, rise + thick], axis=1)[::-1]
    ends = [(0.0, below[0, 1]), below, (0.0530, rise[-1]), over, (0.0, over[-1, 1])]
    outline = np.concatenate([np.atleast_2d(one) for one in ends])
    found = []
    for side, (height, depth) in ((1, (0.205, 0.024)), (-1, (0.226, -0.020))):
        end = np.array([side * 0.086, height, depth])
        way = np.array([(0, height - 0.025, 0), (side * 0.05, height - 0.012, depth / 2), end])
        found.append(sweeps.rod(ARM, sweeps.curve(way, 24), 0.0017, 10))
        lean = (side * 0.30, 1.0, depth * 8)
        place = (float(end[0]), float(end[1]) - 0.008, float(end[2]))
        found.append(sweeps.turned(CYMBAL, outline, sweeps.seat(place, lean), 72))
    return tuple(found)


def _leaf(index: int) -> Part:
    """A leaf that springs from the pole's top and bends down under its weight."""
    turn = index * np.pi * (3 - np.sqrt(5))
    start = 0.226 + 0.038 * index / (LEAVES - 1)
    reach = 0.070 + 0.016 * np.sin(2.3 * index)
    out, side = (
        np.array([np.sin(turn), 0, np.cos(turn)]),
        np.array([np.cos(turn), 0, -np.sin(turn)]),
    )
    rise = np.array([0, 1.0, 0])
    way = [
        start * rise,
        start * rise + 0.35 * reach * out + 0.030 * rise,
        start * rise + 0.75 * reach * out + 0.040 * rise + 0.006 * side,
        start * rise + 1.05 * reach * out + 0.020 * rise + 0.014 * side,
    ]
    course = sweeps.curve(np.array(way), 28)
    share = np.linspace(0, 1, len(course))
    blade = np.clip((share - 0.22) / 0.78, 0, 1)
    width = 0.0009 + 0.0125 * np.sin(np.pi * blade**0.75) ** 0.9
    thickness = np.full(len(course), 0.0008)
    return sweeps.blade(LEAF, course, np.stack([width, thickness], axis=1), rise + 0.6 * out, 14)


def _string(index: int) -> Part:
    turn = (index + 0.5) * 2 * np.pi / STRINGS
    foot = np.array([0.093 * np.sin(turn), 0.005, 0.093 * np.cos(turn)])
    return sweeps.rod(STRING, sweeps.curve(np.stack([foot, [0, TOP - 0.014, 0]]), 30), 0.0008, 8)


def _plate() -> Part:
    """A small sign that leans on the base."""
    way = np.array([(-0.034, 0.024, 0.088), (0.0, 0.024, 0.0905), (0.034, 0.024, 0.088)])
    course = sweeps.curve(way, 20)
    radii = np.tile((0.0185, 0.0010), (len(course), 1))
    return sweeps.blade(PLATE, course, radii, np.array([0, 0.35, 1.0]), 20)


def _on_rods(under: Coat, kind: Ints, number: Floats, along: Floats, around: Floats) -> Coat:
    """Barber's stripes on pole and arms, bands on bars, marks on strings."""
    twist = along + 0.008 * around / (2 * np.pi)
    layers = under.under(RED, (kind == POLE) * stripes(twist, 0.008, EDGE))
    is_bar = kind == BAR
    band = stripes(along, 0.0056, EDGE)
    layers = layers.under(WOOD, is_bar * 1.0).under(YELLOW, is_bar * (number % 2 == 0) * band)
    layers = layers.under(BLUE, is_bar * (number % 2 == 1) * band)
    layers = layers.under(STEEL, ((kind == LEG) | (kind == ARM)) * 1.0)
    layers = layers.under(SOOT, (kind == ARM) * stripes(along, 0.004, EDGE))
    return layers.under(RED, (kind == STRING) * stripes(along, 0.012, EDGE))


def _on_round_parts(under: Coat, kind: Ints, along: Floats, around: Floats, points: Floats) -> Coat:
    """Checks on base and ball, brass hoops with marks, grooved cymbals."""
    radius = np.hypot(points[:, 0], points[:, 2])
    board = checks(stripes(points[:, 0], 0.0084, EDGE), stripes(points[:, 2], 0.0084, EDGE))
    layers = under.under(SOOT, (kind == BASE) * board * (1 - above(radius, 0.088, EDGE)))
    layers = layers.under(WOOD, (kind == BASE) * above(radius, 0.088, EDGE))
    sector = stripes(around / (2 * np.pi) * 0.180, 0.0075, EDGE)
    ball = checks(sector, stripes(along, 0.0078, EDGE))
    layers = layers.under(BLUE, (kind == BALL) * ball)
    layers = layers.under(BRASS, (kind == HOOP) * 1.0)
    layers = layers.under(SOOT, (kind == HOOP) * _marks(around * 0.080, along, 0.0046))
    groove = stripes(along, 0.0030, EDGE) * above(np.abs(folded(around * 5 / (2 * np.pi))), 0.12)
    layers = layers.under(BRASS, (kind == CYMBAL) * 1.0)
    return layers.under(SOOT, (kind == CYMBAL) * 0.75 * groove)


def _on_flat_parts(
    under: Coat, kind: Ints, number: Floats, along: Floats, across: Floats, points: Floats
) -> Coat:
    """Leaves with veins and a pale edge, a sign with lines of marks."""
    tint = (kind == LEAF) * 1.0
    layers = under.under(GREEN, tint)
    vein = stripes(along + 0.012 * np.abs(across), 0.0042, EDGE)
    vein *= between(np.abs(across), 0.10, 0.85, 0.02)
    layers = layers.under(LIME, tint * np.maximum(vein, 1 - above(np.abs(across), 0.07, 0.02)))
    layers = layers.under(RED, tint * (number % 3 == 0) * above(np.abs(across), 0.85, 0.02))
    rise = points[:, 1] - 0.024
    text = _marks(along, rise, 0.0062) * between(np.abs(rise), -1.0, 0.0135, EDGE)
    return layers.under(SOOT, (kind == PLATE) * text)


def _marks(across: Floats, rise: Floats, height: float) -> Floats:
    """Rows of signs like letters: strokes and bars, no two neighbors alike, 0 to 1."""
    wide = 0.62 * height
    column, row = np.floor(across / wide), np.round(rise / height)
    x, y = across / wide - column - 0.5, rise / height - row
    draw = np.sin(12.9898 * column + 78.233 * row) * 43758.5453
    code = np.floor((draw - np.floor(draw)) * 16).astype(int)
    thin, edge = 0.11, EDGE / height
    within = between(y, -0.36, 0.36, edge) * between(x, -0.36, 0.36, edge)
    strokes = [np.abs(x + 0.25), np.abs(x - 0.25), np.abs(y - 0.26), np.abs(y + 0.02)]
    ink = np.zeros(len(x))
    for bit, off in enumerate(strokes):
        drawn = (code >> bit) & 1 if bit else np.ones_like(code)
        ink = np.maximum(ink, drawn * (1 - above(off, thin, edge)))
    return ink * within
