"""Poses that the masks contradict, and sides of the object that no camera looks at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import agreement, hull
from lightmould.dataset.agreement import Agreement, Subject
from lightmould.dataset.finding import Finding, odd, wrong
from lightmould.dataset.hull import Hull, Silhouettes
from lightmould.dataset.look import Look
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.rigs.shapes import even

FEWEST = 3
"""Views: two silhouettes leave most of a shape open, and nothing tells where they are wrong."""

GAP = np.radians(60)
"""Angle around the object without any camera that leaves a side unseen."""

OFF = 0.1
"""How much less than the median view a mask may overlap a hull."""

GOOD = 0.9
"""Overlap of the median mask and the hull of all from which poses are not called wrong."""

FEW = 0.2
"""Share of the views that may be wrong before it is said of all."""

_CELLS = 40
_DIRECTIONS = 4000  # around the object, 3 degrees apart


@dataclass(frozen=True, slots=True)
class Told:
    """What masks say about poses.

    Attributes:
        overlap: median intersection over union of the masks and the hull of all; None where there
            are too few to tell.
        findings: what is wrong or odd.
    """

    overlap: float | None
    findings: tuple[Finding, ...]


def told_by_masks(looks: Sequence[Look], *, upright: bool) -> Told:
    """See whether masks and poses contradict each other, in all views or in some.

    Args:
        looks: at the views, none with an empty mask.
        upright: whether somebody says that the world's up is +Y.
    """
    if len(looks) < FEWEST:
        return Told(None, ())
    found = _agreement(looks, upright=upright)
    overlap = float(np.median(found.hull))
    if found.fault is None and found.hull.min() >= overlap - OFF:
        return Told(overlap, ())
    off = _outvoted(_together(looks))
    names = [one.name for one, apart in zip(looks, off, strict=True) if apart]
    if _contradicted(found):
        rest = [one for one, apart in zip(looks, off, strict=True) if not apart]
        few = 0 < len(names) <= len(looks) * FEW
        if not few or _contradicted(_agreement(rest, upright=upright)):
            return Told(overlap, tuple(_faults(found)))
    elif not names:
        return Told(overlap, tuple(_faults(found)))
    said = "mask and pose disagree with those of most other views. See which of them is wrong."
    return Told(overlap, (odd("poses", said, names),))


def _contradicted(found: Agreement) -> bool:
    # On a round thing on a turntable any lens fits, so a fault alone does not tell.
    return found.fault is not None and float(np.median(found.hull)) < GOOD


def _faults(found: Agreement) -> Iterator[Finding]:
    if found.fault is not None:
        say = wrong if _contradicted(found) else odd
        yield say("poses", f"{found.fault.found}. {found.fault.fix}")


def _agreement(looks: Sequence[Look], *, upright: bool) -> Agreement:
    names = tuple(one.name for one in looks)
    return agreement.look(Subject(names, _together(looks), upright))


def _together(looks: Sequence[Look]) -> Silhouettes:
    shown = [one.silhouette for one in looks]
    cameras = tuple(camera for one in shown for camera in one.cameras)
    return Silhouettes(cameras, tuple(mask for one in shown for mask in one.masks))


def _outvoted(silhouettes: Silhouettes) -> NDArray[np.bool_]:
    """(N,) whether a mask disagrees with what most masks say is inside.

    One wrong mask spoils the hull of all, so that it does not stand out. What a few masks deny
    but all others affirm is what it has taken away.
    """
    center, reach = hull.region(silhouettes.cameras)
    low, high = center - reach, center + reach
    points = np.zeros((0, 3))
    for _ in range(2):  # the second time, only around what the first has found
        points = _affirmed(silhouettes, _box(low, high))
        if not len(points):
            return np.zeros(len(silhouettes.cameras), bool)
        room = (high - low) / _CELLS
        low, high = points.min(axis=0) - room, points.max(axis=0) + room
    overlaps = hull.overlaps(silhouettes, Hull(points, float((high - low).max()) / _CELLS))
    return np.asarray(overlaps < np.median(overlaps) - OFF)


def _affirmed(silhouettes: Silhouettes, points: Floats) -> Floats:
    """The points that most views show, and of these all but a few inside their masks."""
    count = len(silhouettes.cameras)
    shown, denied = np.zeros((2, len(points)), np.int32)
    for camera, mask in zip(silhouettes.cameras, silhouettes.masks, strict=True):
        x, y, _, seen = hull.seen_at(camera, points)
        shown += seen
        denied += seen & ~mask[y, x]
    kept: NDArray[np.bool_] = (shown >= hull.WITNESSES * count) & (
        denied <= max(1, FEW / 2 * count)
    )
    return np.asarray(points[kept], np.float64)


def _box(low: Floats, high: Floats) -> Floats:
    """(P, 3) a regular grid of points."""
    sides = np.linspace(low, high, _CELLS).T
    grid: Floats = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3)
    return grid


def gap(cameras: Sequence[Camera]) -> tuple[float, Floats]:
    """The direction from what cameras look at that is farthest from each: its angle, and (3,)."""
    center = hull.region(cameras)[0]
    ways = np.stack([camera.world_from_camera[:3, 3] - center for camera in cameras])
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
    directions = even(_DIRECTIONS)
    nearest = (directions @ ways.T).max(axis=1)
    worst = int(nearest.argmin())
    return float(np.arccos(np.clip(nearest[worst], -1, 1))), directions[worst]


def unseen(angle: float, direction: Floats) -> Iterator[Finding]:
    """What is to be said of a gap."""
    if angle > GAP:
        x, y, z = direction
        said = (
            f"no camera within {np.degrees(angle):.0f} degrees of the direction "
            f"({x:.2f}, {y:.2f}, {z:.2f}) from the object. Add views from that side, unless nobody "
            "will see it."
        )
        yield odd("directions", said)
