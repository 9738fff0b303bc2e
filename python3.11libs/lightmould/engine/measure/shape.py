"""How far apart two surfaces are, exactly: points of one against the triangles of the other."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.measure import closest
from lightmould.errors import ReconstructionError
from lightmould.model import Mesh
from lightmould.model.arrays import Floats

Indices = NDArray[np.int64]

_LEAF = 4


@dataclass(frozen=True, slots=True)
class ShapeDistance:
    """The distance between two surfaces, in the truth's units.

    Attributes:
        found_to_truth: mean distance from the found surface to the true one: what is too much.
        truth_to_found: mean distance from the true surface to the found one: what is missing.
        percentile_99: 99 of 100 points, of both directions together, are nearer than this.
        diagonal: of the truth's bounding box.
    """

    found_to_truth: float
    truth_to_found: float
    percentile_99: float
    diagonal: float

    @property
    def chamfer_rel(self) -> float:
        """Mean of both directions' means as a part of the truth's diagonal."""
        return (self.found_to_truth + self.truth_to_found) / 2 / self.diagonal


def compare(
    found: Mesh, truth: Mesh, rng: np.random.Generator, samples: int = 100_000
) -> ShapeDistance:
    """Measure how far a reconstruction lies from its source.

    Each surface is sampled evenly by area and every sample's distance to the *triangles* of the
    other is exact: samples against samples would report their spacing as error.

    Args:
        found: the reconstruction.
        truth: the source, in the same space.
        rng: chooses the samples.
        samples: points on each surface.

    Raises:
        ReconstructionError: a mesh has no area.
    """
    there = distances(sample_surface(found, rng, samples), truth)
    back = distances(sample_surface(truth, rng, samples), found)
    return ShapeDistance(
        found_to_truth=float(there.mean()),
        truth_to_found=float(back.mean()),
        percentile_99=float(np.percentile(np.concatenate([there, back]), 99)),
        diagonal=truth.diagonal,
    )


def sample_surface(mesh: Mesh, rng: np.random.Generator, samples: int) -> Floats:
    """Points spread evenly over a mesh by area, (samples, 3).

    One point falls in each of `samples` equal shares of the area, so that every face has its due.

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
    outward, along = np.sqrt(rng.random((samples, 1))), rng.random((samples, 1))
    a, b, c = corners[face].swapaxes(0, 1)
    points: Floats = (1 - outward) * a + outward * ((1 - along) * b + along * c)
    return points


def distances(points: Floats, mesh: Mesh) -> Floats:
    """Exact distance of every point to the nearest triangle of a mesh, (N,).

    Args:
        points: (N, 3), in the mesh's space.
        mesh: at least one triangle.
    """
    corners = mesh.positions[mesh.faces]
    depth = max(0, math.ceil(math.log2(len(corners) / _LEAF)))
    order = _halved(corners.mean(axis=1), depth)
    lows, highs = _boxes(corners[order], depth)
    squares: Floats = closest.squared_distances(points, lows, highs, corners[order])
    return np.sqrt(squares)


def _halved(centers: Floats, depth: int) -> Indices:
    """Triangles ordered so that halves of halves ... lie apart along their longest axis.

    The last triangle is repeated until all 2 ** depth parts have the same length.
    """
    parts = 2**depth
    length = -(-len(centers) // parts)
    order = np.minimum(np.arange(parts * length), len(centers) - 1)
    for level in range(depth):
        groups = order.reshape(2**level, -1)
        spread = centers[groups]
        longest = np.ptp(spread, axis=1).argmax(axis=1)
        keys = np.take_along_axis(spread, longest[:, None, None], axis=2)[..., 0]
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
