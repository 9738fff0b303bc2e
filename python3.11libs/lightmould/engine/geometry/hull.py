"""The visual hull: the largest shape that no mask contradicts, as a signed distance grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lightmould.engine.geometry import kernels_hull
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.raster import pool
from lightmould.raster.shares import bands

SEARCH_CELLS = 40
"""Cells along an axis of the coarse grids that look for the object."""

ENOUGH = 4.0
"""Cells outside the hull beyond which nobody asks how far."""

PIECES = 64
"""Slices of a grid that are carved side by side."""

WITNESSES = 0.5
"""Share of the views that must have a point in their frame before it can be inside: right before
a lens lies space that this one camera sees, in its mask, and no other."""

NAMED = 5
"""Views that an error names, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where the points of a regular grid lie.

    Attributes:
        origin: (3,) metres, the first point.
        spacing: metres between neighbors, the same on every axis.
        shape: points along x, y, z.
    """

    origin: Floats
    spacing: float
    shape: tuple[int, int, int]

    @property
    def points(self) -> Floats:
        """(X * Y * Z, 3) metres, z fastest."""
        indices = np.indices(self.shape).reshape(3, -1).T
        points: Floats = self.origin + self.spacing * indices
        return points


def grid_over(low: Floats, high: Floats, cells: int, margin: int = 3) -> Grid:
    """A grid with `cells` cells along the longest side of a box, and some cells around it."""
    spacing = float((high - low).max()) / cells
    counts = np.ceil((high - low) / spacing).astype(int) + 1 + 2 * margin
    middle = (low + high) / 2
    origin = middle - spacing * (counts - 1) / 2
    return Grid(origin, spacing, (int(counts[0]), int(counts[1]), int(counts[2])))


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """Masks as distances to their contours.

    Attributes:
        cameras: N of them.
        distances: (N, H, W) pixels, positive outside.
    """

    cameras: tuple[Camera, ...]
    distances: NDArray[np.float32]


def contours_of(views: Views) -> Contours:
    """The contours of all masks."""
    distances = np.zeros(views.alpha.shape, np.float32)
    pool.shared().run(kernels_hull.contour, list(zip(views.alpha, distances, strict=True)))
    return Contours(views.cameras, distances)


def contour_distance(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pixels to the contour of a mask, positive outside; the sum of both sides if there is none.

    Args:
        alpha: (H, W) coverage, 0 to 1.
    """
    distance = np.zeros(alpha.shape, np.float32)
    kernels_hull.contour(alpha, distance)
    return distance


def carve(contours: Contours, grid: Grid) -> NDArray[np.float32]:
    """Signed distance to the visual hull.

    Args:
        contours: of every view.
        grid: where to sample.

    Returns:
        (X, Y, Z) metres, negative inside; farther out than `ENOUGH` cells at least that much.
        What a view's frame does not show, that view leaves alone; what too few views show is
        outside.
    """
    cameras = contours.cameras
    poses = np.stack([camera.camera_from_world[:3] for camera in cameras])
    lenses = np.array([(*camera.focal, *camera.center, camera.near) for camera in cameras])
    distance = np.zeros(grid.shape, np.float32)
    known = contours.distances, poses, lenses, np.asarray(grid.origin, np.float64), grid.spacing
    limits = WITNESSES * len(cameras), ENOUGH * grid.spacing
    pool.shared().run(
        kernels_hull.carve,
        [(*known, *limits, a, b, distance) for a, b in bands(grid.shape[0], PIECES)],
    )
    return distance


def find_object(contours: Contours) -> tuple[Floats, Floats]:
    """Lowest and highest corner of a box around the visual hull, metres.

    Raises:
        ReconstructionError: no point of space lies in every mask.
    """
    center = _nearest_to_axes(contours.cameras)
    # Not the smallest: one camera that came close sees a part, and the others see the rest.
    reach = float(np.median([_reach(camera, center) for camera in contours.cameras]))
    low, high = center - reach, center + reach
    for _ in range(2):
        grid = grid_over(low, high, SEARCH_CELLS, margin=1)
        inside = carve(contours, grid).reshape(-1) < grid.spacing / 2
        if not inside.any():
            raise _contradiction(contours, grid)
        found = grid.points[inside]
        low, high = found.min(axis=0) - grid.spacing, found.max(axis=0) + grid.spacing
    return low, high


def _contradiction(contours: Contours, grid: Grid) -> ReconstructionError:
    """An error that names the views without which there would be a hull."""
    points = grid.points
    count = len(contours.cameras)
    outside = np.zeros((count, len(points)), bool)
    witnesses = np.zeros(len(points))
    for index, (camera, contour) in enumerate(
        zip(contours.cameras, contours.distances, strict=True)
    ):
        seen, value = _distance_in_view(camera, contour, points)
        outside[index, seen] = value >= grid.spacing / 2
        witnesses += seen
    against = np.where(witnesses < WITNESSES * count, count, outside.sum(axis=0))
    fewest = int(against.min())
    found = "no point of space that lies inside every mask"
    if fewest < count / 2:
        share = outside[:, against == fewest].mean(axis=1)
        worst = np.argsort(-share, kind="stable")[:fewest][:NAMED]
        names = ", ".join(contours.cameras[index].name for index in worst)
        found += f"; {fewest} of {count} views contradict the others, first of all {names}"
    return ReconstructionError(
        "visual hull",
        found,
        "masks and poses that agree",
        "Check that masks are white on the object and that poses are camera-to-world.",
    )


def _distance_in_view(
    camera: Camera, contour: NDArray[np.float32], points: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    seen_points = points @ camera.camera_from_world[:3, :3].T + camera.camera_from_world[:3, 3]
    depth = np.maximum(-seen_points[:, 2], camera.near)
    height, width = contour.shape
    x = camera.center[0] + camera.focal[0] * seen_points[:, 0] / depth
    y = camera.center[1] - camera.focal[1] * seen_points[:, 1] / depth
    seen = (x > 0) & (x < width) & (y > 0) & (y < height) & (-seen_points[:, 2] > camera.near)
    pixels = np.stack([y[seen], x[seen]]) - 0.5
    sampled = ndimage.map_coordinates(contour, pixels, order=1, mode="nearest", prefilter=False)
    return seen, sampled * depth[seen] / max(camera.focal)


def _nearest_to_axes(cameras: tuple[Camera, ...]) -> Floats:
    """The point with the least squared distance to all viewing axes, metres."""
    total, right = np.zeros((3, 3)), np.zeros(3)
    for camera in cameras:
        axis = camera.world_from_camera[:3, 2]
        across = np.eye(3) - np.outer(axis, axis)
        total += across
        right += across @ camera.world_from_camera[:3, 3]
    # Parallel axes leave one direction open; the smallest step along it is as good as any.
    center: Floats = np.linalg.lstsq(total, right, rcond=None)[0]
    return center


def _reach(camera: Camera, center: Floats) -> float:
    """Half the side of the largest cube around `center` worth searching for this camera."""
    distance = float(np.linalg.norm(camera.world_from_camera[:3, 3] - center))
    half = max(camera.size[0] / camera.focal[0], camera.size[1] / camera.focal[1]) / 2
    return distance * half / float(np.hypot(1, half)) * 1.5
