"""The cameras that a rig still wants: the next best one, until every face is seen well enough."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, pi, radians

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lightmould.coverage.faces import batches
from lightmould.errors import SettingsError
from lightmould.model import Camera, CameraRig, Mesh
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import cpu
from lightmould.raster.cpu.sight import unit_normals
from lightmould.rigs import Lens, enclosing, framing, look_at
from lightmould.rigs.pose import UP, turn
from lightmould.rigs.shapes import even

_AROUND = 256  # places all around the mesh that are tried first
_FACES = 16  # faces that are still wanting, before which places are tried then, at a time
_FRUITLESS = 4  # such times in a row that help nobody, before the others are given up
_NEARER = (1.0, 0.5, 0.25)  # the distances of these places, in those of the places all around
_TILTS = 6  # places around a face's normal, halfway out to the angle

Seen = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Goal:
    """When a mesh is seen well enough.

    Attributes:
        times: cameras that each face is seen by.
        angle: between a face's normal and the way to a camera, for that camera to count; radians.
    """

    times: int = 1
    angle: float = radians(75)

    def __post_init__(self) -> None:
        if self.times < 1:
            raise SettingsError("cover", f"{self.times} views", "at least 1", "Ask for more.")
        if not 0 < self.angle <= pi / 2:
            wanted = f"above 0, at most {pi / 2:.4f} radians"
            raise SettingsError("cover angle", f"{self.angle}", wanted, "Correct it.")


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """A rig and what was added to it.

    Attributes:
        rig: the cameras there were, then those added.
        added: how many were added.
        tried: how many places were tried.
        wanting: (S,) ascending indices of the faces that are still not seen well enough.
        missing: (S,) how many views each of them still wants.
    """

    rig: CameraRig
    added: int
    tried: int
    wanting: Ints
    missing: Ints


def complete(mesh: Mesh, rig: CameraRig, goal: Goal, lens: Lens, up: ArrayLike = UP) -> Completed:
    """The rig with more cameras, to learn from, until every face is seen well enough.

    Places are tried all around the mesh, where all of it fits the picture; then, for faces that are
    still wanting, in front of these and ever nearer. Of all that were tried, the one that helps the
    most faces is taken again and again. What no such place sees stays wanting: inside a hollow.

    Args:
        mesh: counter-clockwise seen from outside.
        rig: the cameras there are; those held out count for nothing.
        goal: when it is enough.
        lens: of the cameras that are added; their clipping planes enclose the mesh.
        up: (3,) the direction that points up in their pictures.

    Raises:
        SettingsError: a camera's lens distorts, or the mesh has no extent.
    """
    names = set(rig.train)
    train = [camera for camera in rig.cameras if camera.name in names]
    real = np.linalg.norm(unit_normals(mesh), axis=1) > 0
    need = np.where(real, goal.times, 0) - _seen(mesh, train, goal).sum(axis=0)
    need = np.maximum(need, 0)
    low, high = mesh.bounds
    middle = (low + high) / 2
    radius = float(np.linalg.norm(mesh.positions - middle, axis=1).max())
    distance = framing(radius, lens.narrow_fov)
    added: list[Camera] = []
    tried = fruitless = 0
    tested = np.zeros(len(need), bool)
    poses = [look_at(middle + distance * way, middle, up) for way in even(_AROUND)]
    while need.any() and poses and fruitless < _FRUITLESS:
        places = tuple(lens.camera(f"{i:06d}", pose) for i, pose in enumerate(poses))
        cameras = enclosing(CameraRig("tried", places), mesh.positions).cameras
        tried += len(cameras)
        chosen = _best(_seen(mesh, cameras, goal), need)
        added += [cameras[i] for i in chosen]
        fruitless = 0 if chosen else fruitless + 1
        faces = _spread(mesh, np.flatnonzero((need > 0) & ~tested))
        tested[faces] = True
        poses = _before(mesh, faces, goal.angle, distance, up)
    wanting = np.flatnonzero(need)
    return Completed(_joined(rig, added), len(added), tried, wanting, need[wanting])


def _seen(mesh: Mesh, cameras: Sequence[Camera], goal: Goal) -> Seen:
    """(N, F) whether cameras see faces well enough to count."""
    rows = np.zeros((len(cameras), len(mesh.faces)), bool)
    for part in batches(mesh, cameras):
        cosines, _ = cpu.sight(mesh, cameras[part])
        rows[part] = (cosines > 0) & (cosines >= cos(goal.angle) - 1e-7)
    return rows


def _best(seen: Seen, need: Ints) -> list[int]:
    """The cameras that help the most faces, one after the other; `need` falls as they are taken.

    What a camera helps only shrinks as others are taken, so only those are counted again that
    were in front before: Minoux 1978, "Accelerated greedy algorithms for maximizing submodular
    set functions".
    """
    gains = [(-int((row & (need > 0)).sum()), i) for i, row in enumerate(seen)]
    heapq.heapify(gains)
    chosen = []
    while gains:
        _, i = heapq.heappop(gains)
        gain = int((seen[i] & (need > 0)).sum())
        if gain == 0:
            continue
        if gains and (-gain, i) > gains[0]:
            heapq.heappush(gains, (-gain, i))
            continue
        chosen.append(i)
        need[seen[i] & (need > 0)] -= 1
    return chosen


def _spread(mesh: Mesh, faces: Ints) -> Ints:
    """Some of the faces, far from one another."""
    if len(faces) <= _FACES:
        return faces
    middles = mesh.positions[mesh.faces[faces]].mean(axis=1)
    chosen, away = [0], np.full(len(faces), np.inf)
    while len(chosen) < _FACES:
        away = np.minimum(away, np.linalg.norm(middles - middles[chosen[-1]], axis=1))
        chosen.append(int(np.argmax(away)))
    return faces[chosen]


def _before(mesh: Mesh, faces: Ints, angle: float, distance: float, up: ArrayLike) -> list[Floats]:
    """Poses that look at faces along their normals and around these, from several distances."""
    around = np.arange(_TILTS) * (2 * pi / _TILTS)
    aside, ahead = np.sin(angle / 2), np.full(_TILTS, np.cos(angle / 2))
    off = np.stack([aside * np.cos(around), aside * np.sin(around), ahead], axis=1)
    cone = np.concatenate([[(0, 0, 1)], off])
    poses: list[Floats] = []
    for middle, normal in zip(
        mesh.positions[mesh.faces[faces]].mean(axis=1), unit_normals(mesh)[faces], strict=True
    ):
        ways = cone @ turn((0, 0, 1), normal).T
        poses += [
            look_at(middle + distance * share * way, middle, up)
            for share in _NEARER
            for way in ways
        ]
    return poses


def _joined(rig: CameraRig, added: Sequence[Camera]) -> CameraRig:
    """The rig's cameras and the others, named by the first numbers that are free."""
    taken = {camera.name for camera in rig.cameras}
    free = (name for name in (f"{i:06d}" for i in range(10**9)) if name not in taken)
    named = tuple(replace(camera, name=name) for camera, name in zip(added, free, strict=False))
    return replace(rig, cameras=rig.cameras + named)
