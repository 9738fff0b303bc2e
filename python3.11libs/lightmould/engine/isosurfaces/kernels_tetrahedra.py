"""Kernels: a surface through tetrahedra, and its gradient."""

from numba import njit

from lightmould.engine.isosurfaces.kernels_cells import crossing, held
from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def marks_of(case: int) -> int:
    """Bit d - 1 is set where the edge from a cell's lowest corner to its corner d is crossed."""
    return (case >> 1) ^ (127 if case & 1 else 0)


@njit(cache=True, nogil=True)
def ones(bits: int) -> int:
    """How many bits are set."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@njit(cache=True, nogil=True)
def place(
    distance: Array,
    deformation: Array,
    corners: Array,
    cases: Array,
    starts: Array,
    limit: float,
    first: int,
    last: int,
    vertices: Array,
    penalties: Array,
) -> None:
    """Fill vertices (V, 3) and penalties (V,) of the edges that begin in cells first to last."""
    for cell in range(first, last):
        x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
        marks = marks_of(cases[cell])
        vertex = starts[cell]
        for d in range(1, 8):
            if not marks >> (d - 1) & 1:
                continue
            i, j, k = x + (d >> 2), y + (d >> 1 & 1), z + (d & 1)
            share = crossing(distance[x, y, z], distance[i, j, k])[0]
            pull = 0.0
            for axis in range(3):
                a = held(deformation[x, y, z, axis], limit)[0]
                b = held(deformation[i, j, k, axis], limit)[0]
                pull += (a * a + b * b) / 2
                low = corners[cell, axis] + a
                high = corners[cell, axis] + (d >> (2 - axis) & 1) + b
                vertices[vertex, axis] = low + share * (high - low)
            penalties[vertex] = pull
            vertex += 1


@njit(cache=True, nogil=True)
def connect(
    corners: Array,
    cases: Array,
    slots: Array,
    starts: Array,
    counts: Array,
    table: Array,
    face_starts: Array,
    first: int,
    last: int,
    faces: Array,
) -> None:
    """Fill the faces (F, 3) in cells first to last."""
    for cell in range(first, last):
        x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
        case = cases[cell]
        for n in range(counts[case]):
            for m in range(3):
                corner, d = table[case, n, m, 0], table[case, n, m, 1]
                owner = slots[x + (corner >> 2), y + (corner >> 1 & 1), z + (corner & 1)]
                before = marks_of(cases[owner]) & ((1 << (d - 1)) - 1)
                faces[face_starts[cell] + n, m] = starts[owner] + ones(before)


@njit(cache=True, nogil=True)
def place_backward(
    distance: Array,
    deformation: Array,
    corners: Array,
    cases: Array,
    starts: Array,
    limit: float,
    grad: Array,
    pull: float,
    first: int,
    last: int,
    out_distance: Array,
    out_deformation: Array,
) -> None:
    """Add to the gradients from the vertices' (V, 3), and from `pull` times all penalties."""
    for cell in range(first, last):
        x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
        marks = marks_of(cases[cell])
        vertex = starts[cell]
        for d in range(1, 8):
            if not marks >> (d - 1) & 1:
                continue
            i, j, k = x + (d >> 2), y + (d >> 1 & 1), z + (d & 1)
            share, by_near, by_far = crossing(distance[x, y, z], distance[i, j, k])
            along = 0.0
            for axis in range(3):
                a, by_a = held(deformation[x, y, z, axis], limit)
                b, by_b = held(deformation[i, j, k, axis], limit)
                g = grad[vertex, axis]
                along += g * ((d >> (2 - axis) & 1) + b - a)
                out_deformation[x, y, z, axis] += by_a * (g * (1 - share) + pull * a)
                out_deformation[i, j, k, axis] += by_b * (g * share + pull * b)
            out_distance[x, y, z] += along * by_near
            out_distance[i, j, k] += along * by_far
            vertex += 1
