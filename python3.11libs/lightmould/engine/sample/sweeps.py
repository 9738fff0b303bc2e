"""Thin solids as rings of points: rods, hoops, blades and turned pieces, each closed by itself.

Lengths are metres. A part's points carry their place on it: metres along, and the cosine and the
sine of the angle around, by which patterns are laid.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.interpolate import CubicSpline

from lightmould.model.arrays import Floats, Ints

HOOP_SIDES = 12
"""Of a hoop's section."""


@dataclass(frozen=True, slots=True)
class Part:
    """One closed solid.

    Attributes:
        positions: (V, 3) metres.
        faces: (F, 3) counter-clockwise seen from outside.
        places: (V, 3) metres along it, cosine and sine of the angle around.
        kind: what it is, by which it is painted.
    """

    positions: Floats
    faces: Ints
    places: Floats
    kind: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A place and three directions at right angles.

    Attributes:
        origin: (3,) metres.
        axis: (3,) unit.
        side: (3,) unit.
        other: (3,) unit.
    """

    origin: Floats
    axis: Floats
    side: Floats
    other: Floats


def seat(origin: tuple[float, float, float], axis: tuple[float, float, float]) -> Seat:
    """A seat whose axis points that way."""
    up = np.array(axis) / np.linalg.norm(axis)
    side = np.cross(up, (0.0, 0.0, 1.0) if abs(up[2]) < 0.9 else (1.0, 0.0, 0.0))
    side /= np.linalg.norm(side)
    return Seat(np.array(origin), up, side, np.cross(up, side))


def rod(kind: int, course: Floats, radius: float, sides: int) -> Part:
    """A round rod along (S, 3) points, its ends rounded."""
    chord = np.abs(course[-1] - course[0])
    return blade(kind, course, np.full((len(course), 2), radius), np.eye(3)[chord.argmin()], sides)


def blade(kind: int, course: Floats, radii: Floats, upward: Floats, sides: int) -> Part:
    """A body of elliptic section along a course, its ends rounded.

    Args:
        kind: see `Part`.
        course: (S, 3) metres, its middle line.
        radii: (S, 2) metres, half its width and half its thickness.
        upward: (3,) roughly the way its thickness points; not along the course.
        sides: of the section.
    """
    along = _passed(course)
    cap = float(radii[[0, -1], 1].mean())
    rise = cap * np.array([0.1, 0.45])
    inner = np.linspace(cap, along[-1] - cap, len(course))
    stations = np.concatenate([rise, inner, along[-1] - rise[::-1]])
    smooth = CubicSpline(along, course)
    tangents = smooth(stations, 1)
    wide = np.cross(tangents, upward)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    thick = np.cross(wide, tangents / np.linalg.norm(tangents, axis=1, keepdims=True))
    depth = np.minimum(stations, along[-1] - stations) / cap
    size = np.stack([np.interp(stations, along, one) for one in radii.T], axis=1)
    size *= np.sqrt(1 - np.clip(1 - depth, 0, 1) ** 2)[:, None]
    turn = _turn(sides)
    rings = (
        smooth(stations)[:, None]
        + size[:, :1, None] * np.cos(turn)[:, None] * wide[:, None]
        + size[:, 1:, None] * np.sin(turn)[:, None] * thick[:, None]
    )
    return _closed(kind, rings, stations, (course[0], course[-1]))


def turned(kind: int, outline: Floats, seat: Seat, sides: int) -> Part:
    """A solid of revolution.

    Args:
        kind: see `Part`.
        outline: (P, 2) radius and height, metres, from the bottom of its axis, where the radius
            is 0, around its outside to the top of its axis.
        seat: where its origin and its axis lie.
        sides: around.
    """
    turn = _turn(sides)
    inner = outline[1:-1]
    around = np.cos(turn)[:, None] * seat.side + np.sin(turn)[:, None] * seat.other
    rings = seat.origin + inner[:, :1, None] * around + inner[:, 1:, None] * seat.axis
    poles = (seat.origin + outline[0, 1] * seat.axis, seat.origin + outline[-1, 1] * seat.axis)
    return _closed(kind, rings, _passed(outline)[1:-1], poles)


def hoop(kind: int, seat: Seat, radius: float, section: tuple[float, float], sides: int) -> Part:
    """A ring around an axis.

    Args:
        kind: see `Part`.
        seat: where its middle and its axis lie.
        radius: of its middle line, metres.
        section: half its thickness outward and half its width along the axis, metres.
        sides: around the axis.
    """
    turn, around = _turn(sides), _turn(HOOP_SIDES)
    outward = np.cos(turn)[:, None] * seat.side + np.sin(turn)[:, None] * seat.other
    out = radius + section[0] * np.cos(around)
    rings = (
        seat.origin
        + out[None, :, None] * outward[:, None]
        + (section[1] * np.sin(around))[None, :, None] * seat.axis
    )
    # Each ring is a section here, and the last is followed by the first.
    count = len(rings) * HOOP_SIDES
    index = np.arange(count).reshape(len(rings), HOOP_SIDES)
    faces = _quads(index, np.roll(index, -1, axis=0))
    places = np.stack(
        [
            np.tile(section[1] * np.sin(around), len(rings)),
            np.repeat(np.cos(turn), HOOP_SIDES),
            np.repeat(np.sin(turn), HOOP_SIDES),
        ],
        axis=1,
    )
    return Part(rings.reshape(-1, 3), _outward(rings.reshape(-1, 3), faces), places, kind)


def curve(stations: Floats, samples: int) -> Floats:
    """(samples, 3) evenly along a smooth curve through (S, 3) stations."""
    smooth = CubicSpline(_passed(stations), stations)
    return cast(Floats, smooth(np.linspace(0, smooth.x[-1], samples)))


def joined(parts: tuple[Part, ...]) -> tuple[Floats, Ints]:
    """All parts as one mesh: (V, 3) positions and (F, 3) faces, which share no vertices."""
    starts = np.cumsum([0, *(len(part.positions) for part in parts)])
    faces = [part.faces + start for part, start in zip(parts, starts, strict=False)]
    return np.concatenate([p.positions for p in parts]), np.concatenate(faces).astype(np.int32)


def _passed(course: Floats) -> Floats:
    """(S,) metres from the first of (S, D) points to each, along the chords."""
    chords = np.linalg.norm(np.diff(course, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(chords)])


def _turn(sides: int) -> Floats:
    return np.arange(sides) * (2 * np.pi / sides)


def _closed(kind: int, rings: Floats, stations: Floats, poles: tuple[Floats, Floats]) -> Part:
    """(S, R, 3) rings joined in their order, and a fan to a pole at each end."""
    count, sides = rings.shape[:2]
    index = np.arange(count * sides).reshape(count, sides)
    first, last = count * sides, count * sides + 1
    faces = [_quads(index[:-1], index[1:])]
    for ring, pole, ahead in ((index[0], first, -1), (index[-1], last, 1)):
        follower = np.roll(ring, -ahead)
        faces.append(np.stack([ring, follower, np.full(sides, pole)], axis=1))
    positions = np.concatenate([rings.reshape(-1, 3), np.stack(poles)])
    turn = _turn(sides)
    places = np.stack(
        [np.repeat(stations, sides), np.tile(np.cos(turn), count), np.tile(np.sin(turn), count)],
        axis=1,
    )
    ends = np.array([[stations[0], 0.0, 0.0], [stations[-1], 0.0, 0.0]])
    all_faces = _outward(positions, np.concatenate(faces))
    return Part(positions, all_faces, np.concatenate([places, ends]), kind)


def _quads(here: Ints, there: Ints) -> Ints:
    """Two triangles between each two neighbors of a ring and those of the next, (F, 3)."""
    a, b = here.reshape(-1), np.roll(here, -1, axis=1).reshape(-1)
    c, d = np.roll(there, -1, axis=1).reshape(-1), there.reshape(-1)
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def _outward(positions: Floats, faces: Ints) -> Ints:
    """The faces, turned around where they enclose less than nothing."""
    a, b, c = positions[faces].swapaxes(0, 1)
    volume = np.einsum("fa,fa->", a - positions.mean(axis=0), np.cross(b - a, c - a))
    return faces if volume > 0 else faces[:, ::-1]
