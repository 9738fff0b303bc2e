"""The usual mistakes that poses are made with, each undone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lightmould.dataset.hull import Hull, Silhouettes
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP, Z_UP_FROM_Y_UP

_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Remedy:
    """A mistake and the cameras and masks without it."""

    name: str
    found: str
    fix: str
    undone: Silhouettes


def turns(silhouettes: Silhouettes) -> Iterator[Remedy]:
    """Matrices the wrong way round, axes of other programs, half of a turn to another up."""
    poses = [one.world_from_camera for one in silhouettes.cameras]
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
            _posed(silhouettes, [one.camera_from_world @ turn for one in silhouettes.cameras]),
        )
    yield Remedy(
        "axes",
        "OpenCV's camera axes (+Y down, +Z forward) read as OpenGL's (+Y up, -Z forward), or the "
        "reverse",
        "Negate the second and the third column of each pose.",
        _posed(silhouettes, [pose @ _FLIP for pose in poses]),
    )
    for turn, ours, theirs in (
        (Y_UP_FROM_Z_UP, "Z", "Y"),
        (Z_UP_FROM_Y_UP, "Y", "Z"),
    ):
        yield Remedy(
            "up",
            f"cameras that stand in a {ours}-up world and are turned as in a {theirs}-up one",
            "Turn both the position and the rotation of each pose, or neither.",
            _posed(silhouettes, [_carried(pose, turn) for pose in poses]),
        )
        yield Remedy(
            "up",
            f"camera axes turned by a quarter about X, as worlds are from {theirs}-up to {ours}-up",
            "Turn the world (the matrix on the left), not the camera (on the right).",
            _posed(silhouettes, [pose @ turn for pose in poses]),
        )


def _carried(pose: Floats, turn: Floats) -> Floats:
    """The pose at another place."""
    carried: Floats = pose.copy()
    carried[:3, 3] = turn[:3, :3] @ pose[:3, 3]
    return carried


def orders(silhouettes: Silhouettes, names: Sequence[str]) -> Iterator[Remedy]:
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


def worlds(silhouettes: Silhouettes, known: Hull | None) -> Iterator[Remedy]:
    """A world on its side, which only what is known of the object can tell."""
    if known is None:
        return
    for turn, ours, theirs in ((Y_UP_FROM_Z_UP, "Z", "Y"), (Z_UP_FROM_Y_UP, "Y", "Z")):
        yield Remedy(
            "up",
            f"poses of a {ours}-up world and a mesh of a {theirs}-up one",
            f"Turn the poses or the mesh by a quarter about X, so that both are {theirs}-up.",
            _posed(silhouettes, [turn @ one.world_from_camera for one in silhouettes.cameras]),
        )


def _posed(silhouettes: Silhouettes, poses: Sequence[Floats]) -> Silhouettes:
    """The same lenses and masks at other places."""
    pairs = zip(silhouettes.cameras, poses, strict=True)
    return silhouettes.with_cameras([replace(one, world_from_camera=pose) for one, pose in pairs])


def zoomed(cameras: Sequence[Camera], factor: float) -> list[Camera]:
    """The same cameras with longer lenses."""
    return [replace(one, focal=(one.focal[0] * factor, one.focal[1] * factor)) for one in cameras]
