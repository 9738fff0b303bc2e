"""Kernels: dual vertices with flexible weights, their quads, and their gradient."""

import numpy as np
from numba import njit

from lightmould.engine.isosurfaces.kernels_cells import crossing, held
from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def form(corners: Array, cases: Array, slots: Array, twofold: Array, forms: Array) -> None:
    """Fill the forms (C,) of cells: twice the case, plus 1 where a twofold face meets another."""
    for cell in range(cases.shape[0]):
        face = twofold[cases[cell]]
        forms[cell] = 2 * np.int64(cases[cell])
        if face >= 0:
            axis, step = face >> 1, 2 * (face & 1) - 1
            x = corners[cell, 0] + (step if axis == 0 else 0)
            y = corners[cell, 1] + (step if axis == 1 else 0)
            z = corners[cell, 2] + (step if axis == 2 else 0)
            if twofold[cases[slots[x, y, z]]] == face ^ 1:
                forms[cell] += 1


@njit(cache=True, nogil=True)
def weighted_crossing(
    distance: Array, weights: Array, x: int, y: int, z: int, near: int, far: int, limit: float
) -> tuple[float, float, float, float, float]:
    """Where an edge of a cell is crossed, from corner near to far, and the derivatives.

    Returns:
        The share of the way, and its derivatives by distance and weight, near and far.
    """
    s = float(distance[x + (near >> 2), y + (near >> 1 & 1), z + (near & 1)])
    t = float(distance[x + (far >> 2), y + (far >> 1 & 1), z + (far & 1)])
    a, by_a = held(weights[x, y, z, near], limit)
    b, by_b = held(weights[x, y, z, far], limit)
    share, by_near, by_far = crossing(s * (1 + a), t * (1 + b))
    return share, by_near * (1 + a), by_near * s * by_a, by_far * (1 + b), by_far * t * by_b


@njit(cache=True, nogil=True)
def gather(
    distance: Array,
    deformation: Array,
    weights: Array,
    corner: Array,
    ends: Array,
    label: Array,
    limits: tuple[float, float],
    points: Array,
    middles: Array,
) -> None:
    """The crossings (12, 4) of a cell's edges and the dual vertices (4, 4) of its loops.

    The fourth column is a crossing's weight, and the sum of these.
    """
    x, y, z = corner[0], corner[1], corner[2]
    middles[:] = 0.0
    for e in range(12):
        loop = label[e]
        if loop < 0:
            continue
        near, far = ends[e, 0], ends[e, 1]
        share = weighted_crossing(distance, weights, x, y, z, near, far, limits[1])[0]
        beta = 1 + held(weights[x, y, z, 8 + e], limits[1])[0]
        points[e, 3] = beta
        middles[loop, 3] += beta
        for axis in range(3):
            u, v = near >> (2 - axis) & 1, far >> (2 - axis) & 1
            a = deformation[x + (near >> 2), y + (near >> 1 & 1), z + (near & 1), axis]
            b = deformation[x + (far >> 2), y + (far >> 1 & 1), z + (far & 1), axis]
            low = corner[axis] + u + held(a, limits[0])[0]
            high = corner[axis] + v + held(b, limits[0])[0]
            points[e, axis] = low + share * (high - low)
            middles[loop, axis] += beta * points[e, axis]
    for loop in range(4):
        if middles[loop, 3] > 0:
            for axis in range(3):
                middles[loop, axis] /= middles[loop, 3]


@njit(cache=True, nogil=True)
def deviate(
    points: Array, label: Array, middle: Array, loop: int, away: Array
) -> tuple[float, float]:
    """How unevenly far the crossings of a loop lie from its dual vertex.

    Fills the distances (12,) of this loop's crossings.

    Returns:
        The mean absolute deviation of the distances, and their mean.
    """
    count, total = 0, 0.0
    for e in range(12):
        if label[e] == loop:
            square = 0.0
            for axis in range(3):
                square += (points[e, axis] - middle[axis]) ** 2
            away[e] = np.sqrt(square)
            total += away[e]
            count += 1
    mean, spread = total / count, 0.0
    for e in range(12):
        if label[e] == loop:
            spread += abs(away[e] - mean)
    return spread / count, mean


@njit(cache=True, nogil=True)
def deviate_backward(
    points: Array,
    label: Array,
    middle: Array,
    loop: int,
    grad: float,
    away: Array,
    pull: Array,
) -> None:
    """Fill what a dual vertex gets from `grad` times the deviation by way of each crossing.

    The crossings (12, 3) of this loop get the same the other way.
    """
    mean, count, balance = deviate(points, label, middle, loop, away)[1], 0, 0.0
    for e in range(12):
        if label[e] == loop:
            count += 1
            balance += np.sign(away[e] - mean)
    for e in range(12):
        if label[e] == loop:
            slope = grad / count * (np.sign(away[e] - mean) - balance / count)
            for axis in range(3):
                pull[e, axis] = 0.0
                if away[e] > 0:
                    pull[e, axis] = slope * (middle[axis] - points[e, axis]) / away[e]


@njit(cache=True, nogil=True)
def place(
    distance: Array,
    deformation: Array,
    weights: Array,
    corners: Array,
    forms: Array,
    ends: Array,
    labels: Array,
    starts: Array,
    limits: tuple[float, float],
    first: int,
    last: int,
    vertices: Array,
    penalties: Array,
) -> None:
    """Fill the dual vertices (D, 3) and penalties (D,) of cells first to last."""
    points, middles, away = np.zeros((12, 4)), np.zeros((4, 4)), np.zeros(12)
    for cell in range(first, last):
        label = labels[forms[cell]]
        gather(distance, deformation, weights, corners[cell], ends, label, limits, points, middles)
        for vertex in range(starts[cell], starts[cell + 1]):
            loop = vertex - starts[cell]
            for axis in range(3):
                vertices[vertex, axis] = middles[loop, axis]
            penalties[vertex] = deviate(points, label, middles[loop], loop, away)[0]


@njit(cache=True, nogil=True)
def place_backward(
    distance: Array,
    deformation: Array,
    weights: Array,
    corners: Array,
    forms: Array,
    ends: Array,
    labels: Array,
    starts: Array,
    limits: tuple[float, float],
    grad: Array,
    penalty: float,
    first: int,
    last: int,
    out_distance: Array,
    out_deformation: Array,
    out_weights: Array,
) -> None:
    """Add to the gradients from the dual vertices' (D, 3), and from `penalty` times all penalties.

    The gradient of weights (C, 21) is a list of cells; the others are grids.
    """
    points, middles, away = np.zeros((12, 4)), np.zeros((4, 4)), np.zeros(12)
    pull, whole = np.zeros((12, 3)), np.zeros(3)
    for cell in range(first, last):
        label = labels[forms[cell]]
        x, y, z = corners[cell, 0], corners[cell, 1], corners[cell, 2]
        gather(distance, deformation, weights, corners[cell], ends, label, limits, points, middles)
        for vertex in range(starts[cell], starts[cell + 1]):
            loop = vertex - starts[cell]
            middle = middles[loop]
            whole[:] = grad[vertex]
            if penalty != 0:
                deviate_backward(points, label, middle, loop, penalty, away, pull)
                for e in range(12):
                    if label[e] == loop:
                        whole += pull[e]
            for e in range(12):
                if label[e] != loop:
                    continue
                near, far = ends[e, 0], ends[e, 1]
                i, j, k = x + (near >> 2), y + (near >> 1 & 1), z + (near & 1)
                u, v, w = x + (far >> 2), y + (far >> 1 & 1), z + (far & 1)
                share, by_s, by_a, by_t, by_b = weighted_crossing(
                    distance, weights, x, y, z, near, far, limits[1]
                )
                by_beta, along = 0.0, 0.0
                for axis in range(3):
                    by_beta += whole[axis] * (points[e, axis] - middle[axis]) / middle[3]
                    g = whole[axis] * points[e, 3] / middle[3]
                    if penalty != 0:
                        g -= pull[e, axis]
                    a, free_a = held(deformation[i, j, k, axis], limits[0])
                    b, free_b = held(deformation[u, v, w, axis], limits[0])
                    step = (far >> (2 - axis) & 1) - (near >> (2 - axis) & 1)
                    along += g * (step + b - a)
                    out_deformation[i, j, k, axis] += g * (1 - share) * free_a
                    out_deformation[u, v, w, axis] += g * share * free_b
                out_distance[i, j, k] += along * by_s
                out_distance[u, v, w] += along * by_t
                out_weights[cell, near] += along * by_a
                out_weights[cell, far] += along * by_b
                out_weights[cell, 8 + e] += by_beta * held(weights[x, y, z, 8 + e], limits[1])[1]
