"""Kernels: the displacement of a mesh's vertices that obeys measurements and bends least."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def gather(
    corners: Array,
    rows: Array,
    tolerance: float,
    starts: Array,
    neighbors: Array,
    diagonal: Array,
    beside: Array,
    right: Array,
) -> None:
    """Add the normal equations of measured crossings.

    Args:
        corners: (R, 2) of `measure`.
        rows: (R, 3) of `measure`.
        tolerance: pixels; what misses more counts less, as Huber has it.
        starts: (V + 1,) where each vertex's neighbors begin.
        neighbors: (E,) vertices.
        diagonal: (V,), added to.
        beside: (E,), added to: what stands beside the diagonal.
        right: (V,), added to: the right side.
    """
    for r in range(len(rows)):
        i, j = corners[r, 0], corners[r, 1]
        a, b, missing = rows[r, 0], rows[r, 1], rows[r, 2]
        weight = min(1.0, tolerance / max(abs(missing), 1e-9))
        diagonal[i] += weight * a * a
        diagonal[j] += weight * b * b
        right[i] += weight * a * missing
        right[j] += weight * b * missing
        for k in range(starts[i], starts[i + 1]):
            if neighbors[k] == j:
                beside[k] += weight * a * b
        for k in range(starts[j], starts[j + 1]):
            if neighbors[k] == i:
                beside[k] += weight * a * b


@njit(cache=True, nogil=True)
def bend(starts: Array, neighbors: Array, values: Array, out: Array) -> None:
    """Fill (V,) with each value less the mean of its neighbors'; 0 where there are none."""
    for v in range(len(values)):
        total, first, last = 0.0, starts[v], starts[v + 1]
        for k in range(first, last):
            total += values[neighbors[k]]
        out[v] = values[v] - total / (last - first) if last > first else 0.0


@njit(cache=True, nogil=True)
def unbend(starts: Array, neighbors: Array, values: Array, out: Array) -> None:
    """Fill (V,) with the transpose of `bend`."""
    for v in range(len(values)):
        total, first, last = 0.0, starts[v], starts[v + 1]
        for k in range(first, last):
            n = neighbors[k]
            total += values[n] / (starts[n + 1] - starts[n])
        out[v] = values[v] - total if last > first else 0.0


@njit(cache=True, nogil=True)
def apply(
    starts: Array,
    neighbors: Array,
    diagonal: Array,
    beside: Array,
    stiffness: float,
    values: Array,
    bends: Array,
    out: Array,
) -> None:
    """Fill out (V,) with the system's matrix times values (V,); bends (V,) is scratch."""
    bend(starts, neighbors, values, bends)
    unbend(starts, neighbors, bends, out)
    for v in range(len(values)):
        total = stiffness * out[v] + diagonal[v] * values[v]
        for k in range(starts[v], starts[v + 1]):
            total += beside[k] * values[neighbors[k]]
        out[v] = total


@njit(cache=True, nogil=True)
def solve(
    starts: Array,
    neighbors: Array,
    diagonal: Array,
    beside: Array,
    stiffness: float,
    right: Array,
    tolerance: float,
    rounds: int,
    found: Array,
) -> None:
    """Fill found (V,), all 0, with the displacement, by conjugate gradients.

    One thread, and sums in the order of the vertices: the same bytes wherever it runs.
    """
    count = len(right)
    scale, residual = np.zeros(count), right.copy()
    for v in range(count):
        own, first, last = stiffness, starts[v], starts[v + 1]
        for k in range(first, last):
            degree = starts[neighbors[k] + 1] - starts[neighbors[k]]
            own += stiffness / (degree * degree)
        scale[v] = 1 / max(own + diagonal[v], 1e-12)
    toward = scale * residual
    way, bends, image = toward.copy(), np.zeros(count), np.zeros(count)
    now = 0.0
    for v in range(count):
        now += residual[v] * toward[v]
    goal = tolerance * tolerance * now
    for _ in range(rounds):
        if not now > goal:
            return
        apply(starts, neighbors, diagonal, beside, stiffness, way, bends, image)
        steep = 0.0
        for v in range(count):
            steep += way[v] * image[v]
        if not steep > 0:
            return
        length, before, now = now / steep, now, 0.0
        for v in range(count):
            found[v] += length * way[v]
            residual[v] -= length * image[v]
            now += residual[v] * scale[v] * residual[v]
        for v in range(count):
            way[v] = scale[v] * residual[v] + now / before * way[v]
