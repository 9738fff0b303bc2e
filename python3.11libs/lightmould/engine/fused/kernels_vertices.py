"""Kernels: normals, bends and shading of vertices, and the way back.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def reach(faces: Array, first: int, last: int, ends: Array) -> None:
    """The lowest and the highest vertex (2,) of faces first to last."""
    low, high = faces[first, 0], faces[first, 0]
    for f in range(first, last):
        for k in range(3):
            low, high = min(low, faces[f, k]), max(high, faces[f, k])
    ends[0], ends[1] = low, high


@njit(cache=True, nogil=True)
def collect(vertices: Array, faces: Array, first: int, last: int, sums: Array) -> None:
    """Add faces first to last to what their vertices see (V, 7).

    That is twice the area's vector, the sum of the neighbors, and how many they are; in a closed
    mesh each neighbor counts twice.
    """
    for f in range(first, last):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        bx, by, bz = vertices[j, 0], vertices[j, 1], vertices[j, 2]
        cx, cy, cz = vertices[k, 0], vertices[k, 1], vertices[k, 2]
        ux, uy, uz = bx - ax, by - ay, bz - az
        vx, vy, vz = cx - ax, cy - ay, cz - az
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for v in (i, j, k):
            sums[v, 0] += nx
            sums[v, 1] += ny
            sums[v, 2] += nz
            sums[v, 6] += 2
        sums[i, 3] += bx + cx
        sums[i, 4] += by + cy
        sums[i, 5] += bz + cz
        sums[j, 3] += ax + cx
        sums[j, 4] += ay + cy
        sums[j, 5] += az + cz
        sums[k, 3] += ax + bx
        sums[k, 4] += ay + by
        sums[k, 5] += az + bz


@njit(cache=True, nogil=True)
def harmonics(x: float, y: float, z: float, basis: Array) -> None:
    """Fill the nine functions (9,) of `engine.harmonics`."""
    basis[0], basis[1], basis[2], basis[3] = 1.0, x, y, z
    basis[4], basis[5], basis[6] = x * y, y * z, z * x
    basis[7], basis[8] = 3 * z * z - 1, x * x - y * y


@njit(cache=True, nogil=True)
def shade(
    vertices: Array,
    sums: Array,
    albedo: Array,
    light: Array,
    first: int,
    last: int,
    colors: Array,
    roughness: Array,
) -> None:
    """Fill the colors (V, 3) of vertices first to last; add up their squared bends in (1,)."""
    basis = np.zeros(9)
    rough = 0.0
    for v in range(first, last):
        x, y, z = sums[v, 0], sums[v, 1], sums[v, 2]
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0:
            x, y, z = x / length, y / length, z / length
        harmonics(x, y, z, basis)
        for c in range(3):
            received = 0.0
            for n in range(9):
                received += basis[n] * light[n, c]
            colors[v, c] = albedo[v, c] * max(received, 0.0)
        if sums[v, 6] > 0:
            for a in range(3):
                bend = sums[v, 3 + a] / sums[v, 6] - vertices[v, a]
                rough += bend * bend
    roughness[0] = rough


@njit(cache=True, nogil=True)
def shade_backward(
    vertices: Array,
    sums: Array,
    albedo: Array,
    light: Array,
    grad_colors: Array,
    stiffness: float,
    first: int,
    last: int,
    nodes: Array,
    grad_albedo: Array,
    grad_light: Array,
    grad_vertices: Array,
) -> None:
    """The way back through `shade` for vertices first to last.

    Args:
        vertices: (V, 3).
        sums: (V, 7) of `collect`.
        albedo: (V, 3).
        light: (9, 3).
        grad_colors: (V, 3).
        stiffness: gradient of the loss by the sum of squared bends.
        first: vertex.
        last: one beyond the last vertex.
        nodes: (V, 6), filled with the gradients by the area's vector and by each neighbor.
        grad_albedo: (V, 3), filled.
        grad_light: (9, 3), added to.
        grad_vertices: (V, 3), added to.
    """
    basis, slope = np.zeros(9), np.zeros(9)
    for v in range(first, last):
        x, y, z = sums[v, 0], sums[v, 1], sums[v, 2]
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0:
            x, y, z = x / length, y / length, z / length
        harmonics(x, y, z, basis)
        slope[:] = 0
        for c in range(3):
            g, received = np.float64(grad_colors[v, c]), 0.0
            for n in range(9):
                received += basis[n] * light[n, c]
            grad_albedo[v, c] = g * max(received, 0.0)
            if received > 0:
                g *= albedo[v, c]
                for n in range(9):
                    grad_light[n, c] += g * basis[n]
                    slope[n] += g * light[n, c]
        gx = slope[1] + y * slope[4] + z * slope[6] + 2 * x * slope[8]
        gy = slope[2] + x * slope[4] + z * slope[5] - 2 * y * slope[8]
        gz = slope[3] + y * slope[5] + x * slope[6] + 6 * z * slope[7]
        if length > 0:
            along = gx * x + gy * y + gz * z
            nodes[v, 0] = (gx - along * x) / length
            nodes[v, 1] = (gy - along * y) / length
            nodes[v, 2] = (gz - along * z) / length
        else:
            nodes[v, 0] = nodes[v, 1] = nodes[v, 2] = 0
        for a in range(3):
            nodes[v, 3 + a] = 0
            if sums[v, 6] > 0:
                pull = 2 * stiffness * (sums[v, 3 + a] / sums[v, 6] - vertices[v, a])
                nodes[v, 3 + a] = pull / sums[v, 6]
                grad_vertices[v, a] -= pull


@njit(cache=True, nogil=True)
def collect_backward(
    vertices: Array, faces: Array, nodes: Array, first: int, last: int, grad: Array
) -> None:
    """Add what faces first to last hand back to the gradient (V, 3) of their vertices."""
    for f in range(first, last):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        gx = nodes[i, 0] + nodes[j, 0] + nodes[k, 0]
        gy = nodes[i, 1] + nodes[j, 1] + nodes[k, 1]
        gz = nodes[i, 2] + nodes[j, 2] + nodes[k, 2]
        ux, uy, uz = (
            vertices[j, 0] - vertices[i, 0],
            vertices[j, 1] - vertices[i, 1],
            vertices[j, 2] - vertices[i, 2],
        )
        vx, vy, vz = (
            vertices[k, 0] - vertices[i, 0],
            vertices[k, 1] - vertices[i, 1],
            vertices[k, 2] - vertices[i, 2],
        )
        bx, by, bz = vy * gz - vz * gy, vz * gx - vx * gz, vx * gy - vy * gx
        cx, cy, cz = gy * uz - gz * uy, gz * ux - gx * uz, gx * uy - gy * ux
        grad[i, 0] += nodes[j, 3] + nodes[k, 3] - bx - cx
        grad[i, 1] += nodes[j, 4] + nodes[k, 4] - by - cy
        grad[i, 2] += nodes[j, 5] + nodes[k, 5] - bz - cz
        grad[j, 0] += nodes[i, 3] + nodes[k, 3] + bx
        grad[j, 1] += nodes[i, 4] + nodes[k, 4] + by
        grad[j, 2] += nodes[i, 5] + nodes[k, 5] + bz
        grad[k, 0] += nodes[i, 3] + nodes[j, 3] + cx
        grad[k, 1] += nodes[i, 4] + nodes[j, 4] + cy
        grad[k, 2] += nodes[i, 5] + nodes[j, 5] + cz
