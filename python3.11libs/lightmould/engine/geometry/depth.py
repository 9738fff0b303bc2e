"""Depth maps as a signed distance: dents and bowls that no silhouette shows, from the beginning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset import images
from lightmould.engine.geometry import kernels_depth
from lightmould.engine.geometry.hull import Grid
from lightmould.errors import DatasetError, SettingsError
from lightmould.model import Camera, Dataset
from lightmould.model.arrays import Floats
from lightmould.raster import pool
from lightmould.raster.fragments import Singles
from lightmould.raster.shares import bands

REACH = 3.0
"""Cells behind a surface beyond which the view that sees it says nothing."""

GRAZING = 0.1
"""Cosine between ray and normal below which a slope is more likely the jump at an outline."""

PIECES = 64
"""Slices of a grid that are filled side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class Depths:
    """What views know of distances.

    Attributes:
        cameras: N of them.
        depth: (N, H, W) metres along the viewing axis, inf where nothing is seen.
        normals: (N, H, W, 3) unit, camera space, 0 where unknown.
    """

    cameras: tuple[Camera, ...]
    depth: Singles
    normals: Singles


def load(dataset: Dataset, supervision: tuple[str, ...]) -> Depths | None:
    """The depth maps of the views to learn from; None where nobody asked for them.

    Args:
        dataset: whose views have depth, and normals if they are asked for.
        supervision: of `settings.reconstruction.Reconstruction`.

    Raises:
        SettingsError: normals are asked for without depth.
        DatasetError: a view lacks what is asked for, or it is of another size.
        FormatError: a picture can't be decoded.
    """
    if not supervision:
        return None
    if "depth" not in supervision:
        fix = "Ask for depth too, or for nothing."
        raise SettingsError("supervision", "normal without depth", "depth,normal", fix)
    views = dataset.of("train")
    width, height = views[0].camera.size
    depth = np.zeros((len(views), height, width), np.float32)
    normals = np.zeros((len(views), height, width, 3), np.float32)
    for index, view in enumerate(views):
        depth[index] = _along_axis(_read(dataset, index, "depth")[..., 0], view.camera, dataset)
        if "normal" in supervision:
            normals[index] = _in_camera(_read(dataset, index, "normal"), view.camera, dataset)
        else:
            normals[index] = slopes(depth[index], view.camera)
    return Depths(tuple(view.camera for view in views), depth, normals)


def fuse(depths: Depths, grid: Grid, outside: NDArray[np.float32]) -> NDArray[np.float32]:
    """Signed distance to what the depth maps show, within the hull.

    Args:
        depths: of every view.
        grid: where to sample.
        outside: (X, Y, Z) metres to the visual hull, negative inside: what no view sees is
            inside, unless the hull says otherwise.

    Returns:
        (X, Y, Z) metres, negative inside, as far as `REACH` cells.

    Source: Curless and Levoy 1996, "A volumetric method for building complex models from range
    images", with distances to planes, and the nearest counting most.
    """
    cameras, reach = depths.cameras, REACH * grid.spacing
    poses = np.stack([camera.camera_from_world[:3] for camera in cameras])
    lenses = np.array([(*camera.focal, *camera.center, camera.near) for camera in cameras])
    found = np.zeros(grid.shape, np.float32)
    known = depths.depth, depths.normals, poses, lenses, np.asarray(grid.origin, np.float64)
    pool.shared().run(
        kernels_depth.fuse,
        [(*known, grid.spacing, reach, a, b, found) for a, b in bands(grid.shape[0], PIECES)],
    )
    seen = np.where(np.isnan(found), np.float32(-reach), found)
    return np.maximum(seen, outside).astype(np.float32)


def slopes(depth: Singles, camera: Camera) -> Singles:
    """Normals (H, W, 3) in camera space from differences of depth (H, W); 0 where they jump."""
    points = _rays(camera) * depth[..., None].astype(np.float64)
    normals = np.zeros(points.shape)
    with np.errstate(invalid="ignore"):
        right = points[1:-1, 2:] - points[1:-1, :-2]
        down = points[2:, 1:-1] - points[:-2, 1:-1]
        across = np.cross(down, right)
        across /= np.linalg.norm(across, axis=-1, keepdims=True)
        rays = _rays(camera)[1:-1, 1:-1]
        facing = -(across * rays).sum(axis=-1) / np.linalg.norm(rays, axis=-1)
        known = facing > GRAZING
    normals[1:-1, 1:-1][known] = across[known]
    return normals.astype(np.float32)


def _read(dataset: Dataset, index: int, kind: str) -> Singles:
    view = dataset.of("train")[index]
    name = view.depth if kind == "depth" else view.normal
    if name is None:
        found = f"no {kind} of view {view.camera.name}"
        fix = f"Render {kind} passes, or go without `--supervision {kind}`."
        raise DatasetError(dataset.folder / "manifest.json", found, f"a {kind} file", fix)
    path = dataset.folder / name
    picture = images.read(path, 1 if kind == "depth" else 3)
    if picture.shape[1::-1] != dataset.of("train")[0].camera.size:
        found = f"a picture of {picture.shape[1]}x{picture.shape[0]} pixels"
        raise DatasetError(path, found, "the size of all views", "Render the view again.")
    return picture


def _along_axis(depth: Singles, camera: Camera, dataset: Dataset) -> Singles:
    """Metres along the axis; inf where nothing is seen."""
    if dataset.depth_kind == "ray":
        depth = depth / np.linalg.norm(_rays(camera), axis=-1)
    with np.errstate(invalid="ignore"):
        return np.where(depth > 0, depth, np.inf).astype(np.float32)


def _in_camera(normals: Singles, camera: Camera, dataset: Dataset) -> Singles:
    if dataset.normal_space == "camera":
        return normals
    turn = camera.camera_from_world[:3, :3].astype(np.float32)
    return np.asarray(normals @ turn.T, np.float32)


def _rays(camera: Camera) -> Floats:
    """(H, W, 3) from the eye through pixel centers, as long as they need to be for depth 1."""
    width, height = camera.size
    x = (np.arange(width) + 0.5 - camera.center[0]) / camera.focal[0]
    y = (camera.center[1] - np.arange(height) - 0.5) / camera.focal[1]
    rays: Floats = np.stack([*np.meshgrid(x, y), np.full((height, width), -1.0)], axis=-1)
    return rays
