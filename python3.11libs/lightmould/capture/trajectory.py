"""Cameras of a capture: any file of poses, or a rig."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from lightmould.capture.scene import Scene
from lightmould.dataset import poses
from lightmould.errors import DatasetError
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Camera
from lightmould.model.camera import resampled

NEAREST = 1e-6
"""Of the scene's farthest corner: nearer than that share nothing is seen, where nobody said."""


def read(path: Path, scene: Scene, size: tuple[int, int] | None = None) -> tuple[Camera, ...]:
    """The cameras of a file or folder of poses, in its order.

    Where the format tells no clipping planes, everything ahead of a camera is seen.

    Args:
        path: of any format that `lightmould poses` reads.
        scene: what they look at.
        size: (width, height) of the pictures; unset, what the file says.

    Raises:
        DatasetError: there are no poses, or nobody tells the pictures' size.
        FormatError: the file is damaged.
    """
    found = poses.find(path)

    def size_of(picture: PurePosixPath) -> tuple[int, int]:
        if size is None:
            fix = "Say it: --size WIDTH HEIGHT."
            raise DatasetError(path, f"no size of {picture}", "width and height", fix)
        return size

    cameras: Sequence[Camera] = [shot.camera for shot in poses.read(found, size_of).shots]
    if size is not None:
        cameras = [_of_size(camera, size) for camera in cameras]
    if FORMATS[found.format].holds.depths:
        return tuple(cameras)
    return tuple(_far_sighted(camera, scene) for camera in cameras)


def _of_size(camera: Camera, size: tuple[int, int]) -> Camera:
    across, down = size[0] / camera.size[0], size[1] / camera.size[1]
    return resampled(camera, size, (across, down))


def _far_sighted(camera: Camera, scene: Scene) -> Camera:
    meshes = [shape.mesh.positions for shape in scene.shapes]
    every = np.concatenate([*meshes, *(points.positions for points in scene.points)])
    low, high = every.min(axis=0), every.max(axis=0)
    eye = camera.world_from_camera[:3, 3]
    farthest = float(np.linalg.norm(np.maximum(abs(low - eye), abs(high - eye))))
    farthest = max(farthest, NEAREST) * 1.01
    return replace(camera, near=farthest * NEAREST, far=farthest)
