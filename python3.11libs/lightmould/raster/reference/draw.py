"""What the pixels of a scene see: the slow twin of `kernels_draw`, a ray for every pixel."""

import numpy as np

from lightmould.model import Camera
from lightmould.model.arrays import Floats, Ints
from lightmould.model.camera import check_pinhole


def cast(positions: Floats, faces: Ints, camera: Camera) -> tuple[Ints, Floats, Floats]:
    """Where rays through the centers of pixels meet triangles first.

    Args:
        positions: (V, 3) metres, world space.
        faces: (F, 3).
        camera: a pinhole.

    Returns:
        triangle (H, W), -1 where none is met between the clipping planes; depth (H, W) metres
        along the axis, inf there; barycentric (H, W, 3), 0 there.

    Source: Moeller & Trumbore 1997, "Fast, minimum storage ray/triangle intersection".
    """
    check_pinhole(camera)
    width, height = camera.size
    triangle = np.full((height, width), -1, np.int32)
    depth, barycentric = np.full((height, width), np.inf), np.zeros((height, width, 3))
    corners = positions[faces]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    start = camera.world_from_camera[:3, 3] - corners[:, 0]
    turned = np.cross(start, first)
    for y in range(height):
        for x in range(width):
            aside = (x + 0.5 - camera.center[0]) / camera.focal[0]
            above = (camera.center[1] - y - 0.5) / camera.focal[1]
            ray = camera.world_from_camera[:3, :3] @ (aside, above, -1.0)
            away = np.cross(ray, second)
            with np.errstate(divide="ignore", invalid="ignore"):
                scale = 1 / (first * away).sum(axis=1)
                u, v = (start * away).sum(axis=1) * scale, turned @ ray * scale
                z = (second * turned).sum(axis=1) * scale
                inside = (u >= 0) & (v >= 0) & (u + v <= 1)
            z = np.where(inside & (z >= camera.near) & (z <= camera.far), z, np.inf)
            nearest = int(np.argmin(z))
            if np.isfinite(z[nearest]):
                triangle[y, x], depth[y, x] = nearest, z[nearest]
                barycentric[y, x] = 1 - u[nearest] - v[nearest], u[nearest], v[nearest]
    return triangle, depth, barycentric
