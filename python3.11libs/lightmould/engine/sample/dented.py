"""A test object: a kettle-like stone with a bowl, dents and dimples that no silhouette shows.

It has a handle 8 mm thin, three metals, and glazes from glossy to dull. Its stripes, rings and
checks are centimetres wide, as parallax wants them. Lengths are metres, Y is up, the foot stands
at y = 0.
"""

from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np

from lightmould.engine.isosurfaces.dual import dual_mesh
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
from lightmould.engine.sample.solids import Tube, carved, ellipsoid, settled, smooth_union, tube
from lightmould.model.arrays import Floats, Ints

CENTER, RADII = np.array([0.0, 0.102, 0.0]), np.array([0.122, 0.104, 0.112])
LOBES, LOBE_DEPTH = 3, 0.05
RIM_HEIGHT, RIM_RADIUS, RIM_THICKNESS = 0.173, 0.079, 0.0075
HANDLE_REACH, HANDLE_RISE, HANDLE_THICKNESS = 0.079, 0.118, 0.0042
CURVE_SAMPLES = 800
SPACING, MARGIN = 0.0033, 0.0112
"""Of the grid. With most margins it meets the handle or the rim so that edges join four faces."""
SHARP, SOFT = 0.006, 0.014
"""How far carved edges and joints are rounded."""


@dataclass(frozen=True, slots=True)
class Hollow:
    """A ball that something is carved with.

    Attributes:
        center: metres.
        radius: metres.
    """

    center: tuple[float, float, float]
    radius: float

    def distance(self, points: Floats) -> Floats:
        """(N,) metres to the ball."""
        return cast(Floats, np.linalg.norm(points - self.center, axis=1) - self.radius)

    def turned(self, points: Floats) -> tuple[Floats, Floats]:
        """(N,) angle around the line from the hollow to the stone's middle, and (N,) metres off."""
        axis = np.array(self.center) - CENTER
        axis /= np.linalg.norm(axis)
        side = np.cross(axis, (0.0, 0.0, 1.0) if abs(axis[2]) < 0.9 else (1.0, 0.0, 0.0))
        side /= np.linalg.norm(side)
        offset = points - self.center
        x, y = offset @ side, offset @ np.cross(axis, side)
        return np.arctan2(y, x), np.hypot(x, y)


BOWL = Hollow((0.0, 0.2070, 0.0), 0.0830)
RINGED = Hollow((0.030, 0.095, 0.146), 0.062)
SPOTTED = Hollow((0.152, 0.110, -0.022), 0.056)
CHECKED = Hollow((-0.060, 0.080, -0.128), 0.058)
COPPERED = Hollow((-0.142, 0.112, 0.058), 0.050)
FOOT = Hollow((0.0, -0.1050, 0.0), 0.1120)
DENTS = (RINGED, SPOTTED, CHECKED, COPPERED)
DIMPLES = tuple(
    Hollow((0.112 * np.sin(a), 0.046, 0.104 * np.cos(a)), 0.0170)
    for a in np.arange(12) * np.pi / 6 + 0.2
)

BONE = Finish((0.620, 0.520, 0.360), 0.62)
RUST = Finish((0.330, 0.085, 0.040), 0.55)
INDIGO = Finish((0.040, 0.060, 0.200), 0.48)
SAGE = Finish((0.180, 0.300, 0.170), 0.72)
CLAY = Finish((0.240, 0.120, 0.070), 0.80)
CELADON = Finish((0.200, 0.400, 0.330), 0.24)
PLUM = Finish((0.150, 0.045, 0.110), 0.26)
BRASS = Finish((0.720, 0.520, 0.220), 0.36, 1.0)
COPPER = Finish((0.640, 0.320, 0.200), 0.28, 1.0)
TARNISH = Finish((0.380, 0.230, 0.160), 0.55, 1.0)
STEEL = Finish((0.480, 0.480, 0.500), 0.32, 1.0)


def distance(points: Floats) -> Floats:
    """(N,) metres from (N, 3) points to the surface, about; exactly 0 on it."""
    stone = _body(points)
    for hollow in (*DENTS, BOWL, FOOT):
        stone = carved(stone, hollow.distance(points), SHARP)
    for dimple in DIMPLES:
        stone = carved(stone, dimple.distance(points), 0.004)
    stone = smooth_union(stone, _rim(points), 0.008)
    return smooth_union(stone, _handle().distance(points), SHARP)


def surface() -> tuple[Floats, Ints, Floats]:
    """(V, 3) positions, (F, 3) faces, (V, 3) unit normals."""
    low, high = CENTER - RADII * (1 + LOBE_DEPTH) - MARGIN, CENTER + RADII * (1 + LOBE_DEPTH)
    high = high + MARGIN
    high[1] = RIM_HEIGHT + HANDLE_RISE + HANDLE_THICKNESS + MARGIN
    counts = np.ceil((high - low) / SPACING).astype(int) + 1
    grid = low + SPACING * np.indices(tuple(counts)).reshape(3, -1).T
    indices, faces = dual_mesh(distance(grid).reshape(tuple(counts)))
    positions, normals = settled(distance, low + SPACING * indices, faces)
    return positions, faces, normals


def coat(points: Floats) -> Coat:
    """What lies on (N, 3) points of the surface."""
    angle, height = np.arctan2(points[:, 0], points[:, 2]), points[:, 1]
    clouds = grain(points)
    layers = _belly(points, angle, height + 0.0020 * clouds)
    layers = _in_bowl(layers, points)
    layers = _in_dents(layers, points, clouds)
    vessel = _body(points)
    layers = layers.under(BRASS, above(vessel - _rim(points), 0.0))
    handle = above(np.minimum(vessel, _rim(points)) - _handle().distance(points), -0.001)
    layers = layers.under(STEEL, handle)
    grip = handle * above(height, RIM_HEIGHT + 0.72 * HANDLE_RISE)
    return layers.under(RUST, grip * (1 - stripes(points[:, 0], 0.012))).aged(clouds)


def _body(points: Floats) -> Floats:
    """An ellipsoid with soft lobes around."""
    offset = points - CENTER
    angle = np.arctan2(offset[:, 0], offset[:, 2])
    level = np.hypot(offset[:, 0], offset[:, 2]) / RADII[0]
    wide = 1 + LOBE_DEPTH * np.cos(LOBES * angle + 0.5) * level**2 / (1 + level**2)
    return ellipsoid(
        offset / np.stack([wide, np.ones_like(wide), wide], axis=1), np.zeros(3), RADII
    )


def _rim(points: Floats) -> Floats:
    ring = np.hypot(points[:, 0], points[:, 2]) - RIM_RADIUS
    return cast(Floats, np.hypot(ring, points[:, 1] - RIM_HEIGHT) - RIM_THICKNESS)


@cache
def _handle() -> Tube:
    """A bail over the bowl, a little askew, from rim to rim."""
    turn = np.linspace(0, np.pi, CURVE_SAMPLES)
    x, y = HANDLE_REACH * np.cos(turn), RIM_HEIGHT + HANDLE_RISE * np.sin(turn)
    course = np.stack([x, y, 0.012 * np.sin(2 * turn)], axis=1)
    return tube(course, np.full(CURVE_SAMPLES, HANDLE_THICKNESS))


def _belly(points: Floats, angle: Floats, height: Floats) -> Coat:
    """Leaning stripes below, patches on a glossy glaze above."""
    reach = 0.115
    lean = angle * reach + 0.6 * (height - 0.1)
    wide = 2 * np.pi * reach / 36
    layers = bare(BONE, len(points)).under(RUST, stripes(lean, wide))
    layers = layers.under(INDIGO, between(height, 0.084, 0.090))
    glaze = above(height + 0.006 * np.cos(5 * angle), 0.118)
    patch = checks(stripes(angle * reach, 2 * np.pi * reach / 20), stripes(height, 0.030))
    layers = layers.under(CELADON, glaze).under(PLUM, glaze * patch)
    foot = 1 - above(height, 0.026)
    around = stripes(np.hypot(points[:, 0], points[:, 2]), 0.016)
    return layers.under(CLAY, foot).under(SAGE, foot * around)


def _in_bowl(under: Coat, points: Floats) -> Coat:
    """Rings cut into sectors, like a dartboard."""
    cover = 1 - above(BOWL.distance(points), 0.0015)
    angle, radius = BOWL.turned(points)
    sector = stripes(angle / (2 * np.pi) * 0.360, 0.030)
    layers = under.under(BONE, cover)
    board = checks(stripes(radius, 0.024), sector) * above(radius, 0.006)
    layers = layers.under(INDIGO, cover * board)
    return layers.under(RUST, cover * (1 - above(radius, 0.006)))


def _in_dents(under: Coat, points: Floats, clouds: Floats) -> Coat:
    """Rings on dull clay, spots on a glossy glaze, checks, and copper with tarnish."""
    cover = [1 - above(dent.distance(points), 0.001) for dent in DENTS]
    _, radius = RINGED.turned(points)
    layers = under.under(CLAY, cover[0]).under(BONE, cover[0] * stripes(radius, 0.011))
    across, along = points[:, 1], points[:, 2]
    spots = np.hypot(folded(across / 0.012), folded(along / 0.012)) * 0.012
    layers = layers.under(CELADON, cover[1]).under(BONE, cover[1] * (1 - above(spots, 0.0032)))
    board = checks(stripes(points[:, 0], 0.016), stripes(points[:, 1], 0.016))
    layers = layers.under(SAGE, cover[2]).under(INDIGO, cover[2] * board)
    layers = layers.under(COPPER, cover[3])
    turn, radius = COPPERED.turned(points)
    petals = above(radius - 0.018 - 0.008 * np.cos(5 * turn) + 0.003 * clouds, 0.0)
    return layers.under(TARNISH, cover[3] * petals)
