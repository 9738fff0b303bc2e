"""What is wrong with poses, told by masks: each usual mistake is undone, and the hull says which.

The hull of masks fills them when poses are right. When they are wrong there is hardly any, and the
one correction that brings it back names the mistake. Two mistakes need more than a hull: a world
that lies on its side looks the same from all cameras that turn with it, so it is told by where the
cameras' up is, or by a mesh; and a wrong field of view costs the hull but a few hundredths: see
`field_of_view`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from lightmould.dataset import field_of_view
from lightmould.dataset.hull import Hull, Silhouettes, carve, fit, overlaps
from lightmould.dataset.mistakes import Remedy, orders, turns, worlds, zoomed
from lightmould.model import Camera

STRANGE = 0.85
"""Fit of the fine hull below which pictures may be in any order, ..."""

TELLING = 0.08
"""... which they are if they fit by no more than this better than shuffled ones."""

GOOD = 0.75
"""Fit of the coarse hull that another turn or order of the poses has to come to."""

SURE = 0.93
"""Fit at which nobody looks for a better one."""

GAIN = 0.1
"""Fit that it has to gain."""

BETTER = 0.02
"""Fit that another order has to gain over another field of view."""

VIEWS = 24
"""Views that are tried; more tell no more."""

CELLS = 40
"""Points along the hull's longest side, and pixels along the object's, while trying."""

FINE = 80
"""The same where another field of view is looked for."""

_UP, _SIDE = 0.3, 0.7  # of the cameras' mean up along an axis: hardly any, most


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake and how sure it is.

    Attributes:
        name: short, for programs.
        found: what is wrong.
        fix: what to do.
        before: how well hull and masks fit, as it is: see `hull.fit`.
        after: the same with the mistake undone.
    """

    name: str
    found: str
    fix: str
    before: float
    after: float


def diagnose(
    silhouettes: Silhouettes,
    names: Sequence[str],
    fine: float,
    *,
    upright: bool,
    known: Hull | None = None,
) -> Fault | None:
    """The mistake that poses are made with, if there is one.

    Args:
        silhouettes: cameras and masks.
        names: of the pictures, in the same order.
        fine: how well a finer hull, or what is known, fits the masks.
        upright: whether somebody says that the world's up is +Y.
        known: the object itself, where a mesh of it is at hand, instead of the hull.
    """
    small = silhouettes.shrunk(CELLS)
    chosen = np.unique(np.linspace(0, len(names) - 1, min(VIEWS, len(names))).round().astype(int))
    before = score(_some(small, chosen), known)
    best: Fault | None = None
    if before + GAIN < 1:
        remedies = chain(turns(small), orders(small, names), worlds(small, known))
        best = _best(remedies, chosen, before, max(before + GAIN, GOOD), known)
    if best is None:
        best = _lens(_some(silhouettes, chosen), before, known)
        if best is not None:  # neighbors on a ring look so alike that another lens helps them, too
            best = _best(orders(small, names), chosen, before, best.after + BETTER, known) or best
    if best is None and fine < STRANGE and not _order_tells(_some(small, chosen), before, known):
        best = Fault("order", _STRANGERS, _STRANGERS_FIX, before, before)
    if best is None and upright:
        best = _lying(silhouettes.cameras, before)
    return best


_STRANGERS = (
    "pictures and poses that do not belong together: the pictures are in another order than the "
    "poses, or the masks are of something else"
)
_STRANGERS_FIX = "Name each picture in the file of poses, or sort both in the same way."


def _best(
    remedies: Iterable[Remedy],
    chosen: Sequence[int],
    before: float,
    least: float,
    known: Hull | None,
) -> Fault | None:
    """The mistake that is undone best, if the fit comes to `least` then."""
    best: Fault | None = None
    for remedy in remedies:
        after = score(_some(remedy.undone, chosen), known)
        if after >= (best.after if best else least):
            best = Fault(remedy.name, remedy.found, remedy.fix, before, after)
        if best is not None and best.after > SURE:
            break
    return best


def score(silhouettes: Silhouettes, known: Hull | None = None, cells: int = CELLS) -> float:
    """How well the hull, or what is known, fits the masks."""
    found = known if known is not None else carve(silhouettes, cells)
    return fit(silhouettes, overlaps(silhouettes, found))


def _some(silhouettes: Silhouettes, chosen: Sequence[int]) -> Silhouettes:
    pairs = [(silhouettes.cameras[index], silhouettes.masks[index]) for index in chosen]
    return Silhouettes(tuple(one for one, _ in pairs), tuple(other for _, other in pairs))


def _order_tells(silhouettes: Silhouettes, before: float, known: Hull | None) -> bool:
    """Whether pictures fit the poses better than the same pictures shuffled."""
    rng, cameras = np.random.default_rng(0), silhouettes.cameras
    if len({camera.size for camera in cameras}) > 1:
        return False
    shuffled = []
    for _ in range(3):
        masks = tuple(silhouettes.masks[index] for index in rng.permutation(len(cameras)))
        shuffled.append(score(Silhouettes(cameras, masks), known))
    return before > float(np.mean(shuffled)) + TELLING


def _lens(silhouettes: Silhouettes, before: float, known: Hull | None) -> Fault | None:
    """Another field of view, where the hull speaks for one."""
    small, fine = silhouettes.shrunk(CELLS), silhouettes.shrunk(FINE)
    cells = round(min(FINE, max(fine.side, CELLS)))
    found = field_of_view.factor(
        lambda by: score(small.with_cameras(zoomed(small.cameras, by)), known),
        lambda by: score(fine.with_cameras(zoomed(fine.cameras, by)), known, cells),
    )
    if found is None or found[1] < GOOD:
        return None
    factor = found[0]
    camera = silhouettes.cameras[0]
    angles = [
        np.degrees(2 * np.arctan(camera.size[0] / 2 / camera.focal[0] / k)) for k in (1, factor)
    ]
    return Fault(
        "fov",
        f"a horizontal field of view of {angles[0]:.1f} degrees where about {angles[1]:.1f} fits",
        f"Multiply the focal lengths by about {factor:.2f}; see whether an angle is of the height, "
        "or of half the picture.",
        before,
        score(small.with_cameras(zoomed(small.cameras, factor)), known),
    )


def _lying(cameras: Sequence[Camera], before: float) -> Fault | None:
    """A world that is said to be Y-up and whose cameras have their up elsewhere."""
    up = np.mean([camera.world_from_camera[:3, 1] for camera in cameras], axis=0)
    if up[1] > _UP or abs(up[2]) < _SIDE * np.linalg.norm(up):
        return None
    found = f"a world that lies on its side: the cameras' up is along {'+' if up[2] > 0 else '-'}Z"
    fix = (
        "The poses are of a Y-up world in a format whose world is Z-up, or the reverse: turn them "
        "by a quarter about X."
    )
    return Fault("up", found, fix, before, before)
