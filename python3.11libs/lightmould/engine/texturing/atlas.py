"""From a raw isosurface to a clean mesh with an atlas of charts and a frame at every corner."""

from dataclasses import dataclass

import numpy as np
import xatlas
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix

from lightmould.errors import ReconstructionError
from lightmould.model import Mesh
from lightmould.model.arrays import Floats, Ints
from lightmould.model.mesh import vertex_normals
from lightmould.raster import cpu

MOST_FACES = 500_000
"""More than this takes xatlas from seconds to hours."""

CALMED = 5
"""Rounds of smoothing of the copy that charts are cut on: bumps would make crumbs of them."""

GUTTER = 4
"""Texels between charts."""

CHARTS = 60
"""At least about so many: xatlas takes six times as long to make a few large ones."""

LARGEST_COST = 0.5
"""Of what xatlas pays for a face that joins a chart; its own 2 lets charts grow on and on."""


def unwrapped(positions: Floats, faces: Ints, texture_size: int) -> Mesh:
    """The mesh with an atlas and smooth normals; positions and faces stay as they are.

    Args:
        positions: (V, 3) metres.
        faces: (F, 3).
        texture_size: texels along the side of the square atlas, which decides the gutters.

    Raises:
        ReconstructionError: there is no face, or there are too many to unwrap in time.
    """
    if not 0 < len(faces) <= MOST_FACES:
        raise ReconstructionError(
            "atlas",
            f"{len(faces)} faces",
            f"1 to {MOST_FACES}",
            "Reconstruct at a lower resolution.",
        )
    uvs, face_uvs = charts(_calm(positions, faces), faces, texture_size)
    normals = vertex_normals(positions, faces)
    return Mesh(positions, faces, uvs, face_uvs, normals, faces)


def charts(positions: Floats, faces: Ints, texture_size: int) -> tuple[Floats, Ints]:
    """(T, 2) uvs within the unit square, and (F, 3) which of them the corners of faces have."""
    atlas = xatlas.Atlas()
    # What is small in metres xatlas takes for nothing, so it gets a mesh of a thousand units.
    large = positions * (1000.0 / float(np.ptp(positions, axis=0).max()))
    atlas.add_mesh(large.astype(np.float32), faces.astype(np.uint32))
    packing = xatlas.PackOptions()
    packing.padding = GUTTER
    packing.resolution = texture_size
    packing.bilinear = True
    cutting = xatlas.ChartOptions()
    cutting.max_cost, cutting.max_chart_area = LARGEST_COST, _area(large, faces) / CHARTS
    atlas.generate(cutting, packing)
    _, corners, uvs = atlas[0]
    scale = np.array([atlas.width, atlas.height]) / max(atlas.width, atlas.height)
    return uvs * scale, corners.astype(np.int32)


def _area(positions: Floats, faces: Ints) -> float:
    a, b, c = positions[faces].transpose(1, 0, 2)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Texels:
    """What the texels of a square texture lie on.

    Attributes:
        inside: (S, S) True where a texel's center lies on a chart; row 0 is v = 1.
        positions: (S, S, 3) metres, on the surface; 0 off the charts.
    """

    inside: NDArray[np.bool_]
    positions: NDArray[np.float32]


def texels_of(mesh: Mesh, size: int) -> Texels:
    """The texels of a mesh with an atlas, (size, size) of them."""
    uvs, face_uvs = _atlas_of(mesh)
    clip = np.zeros((1, len(uvs), 4), np.float32)
    clip[0, :, :2] = uvs * 2 - 1
    clip[0, :, 3] = 1.0
    fragments = cpu.rasterize(clip, face_uvs, (size, size))
    places = cpu.interpolate(mesh.positions[None].astype(np.float32), mesh.faces, fragments)
    return Texels(fragments.triangle[0] >= 0, places[0])


def dilated(texture: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The texture with every texel off the charts set to the nearest one on a chart.

    Args:
        texture: (H, W, C).
        inside: (H, W) of `Texels`.
    """
    rows, columns = ndimage.distance_transform_edt(
        ~inside, return_distances=False, return_indices=True
    )
    return np.asarray(texture[rows, columns])


def _calm(positions: Floats, faces: Ints) -> Floats:
    """Positions moved halfway to the mean of their neighbors, a few times."""
    starts = faces.reshape(-1)
    ends = np.roll(faces, -1, axis=1).reshape(-1)
    ones = np.ones(2 * len(starts))
    pairs = (np.concatenate([starts, ends]), np.concatenate([ends, starts]))
    graph = coo_matrix((ones, pairs), shape=(len(positions), len(positions))).tocsr()
    count = np.maximum(graph.sum(axis=1).A1, 1.0)[:, None]
    for _ in range(CALMED):
        positions = 0.5 * positions + 0.5 * (graph @ positions) / count
    return positions


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """A mesh whose corners are unique (position, uv) pairs, as a rasterizer wants it.

    Attributes:
        vertices: (C,) which vertex of the mesh each is.
        positions: (C, 3) float32.
        faces: (F, 3) into the corners.
        uvs: (C, 2) float32.
        normals: (C, 3) float32, unit.
        tangents: (C, 3) float32, along growing u, unit, at right angles to the normal.
        bitangents: (C, 3) float32, along growing v; n x t, or its opposite on mirrored charts.
        free: (V, N, N) of `visibility`, which directions each vertex sees past the object.
    """

    vertices: Ints
    positions: NDArray[np.float32]
    faces: Ints
    uvs: NDArray[np.float32]
    normals: NDArray[np.float32]
    tangents: NDArray[np.float32]
    bitangents: NDArray[np.float32]
    free: NDArray[np.uint8]


def corners_of(mesh: Mesh, free: NDArray[np.uint8] | None = None) -> Corners:
    """Split a mesh with an atlas at its seams and give every corner a frame.

    Args:
        mesh: with an atlas.
        free: of `visibility`; None lets every direction be seen from everywhere.
    """
    all_uvs, face_uvs = _atlas_of(mesh)
    pairs = np.stack([mesh.faces, face_uvs], axis=-1).reshape(-1, 2)
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    faces = inverse.reshape(-1, 3).astype(np.int32)
    positions, uvs = mesh.positions[unique[:, 0]], all_uvs[unique[:, 1]]
    normals = vertex_normals(mesh.positions, mesh.faces)[unique[:, 0]]
    tangents, mirrored = _tangents(positions, uvs, faces, normals)
    bitangents = np.cross(normals, tangents) * np.where(mirrored, -1.0, 1.0)[:, None]
    return Corners(
        unique[:, 0].astype(np.int32),
        positions.astype(np.float32),
        faces,
        uvs.astype(np.float32),
        normals.astype(np.float32),
        tangents.astype(np.float32),
        bitangents.astype(np.float32),
        np.full((len(mesh.positions), 3, 3), 255, np.uint8) if free is None else free,
    )


def _atlas_of(mesh: Mesh) -> tuple[Floats, Ints]:
    if mesh.uvs is None or mesh.face_uvs is None:
        raise ReconstructionError("atlas", "a mesh without uvs", "uvs", "Unwrap it first.")
    return mesh.uvs, mesh.face_uvs


def _tangents(
    positions: Floats, uvs: Floats, faces: Ints, normals: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """(C, 3) unit tangents, and whether the charts around each corner are mirrored."""
    p, t = positions[faces], uvs[faces]
    edge_1, edge_2 = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    uv_1, uv_2 = t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]
    area = uv_1[:, 0] * uv_2[:, 1] - uv_1[:, 1] * uv_2[:, 0]
    along = (edge_1 * uv_2[:, 1:] - edge_2 * uv_1[:, 1:]) * np.sign(area)[:, None]
    sums, signs = np.zeros_like(positions), np.zeros(len(positions))
    for corner in range(3):
        np.add.at(sums, faces[:, corner], along)
        np.add.at(signs, faces[:, corner], area)
    flat = sums - normals * np.einsum("ca,ca->c", sums, normals)[:, None]
    # Where the atlas says nothing, any direction across the normal is as good.
    fallback = np.cross(normals, np.where(np.abs(normals[:, :1]) < 0.9, np.eye(3)[0], np.eye(3)[1]))
    flat = np.where(np.linalg.norm(flat, axis=1, keepdims=True) > 1e-12, flat, fallback)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return flat / np.where(length > 0, length, 1.0), signs < 0
