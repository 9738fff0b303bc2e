"""A raw mesh without what nobody asked for: crumbs, and parts that no camera sees."""

import logging
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import cpu

_log = logging.getLogger(__name__)

SMALL_PART = 0.01
"""Parts with a smaller share of the faces of the largest have to be shown by the masks."""

SHOWN = 0.25
"""Pixels of a mask, in the mean over all pictures, that nothing but a small part covers, and from
which on it is no crumb."""

BATCH = 8
"""Pictures that are looked at together."""


def cleaned(positions: Floats, faces: Ints, views: Views) -> tuple[Floats, Ints]:
    """The mesh without crumbs, without parts that no camera sees, and without unused vertices.

    Whole parts go or stay: what was closed is closed afterwards. Edges that are not of exactly two
    faces are counted and warned of.

    Args:
        positions: (V, 3) metres.
        faces: (F, 3) welded.
        views: whose cameras look, and whose masks tell a thin part from a crumb.

    Raises:
        ReconstructionError: no camera sees any part.
    """
    positions, faces = without_crumbs(positions, faces, views)
    positions, faces = without_unseen(positions, faces, views)
    odd = odd_edges(faces)
    if odd:
        _log.warning("the mesh has %d edges that are not of exactly two faces", odd)
    return positions, faces


def without_crumbs(positions: Floats, faces: Ints, views: Views) -> tuple[Floats, Ints]:
    """The mesh without small loose parts that no mask needs, and without unused vertices."""
    part = parts(faces, len(positions))
    sizes = np.bincount(part, minlength=1)
    kept = sizes >= SMALL_PART * sizes.max()
    if kept.all():
        return _only(positions, faces, kept[part])
    shown = np.zeros(len(sizes))
    large = faces[kept[part]]
    for first, clip in _seen_by(positions, views):
        every = cpu.rasterize(clip, faces, views.size).triangle
        alone = (every >= 0) & (cpu.rasterize(clip, large, views.size).triangle < 0)
        alone &= views.alpha[first : first + len(clip)] > 0.5
        shown += np.bincount(part[every[alone]], minlength=len(sizes))
    return _only(positions, faces, (kept | (shown >= SHOWN * len(views.cameras)))[part])


def without_unseen(positions: Floats, faces: Ints, views: Views) -> tuple[Floats, Ints]:
    """The mesh without loose parts that are hidden from every camera.

    Raises:
        ReconstructionError: no camera sees any part.
    """
    part = parts(faces, len(positions))
    if not part.any():
        return positions, faces
    seen = np.zeros(part.max() + 1, bool)
    for _, clip in _seen_by(positions, views):
        triangle = cpu.rasterize(clip, faces, views.size).triangle
        seen[part[np.unique(triangle[triangle >= 0])]] = True
        if seen.all():
            return positions, faces
    if not seen.any():
        raise ReconstructionError(
            "mesh", "no part that a camera sees", "a surface in view", "Check the poses."
        )
    return _only(positions, faces, seen[part])


def _seen_by(positions: Floats, views: Views) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Index of the first of a batch of cameras, and (B, V, 4) what they project vertices to."""
    homogeneous = np.concatenate([positions, np.ones((len(positions), 1))], axis=1)
    matrices = np.stack([camera.clip_from_world for camera in views.cameras])
    for first in range(0, len(matrices), BATCH):
        clip = np.einsum("bij,vj->bvi", matrices[first : first + BATCH], homogeneous)
        yield first, clip.astype(np.float32)


def parts(faces: Ints, count: int) -> NDArray[np.int64]:
    """(F,) which loose part of a mesh of `count` vertices each face belongs to, from 0 on."""
    ones = np.ones(len(faces) * 2)
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    graph = coo_matrix((ones, (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    _, part = np.unique(label[faces[:, 0]], return_inverse=True)
    return np.asarray(part, np.int64)


def odd_edges(faces: Ints) -> int:
    """How many edges are not of exactly two faces: 0 for a closed manifold."""
    ends = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, count = np.unique(ends, axis=0, return_counts=True)
    return int((count != 2).sum())


def _only(positions: Floats, faces: Ints, kept: NDArray[np.bool_]) -> tuple[Floats, Ints]:
    used, corners = np.unique(faces[kept], return_inverse=True)
    return positions[used], corners.reshape(-1, 3).astype(np.int32)
