"""Kernel: many depth maps become one signed distance."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def fuse(
    depths: Array,
    normals: Array,
    poses: Array,
    lenses: Array,
    origin: Array,
    spacing: float,
    reach: float,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill planes first to last of a grid with the distance to the surfaces that views saw.

    Args:
        depths: (N, H, W) metres along the axis, inf where nothing is seen.
        normals: (N, H, W, 3) unit, camera space, 0 where unknown.
        poses: (N, 3, 4) camera_from_world.
        lenses: (N, 5) focal, center, near.
        origin: (3,) of the grid, metres.
        spacing: metres.
        reach: metres beyond which a distance is only near or far.
        first: plane.
        last: one beyond the last plane.
        out: (X, Y, Z) metres, filled; NaN where no view tells.
    """
    count, height, width = depths.shape
    soft = spacing * spacing / 16
    for i in range(first, last):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                px = origin[0] + spacing * i
                py = origin[1] + spacing * j
                pz = origin[2] + spacing * k
                total, weights = 0.0, 0.0
                for n in range(count):
                    m = poses[n]
                    z = -(m[2, 0] * px + m[2, 1] * py + m[2, 2] * pz + m[2, 3])
                    if z <= lenses[n, 4]:
                        continue
                    x = (m[0, 0] * px + m[0, 1] * py + m[0, 2] * pz + m[0, 3]) / z
                    y = (m[1, 0] * px + m[1, 1] * py + m[1, 2] * pz + m[1, 3]) / z
                    u = int(np.floor(lenses[n, 2] + lenses[n, 0] * x))
                    v = int(np.floor(lenses[n, 3] - lenses[n, 1] * y))
                    if not (0 <= u < width and 0 <= v < height):
                        continue
                    depth = depths[n, v, u]
                    if not depth < np.inf:
                        continue
                    ray = np.sqrt(1 + x * x + y * y)
                    ahead = (depth - z) * ray
                    if ahead < -reach:
                        continue
                    nx, ny, nz = normals[n, v, u, 0], normals[n, v, u, 1], normals[n, v, u, 2]
                    if nx == 0 and ny == 0 and nz == 0:
                        continue
                    # To the plane of the pixel's surface: along the ray it would be too far
                    # wherever the surface is seen at an angle.
                    sx = (u + 0.5 - lenses[n, 2]) / lenses[n, 0] * depth
                    sy = (lenses[n, 3] - v - 0.5) / lenses[n, 1] * depth
                    away = nx * (x * z - sx) + ny * (y * z - sy) + nz * (depth - z)
                    if ahead > reach:
                        away = reach
                    away = min(max(away, -reach), reach)
                    facing = (nx * x + ny * y - nz) / ray
                    # The nearest surface counts most, so that a thin wall has two sides.
                    weight = facing * facing / (soft + away * away)
                    total += weight * away
                    weights += weight
                out[i, j, k] = total / weights if weights > 0 else np.nan
