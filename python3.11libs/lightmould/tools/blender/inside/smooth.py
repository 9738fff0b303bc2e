# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Normals of a mesh's corners, the same to the last bit in every process wherever that can be.

Blender adds up the normals of smooth surfaces in the order in which its threads get there. Where a
mesh is smooth all over, they are added up here, in order; else they are taken as Blender has them.
"""

from typing import Any

import numpy as np
from pinhole import of_length_1


def of_corners(mesh: Any, vertices: Any, triangles: Any) -> Any:
    """(T, 3, 3) float32, of length 1, of the corners of `mesh.loop_triangles`.

    Args:
        mesh: evaluated, its `loop_triangles` known.
        vertices: (V, 3), where they are.
        triangles: (T, 3), numbers of vertices.
    """
    if _is_smooth(mesh):
        return _summed(mesh, vertices)[triangles]
    if hasattr(mesh, "calc_normals_split"):  # 4.0 and earlier
        mesh.calc_normals_split()
    found = np.zeros((len(triangles), 3, 3), np.float32)
    mesh.loop_triangles.foreach_get("split_normals", found.reshape(-1))
    return found


def _is_smooth(mesh: Any) -> bool:
    """Whether all corners at a vertex have its normal, which is the mean of its faces'."""
    if mesh.has_custom_normals:
        return False
    if hasattr(mesh, "normals_domain"):  # 4.1 and later
        return bool(mesh.normals_domain == "POINT")
    smooth = np.zeros(len(mesh.polygons), np.bool_)
    mesh.polygons.foreach_get("use_smooth", smooth)
    return bool(smooth.all()) and not mesh.use_auto_smooth


def _summed(mesh: Any, vertices: Any) -> Any:
    """(V, 3) float32: the mean of faces' normals, weighted by their angles at the vertex."""
    count = len(mesh.polygons)
    starts, sizes = np.zeros(count, np.int32), np.zeros(count, np.int32)
    normals, corners = np.zeros((count, 3), np.float32), np.zeros(len(mesh.loops), np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    mesh.polygons.foreach_get("loop_total", sizes)
    mesh.polygons.foreach_get("normal", normals.reshape(-1))
    mesh.loops.foreach_get("vertex_index", corners)
    after = np.arange(1, len(corners) + 1)
    after[starts + sizes - 1] = starts
    ways = of_length_1(vertices[corners[after]].astype(np.float64) - vertices[corners])
    before = np.zeros_like(after)
    before[after] = np.arange(len(after))
    x, y, z = (-ways[before] * ways).T
    angles = np.arccos(np.clip(x + y + z, -1, 1))
    order = np.argsort(starts, kind="stable")  # of faces in the order of their corners
    faces = np.repeat(order, sizes[order])
    summed = [
        np.bincount(corners, angles * normals[faces, axis], len(vertices)) for axis in range(3)
    ]
    return of_length_1(np.stack(summed, axis=-1)).astype(np.float32)
