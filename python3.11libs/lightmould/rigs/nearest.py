"""The nearest points of a mesh."""

import numpy as np

from lightmould.model.arrays import Floats


def nearest(points: Floats, corners: Floats) -> Floats:
    """The points of triangles that are nearest to given points.

    Args:
        points: (N, 3) metres.
        corners: (F, 3, 3) metres.

    Returns:
        (N, 3) metres.
    """
    middle = corners.mean(axis=1)
    radius = np.linalg.norm(corners - middle[:, None], axis=2).max(axis=1)
    found = np.zeros(points.shape)
    for i, point in enumerate(points):
        away = np.linalg.norm(middle - point, axis=1)
        # No triangle whose ball is farther than the nearest ball's far side can be the nearest.
        spots = on_triangles(point, corners[away - radius <= (away + radius).min()])
        found[i] = spots[np.argmin(((spots - point) ** 2).sum(axis=1))]
    return found


def on_triangles(point: Floats, corners: Floats) -> Floats:
    """(F, 3) the point of each triangle (F, 3, 3) that is nearest to a point (3,).

    The foot of the perpendicular where it is inside, else the nearest point of the three edges.
    """
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    squared = (normal**2).sum(axis=1, keepdims=True)
    whole = np.where(squared > 0, squared, 1.0)
    height = ((point - corners[:, 0]) * normal).sum(axis=1, keepdims=True)
    foot = point - normal * height / whole
    inside = squared[:, 0] > 0
    spots = np.zeros((3, len(corners), 3))
    for k in range(3):
        start, along = corners[:, k], corners[:, (k + 1) % 3] - corners[:, k]
        inside &= (np.cross(along, foot - start) * normal).sum(axis=1) >= 0
        length = (along**2).sum(axis=1)
        share = ((point - start) * along).sum(axis=1) / np.where(length > 0, length, 1.0)
        spots[k] = start + np.clip(share, 0, 1)[:, None] * along
    away = ((spots - point) ** 2).sum(axis=2)
    edge = spots[away.argmin(axis=0), np.arange(len(corners))]
    return np.where(inside[:, None], foot, edge)
