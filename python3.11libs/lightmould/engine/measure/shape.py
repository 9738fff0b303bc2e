"""How far apart two surfaces are, exactly: points of one against the triangles of the other."""

from dataclasses import dataclass

import numpy as np

from lightmould.engine.measure import places
from lightmould.model import Mesh
from lightmould.model.arrays import Floats


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
    """Points spread evenly over a mesh by area, (samples, 3); see `places.spread`.

    Raises:
        ReconstructionError: the mesh has no area.
    """
    return places.spread(mesh, rng, samples).points(mesh)


def distances(points: Floats, mesh: Mesh) -> Floats:
    """Exact distance of every point to the nearest triangle of a mesh, (N,).

    Args:
        points: (N, 3), in the mesh's space.
        mesh: at least one triangle.
    """
    return places.nearest(points, mesh)[0]
