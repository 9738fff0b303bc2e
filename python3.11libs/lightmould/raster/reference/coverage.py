"""What each pixel sees: the slow twin of `cpu.coverage` and `kernels_coverage`."""

import numpy as np

from lightmould.model.arrays import Floats, Ints
from lightmould.raster.arguments import (
    checked_batch,
    checked_faces,
    checked_size,
    checked_triangle,
    plain,
)
from lightmould.raster.fragments import Array, Fragments
from lightmould.raster.kernels_coverage import FIXED_LIMIT, LOOSE, SMALLEST_W
from lightmould.raster.reference.precision import like


def rasterize(clip: Array, faces: Ints, size: tuple[int, int]) -> Fragments:
    """The nearest triangle at every pixel's center, as `cpu.rasterize`."""
    dtype = like(clip)
    clip = plain("clip", clip, (-1, -1, 4), np.float64)
    faces = checked_faces(faces, clip.shape[1])
    width, height = checked_size(size)
    triangle = np.full((len(clip), height, width), -1, np.int32)
    depth = np.ones((len(clip), height, width), np.float32)
    for n in range(len(clip)):
        screen, drawn = project(clip[n], (width, height))
        for f in np.flatnonzero(drawn[faces].all(axis=1)):
            draw(f, screen[faces[f]], triangle[n], depth[n])
    barycentric = np.zeros((*triangle.shape, 2))
    seen = np.nonzero(triangle >= 0)
    barycentric[seen] = weigh(corners_from_pixel(clip, faces, triangle))[0][:, :2]
    return Fragments(triangle, barycentric.astype(dtype), depth.astype(dtype))


def rasterize_backward(
    clip: Array, faces: Ints, fragments: Fragments, grad_barycentric: Array
) -> Array:
    """The gradient (N, V, 4) of clip, as `cpu.rasterize_backward`."""
    dtype = like(clip)
    clip = plain("clip", clip, (-1, -1, 4), np.float64)
    faces = checked_faces(faces, clip.shape[1])
    triangle = checked_triangle(fragments, len(faces))
    checked_batch("clip", len(clip), len(triangle), one_for_all=False)
    seen = np.nonzero(triangle >= 0)
    corner = corners_from_pixel(clip, faces, triangle)
    weights, areas, loose = weigh(corner)
    grad = plain("grad_barycentric", grad_barycentric, (*triangle.shape, 2), np.float64)[seen]
    # Weight k is area k over the sum of the areas; weight 2 is not asked for.
    grad = np.concatenate([grad, np.zeros((len(grad), 1))], axis=1)
    whole = np.where(loose, 1.0, areas.sum(axis=1))[:, None]
    grad_areas = (grad - (grad * weights).sum(axis=1, keepdims=True)) / whole
    grad_areas[loose] = 0
    out = np.zeros(clip.shape)
    x, y = pixel_centers(triangle)
    for k in range(3):
        after, before = corner[:, (k + 1) % 3], corner[:, (k + 2) % 3]
        to_after, to_before = grad_areas[:, (k + 1) % 3], grad_areas[:, (k + 2) % 3]
        # Corner k spans the area opposite to the next corner, and that opposite to the last one.
        grad_x = to_before * after[:, 1] - to_after * before[:, 1]
        grad_y = to_after * before[:, 0] - to_before * after[:, 0]
        moved = np.stack([grad_x, grad_y, np.zeros(len(x)), -x * grad_x - y * grad_y], axis=1)
        np.add.at(out, (seen[0], faces[triangle[seen], k]), moved)
    return out.astype(dtype)


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
