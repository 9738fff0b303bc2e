"""Solids as distance fields: how they are joined and carved, and how they become triangles.

Points are (N, 3) metres; a field gives (N,) metres to the surface, negative inside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from scipy.spatial import cKDTree

from lightmould.model.arrays import Floats, Ints

Field: TypeAlias = Callable[[Floats], Floats]

RELAXATIONS = 6


@dataclass(frozen=True, slots=True)
class Tube:
    """A curve with a thickness, sampled so densely that each sample stands for its tangent.

    Attributes:
        points: (S, 3) metres.
        thickness: (S,) radius, metres.
        tangents: (S, 3) unit.
        tree: finds the nearest point.
    """

    points: Floats
    thickness: Floats
    tangents: Floats
    tree: cKDTree

    def distance(self, points: Floats) -> Floats:
        """(N,) metres from (N, 3) points to the tube's surface."""
        _, nearest = self.tree.query(points)
        offset = points - self.points[nearest]
        tangent = self.tangents[nearest]
        # The ends lie inside other parts; elsewhere half a step of tangent reaches the next sample.
        along = np.clip((offset * tangent).sum(axis=1), -0.001, 0.001)
        across = np.linalg.norm(offset - along[:, None] * tangent, axis=1)
        return cast(Floats, across - self.thickness[nearest])


def tube(points: Floats, thickness: Floats) -> Tube:
    """A tube along (S, 3) points, (S,) thick."""
    tangents = np.gradient(points, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    return Tube(points, thickness, tangents, cKDTree(points))


def ellipsoid(points: Floats, center: Floats, radii: Floats) -> Floats:
    """An ellipsoid's implicit function over its slope: a distance near the surface."""
    offset = points - center
    size = np.linalg.norm(offset / radii, axis=1)
    slope = np.linalg.norm(offset / radii**2, axis=1)
    return cast(Floats, size * (size - 1) / np.maximum(slope, 1e-9))


def smooth_union(first: Floats, second: Floats, blend: float) -> Floats:
    """The nearer of two distances, rounded where they differ by less than `blend` metres.

    Source: I. Quilez, "smooth minimum", the quadratic polynomial.
    """
    overlap = np.maximum(blend - np.abs(first - second), 0.0)
    return cast(Floats, np.minimum(first, second) - overlap**2 / (4 * blend))


def carved(solid: Floats, tool: Floats, blend: float) -> Floats:
    """What is left of a solid where a tool was, its new edge rounded."""
    return -smooth_union(-solid, tool, blend)


def gradient(field: Field, points: Floats) -> Floats:
    """(N, 3) slope of a field, by central differences."""
    step = 2e-5
    ahead = [field(points + step * axis) for axis in np.eye(3)]
    behind = [field(points - step * axis) for axis in np.eye(3)]
    return (np.stack(ahead, axis=1) - np.stack(behind, axis=1)) / (2 * step)


def settled(field: Field, positions: Floats, faces: Ints) -> tuple[Floats, Floats]:
    """A raw isosurface's vertices spread evenly and put on the surface, and their unit normals."""
    for _ in range(RELAXATIONS):
        positions = _onto_surface(field, _relaxed(positions, faces))
    slope = gradient(field, positions)
    return positions, slope / np.linalg.norm(slope, axis=1, keepdims=True)


def _relaxed(positions: Floats, faces: Ints) -> Floats:
    """Each vertex halfway to the mean of its neighbors: evens the triangles out."""
    count = len(positions)
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    sums = np.stack(
        [np.bincount(ends[:, 0], positions[ends[:, 1], axis], count) for axis in range(3)], axis=1
    )
    degree = np.bincount(ends[:, 0], minlength=count)[:, None]
    return cast(Floats, (positions + sums / degree) / 2)


def _onto_surface(field: Field, positions: Floats) -> Floats:
    """Two Newton steps along the slope."""
    for _ in range(2):
        slope = gradient(field, positions)
        share = field(positions) / (slope**2).sum(axis=1)
        positions = positions - share[:, None] * slope
    return positions
