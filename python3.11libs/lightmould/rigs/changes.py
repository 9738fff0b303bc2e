"""A rig made of another: stood upright, jittered, with clipping planes, split."""

from dataclasses import dataclass, replace
from math import isfinite, pi

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import Camera, CameraRig
from lightmould.model.arrays import Floats, locked
from lightmould.rigs.pose import UP, turn, unit

_NEAREST = 1e-4  # least near over far, for cameras with something right in front of them


@dataclass(frozen=True, slots=True)
class Jitter:
    """How far a camera may be off.

    Attributes:
        position: metres; places are uniform in a ball of that radius.
        aim: radians; viewing axes are uniform in a cone of that half angle.
        roll: radians, about the viewing axis, either way.
    """

    position: float = 0.0
    aim: float = 0.0
    roll: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("position", None), ("aim", pi), ("roll", pi)):
            found = getattr(self, name)
            if not (isfinite(found) and 0 <= found <= (most or found)):
                wanted = "0 or more" + (f", at most {most:.4g}" if most else "")
                raise SettingsError(f"jitter {name}", f"{found}", wanted, "Correct it.")


def upright(rig: CameraRig, target: ArrayLike, up: ArrayLike) -> CameraRig:
    """A rig whose +Y direction is `up` instead, turned about its target.

    Args:
        rig: made for +Y up, as shapes are.
        target: (3,) stays where it is, metres.
        up: (3,) any direction.
    """
    middle = locked("rig target", target, (3,), np.float64)
    rotation = turn(UP, unit("rig up", up))
    poses = []
    for camera in rig.cameras:
        place = camera.world_from_camera[:3, 3] - middle
        poses.append(_pose(rotation @ camera.world_from_camera[:3, :3], middle + rotation @ place))
    return _posed(rig, poses)


def jittered(
    rig: CameraRig, jitter: Jitter, rng: np.random.Generator, target: ArrayLike | None = None
) -> CameraRig:
    """A rig whose cameras are all a little off.

    Args:
        rig: the exact one.
        jitter: how far off.
        rng: of the displacements.
        target: (3,) what moved cameras go on looking at before their aim and roll are disturbed;
            None lets them look in the directions they had.
    """
    if jitter == Jitter():
        return rig
    poses = []
    middle = None if target is None else locked("rig target", target, (3,), np.float64)
    for camera in rig.cameras:
        rotation = np.array(camera.world_from_camera[:3, :3])
        old = camera.world_from_camera[:3, 3]
        place = old + jitter.position * rng.random() ** (1 / 3) * _direction(rng)
        if middle is not None:
            rotation = turn(unit("camera", middle - old), unit("camera", middle - place)) @ rotation
        # From cosine 1 to that of the cone's edge all slices of a sphere have the same area.
        tilt = np.arccos(rng.uniform(np.cos(jitter.aim), 1.0))
        toward = rng.uniform(0, 2 * pi)
        axis = np.array(
            [np.sin(tilt) * np.cos(toward), np.sin(tilt) * np.sin(toward), np.cos(tilt)]
        )
        roll = rng.uniform(-jitter.roll, jitter.roll)
        spun = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
        poses.append(_pose(rotation @ turn((0, 0, 1), axis) @ np.array(spun), place))
    return _posed(rig, poses)


def enclosing(rig: CameraRig, positions: Floats) -> CameraRig:
    """A rig whose clipping planes enclose a mesh, with room to spare.

    Args:
        rig: the cameras.
        positions: (V, 3) vertices, metres.

    Raises:
        SettingsError: the whole mesh is behind a camera.
    """
    cameras = []
    for camera in rig.cameras:
        matrix = camera.camera_from_world
        depth = -(positions @ matrix[2, :3] + matrix[2, 3])
        if not depth.max() > 0:
            where, found = f"camera {camera.name!r}", "the whole mesh behind it"
            raise SettingsError(where, found, "some of it in front", "Turn the camera.")
        far = float(depth.max()) * 2
        near = max(float(depth.min()) / 2, far * _NEAREST)
        cameras.append(replace(camera, near=near, far=far))
    return replace(rig, cameras=tuple(cameras))


def split(rig: CameraRig, val: int, test: int) -> CameraRig:
    """The rig with some cameras held out, spread among all the others.

    On a tour from each camera to the nearest that is left, every so many-th is held out; where
    cameras were made in a row, as on a ring, that is every so many-th of the row. By number alone
    it would not do: every eighth camera of a Fibonacci sphere is on the same side of it.

    Args:
        rig: at least one more camera than is held out.
        val: how many to validate with.
        test: how many to score with.

    Raises:
        SettingsError: nothing is left to learn from.
    """
    count = len(rig.cameras)
    if min(val, test) < 0 or val + test >= count:
        found = f"{val} + {test} of {count} cameras held out"
        raise SettingsError("split", found, "some left to learn from", "Hold out fewer.")
    tour = [rig.cameras[i].name for i in _tour(rig.cameras)]
    held_out = _every(tour, val + test)
    tests = _every(held_out, test)
    vals = (name for name in held_out if name not in set(tests))
    return replace(rig, val=tuple(sorted(vals)), test=tuple(sorted(tests)))


def _every(names: list[str], count: int) -> list[str]:
    """`count` of the names, evenly spaced."""
    return [names[int((i + 0.5) * len(names) / count)] for i in range(count)]


def _tour(cameras: tuple[Camera, ...]) -> list[int]:
    """From the first camera to the nearest other, and so on: in place and in viewing direction."""
    places = np.array([camera.world_from_camera[:3, 3] for camera in cameras])
    axes = np.array([camera.world_from_camera[:3, 2] for camera in cameras])
    spread = np.linalg.norm(places - places.mean(axis=0), axis=1).max()
    features = np.concatenate([places / max(spread, 1e-12), axes], axis=1)
    tour, left = [0], np.ones(len(cameras), bool)
    left[0] = False
    while left.any():
        away = np.linalg.norm(features - features[tour[-1]], axis=1).round(9)
        tour.append(int(np.argmin(np.where(left, away, np.inf))))
        left[tour[-1]] = False
    return tour


def _direction(rng: np.random.Generator) -> Floats:
    """(3,) unit, all directions as likely."""
    values = rng.normal(size=3)
    return np.asarray(values / np.linalg.norm(values))


def _pose(rotation: Floats, place: Floats) -> Floats:
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, place
    return pose


def _posed(rig: CameraRig, poses: list[Floats]) -> CameraRig:
    pairs = zip(rig.cameras, poses, strict=True)
    return replace(rig, cameras=tuple(replace(c, world_from_camera=pose) for c, pose in pairs))
