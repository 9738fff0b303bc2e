"""What is wrong with poses, told by masks: each usual mistake is undone, and the hull says which.

The hull of masks fills them when poses are right. When they are wrong there is hardly any, and the
one correction that brings it back names the mistake. Two mistakes need more than a hull: a world
that lies on its side looks the same from all cameras that turn with it, so it is told by where the
cameras' up is, or by a mesh; and a wrong field of view costs the hull but a few hundredths, so it
is searched for where it costs least.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from lightmould.dataset.hull import Hull, Silhouettes, carve, fit, overlaps
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP, Z_UP_FROM_Y_UP

STRANGE = 0.83
"""Fit of the fine hull below which poses are wrong, even if nobody knows how."""

GOOD = 0.75
"""Fit of the coarse hull that another turn or order of the poses has to come to."""

SURE = 0.93
"""Fit at which nobody looks for a better one."""

GAIN = 0.1
"""Fit that it has to gain."""

LENS_GAIN = 0.006
"""The same of another field of view, and ..."""

LENS_SHARE = 0.15
"""... the share of what is missing that it has to gain: the less fits, the more is chance."""

VIEWS = 24
"""Views that are tried; more tell no more."""

CELLS = 40
"""Points along the hull's longest side, and pixels along the object's, while trying."""

_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])
_LENSES = tuple(float(one) for one in np.geomspace(0.4, 2.5, 9))
_NEAR_ONE = 0.07  # of a factor's logarithm: what is nearer is no mistake
_UP, _SIDE = 0.3, 0.7  # of the cameras' mean up along an axis: hardly any, most

Move = Callable[[Floats], Floats]


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


@dataclass(frozen=True, slots=True)
class Remedy:
    """A mistake and the cameras and masks without it."""

    name: str
    found: str
    fix: str
    undone: Silhouettes


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
        for remedy in chain(_turns(small), _orders(small, names), _worlds(small, known)):
            after = score(_some(remedy.undone, chosen), known)
            if after >= (best.after if best else max(before + GAIN, GOOD)):
                best = Fault(remedy.name, remedy.found, remedy.fix, before, after)
            if after > SURE:
                break
    if best is None:
        best = _lens(_some(small, chosen), before, known)
    if best is None and fine < STRANGE:
        best = Fault("order", _STRANGERS, _STRANGERS_FIX, before, before)
    if best is None and upright:
        best = _lying(silhouettes.cameras, before)
    return best


_STRANGERS = (
    "pictures and poses that do not belong together: the pictures are in another order than the "
    "poses, or the masks are of something else"
)
_STRANGERS_FIX = "Name each picture in the file of poses, or sort both in the same way."


def score(silhouettes: Silhouettes, known: Hull | None = None) -> float:
    """How well the hull, or what is known, fits the masks."""
    found = known if known is not None else carve(silhouettes, CELLS)
    return fit(silhouettes, overlaps(silhouettes, found))


def _some(silhouettes: Silhouettes, chosen: Sequence[int]) -> Silhouettes:
    pairs = [(silhouettes.cameras[index], silhouettes.masks[index]) for index in chosen]
    return Silhouettes(tuple(one for one, _ in pairs), tuple(other for _, other in pairs))


def _moved(silhouettes: Silhouettes, move: Move) -> Silhouettes:
    return silhouettes.with_cameras(
        [replace(one, world_from_camera=move(one.world_from_camera)) for one in silhouettes.cameras]
    )


def _inverse(pose: Floats) -> Floats:
    turn = pose[:3, :3].T
    inverse = np.eye(4)
    inverse[:3, :3], inverse[:3, 3] = turn, -turn @ pose[:3, 3]
    return inverse


def _turns(silhouettes: Silhouettes) -> Iterator[Remedy]:
    """Matrices the wrong way round, axes of other programs, half of a turn to another up."""
    for turn, also in (
        (np.eye(4), ""),
        (_FLIP, ", with OpenCV's axes"),
        (Y_UP_FROM_Z_UP, ""),
        (Y_UP_FROM_Z_UP @ _FLIP, ", with OpenCV's axes"),
    ):
        yield Remedy(
            "inverse",
            f"camera_from_world (world-to-camera) read as world_from_camera{also}",
            "Invert each pose.",
            _moved(silhouettes, lambda pose, turn=turn: _inverse(pose) @ turn),  # type: ignore[misc]
        )
    yield Remedy(
        "axes",
        "OpenCV's camera axes (+Y down, +Z forward) read as OpenGL's (+Y up, -Z forward), or the "
        "reverse",
        "Negate the second and the third column of each pose.",
        _moved(silhouettes, lambda pose: pose @ _FLIP),
    )
    for turn, ours, theirs in (
        (Y_UP_FROM_Z_UP, "Z", "Y"),
        (Z_UP_FROM_Y_UP, "Y", "Z"),
    ):
        yield Remedy(
            "up",
            f"cameras that stand in a {ours}-up world and are turned as in a {theirs}-up one",
            "Turn both the position and the rotation of each pose, or neither.",
            _moved(silhouettes, lambda pose, turn=turn: _carried(pose, turn)),  # type: ignore[misc]
        )
        yield Remedy(
            "up",
            f"camera axes turned by a quarter about X, as worlds are from {theirs}-up to {ours}-up",
            "Turn the world (the matrix on the left), not the camera (on the right).",
            _moved(silhouettes, lambda pose, turn=turn: pose @ turn),  # type: ignore[misc]
        )


def _carried(pose: Floats, turn: Floats) -> Floats:
    """The pose at another place."""
    carried: Floats = pose.copy()
    carried[:3, 3] = turn[:3, :3] @ pose[:3, 3]
    return carried


def _orders(silhouettes: Silhouettes, names: Sequence[str]) -> Iterator[Remedy]:
    """Pictures in another order than their poses."""
    count = len(names)
    by_name = sorted(range(count), key=lambda index: names[index])
    by_number = sorted(range(count), key=lambda index: _natural(names[index]))
    ways = {
        "sorted by number where the poses are by name": (by_name, by_number),
        "sorted by name where the poses are by number": (by_number, by_name),
        "in the reverse order": (by_name, by_name[::-1]),
        "shifted by one": (by_name, [*by_name[1:], by_name[0]]),
        "shifted by one the other way": (by_name, [by_name[-1], *by_name[:-1]]),
    }
    for what, (poses, pictures) in ways.items():
        if poses == pictures:
            continue
        masks = [*silhouettes.masks]
        sizes = {camera.size for camera in silhouettes.cameras}
        for pose, picture in zip(poses, pictures, strict=True):
            masks[pose] = silhouettes.masks[picture]
        if len(sizes) == 1:
            fix = "Name each picture in the file of poses, or sort both in the same way."
            undone = Silhouettes(silhouettes.cameras, tuple(masks))
            yield Remedy("order", f"pictures {what}", fix, undone)


def _natural(name: str) -> list[tuple[int, str]]:
    """A name as people sort it: numbers by their size."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _worlds(silhouettes: Silhouettes, known: Hull | None) -> Iterator[Remedy]:
    """A world on its side, which only what is known of the object can tell."""
    if known is None:
        return
    for turn, ours, theirs in ((Y_UP_FROM_Z_UP, "Z", "Y"), (Z_UP_FROM_Y_UP, "Y", "Z")):
        yield Remedy(
            "up",
            f"poses of a {ours}-up world and a mesh of a {theirs}-up one",
            f"Turn the poses or the mesh by a quarter about X, so that both are {theirs}-up.",
            _moved(silhouettes, lambda pose, turn=turn: turn @ pose),  # type: ignore[misc]
        )


def _lens(silhouettes: Silhouettes, before: float, known: Hull | None) -> Fault | None:
    """Another field of view, where it fits better by far."""

    def tried(factor: float) -> float:
        return score(silhouettes.with_cameras(zoomed(silhouettes.cameras, factor)), known)

    scores = {1.0: before} | {factor: tried(factor) for factor in _LENSES if factor != 1}
    for step in (1.12, 1.05):
        best = max(scores, key=lambda factor: scores[factor])
        scores |= {near: tried(near) for near in (best / step, best * step) if near not in scores}
    best = max(scores, key=lambda factor: scores[factor])
    gain = max(LENS_GAIN, LENS_SHARE * (1 - before))
    if abs(np.log(best)) < _NEAR_ONE or scores[best] < max(before + gain, GOOD):
        return None
    camera = silhouettes.cameras[0]
    angles = [
        np.degrees(2 * np.arctan(camera.size[0] / 2 / camera.focal[0] / k)) for k in (1, best)
    ]
    return Fault(
        "fov",
        f"a horizontal field of view of {angles[0]:.1f} degrees where about {angles[1]:.1f} fits",
        f"Multiply the focal lengths by about {best:.2f}; see whether an angle is of the height, "
        "or of half the picture.",
        before,
        scores[best],
    )


def zoomed(cameras: Sequence[Camera], factor: float) -> list[Camera]:
    """The same cameras with longer lenses."""
    return [replace(one, focal=(one.focal[0] * factor, one.focal[1] * factor)) for one in cameras]


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
