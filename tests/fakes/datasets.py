"""A small dataset of a painted ball of radius 1, exact in every pixel."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lightmould.dataset import images, manifest
from lightmould.formats.files import file_hash
from lightmould.model import Camera, CameraRig, Dataset
from lightmould.model.arrays import Floats
from lightmould.rigs import Lens, sphere

SIZE = (40, 32)
LENS = Lens(SIZE, 0.9)


def cameras(count: int = 20) -> tuple[Camera, ...]:
    return sphere((0, 0, 0), 3.0, count, LENS).cameras


def ball(folder: Path, taken: Sequence[Camera], held_out: int = 2) -> Dataset:
    """Write the pictures of all passes and the manifest."""
    split = len(taken) - held_out
    train, test = CameraRig("train", tuple(taken[:split])), CameraRig("test", tuple(taken[split:]))
    planned = manifest.plan(folder, train, test)
    for view in planned.views:
        color, depth, normal = rendered(view.camera)
        images.write_png(folder / view.color, color)
        images.write_png(folder / str(view.mask), (depth < np.inf).astype(np.float32)[..., None])
        images.write_exr(folder / str(view.depth), depth[..., None])
        images.write_exr(folder / str(view.normal), normal)
    return described(planned)


def described(dataset: Dataset) -> Dataset:
    """The dataset with its files' hashes as they are now, its manifest written."""
    paths = [path for view in dataset.views for path in view.paths]
    hashes = {path.as_posix(): file_hash(dataset.folder / path) for path in paths}
    dataset = replace(dataset, hashes=hashes, versions={"lightmould": "0"})
    manifest.write(dataset, dataset.folder / manifest.NAME)
    return dataset


def rendered(camera: Camera) -> tuple[images.Pixels, images.Pixels, images.Pixels]:
    """Color with alpha, depth along the axis, and normal."""
    normal, depth = hits(camera)
    seen = depth < np.inf
    paint = 0.5 + 0.2 * np.sin(9 * normal) + 0.2 * np.sin(23 * normal[..., ::-1])
    light = 0.4 + 0.6 * np.clip(normal @ (0.48, 0.6, 0.64), 0, 1)[..., None]
    color = np.concatenate([paint * light, np.ones_like(paint[..., :1])], axis=2)
    color = np.where(seen[..., None], color, 0)
    return color.astype(np.float32), depth.astype(np.float32), normal.astype(np.float32)


def hits(camera: Camera) -> tuple[Floats, Floats]:
    """Where the rays of the pixels' centers meet the ball: (H, W, 3), 0 or inf where they don't."""
    width, height = camera.size
    y, x = np.mgrid[:height, :width] + 0.5
    (fx, fy), (cx, cy) = camera.focal, camera.center
    rays = np.stack([(x - cx) / fx, -(y - cy) / fy, -np.ones_like(x)], axis=2)
    rays = rays @ camera.world_from_camera[:3, :3].T
    eye = camera.world_from_camera[:3, 3]
    a, b = (rays**2).sum(axis=2), rays @ eye
    root = b**2 - a * (eye @ eye - 1)
    depth = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    seen = np.isfinite(depth)
    points = np.where(seen[..., None], eye + np.where(seen, depth, 0)[..., None] * rays, 0)
    return points, depth
