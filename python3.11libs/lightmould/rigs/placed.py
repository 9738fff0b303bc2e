"""Cameras where points are."""

import numpy as np
from numpy.typing import ArrayLike

from lightmould.errors import SettingsError
from lightmould.model import CameraRig
from lightmould.model.arrays import Floats, locked
from lightmould.rigs.pose import UP, Lens, look_at, unit

_UNIT = 1e-3  # how far from 1 the length of a quaternion of rounded numbers may be


def placed(points: ArrayLike, orientations: ArrayLike, lens: Lens) -> CameraRig:
    """Cameras at points, turned as they are; unturned they look along -Z with +Y up.

    Args:
        points: (N, 3) metres.
        orientations: (N, 4) unit quaternions x, y, z, w, as Houdini's point attribute `orient`.
        lens: that they share.

    Raises:
        SettingsError: a quaternion that is not of length 1.
    """
    places = locked("rig points", points, (-1, 3), np.float64)
    turns = locked("rig orientations", orientations, (len(places), 4), np.float64)
    length = np.linalg.norm(turns, axis=1)
    wrong = np.flatnonzero(~(np.abs(length - 1) <= _UNIT))
    if len(wrong):
        where, found = f"rig orientation {wrong[0]}", f"{turns[wrong[0]].tolist()}"
        wanted = "a quaternion x, y, z, w of length 1"
        raise SettingsError(where, found, wanted, "Normalize it.")
    poses = np.tile(np.eye(4), (len(places), 1, 1))
    poses[:, :3, :3] = _rotations(turns / length[:, None])
    poses[:, :3, 3] = places
    return _rig(poses, lens)


def aimed(points: ArrayLike, directions: ArrayLike, lens: Lens, up: ArrayLike = UP) -> CameraRig:
    """Cameras at points, each looking in a direction.

    Args:
        points: (N, 3) metres.
        directions: (N, 3) of any length.
        lens: that they share.
        up: (3,) the direction that points up in the pictures.

    Raises:
        SettingsError: a direction has no length.
    """
    places = locked("rig points", points, (-1, 3), np.float64)
    ways = locked("rig directions", directions, (len(places), 3), np.float64)
    toward = [unit(f"rig direction {i}", way) for i, way in enumerate(ways)]
    # The way is taken from the origin: far away, place + way could round to place.
    poses = [look_at(np.zeros(3), way, up) for way in toward]
    for pose, place in zip(poses, places, strict=True):
        pose[:3, 3] = place
    return _rig(np.array(poses).reshape(-1, 4, 4), lens)


def _rig(poses: Floats, lens: Lens) -> CameraRig:
    if not len(poses):
        raise SettingsError("rig", "no points", "at least one", "Add points.")
    return CameraRig("points", tuple(lens.camera(f"{i:06d}", p) for i, p in enumerate(poses)))


def _rotations(turns: Floats) -> Floats:
    """(N, 3, 3) of unit quaternions (N, 4) x, y, z, w.

    Source: Shoemake 1985, "Animating rotation with quaternion curves".
    """
    x, y, z, w = turns.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows).transpose(2, 0, 1)
