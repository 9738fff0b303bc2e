"""Kernels: distances to the contours of masks, and the space that masks leave."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def contour(alpha: Array, out: Array) -> None:
    """Fill pixels (H, W) to the contour of a mask (H, W), positive outside.

    Half a pixel is taken off, because the contour runs between the centers of an inner and an
    outer pixel. Far away, as many as the picture has rows and columns, where there is no contour.

    Source: Felzenszwalb and Huttenlocher 2012, "Distance transforms of sampled functions".
    """
    height, width = alpha.shape
    far = float(height + width)
    column = np.zeros((height, width))
    places, bounds = np.zeros(width, np.int64), np.zeros(width + 1)
    for side in range(2):
        # Along columns, all side by side: distance to the nearest pixel of the other side.
        for y in range(height):
            for x in range(width):
                above = column[y - 1, x] + 1 if y else far
                mine = (alpha[y, x] >= 0.5) == (side == 1)
                column[y, x] = min(above, far) if mine else 0.0
        for y in range(height - 2, -1, -1):
            for x in range(width):
                column[y, x] = min(column[y, x], column[y + 1, x] + 1)
        # Along rows: the lower envelope of one parabola a pixel.
        for y in range(height):
            last = 0
            places[0], bounds[0], bounds[1] = 0, -np.inf, np.inf
            for x in range(1, width):
                height_x = column[y, x] * column[y, x] + x * x
                while True:
                    p = places[last]
                    meet = (height_x - column[y, p] * column[y, p] - p * p) / (2.0 * (x - p))
                    if meet > bounds[last]:
                        break
                    last -= 1
                last += 1
                places[last], bounds[last], bounds[last + 1] = x, meet, np.inf
            k = 0
            for x in range(width):
                while bounds[k + 1] < x:
                    k += 1
                if (alpha[y, x] >= 0.5) == (side == 1):
                    p = places[k]
                    distance = np.sqrt((x - p) * (x - p) + column[y, p] * column[y, p])
                    distance = min(distance, far) if distance >= far else distance - 0.5
                    out[y, x] = -distance if side == 1 else distance


@njit(cache=True, nogil=True)
def carve(
    distances: Array,
    poses: Array,
    lenses: Array,
    origin: Array,
    spacing: float,
    witnesses: float,
    enough: float,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill planes first to last of a grid with the signed distance to the visual hull.

    Args:
        distances: (N, H, W) pixels to each contour.
        poses: (N, 3, 4) camera_from_world.
        lenses: (N, 5) focal, center, near.
        origin: (3,) of the grid, metres.
        spacing: metres.
        witnesses: how many views must have a point in their frame.
        enough: metres outside after which no further view is asked.
        first: plane.
        last: one beyond the last plane.
        out: (X, Y, Z) metres, filled.
    """
    count, height, width = distances.shape
    for i in range(first, last):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                px, py, pz = (
                    origin[0] + spacing * i,
                    origin[1] + spacing * j,
                    origin[2] + spacing * k,
                )
                farthest, seen = -np.inf, 0
                for n in range(count):
                    m = poses[n]
                    depth = -(m[2, 0] * px + m[2, 1] * py + m[2, 2] * pz + m[2, 3])
                    if depth <= lenses[n, 4]:
                        continue
                    x = m[0, 0] * px + m[0, 1] * py + m[0, 2] * pz + m[0, 3]
                    y = m[1, 0] * px + m[1, 1] * py + m[1, 2] * pz + m[1, 3]
                    x = lenses[n, 2] + lenses[n, 0] * x / depth
                    y = lenses[n, 3] - lenses[n, 1] * y / depth
                    if not (0 < x < width and 0 < y < height):
                        continue
                    seen += 1
                    x, y = min(max(x - 0.5, 0.0), width - 1.0), min(max(y - 0.5, 0.0), height - 1.0)
                    left, top = int(x), int(y)
                    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
                    s, t = x - left, y - top
                    image = distances[n]
                    upper = image[top, left] * (1 - s) + image[top, right] * s
                    lower = image[bottom, left] * (1 - s) + image[bottom, right] * s
                    away = (upper * (1 - t) + lower * t) * depth / max(lenses[n, 0], lenses[n, 1])
                    farthest = max(farthest, away)
                    if farthest > enough:
                        break
                if seen < witnesses:
                    farthest = max(farthest, spacing)
                out[i, j, k] = farthest
