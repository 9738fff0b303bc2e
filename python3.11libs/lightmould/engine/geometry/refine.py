"""A mesh moved onto the contours of the masks, to a fraction of a pixel; its faces stay.

Each step measures on every picture how far the mesh's outline is from the mask's contour and how
the colors at each vertex change as it moves, and solves for the displacement that obeys both and
bends least. Few steps do, because each one is a whole least-squares solution: in a descent a
vertex hears of an outline once in twenty pictures.

What bends is the displacement, not the surface: a smooth surface would fill every bowl that no
outline shows. Bumps of a few edges are smoothed away before each step.

Source: Gauss-Newton as in Triggs et al. 2000, "Bundle adjustment: a modern synthesis", section 4;
photo-consistency as in Vu et al. 2012, "High accuracy and visibility-consistent dense multiview
stereo"; bending as in Botsch and Kobbelt 2004, "An intuitive framework for real-time freeform
modeling".
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.fused import kernels_flat, kernels_silhouette
from lightmould.engine.geometry import kernels_displacement, kernels_refine
from lightmould.engine.geometry.displacement import System, neighbors_of, smoothed
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model import Camera
from lightmould.model.arrays import Floats, Ints
from lightmould.model.mesh import vertex_normals
from lightmould.raster import cpu, kernels_coverage, pool
from lightmould.raster.arguments import checked_faces, checked_neighbors, plain
from lightmould.raster.fragments import Array
from lightmould.raster.shares import SUMS

_log = logging.getLogger(__name__)

STIFFEST, LOOSEST = 30.0, 3.0
"""Weight of bending at the first step and at the last, beside one measured pixel."""

SMOOTHED = 10
"""Rounds of smoothing before the first step; each later step has half of them."""

COLOR_WEIGHT = 10.0
"""Of a squared difference of tones, beside one of pixels."""

SUREST_COLOR = 0.3
"""Pixels that colors alone may ask a vertex to move by: their slopes hold no farther."""

ANCHOR = 1e-3
"""Weight of staying where no picture says anything."""

TOLERANCE = 0.5
"""Pixels; an outline that misses by more counts less."""

SLACK = 2.0
"""Mean edges by which a vertex may be off the surface that a picture shows there."""

FOLDS = 0.01
"""Share of the faces that may turn over in a step."""

HALVINGS = 4
"""How often a step that folds the mesh is halved before it is not taken at all."""

WORSE = 1.02
"""Times the least miss so far that a step may lead to before it is taken back."""


def refine(
    positions: Floats, faces: Ints, views: Views, steps: int, tell: Callable[[int, float], None]
) -> Floats:
    """The positions that agree best with the pictures.

    Args:
        positions: (V, 3) metres, a pixel or two from where they belong.
        faces: (F, 3) welded.
        views: pictures and cameras.
        steps: how many; each looks at every picture once.
        tell: called with (step, pixels that the outlines miss the contours by).

    Returns:
        (V, 3) metres; as given where no contour can be measured.

    Raises:
        ReconstructionError: a position or a picture holds numbers that are not finite.
    """
    kept = found = np.asarray(positions, np.float64)
    if not steps:
        return kept
    search = _Search(kept, faces, views)
    begun = search.look(kept, colors=False).miss
    least, rounds = np.inf, SMOOTHED
    for step in range(steps):
        tried = smoothed(found, search.neighbors, rounds)
        evidence = search.look(tried)
        if not step and not evidence.count:
            _log.warning("refinement: no outline meets a contour; the mesh stays as it is")
            return kept
        tell(step, evidence.miss)
        if evidence.miss > WORSE * least:
            text = "refinement, step %d: outlines miss by %.3f pixels after %.3f; back by half"
            _log.warning(text, step, evidence.miss, least)
            found, rounds = (kept + tried) / 2, 0
            continue
        kept, least, rounds = tried, min(least, evidence.miss), rounds // 2
        found = search.moved(kept, evidence, stiffness(step, steps))
    miss = search.look(found, colors=False).miss
    if miss > WORSE * least:
        found, miss = kept, least
    if miss > WORSE * begun:
        text = "refinement: outlines would miss by %.3f pixels after %.3f; the mesh stays as it is"
        _log.warning(text, miss, begun)
        return positions
    return found


def stiffness(step: int, steps: int) -> float:
    """Weight of bending at a step."""
    return float(STIFFEST * (LOOSEST / STIFFEST) ** (step / max(steps - 1, 1)))


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """What all pictures say.

    Attributes:
        normals: (V, 3) unit, along which vertices move.
        count: crossings that could be measured.
        miss: pixels, root of the mean square over them; as far as they reach where there are none.
        diagonal: (V,) of the normal equations.
        beside: (E,).
        right: (V,).
    """

    normals: Floats
    count: int
    miss: float
    diagonal: Floats
    beside: Floats
    right: Floats


class _Search:
    """A mesh among pictures."""

    def __init__(self, positions: Floats, faces: Ints, views: Views) -> None:
        self._faces = checked_faces(faces, len(positions))
        self._adjacency = checked_neighbors(cpu.adjacency(self._faces), len(self._faces))
        self._views = views
        self.neighbors = neighbors_of(self._faces, len(positions))
        center = positions.mean(axis=0)
        self._scale = float(np.median([_pixels_a_metre(c, center) for c in views.cameras]))
        edges = positions[self._faces[:, 0]] - positions[self._faces[:, 1]]
        self._slack = SLACK * float(np.linalg.norm(edges, axis=1).mean())
        chains = min(SUMS, len(views.cameras))
        size = views.size
        self._benches = [_Bench(len(positions), len(self._faces), size) for _ in range(chains)]

    def look(self, positions: Floats, *, colors: bool = True) -> _Evidence:
        """Measure every picture; its outlines alone where colors do not matter."""
        normals = vertex_normals(positions, self._faces)
        found: list[tuple[Ints, Floats]] = [(np.zeros((0, 2), np.int32), np.zeros((0, 3)))]
        found *= len(self._views.cameras)
        sums = np.zeros((len(self._benches), len(positions), 9))

        def see(chain: int, view: int) -> None:
            bench = self._benches[chain]
            found[view] = self._measured(bench, view, positions, normals)
            if colors:
                self._witness(bench, view, positions, normals, sums[chain])

        chains = range(len(self._benches))
        pool.shared().run_chains(
            see, [[(k, n) for n in range(k, len(found), len(chains))] for k in chains]
        )
        corners = np.concatenate([one for one, _ in found])
        rows = np.concatenate([one for _, one in found])
        return self._evidence(normals, corners, rows, sums.sum(axis=0))

    def moved(self, positions: Floats, evidence: _Evidence, stiffness: float) -> Floats:
        """The positions after one step, as much of it as does not fold the mesh."""
        system = System(
            self.neighbors, evidence.diagonal, evidence.beside, stiffness, evidence.right
        )
        step = evidence.normals * (system.solved() / self._scale)[:, None]
        for _ in range(HALVINGS):
            if _turned(positions, positions + step, self._faces) <= FOLDS:
                return positions + step
            step = step / 2
        _log.warning("refinement: a step folds the mesh and is not taken")
        return positions

    def _evidence(self, normals: Floats, corners: Ints, rows: Floats, sums: Floats) -> _Evidence:
        weight = np.maximum(sums[:, 0], 1e-9)
        slopes, tones = sums[:, 4:7], sums[:, 1:4]
        # The color itself is unknown and the same in all pictures: only differences count.
        sure = COLOR_WEIGHT * np.maximum(sums[:, 7] - (slopes**2).sum(axis=1) / weight, 0.0)
        asked = -COLOR_WEIGHT * (sums[:, 8] - (slopes * tones).sum(axis=1) / weight)
        diagonal, right = sure + ANCHOR, np.clip(asked, -SUREST_COLOR * sure, SUREST_COLOR * sure)
        beside = np.zeros(len(self.neighbors.others))
        mesh = self.neighbors.starts, self.neighbors.others
        kernels_displacement.gather(corners, rows, TOLERANCE, *mesh, diagonal, beside, right)
        if not np.isfinite(right).all():
            raise ReconstructionError(
                "refinement",
                "pictures with numbers that are not finite",
                "finite numbers",
                "Check the pictures and the poses for NaN.",
            )
        miss = np.clip(rows[:, 2], -kernels_refine.REACH, kernels_refine.REACH)
        mean = float(np.sqrt((miss**2).mean())) if len(rows) else float(kernels_refine.REACH)
        return _Evidence(normals, len(rows), mean, diagonal, beside, right)

    def _measured(
        self, bench: "_Bench", view: int, positions: Floats, normals: Floats
    ) -> tuple[Ints, Floats]:
        """Corners (R, 2) and rows (R, 3) of the crossings that could be measured."""
        width, height = self._views.size
        matrix = self._views.cameras[view].clip_from_world
        window = np.array([0, width, 0, height])
        b = bench
        places = plain("positions", positions, (-1, 3), np.float32)
        kernels_flat.project(places, matrix.astype(np.float32), b.clip, b.screen, b.fixed, window)
        mesh = b.screen, b.fixed, self._faces, self._adjacency
        kernels_coverage.see(b.fixed, b.screen, self._faces, 0, height, b.triangle, b.depth)
        kernels_silhouette.outline(*mesh, b.facing, b.outlines, b.outline_count)
        picture, outlines = (b.triangle, b.depth), (b.outlines, b.outline_count)
        found = b.pairs, b.edges, b.offsets, b.count
        kernels_silhouette.crossings(*mesh, *picture, *outlines, window, 0, height, b.marks, *found)
        size = np.array([width, height], np.float64)
        kernels_refine.drift(b.clip, normals, matrix, self._scale, size, b.motion)
        corners = np.zeros((int(b.count[0]), 2), np.int32)
        rows = np.zeros((len(corners), 3))
        alpha, measured = self._views.alpha[view], np.zeros(1, np.int64)
        into = corners, rows, measured
        kernels_refine.measure(b.screen, b.triangle, alpha, b.motion, *found, *into)
        return corners[: measured[0]], rows[: measured[0]]

    def _witness(
        self, bench: "_Bench", view: int, positions: Floats, normals: Floats, sums: Floats
    ) -> None:
        """Add the colors of a picture that was just measured."""
        camera, b = self._views.cameras[view], bench
        eye = np.ascontiguousarray(camera.world_from_camera[:3, 3])
        deep = 2 * camera.near * camera.far / (camera.far - camera.near)
        slack = self._slack * deep / np.maximum(b.clip[:, 3].astype(np.float64), camera.near) ** 2
        picture = b.triangle, b.depth, b.motion, self._views.color[view]
        kernels_refine.witness(positions, normals, eye, b.screen, *picture, slack, sums)


class _Bench:
    """Memory that one picture after the other is measured in."""

    def __init__(self, vertices: int, faces: int, size: tuple[int, int]) -> None:
        width, height = size
        self.clip: Array = np.zeros((vertices, 4), np.float32)
        self.screen: Array = np.zeros((vertices, 3))
        self.fixed: Array = np.zeros((vertices, 2), np.int32)
        self.motion: Array = np.zeros((vertices, 2))
        self.triangle: Array = np.zeros((height, width), np.int32)
        self.depth: Array = np.zeros((height, width), np.float32)
        self.facing: Array = np.zeros(faces, np.int8)
        self.outlines: Array = np.zeros((3 * faces, 2), np.int32)
        self.outline_count: Array = np.zeros(1, np.int64)
        self.marks: Array = np.zeros((height + 1, width), np.uint8)
        self.pairs: Array = np.zeros(2 * width * height, np.int32)
        self.edges: Array = np.zeros((len(self.pairs), 2), np.int32)
        self.offsets: Array = np.zeros(len(self.pairs), np.float32)
        self.count: Array = np.zeros(1, np.int64)


def _pixels_a_metre(camera: Camera, center: Floats) -> float:
    distance = float(np.linalg.norm(camera.world_from_camera[:3, 3] - center))
    return max(camera.focal) / max(distance, camera.near)


def _turned(before: Floats, after: Floats, faces: Ints) -> float:
    """Share of the faces whose normals point to the other side afterwards."""
    facing = np.einsum("fa,fa->f", _areas(before, faces), _areas(after, faces))
    return float((facing < 0).mean())


def _areas(positions: NDArray[Any], faces: Ints) -> Floats:
    corners = positions[faces]
    areas: Floats = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return areas
