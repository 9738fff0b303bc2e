"""Places on a surface: spread over it by chance, or the nearest to given points."""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.measure import closest
from lightmould.errors import ReconstructionError
from lightmould.model import Mesh
from lightmould.model.arrays import Floats
from lightmould.raster.pool import shared

Indices = NDArray[np.int64]

_LEAF = 4
_PIECE = 4096
"""Points to a thread at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """N places on the triangles of a mesh.

    Attributes:
        faces: (N,) which triangle.
        weights: (N, 3) of its corners, which add up to 1.
    """

    faces: Indices
    weights: Floats

    def points(self, mesh: Mesh) -> Floats:
        """(N, 3) where they lie."""
        return self.among(mesh.positions[mesh.faces[self.faces]])

    def among(self, corners: Floats) -> Floats:
        """(N, C) what values (N, 3, C) at the corners of each place's triangle are there."""
        return cast(Floats, np.einsum("nk,nkc->nc", self.weights, corners))


def spread(mesh: Mesh, rng: np.random.Generator, samples: int) -> Places:
    """Places spread evenly over a mesh by area, so many of them.

    One falls in each of `samples` equal shares of the area, so that every face has its due.

    Raises:
        ReconstructionError: the mesh has no area.
    """
    corners = mesh.positions[mesh.faces]
    edges = corners[:, 1:] - corners[:, :1]
    covered = np.cumsum(np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1))
    if not len(covered) or covered[-1] <= 0:
        raise ReconstructionError(
            "mesh", f"{len(mesh.faces)} faces without area", "a surface", "Check masks and poses."
        )
    shares = (np.arange(samples) + rng.random(samples)) / samples * covered[-1]
    face = np.minimum(np.searchsorted(covered, shares, side="right"), len(covered) - 1)
    # The square root turns even numbers into points even over a triangle.
    outward, along = np.sqrt(rng.random(samples)), rng.random(samples)
    weights = np.stack([1 - outward, outward * (1 - along), outward * along], axis=1)
    return Places(face, weights)


def nearest(points: Floats, mesh: Mesh) -> tuple[Floats, Indices]:
    """Exact distance of every point to a mesh, and the triangle that is so near.

    Args:
        points: (N, 3), in the mesh's space.
        mesh: at least one triangle.

    Returns:
        (N,) distances and (N,) indices of triangles.
    """
    corners = mesh.positions[mesh.faces]
    depth = max(0, math.ceil(math.log2(len(corners) / _LEAF)))
    order = _halved(corners.mean(axis=1), depth)
    lows, highs = _boxes(corners[order], depth)
    boxes, triangles = (lows, highs), np.ascontiguousarray(corners[order])
    points = np.ascontiguousarray(points, np.float64)
    squares, found = np.zeros(len(points)), np.zeros(len(points), np.int64)
    pieces = [slice(a, a + _PIECE) for a in range(0, len(points), _PIECE)]
    shared().run(
        closest.nearest_triangles,
        [(points[one], *boxes, triangles, squares[one], found[one]) for one in pieces],
    )
    return np.sqrt(squares), order[found]


def nearest_places(points: Floats, mesh: Mesh) -> Places:
    """The place on a mesh that is nearest to each of (N, 3) points."""
    _, faces = nearest(points, mesh)
    return Places(faces, _weights(points, mesh.positions[mesh.faces[faces]]))


def _weights(points: Floats, corners: Floats) -> Floats:
    """(N, 3) weights of the corners at the point of each triangle that is nearest to a point.

    Args:
        points: (N, 3).
        corners: (N, 3, 3).
    """
    a, b, c = corners.swapaxes(0, 1)
    normal = np.cross(b - a, c - a)
    area = np.maximum((normal**2).sum(axis=1), np.finfo(np.float64).tiny)
    weight_b = (np.cross(points - a, c - a) * normal).sum(axis=1) / area
    weight_c = (np.cross(b - a, points - a) * normal).sum(axis=1) / area
    inside = np.stack([1 - weight_b - weight_c, weight_b, weight_c], axis=1)
    options, squares = [], []
    for start, stop in ((0, 1), (1, 2), (2, 0)):
        edge, offset = corners[:, stop] - corners[:, start], points - corners[:, start]
        length = np.maximum((edge**2).sum(axis=1), np.finfo(np.float64).tiny)
        share = np.clip((offset * edge).sum(axis=1) / length, 0, 1)
        option = np.zeros_like(inside)
        option[:, start], option[:, stop] = 1 - share, share
        options.append(option)
        squares.append(((offset - share[:, None] * edge) ** 2).sum(axis=1))
    edges = np.stack(options)[np.argmin(squares, axis=0), np.arange(len(points))]
    usable = (inside.min(axis=1) >= 0) & (area > np.finfo(np.float64).tiny)
    return cast(Floats, np.where(usable[:, None], inside, edges))


def _halved(centers: Floats, depth: int) -> Indices:
    """Triangles ordered so that halves of halves ... lie apart along their longest axis.

    The last triangle is repeated until all 2 ** depth parts have the same length.
    """
    parts = 2**depth
    length = -(-len(centers) // parts)
    order = np.minimum(np.arange(parts * length), len(centers) - 1)
    for level in range(depth):
        groups = order.reshape(2**level, -1)
        spread_out = centers[groups]
        longest = np.ptp(spread_out, axis=1).argmax(axis=1)
        keys = np.take_along_axis(spread_out, longest[:, None, None], axis=2)[..., 0]
        ranks = keys.argsort(axis=1, kind="stable")
        order = np.take_along_axis(groups, ranks, axis=1).ravel()
    return order


def _boxes(corners: Floats, depth: int) -> tuple[Floats, Floats]:
    """Bounding boxes of a complete binary tree, root first; children of i are 2i+1 and 2i+2."""
    leaves = corners.reshape(2**depth, -1, 3)
    lows, highs = [leaves.min(axis=1)], [leaves.max(axis=1)]
    for _ in range(depth):
        lows.append(lows[-1].reshape(-1, 2, 3).min(axis=1))
        highs.append(highs[-1].reshape(-1, 2, 3).max(axis=1))
    return np.concatenate(lows[::-1]), np.concatenate(highs[::-1])
