"""Whether what a view says twice is the same: normals against depth, masks against alpha.

Where a surface is smooth, the points of neighboring pixels tell its normal. The one that was
written differs from it as interpolated normals differ from flat faces: a few degrees as a rule,
many where a mesh is coarse. A wrong sign, space or kind of depth differs in another way: undo it,
and most of the difference is gone. That is what is looked for, not a size, so that coarse meshes
raise no alarm.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import degrees, pi
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset.hull import Mask
from lightmould.dataset.passes import derived, rays
from lightmould.dataset.silhouettes import fault
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP
from lightmould.model.dataset import PASSES, PassName

FEWEST = 64
"""Smooth pixels, without which nothing is said of a view's normals."""

GAIN = 0.3 * pi / 180
"""Radians by which undoing a mistake brings the median normal nearer, and ..."""

SHARE = 0.5
"""... the share of its difference that may be left then."""

REST = pi / 6
"""Radians that may be left then, whatever it was before."""

STRANGE = pi / 3
"""Median difference, radians, that no mesh explains, however coarse it is and smoothly shaded."""

_BEND = np.cos(0.2)  # between the normals on both sides of a pixel, where it is smooth
_GRAZING = 0.2  # cosine between normal and ray, below which depth runs away
_SAMPLES = 20_000  # pixels that are compared, at most
_EXACT = 1e-4  # of the distance; what follows from depth and camera is the same to float32's bits

Kind: TypeAlias = Literal["mask", "normal", "depth"]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two files of a view that can't both be true.

    Attributes:
        kind: which is doubted.
        found: the mistake, in the same words for every view that has it.
        wanted: instead.
        numbers: how large it is in this view.
    """

    kind: Kind
    found: str
    wanted: str
    numbers: str

    def __str__(self) -> str:
        fix = "Render the views again, or correct what the manifest says of them."
        return f"found {self.found} ({self.numbers}); wanted {self.wanted}. {fix}"


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """What one view says of the same surface; None is not said.

    Attributes:
        camera: a pinhole, where there is depth.
        depth_kind: z along the viewing axis, ray along the ray.
        normal_space: of the normals.
        alpha: (H, W) 0 to 1.
        mask: (H, W) true on the object.
        depth: (H, W) metres, inf where nothing is seen.
        normal: (H, W, 3) unit, 0 where nothing is seen.
        passes: further ones, (H, W) or (H, W, 3).
    """

    camera: Camera
    depth_kind: Literal["z", "ray"]
    normal_space: Literal["world", "camera"]
    alpha: NDArray[Any] | None = None
    mask: Mask | None = None
    depth: NDArray[Any] | None = None
    normal: NDArray[Any] | None = None
    passes: dict[PassName, NDArray[Any]] = field(default_factory=dict)


def contradictions(seen: Measures) -> Iterator[Contradiction]:
    """What can't be true of a view, a sentence each."""
    yield from _silhouettes(seen)
    if seen.depth is None or seen.camera.distortion is not None:
        return
    if seen.normal is not None:
        said = _normals(seen, seen.depth, seen.normal)
        if said is not None:
            yield said
    if seen.depth_kind == "z":
        yield from _derived(seen, seen.depth)


def _silhouettes(seen: Measures) -> Iterator[Contradiction]:
    """Masks against alpha, or what else there is against the mask."""
    found = {
        "mask": seen.mask,
        "depth": None if seen.depth is None else np.isfinite(seen.depth),
        "normal": None if seen.normal is None else (seen.normal != 0).any(axis=2),
    }
    if seen.alpha is not None:
        name, truth = "alpha", seen.alpha > 0.5
    elif seen.mask is not None:
        name, truth = "mask", seen.mask
    else:
        return
    kinds: tuple[Kind, ...] = ("mask", "depth", "normal")
    for kind in kinds:
        given = found[kind]
        if given is None or given is truth:
            continue
        wrong = fault(given, truth, holes=kind != "mask")
        if wrong:
            outline = "a mask" if kind == "mask" else f"an outline of the {kind}"
            yield Contradiction(kind, f"{outline} {wrong[0]}", f"that of the {name}", wrong[1])


def _normals(seen: Measures, depth: NDArray[Any], normal: NDArray[Any]) -> Contradiction | None:
    """Normals against depth; the mistake that explains the difference, if one does."""
    shape = _Shape.of(seen.camera, depth, seen.depth_kind, normal)
    if shape is None:
        return None
    turn = seen.camera.world_from_camera[:3, :3]
    other: Literal["world", "camera"] = "camera" if seen.normal_space == "world" else "world"
    given = shape.of_normals(normal)
    spaces = {"camera": given, "world": given @ turn}
    labelled = spaces[seen.normal_space]
    before = shape.difference(labelled)
    mistakes = {
        "flipped normals": -labelled,
        f"normals of {other} space, not {seen.normal_space} space": spaces[other],
        "normals of a camera that looks along +Z": labelled * (1, -1, -1),
        "normals of a world whose Z axis points up": given @ Y_UP_FROM_Z_UP[:3, :3].T @ turn,
    }
    tried = {name: shape.difference(undone) for name, undone in mistakes.items()}
    swapped: Literal["z", "ray"] = "ray" if seen.depth_kind == "z" else "z"
    again = _Shape.of(seen.camera, depth, swapped, normal)
    if again is not None:
        what = {"z": "along the axis, not along the ray", "ray": "along the ray, not the axis"}
        found = again.of_normals(normal)
        same = found @ turn if seen.normal_space == "world" else found
        tried[f"depth {what[swapped]}"] = again.difference(same)
    best = min(tried, key=lambda name: tried[name])
    wanted = "normals and depth of the same surface"
    off = f"{degrees(before):.0f} degrees off in the median"
    if before - tried[best] > GAIN and tried[best] < min(SHARE * before, REST):
        kind: Kind = "depth" if best.startswith("depth") else "normal"
        numbers = f"{off}, {degrees(tried[best]):.1f} if that is undone"
        return Contradiction(kind, best, wanted, numbers)
    if before > STRANGE:
        return Contradiction("normal", "normals that are not those of the depth", wanted, off)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """Normals that depth tells, where it is smooth.

    Attributes:
        normals: (N, 3) unit, of the camera's space.
        places: (N,) of the flattened picture.
    """

    normals: Floats
    places: NDArray[np.intp]

    @classmethod
    def of(
        cls, camera: Camera, depth: NDArray[Any], kind: str, normal: NDArray[Any]
    ) -> "_Shape | None":
        """Those of a view; None where too little is smooth."""
        toward = rays(camera).reshape(-1, 3)
        if kind == "ray":
            toward = _unit(toward)
        known = np.pad(np.isfinite(depth) & (normal != 0).any(axis=2), 1)
        around = known[1:-1, 2:] & known[1:-1, :-2] & known[:-2, 1:-1] & known[2:, 1:-1]
        places = np.flatnonzero(around & known[1:-1, 1:-1])
        places = places[:: max(1, -(-len(places) // _SAMPLES))]
        width = depth.shape[1]
        here, right, left, above, below = (
            toward[places + step] * depth.reshape(-1, 1)[places + step]
            for step in (0, 1, -1, -width, width)
        )
        normals = _unit(np.cross(right - left, above - below))
        ahead = _unit(np.cross(right - here, above - here))
        behind = _unit(np.cross(here - left, here - below))
        smooth = (ahead * behind).sum(axis=1) > _BEND
        smooth &= -(normals * _unit(here)).sum(axis=1) > _GRAZING
        if smooth.sum() < FEWEST:
            return None
        return cls(normals[smooth], places[smooth])

    def of_normals(self, normal: NDArray[Any]) -> Floats:
        """(N, 3) those of (H, W, 3) normals that are at the same places."""
        return np.asarray(normal.reshape(-1, 3)[self.places], np.float64)

    def difference(self, normals: Floats) -> float:
        """Median angle to (N, 3) normals of the camera's space, radians."""
        cosine = (self.normals * _unit(normals)).sum(axis=1)
        return float(np.median(np.arccos(np.clip(cosine, -1, 1))))


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1))


def _derived(seen: Measures, depth: NDArray[Any]) -> Iterator[Contradiction]:
    """What follows from depth, normal and camera against what was written."""
    world = seen.normal is not None and seen.normal_space == "world"
    for name, given in seen.passes.items():
        if name not in ("distance", "position") and not (name == "normal_camera" and world):
            continue
        normal = np.zeros((*depth.shape, 3), np.float32) if seen.normal is None else seen.normal
        exact = derived(name, seen.camera, depth[..., None], normal.astype(np.float32))
        scale = 1.0 if name == "normal_camera" else float(np.median(depth[np.isfinite(depth)]))
        close = np.isclose(
            given.reshape(exact.shape),
            exact,
            rtol=_EXACT,
            atol=10 * _EXACT * scale,
            equal_nan=True,
        )
        wrong = ~close.all(axis=2)
        if wrong.mean() > _EXACT:
            kind: Kind = "normal" if name == "normal_camera" else "depth"
            wanted, numbers = "what depth, normal and camera tell", f"{int(wrong.sum())} pixels"
            yield Contradiction(kind, f"another {name}: {PASSES[name].kind}", wanted, numbers)
