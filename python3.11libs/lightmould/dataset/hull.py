"""A crude visual hull with numpy alone: do masks and poses belong together, and where is the thing?

The engine has a finer one. This one is carved out of points, for looking at poses before any engine
is there: a point is inside if no mask that shows its place says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.camera import resampled

Mask = NDArray[np.bool_]

COARSE = 40
"""Points along an axis of the grid that looks for the object."""

WITNESSES = 0.5
"""Share of the views that must show a point before it can be inside."""

_ROOM = 1.5  # of the region that is searched, to what the cameras see together


@dataclass(frozen=True, slots=True, eq=False)
class Silhouettes:
    """Cameras and where each of them sees the object.

    Attributes:
        cameras: N of them, with the masks' sizes; distortion is honored.
        masks: N times (H, W), true on the object.
    """

    cameras: tuple[Camera, ...]
    masks: tuple[Mask, ...]

    def with_cameras(self, cameras: Sequence[Camera]) -> "Silhouettes":
        """The same masks seen by others."""
        return replace(self, cameras=tuple(cameras))

    @property
    def side(self) -> float:
        """The object's longer side, pixels: the median of all views; 1 if none shows it."""
        sides = [max(np.ptp(np.nonzero(mask), axis=1)) + 1 for mask in self.masks if mask.any()]
        return float(np.median(sides)) if sides else 1.0

    def shrunk(self, pixels: int) -> "Silhouettes":
        """The same with objects of about that many pixels along their longer side, at most."""
        factor = max(1, round(self.side / pixels))
        if factor == 1:
            return self
        small = []
        for camera in self.cameras:
            size = camera.size[0] // factor, camera.size[1] // factor
            small.append(resampled(camera, size, (1 / factor, 1 / factor)))
        return Silhouettes(tuple(small), tuple(_shrunk(mask, factor) for mask in self.masks))


def _shrunk(mask: Mask, factor: int) -> Mask:
    height, width = mask.shape[0] // factor, mask.shape[1] // factor
    blocks = mask[: height * factor, : width * factor].reshape(height, factor, width, factor)
    return np.asarray(blocks.mean(axis=(1, 3)) >= 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Hull:
    """Points inside every mask.

    Attributes:
        points: (P, 3) metres, of a regular grid.
        spacing: metres between neighbors.
    """

    points: Floats
    spacing: float

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest corner, metres."""
        half = self.spacing / 2
        return self.points.min(axis=0) - half, self.points.max(axis=0) + half


def carve(silhouettes: Silhouettes, cells: int) -> Hull | None:
    """The hull with `cells` points along its longest side; None if no point is in every mask."""
    center, reach = region(silhouettes.cameras)
    grid = _grid(center - reach, center + reach, COARSE)
    spacing = 2 * reach / COARSE
    found = _inside(silhouettes, grid, spacing)
    if not len(found):
        return None
    low, high = found.min(axis=0) - spacing, found.max(axis=0) + spacing
    fine = float((high - low).max()) / cells
    points = _inside(silhouettes, _grid(low, high, cells), 0.0)
    return Hull(points, fine) if len(points) else None


def region(cameras: Sequence[Camera]) -> tuple[Floats, float]:
    """Center and half the side of a cube that holds what the cameras look at, metres."""
    total, right = np.zeros((3, 3)), np.zeros(3)
    for camera in cameras:
        axis = camera.world_from_camera[:3, 2]
        across = np.eye(3) - np.outer(axis, axis)
        total += across
        right += across @ camera.world_from_camera[:3, 3]
    center: Floats = np.linalg.lstsq(total, right, rcond=None)[0]
    reaches = []
    for camera in cameras:
        distance = float(np.linalg.norm(camera.world_from_camera[:3, 3] - center))
        half = max(camera.size[0] / camera.focal[0], camera.size[1] / camera.focal[1]) / 2
        reaches.append(distance * half / float(np.hypot(1, half)))
    return center, max(float(np.median(reaches)) * _ROOM, 1e-9)


def _grid(low: Floats, high: Floats, cells: int) -> Floats:
    """(P, 3) centers of cubes that fill a box."""
    spacing = float((high - low).max()) / cells
    sides = [
        low[i] + spacing * (np.arange(np.ceil((high - low)[i] / spacing)) + 0.5) for i in (0, 1, 2)
    ]
    return np.asarray(np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 3))


def _inside(silhouettes: Silhouettes, points: Floats, slack: float) -> Floats:
    """The points that no mask contradicts, each mask grown by `slack` metres at the object."""
    count = len(silhouettes.cameras)
    seen = np.zeros(len(points), np.int32)
    # Neighbors look alike, so far apart ones first: they leave fewer points for the rest.
    for index in sorted(range(count), key=lambda i: (i * 7) % max(count, 1)):
        camera, mask = silhouettes.cameras[index], silhouettes.masks[index]
        x, y, depth, shown = seen_at(camera, points)
        if slack:
            near = depth[shown]
            reach = slack * 0.87 * max(camera.focal) / float(np.median(near)) if len(near) else 0
            mask = _grown(mask, int(np.ceil(reach)))
        hit = np.zeros(len(points), bool)
        hit[shown] = mask[y[shown], x[shown]]
        kept = hit | ~shown
        points, seen = points[kept], seen[kept] + shown[kept]
    return points[seen >= WITNESSES * count]


def seen_at(
    camera: Camera, points: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Mask]:
    """Pixel column and row, depth in metres, and whether that pixel is in the picture."""
    matrix = camera.camera_from_world
    # Row by row: this is most of what carving takes.
    x, y, z = matrix[:3, :3] @ points.T + matrix[:3, 3:]
    (fx, fy), (cx, cy), (width, height) = camera.focal, camera.center, camera.size
    depth = -z
    with np.errstate(all="ignore"):
        x, y = x / depth, y / z
        if camera.distortion is not None:
            x, y = camera.distortion.distorted(np.stack([x, y], axis=1)).T
        x, y = x * fx + cx, y * fy + cy
        shown = (depth > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return _whole(x, shown), _whole(y, shown), depth, shown


def _whole(pixels: Floats, shown: Mask) -> NDArray[np.int64]:
    return np.where(shown, pixels, 0).astype(np.int64)


def _grown(mask: Mask, pixels: int) -> Mask:
    """The mask grown by a square of that many pixels on each side."""
    for axis in (0, 1):
        sums = np.cumsum(np.pad(mask, [(pixels + 1, pixels)] * 2), axis=axis, dtype=np.int32)
        window = 2 * pixels + 1
        cut = [slice(pixels + 1, -pixels or None)] * 2
        cut[axis] = slice(None)
        sums = sums[tuple(cut)]
        late = np.take(sums, range(window, sums.shape[axis]), axis)
        early = np.take(sums, range(sums.shape[axis] - window), axis)
        mask = late > early
    return mask


def overlap(camera: Camera, mask: Mask, hull: Hull) -> float:
    """Intersection over union of a mask and the hull's silhouette in it."""
    x, y, depth, shown = seen_at(camera, hull.points)
    drawn = np.zeros(mask.shape, bool)
    drawn[y[shown], x[shown]] = True
    if shown.any():
        step = hull.spacing * max(camera.focal) / float(np.median(depth[shown]))
        drawn = _grown(drawn, int(step // 2))
    union = int((drawn | mask).sum())
    return int((drawn & mask).sum()) / union if union else 0.0


def fit(silhouettes: Silhouettes, overlaps: Floats) -> float:
    """Mean overlap in parts of what pixels and points let it be; right poses come to about 1.

    Where a mask is but a few pixels wide, half of those at its rim are a matter of chance.
    """
    rims = [
        1 - _grown(~mask, 1)[mask].mean() / 2 if mask.any() else 1 for mask in silhouettes.masks
    ]
    return float((overlaps / np.array(rims)).mean())


def overlaps(silhouettes: Silhouettes, hull: Hull | None) -> Floats:
    """(N,) `overlap` of every view; zeros where there is no hull."""
    if hull is None:
        return np.zeros(len(silhouettes.cameras))
    pairs = zip(silhouettes.cameras, silhouettes.masks, strict=True)
    return np.array([overlap(camera, mask, hull) for camera, mask in pairs])
