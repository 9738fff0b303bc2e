"""Meshes in an order that is kind to caches: neighbors in space are neighbors in memory."""

from dataclasses import replace

import numpy as np

from lightmould.capture.look import Look
from lightmould.model.arrays import Floats, Ints
from lightmould.raster.fragments import Array

FINEST = 2**10 - 1
"""Cells along an axis: three numbers of ten bits are one of thirty."""


def ordered(look: Look) -> Look:
    """The same scene, its triangles along a curve that fills space, and all else as they need it.

    Source: Morton 1966, "A computer oriented geodetic data base".
    """
    given = look.surfaces
    if not len(given.faces):
        return look
    order = np.argsort(_along(look.positions[given.faces].mean(axis=1)), kind="stable")
    corners, faces = _as_used(given.faces[order], len(look.positions))
    normals, face_normals = _as_used(given.face_normals[order], len(given.normals))
    uvs, face_uvs = np.arange(len(given.uvs)), given.face_uvs
    if len(face_uvs):
        uvs, face_uvs = _as_used(face_uvs[order], len(given.uvs))
    surfaces = given._replace(
        faces=faces,
        face_normals=face_normals,
        normals=given.normals[normals],
        face_uvs=face_uvs,
        uvs=given.uvs[uvs],
        colors=given.colors[corners] if len(given.colors) else given.colors,
        material=given.material[order],
    )
    object_of = np.concatenate([look.object_of[order], look.object_of[len(order) :]])
    return replace(look, positions=look.positions[corners], surfaces=surfaces, object_of=object_of)


def _as_used(faces: Ints, count: int) -> tuple[Ints, Ints]:
    """Rows of a table in the order of their first use, and the faces into that order.

    Args:
        faces: (F, 3) into the table.
        count: its rows; what no face uses comes last.
    """
    first = np.full(count, faces.size)
    np.minimum.at(first, faces.reshape(-1), np.arange(faces.size))
    rows = np.argsort(first, kind="stable")
    place = np.zeros(count, np.int32)
    place[rows] = np.arange(count, dtype=np.int32)
    return rows, place[faces]


def _along(points: Floats) -> Array:
    """How far along the curve points (N, 3) are."""
    low, high = points.min(axis=0), points.max(axis=0)
    width = max(float((high - low).max()), 1e-300)
    cells = ((points - low) / width * FINEST).astype(np.uint64)
    spread = np.zeros_like(cells)
    for bit in range(10):
        spread |= (cells >> np.uint64(bit) & np.uint64(1)) << np.uint64(3 * bit)
    return np.asarray(spread[:, 0] | spread[:, 1] << np.uint64(1) | spread[:, 2] << np.uint64(2))
