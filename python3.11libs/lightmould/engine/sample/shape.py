"""The sample's shape: a lidded vase with two handles and a trefoil knot on its lid.

Everything is one distance field: smooth unions of solids of revolution and tubes. Lengths are
metres, Y is up, the foot stands on y = 0, the handles lie in the plane z = 0.
"""

from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.sample.solids import Tube, settled, smooth_union, tube
from lightmould.model.arrays import Floats, Ints

# Height and radius up the pot's wall, without rim and lid.
PROFILE = (
    (-0.0060, 0.0335),
    (0.0000, 0.0335),
    (0.0070, 0.0315),
    (0.0180, 0.0250),
    (0.0280, 0.0285),
    (0.0520, 0.0470),
    (0.0820, 0.0620),
    (0.1050, 0.0660),
    (0.1260, 0.0605),
    (0.1430, 0.0460),
    (0.1570, 0.0345),
    (0.1710, 0.0290),
    (0.1810, 0.0300),
    (0.1910, 0.0350),
    (0.2010, 0.0380),
)
MOUTH = 0.1920
RIM_HEIGHT, RIM_RADIUS, RIM_THICKNESS = 0.1900, 0.0360, 0.0042
LID_HEIGHT, LID_RADIUS, LID_RISE = 0.1900, 0.0325, 0.0180
STEM_RADIUS, STEM_HEIGHT = 0.0050, 0.2130
KNOT_HEIGHT, KNOT_RADIUS, KNOT_THICKNESS = 0.2350, 0.0140, 0.0039
KNOT_LOBE, KNOT_DEPTH = 0.0065, 0.0066
# Where a handle passes, from the shoulder to the neck: x, y and its thickness there.
HANDLE = (
    (0.0500, 0.1230, 0.0080),
    (0.0690, 0.1340, 0.0064),
    (0.0820, 0.1500, 0.0056),
    (0.0810, 0.1690, 0.0053),
    (0.0660, 0.1800, 0.0053),
    (0.0460, 0.1750, 0.0056),
    (0.0280, 0.1640, 0.0066),
)
CURVE_SAMPLES = 800
# Grid coordinates span this box; the grid narrows to a fraction of its width up at the knot.
LOW, HIGH = (-0.0952, -0.0085, -0.0748), (0.0952, 0.2630, 0.0748)
SPACING, NARROW = 0.0040, 0.5
NARROWING = (0.195, 0.215)


@dataclass(frozen=True, slots=True)
class Parts:
    """Distances of N points to each part alone, (N,) metres, negative inside.

    Attributes:
        pot: the thrown body.
        rim: the ring on the pot's mouth.
        lid: the dome and the stem of the knot.
        handles: both.
        knot: the trefoil.
    """

    pot: Floats
    rim: Floats
    lid: Floats
    handles: Floats
    knot: Floats


def parts(points: Floats) -> Parts:
    """How far (N, 3) points are from each part."""
    x, y, z = points.T
    radius = np.hypot(x, z)
    mirrored = np.stack([np.abs(x), y, z], axis=1)
    return Parts(
        pot=_pot(radius, y),
        rim=np.hypot(radius - RIM_RADIUS, y - RIM_HEIGHT) - RIM_THICKNESS,
        lid=smooth_union(_dome(radius, y), _stem(radius, y), 0.010),
        handles=_handle().distance(mirrored),
        knot=_knot().distance(points),
    )


def distance(points: Floats) -> Floats:
    """(N,) metres from (N, 3) points to the vase's surface, about; exactly 0 on it."""
    part = parts(points)
    vessel = smooth_union(smooth_union(part.pot, part.lid, 0.002), part.rim, 0.006)
    return smooth_union(smooth_union(vessel, part.handles, 0.006), part.knot, 0.004)


def surface() -> tuple[Floats, Ints, Floats]:
    """The vase as triangles: (V, 3) positions, (F, 3) faces, (V, 3) unit normals."""
    axes = [_spaced(LOW[0], HIGH[0]), _heights(), _spaced(LOW[2], HIGH[2])]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = distance(_narrowed(grid.reshape(-1, 3))).reshape(grid.shape[:3])
    indices, faces = dual_mesh(values)
    where = [np.interp(indices[:, a], np.arange(len(axes[a])), axes[a]) for a in range(3)]
    positions = _narrowed(np.stack(where, axis=1))
    positions, normals = settled(distance, positions, faces)
    return positions, faces, normals


def _pot(radius: Floats, height: Floats) -> Floats:
    heights, radii = np.array(PROFILE).T
    wall = PchipInterpolator(heights, radii)
    inside = np.clip(height, heights[0], heights[-1])
    side = (radius - wall(inside)) / np.sqrt(1 + wall(inside, 1) ** 2)
    return -smooth_union(-side, -np.maximum(-height, height - MOUTH), 0.010)


def _dome(radius: Floats, height: Floats) -> Floats:
    """An ellipsoid's implicit function over its slope: a distance near the surface."""
    rise = height - LID_HEIGHT
    size = np.hypot(radius / LID_RADIUS, rise / LID_RISE)
    slope = np.hypot(radius / LID_RADIUS**2, rise / LID_RISE**2)
    return cast(Floats, size * (size - 1) / np.maximum(slope, 1e-9))


def _stem(radius: Floats, height: Floats) -> Floats:
    beyond = height - np.clip(height, LID_HEIGHT, STEM_HEIGHT)
    return cast(Floats, np.hypot(radius, beyond) - STEM_RADIUS)


@cache
def _handle() -> Tube:
    """The handle on the side of +X."""
    stations = np.array(HANDLE)
    chords = np.linalg.norm(np.diff(stations[:, :2], axis=0), axis=1)
    passed = np.concatenate([[0], np.cumsum(chords)])
    along = np.linspace(0, passed[-1], CURVE_SAMPLES)
    x, y = CubicSpline(passed, stations[:, :2])(along).T
    thickness = PchipInterpolator(passed, stations[:, 2])(along)
    return tube(np.stack([x, y, np.zeros_like(x)], axis=1), thickness)


@cache
def _knot() -> Tube:
    """A trefoil, one of its lobes on the stem, where its samples overlap a little."""
    turn = np.linspace(-0.02, 2 * np.pi + 0.02, CURVE_SAMPLES)
    reach = KNOT_RADIUS + KNOT_LOBE * np.cos(3 * turn)
    x, y = reach * np.sin(2 * turn), KNOT_HEIGHT - reach * np.cos(2 * turn)
    course = np.stack([x, y, -KNOT_DEPTH * np.sin(3 * turn)], axis=1)
    return tube(course, np.full(len(course), KNOT_THICKNESS))


def _spaced(low: float, high: float) -> Floats:
    return np.linspace(low, high, round((high - low) / SPACING) + 1)


def _heights() -> Floats:
    """Grid heights, as much denser up at the knot as the grid is narrower there."""
    even = np.linspace(LOW[1], HIGH[1], 2000)
    steps = np.cumsum(1 / _width(even))
    steps -= steps[0]
    count = round(steps[-1] / steps[1] * (even[1] - even[0]) / SPACING)
    return np.interp(np.linspace(0, steps[-1], count + 1), steps, even)


def _width(height: Floats) -> Floats:
    """How wide the grid is at a height, 1 at the pot and `NARROW` at the knot."""
    rise = np.clip((height - NARROWING[0]) / (NARROWING[1] - NARROWING[0]), 0, 1)
    return cast(Floats, 1 - (1 - NARROW) * rise**2 * (3 - 2 * rise))


def _narrowed(points: Floats) -> Floats:
    """Grid coordinates to metres: x and z shrink where the grid is narrow."""
    width = _width(points[:, 1])
    return points * np.stack([width, np.ones_like(width), width], axis=1)
