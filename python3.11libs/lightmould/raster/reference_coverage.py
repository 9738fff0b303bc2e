"""Where triangles lie on the picture: the slow twin of `kernels_coverage`."""

import numpy as np

from lightmould.model.arrays import Floats
from lightmould.raster.fragments import Array
from lightmould.raster.kernels_coverage import FIXED_LIMIT, LOOSE, SMALLEST_W


def project(clip: Array, size: tuple[int, int]) -> tuple[Floats, Array]:
    """Pixels x, y and z/w, float64, and whether a corner there can be drawn.

    Args:
        clip: (..., V, 4).
        size: (width, height).

    Returns:
        (..., V, 3) and (..., V).
    """
    ahead = clip[..., 3] > SMALLEST_W
    w = np.where(ahead, clip[..., 3], 1.0)
    x = (clip[..., 0] / w + 1) * 0.5 * size[0]
    y = (1 - clip[..., 1] / w) * 0.5 * size[1]
    screen = np.stack([x, y, clip[..., 2] / w], axis=-1)
    within = np.abs(np.floor(screen[..., :2] * 256 + 0.5)) <= FIXED_LIMIT
    return screen, ahead & within.all(axis=-1) & np.isfinite(screen[..., 2])


def draw(index: int, corners: Floats, triangle: Array, depth: Array) -> None:
    """Draw one triangle into one image.

    Args:
        index: the triangle's.
        corners: (3, 3) pixels x, y and z/w.
        triangle: (H, W) int32.
        depth: (H, W) float32.
    """
    fixed = np.floor(corners[:, :2] * 256 + 0.5).astype(np.int64)
    area = _area(fixed[0], fixed[1], fixed[2])
    if area == 0:
        return
    order = (0, 1, 2) if area > 0 else (0, 2, 1)
    low = np.clip(fixed.min(axis=0) // 256, 0, triangle.shape[::-1])
    high = np.clip(fixed.max(axis=0) // 256 + 1, 0, triangle.shape[::-1])
    columns, rows = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    center = np.stack([columns, rows], axis=-1) * 256 + 128
    covered = np.ones(columns.shape, bool)
    for tail, head in ((0, 1), (1, 2), (2, 0)):
        a, b = fixed[order[tail]], fixed[order[head]]
        side = _area(a, b, center)
        left_or_top = b[1] < a[1] or (b[1] == a[1] and b[0] > a[0])
        covered &= (side > 0) | ((side == 0) & left_or_top)
    z = _plane(corners[list(order)], columns + 0.5, rows + 0.5)
    window = np.s_[low[1] : high[1], low[0] : high[0]]
    nearest = covered & (z >= -1) & (z < depth[window])
    triangle[window][nearest] = index
    depth[window][nearest] = z[nearest]


def pixel_centers(triangle: Array) -> tuple[Floats, Floats]:
    """Normalized x and y, -1 to 1, y up, of the pixels that see a triangle."""
    _, row, column = np.nonzero(triangle >= 0)
    height, width = triangle.shape[1:]
    return (column + 0.5) * 2 / width - 1, 1 - (row + 0.5) * 2 / height


def corners_from_pixel(clip: Array, faces: Array, triangle: Array) -> Floats:
    """Corners (P, 3, 2) of what each of P pixels sees, relative to it: x - center * w."""
    seen = np.nonzero(triangle >= 0)
    corners = clip[seen[0][:, None], faces[triangle[seen]]]
    centers = np.stack(pixel_centers(triangle), axis=-1)
    return np.asarray(corners[..., :2] - centers[:, None] * corners[..., 3:])


def weigh(corner: Floats) -> tuple[Floats, Floats, Array]:
    """Perspective-correct barycentrics (P, 3), the areas (P, 3) they are made of, and slivers (P,).

    Source: Olano & Greer 1997, Triangle Scan Conversion using 2D Homogeneous Coordinates.

    Args:
        corner: (P, 3, 2) from corners_from_pixel.
    """
    areas = np.stack([_cross(corner[:, k - 2], corner[:, k - 1]) for k in range(3)], axis=1)
    whole = areas.sum(axis=1, keepdims=True)
    flat = whole[:, 0] == 0
    weights = np.where(flat[:, None], 1 / 3, areas / np.where(flat[:, None], 1.0, whole))
    sliver = weights.min(axis=1) < -LOOSE
    clamped = weights.clip(0, 1)
    clamped /= clamped.sum(axis=1, keepdims=True)
    return np.where(sliver[:, None], clamped, weights), areas, sliver | flat


def _plane(corners: Floats, x: Floats, y: Floats) -> Array:
    """z/w on a triangle's plane at pixels x, y, between its corners', float32."""
    origin, (u1, v1, z1), (u2, v2, z2) = (
        corners[0],
        corners[1] - corners[0],
        corners[2] - corners[0],
    )
    determinant = u1 * v2 - v1 * u2
    slope_x = slope_y = 0.0
    if determinant != 0:
        slope_x = (z1 * v2 - z2 * v1) / determinant
        slope_y = (z2 * u1 - z1 * u2) / determinant
    z = origin[2] + (slope_x * (x - origin[0]) + slope_y * (y - origin[1]))
    nearest, farthest = origin[2] + min(0.0, z1, z2), origin[2] + max(0.0, z1, z2)
    return np.asarray(np.clip(z, nearest, farthest), np.float32)


def _area(a: Array, b: Array, c: Array) -> Array:
    """Twice the area of a, b, c, positive where they turn clockwise on the picture."""
    return _cross(b - a, c - a)


def _cross(a: Array, b: Array) -> Array:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
