"""Kernels: numbers on a grid: distances made again, colors spread, steps of an optimizer."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def nearest(
    vertices: Array, reach: float, first: int, last: int, square: Array, who: Array
) -> None:
    """Which vertex is nearest to each point of planes first to last, and how far squared.

    Args:
        vertices: (V, 3) in cells.
        reach: cells; farther vertices are not looked at.
        first: plane.
        last: one beyond the last plane.
        square: (X, Y, Z), filled; reach squared where there is none.
        who: (X, Y, Z), filled; -1 where there is none.
    """
    columns, rows = square.shape[1], square.shape[2]
    square[first:last] = reach * reach
    who[first:last] = -1
    for v in range(vertices.shape[0]):
        px, py, pz = vertices[v, 0], vertices[v, 1], vertices[v, 2]
        x0, x1 = max(first, int(np.ceil(px - reach))), min(last - 1, int(np.floor(px + reach)))
        if x0 > x1:
            continue
        y0, y1 = max(0, int(np.ceil(py - reach))), min(columns - 1, int(np.floor(py + reach)))
        for x in range(x0, x1 + 1):
            left = reach * reach - (x - px) * (x - px)
            for y in range(y0, y1 + 1):
                room = left - (y - py) * (y - py)
                if room <= 0:
                    continue
                half = np.sqrt(room)
                z0, z1 = max(0, int(np.ceil(pz - half))), min(rows - 1, int(np.floor(pz + half)))
                base = reach * reach - room
                for z in range(z0, z1 + 1):
                    away = np.float32(base + (z - pz) * (z - pz))
                    if away < square[x, y, z]:
                        square[x, y, z] = away
                        who[x, y, z] = v


@njit(cache=True, nogil=True)
def settle(
    values: Array,
    moved: Array,
    vertices: Array,
    normals: Array,
    square: Array,
    who: Array,
    reach: float,
    flat: float,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill signed distances (X, Y, Z) of planes first to last, with the signs of `values`.

    The points of the grid are moved by (X, Y, Z, 3) cells.
    Nearer than `flat` the distance is to the tangent plane of the nearest vertex, which leaves
    the surface where it is; farther, to the vertex itself, and at most `reach`.
    """
    end_x, end_y, end_z = values.shape[0] - 1, values.shape[1] - 1, values.shape[2] - 1
    for x in range(first, last):
        for y in range(values.shape[1]):
            for z in range(values.shape[2]):
                v = who[x, y, z]
                size = reach
                if v >= 0:
                    size = np.sqrt(square[x, y, z])
                    if size < flat:
                        along = normals[v, 0] * (x + moved[x, y, z, 0] - vertices[v, 0])
                        along += normals[v, 1] * (y + moved[x, y, z, 1] - vertices[v, 1])
                        along += normals[v, 2] * (z + moved[x, y, z, 2] - vertices[v, 2])
                        size = abs(along)
                    size = min(max(size, 0.02), reach)
                border = x in (0, end_x) or y in (0, end_y) or z in (0, end_z)
                inside = values[x, y, z] < 0 and not border
                out[x, y, z] = -size if inside else size


@njit(cache=True, nogil=True)
def spread(color: Array, who: Array, colors: Array, first: int, last: int) -> None:
    """Give the points (X, Y, Z, 3) of planes first to last the colors (V, 3) of what is nearest."""
    for x in range(first, last):
        for y in range(who.shape[1]):
            for z in range(who.shape[2]):
                v = who[x, y, z]
                if v >= 0:
                    for c in range(3):
                        color[x, y, z, c] = colors[v, c]


@njit(cache=True, nogil=True)
def sample(volume: Array, points: Array, first: int, last: int, out: Array) -> None:
    """Fill trilinear samples (P, C) of a volume (X, Y, Z, C) at points (P, 3) in cells."""
    sides = volume.shape
    for n in range(first, last):
        x = min(max(points[n, 0], 0.0), sides[0] - 1.0)
        y = min(max(points[n, 1], 0.0), sides[1] - 1.0)
        z = min(max(points[n, 2], 0.0), sides[2] - 1.0)
        i, j, k = int(x), int(y), int(z)
        u, v, w = min(i + 1, sides[0] - 1), min(j + 1, sides[1] - 1), min(k + 1, sides[2] - 1)
        r, s, t = x - i, y - j, z - k
        for c in range(sides[3]):
            a = volume[i, j, k, c] * (1 - t) + volume[i, j, w, c] * t
            b = volume[i, v, k, c] * (1 - t) + volume[i, v, w, c] * t
            near = a * (1 - s) + b * s
            a = volume[u, j, k, c] * (1 - t) + volume[u, j, w, c] * t
            b = volume[u, v, k, c] * (1 - t) + volume[u, v, w, c] * t
            far = a * (1 - s) + b * s
            out[n, c] = near * (1 - r) + far * r


@njit(cache=True, nogil=True)
def resample(
    volume: Array,
    scale: Array,
    offset: Array,
    factor: float,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill planes first to last of a grid (X, Y, Z, C) with samples of another, times a factor.

    Point (i, j, k) of the new grid lies at offset + scale * (i, j, k) of the old one.
    """
    point = np.zeros((1, 3))
    found = np.zeros((1, volume.shape[3]), np.float32)
    one = int(np.int64(1))  # a literal would have `sample` compiled once more
    for i in range(first, last):
        for j in range(out.shape[1]):
            for k in range(out.shape[2]):
                point[0, 0] = offset[0] + scale[0] * i
                point[0, 1] = offset[1] + scale[1] * j
                point[0, 2] = offset[2] + scale[2] * k
                sample(volume, point, one - 1, one, found)
                for c in range(volume.shape[3]):
                    out[i, j, k, c] = factor * found[0, c]


@njit(cache=True, nogil=True)
def step(
    values: Array,
    grad: Array,
    first_moment: Array,
    second_moment: Array,
    how: Array,
    first: int,
    last: int,
) -> None:
    """Move the numbers first to last (N,) that have a gradient, and no others.

    Source: Kingma and Ba 2015, "Adam", algorithm 1; moments rest where nothing is touched.

    Args:
        values: (N,), changed.
        grad: (N,).
        first_moment: (N,), changed.
        second_moment: (N,), changed.
        how: (5,) rate, longest change, both decays, steps so far.
        first: number.
        last: one beyond the last number.
    """
    rate, longest, decay, calm, steps = how[0], how[1], how[2], how[3], how[4]
    grown, calmed = 1 - decay**steps, 1 - calm**steps
    for n in range(first, last):
        g = grad[n]
        if g != 0:
            m = decay * first_moment[n] + (1 - decay) * g
            s = calm * second_moment[n] + (1 - calm) * g * g
            first_moment[n], second_moment[n] = m, s
            change = rate * (m / grown) / (np.sqrt(s / calmed) + 1e-12)
            values[n] -= min(max(change, -longest), longest)


@njit(cache=True, nogil=True)
def look_up(
    volume: Array, vertices: Array, first: int, last: int, index: Array, out: Array
) -> None:
    """The cells (V,) that vertices (V, 3) lie in, and the numbers (V, 3) these cells hold."""
    columns, rows = volume.shape[1], volume.shape[2]
    for v in range(first, last):
        x = min(max(int(vertices[v, 0]), 0), volume.shape[0] - 1)
        y = min(max(int(vertices[v, 1]), 0), columns - 1)
        z = min(max(int(vertices[v, 2]), 0), rows - 1)
        index[v] = (x * columns + y) * rows + z
        for c in range(3):
            out[v, c] = volume[x, y, z, c]


@njit(cache=True, nogil=True)
def join(index: Array, grad: Array, owner: Array) -> None:
    """Add the gradients (V, 3) of vertices in one cell up in the first of them.

    Args:
        index: (V,) the cell of each vertex.
        grad: (V, 3), changed.
        owner: (cells,) the first vertex of a cell; what it says of other cells means nothing.
    """
    for v in range(index.shape[0]):
        first = owner[index[v]]
        if 0 <= first < v and index[first] == index[v]:
            for c in range(3):
                grad[first, c] += grad[v, c]
        else:
            owner[index[v]] = v


@njit(cache=True, nogil=True)
def paint(
    volume: Array,
    index: Array,
    grad: Array,
    owner: Array,
    first_moment: Array,
    second_moment: Array,
    how: Array,
    first: int,
    last: int,
) -> None:
    """Move the colors (cells, 3) of the cells of vertices first to last, and keep them in 0 to 1.

    Args:
        volume: (cells, 3), changed.
        index: (V,) of `look_up`.
        grad: (V, 3) of `join`.
        owner: (cells,) of `join`.
        first_moment: (cells, 3), changed.
        second_moment: (cells, 3), changed.
        how: as for `step`.
        first: vertex.
        last: one beyond the last vertex.
    """
    rate, decay, calm, steps = how[0], how[2], how[3], how[4]
    grown, calmed = 1 - decay**steps, 1 - calm**steps
    for v in range(first, last):
        cell = index[v]
        if owner[cell] != v:
            continue
        for c in range(3):
            g = grad[v, c]
            if g != 0:
                m = decay * first_moment[cell, c] + (1 - decay) * g
                s = calm * second_moment[cell, c] + (1 - calm) * g * g
                first_moment[cell, c], second_moment[cell, c] = m, s
                value = volume[cell, c] - rate * (m / grown) / (np.sqrt(s / calmed) + 1e-12)
                volume[cell, c] = min(max(value, 0.0), 1.0)
