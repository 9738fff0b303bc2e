"""Pixels that silhouettes cut."""

import numpy as np

from lightmould.model.arrays import Ints
from lightmould.raster import kernels_antialias
from lightmould.raster.arguments import plain
from lightmould.raster.fragments import Array, Fragments, Singles
from lightmould.raster.kernels_topology import pair_edges
from lightmould.raster.pool import shared
from lightmould.raster.projection import Silhouettes
from lightmould.raster.shares import image_bands, sums_and_shares, total


def adjacency(faces: Ints) -> Ints:
    """Triangles (F, 3) across the edges opposite to corners 0, 1, 2; -1 where not exactly one.

    Args:
        faces: (F, 3) int32; triangles meet where they share vertices, not places. One that names
            a vertex twice meets none.
    """
    faces = plain("faces", faces, (-1, 3), np.int32)
    neighbors = np.full(faces.shape, -1, np.int32)
    table = np.full(1 << (6 * len(faces)).bit_length(), -1, np.int32)
    pair_edges(faces, table, np.full(3 * len(faces), -1, np.int32), neighbors)
    return neighbors


def antialias(
    color: Array,
    clip: Array,
    faces: Ints,
    fragments: Fragments,
    adjacency: Ints | None = None,
) -> Singles:
    """Color (N, H, W, C) with the pixels beside silhouettes blended by their coverage.

    A silhouette is an edge with one triangle, or with two that face differently. Of two
    neighboring pixels that see different triangles the nearer one's surface is followed towards
    the other, over at most 16 triangles, until a silhouette is met; the pixel that it cuts
    takes as much of the other's color as lies in it. Steep edges are seen by horizontal pairs, flat
    ones by vertical pairs. Shares add up: a lone pixel may be blended by more than 1.

    Args:
        color: (N, H, W, C) float32.
        clip: (N, V, 4) float32, as rasterized.
        faces: (F, 3) int32, welded: neighbors share vertices.
        fragments: what rasterize returned.
        adjacency: what adjacency returns for these faces, if at hand.
    """
    mesh = _silhouettes(color, clip, faces, fragments, adjacency)
    out = mesh.color.copy()
    shared().run(
        kernels_antialias.blend,
        [
            (*mesh.of(n), a, b, out[n])
            for n, a, b in image_bands(len(out), out.shape[1], shared().count)
        ],
    )
    return out


def antialias_backward(
    color: Array,
    clip: Array,
    faces: Ints,
    fragments: Fragments,
    grad: Array,
    adjacency: Ints | None = None,
) -> tuple[Singles, Singles]:
    """The gradients (N, H, W, C) of color and (N, V, 4) of clip, whose z has none.

    Args:
        color: (N, H, W, C) float32.
        clip: (N, V, 4) float32.
        faces: (F, 3) int32.
        fragments: what rasterize returned.
        grad: (N, H, W, C) float32, of what antialias returned.
        adjacency: as given to antialias.
    """
    mesh = _silhouettes(color, clip, faces, fragments, adjacency)
    grad = plain("grad", grad, mesh.color.shape, np.float32)
    out = grad.copy()
    sums, shares = sums_and_shares(mesh.clip.shape, grad.shape[:3])
    shared().run_chains(
        kernels_antialias.blend_backward,
        [
            [(mesh.clip[n], *mesh.of(n), grad[n], a, b, out[n], sums[k, n]) for n, a, b in share]
            for k, share in shares
        ],
    )
    return out, total(sums)


def _silhouettes(
    color: Array, clip: Array, faces: Ints, fragments: Fragments, neighbors: Ints | None
) -> Silhouettes:
    neighbors = adjacency(faces) if neighbors is None else neighbors
    return Silhouettes(shared(), color, clip, faces, fragments, neighbors)
