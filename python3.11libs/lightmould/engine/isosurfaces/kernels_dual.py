"""Kernels: dual vertices at the mean of their crossings, their quads, and the way back to the grid.

Cells, cases, loops and edges as in `cells`.
"""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def crossing(near: float, far: float) -> tuple[float, float, float]:
    """Where a value passes zero, 0 to 1 from near to far, and its derivatives by both.

    The middle, and no derivatives, where the signs are the same (the border counts as outside
    whatever its value) or a value is not finite.
    """
    span = near - far
    if (near < 0) == (far < 0) or not np.isfinite(span):
        return 0.5, 0.0, 0.0
    share = near / span
    return share, (1 - share) / span, share / span


@njit(cache=True, nogil=True)
def place(
    distance: Array,
    corners: Array,
    forms: Array,
    edges: Array,
    starts: Array,
    first: int,
    last: int,
    vertices: Array,
) -> None:
    """Fill the vertices (V, 3) of cells first to last.

    Args:
        distance: (X, Y, Z).
        corners: (C, 3).
        forms: (C,).
        edges: (512, 12, 3) crossed edges of a form: axis, u and v together, loop; -1 at the end.
        starts: (C + 1,) the first vertex of each cell.
        first: cell.
        last: one beyond the last cell.
        vertices: (V, 3), all 0.
    """
    counts = np.zeros(4)
    for cell in range(first, last):
        x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
        form, start, stop = forms[cell], starts[cell], starts[cell + 1]
        counts[:] = 0
        for n in range(12):
            axis, turn, loop = edges[form, n, 0], edges[form, n, 1], edges[form, n, 2]
            if axis < 0:
                break
            i, j, k, a, b, c = ends_of(axis, turn)
            near = float(distance[x + i, y + j, z + k])
            far = float(distance[x + i + a, y + j + b, z + k + c])
            share = crossing(near, far)[0]
            counts[loop] += 1
            vertices[start + loop, 0] += i + a * share
            vertices[start + loop, 1] += j + b * share
            vertices[start + loop, 2] += k + c * share
        for vertex in range(start, stop):
            count = counts[vertex - start]
            vertices[vertex, 0] = x + vertices[vertex, 0] / count
            vertices[vertex, 1] = y + vertices[vertex, 1] / count
            vertices[vertex, 2] = z + vertices[vertex, 2] / count


@njit(cache=True, nogil=True)
def place_backward(
    distance: Array,
    corners: Array,
    forms: Array,
    edges: Array,
    starts: Array,
    grad: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Add the gradients of cells first to last to out (X, Y, Z), from those of vertices (V, 3)."""
    counts = np.zeros(4)
    for cell in range(first, last):
        x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
        form, start = forms[cell], starts[cell]
        counts[:] = 0
        for n in range(12):
            if edges[form, n, 0] < 0:
                break
            counts[edges[form, n, 2]] += 1
        for n in range(12):
            axis, turn, loop = edges[form, n, 0], edges[form, n, 1], edges[form, n, 2]
            if axis < 0:
                break
            i, j, k, a, b, c = ends_of(axis, turn)
            near = float(distance[x + i, y + j, z + k])
            far = float(distance[x + i + a, y + j + b, z + k + c])
            _, by_near, by_far = crossing(near, far)
            g = np.float64(grad[start + loop, axis]) / counts[loop]
            out[x + i, y + j, z + k] += g * by_near
            out[x + i + a, y + j + b, z + k + c] += g * by_far


@njit(cache=True, nogil=True)
def ends_of(axis: int, turn: int) -> tuple[int, int, int, int, int, int]:
    """Where a cell's edge begins, from its lowest corner, and where it goes."""
    u, v = turn >> 1, turn & 1
    if axis == 0:
        return 0, u, v, 1, 0, 0
    if axis == 1:
        return v, 0, u, 0, 1, 0
    return u, v, 0, 0, 0, 1


@njit(cache=True, nogil=True)
def connect(
    corners: Array,
    cases: Array,
    slots: Array,
    forms: Array,
    labels: Array,
    starts: Array,
    quad_starts: Array,
    first: int,
    last: int,
    faces: Array,
) -> None:
    """Fill the triangles (2 Q, 3) around the edges that begin at cells first to last.

    Counter-clockwise seen from outside; a quad's two triangles follow one another.
    """
    quad = np.zeros(4, np.int32)
    for cell in range(first, last):
        row = 2 * quad_starts[cell]
        inside = cases[cell] & 1
        for axis in range(3):
            if (cases[cell] >> (4 >> axis) & 1) == inside:
                continue
            for turn in range(4):
                # Counter-clockwise seen from the edge's high end, or from its low one.
                around = turn if inside else 3 - turn
                u, v = int(around in (0, 3)), int(around in (0, 1))
                x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
                if axis == 0:
                    y, z = y - u, z - v
                elif axis == 1:
                    z, x = z - u, x - v
                else:
                    x, y = x - u, y - v
                owner = slots[x, y, z]
                quad[turn] = starts[owner] + labels[forms[owner], 4 * axis + 2 * u + v]
            faces[row, 0], faces[row, 1], faces[row, 2] = quad[0], quad[1], quad[2]
            faces[row + 1, 0], faces[row + 1, 1], faces[row + 1, 2] = quad[0], quad[2], quad[3]
            row += 2
