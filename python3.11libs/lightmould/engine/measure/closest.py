"""Kernels: the nearest of many triangles, through a tree of boxes."""

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lightmould.model.arrays import Floats

Vector: TypeAlias = tuple[float, float, float]

_DEEPEST = 64
_NO_AREA = 1e-24


@njit(nogil=True, cache=True)
def nearest_triangles(
    points: Floats,
    lows: Floats,
    highs: Floats,
    triangles: Floats,
    squares: Floats,
    found: NDArray[np.int64],
) -> None:
    """The triangle nearest to every point.

    Args:
        points: (N, 3).
        lows: (B, 3) lowest corners of a complete binary tree of boxes, root first.
        highs: (B, 3) highest corners.
        triangles: (T, 3, 3) in the order of the tree's leaves, the same number in each.
        squares: (N,) receives squared distances.
        found: (N,) receives indices of triangles.
    """
    first_leaf = len(lows) // 2
    leaf_length = len(triangles) // (first_leaf + 1)
    nodes = np.zeros(_DEEPEST, np.int64)
    for i in range(len(points)):
        point = points[i]
        best, which = np.inf, 0
        waiting = 1
        nodes[0] = 0
        while waiting:
            waiting -= 1
            node = nodes[waiting]
            if _to_box(point, lows[node], highs[node]) >= best:
                continue
            if node >= first_leaf:
                start = (node - first_leaf) * leaf_length
                for j in range(start, start + leaf_length):
                    square = _to_triangle(point, triangles[j])
                    if square < best:
                        best, which = square, j
                continue
            left, right = 2 * node + 1, 2 * node + 2
            # The nearer child is tried first: what it finds often rules the other out.
            if _to_box(point, lows[left], highs[left]) < _to_box(point, lows[right], highs[right]):
                left, right = right, left
            nodes[waiting], nodes[waiting + 1] = left, right
            waiting += 2
        squares[i], found[i] = best, which


@njit(nogil=True, cache=True)
def _to_box(point: Floats, low: Floats, high: Floats) -> float:
    total = 0.0
    for axis in range(3):
        outside = max(low[axis] - point[axis], point[axis] - high[axis], 0.0)
        total += outside * outside
    return total


@njit(nogil=True, cache=True)
def _to_triangle(point: Floats, triangle: Floats) -> float:
    """Over the inside the height above the plane, elsewhere the nearest edge."""
    ab = _from_to(triangle[0], triangle[1])
    bc = _from_to(triangle[1], triangle[2])
    ca = _from_to(triangle[2], triangle[0])
    ap = _from_to(triangle[0], point)
    bp = _from_to(triangle[1], point)
    cp = _from_to(triangle[2], point)
    normal = _cross(ab, bc)
    area = _dot(normal, normal)
    if area > _NO_AREA * _dot(ab, ab) * _dot(bc, bc) and (
        _dot(_cross(normal, ab), ap) >= 0
        and _dot(_cross(normal, bc), bp) >= 0
        and _dot(_cross(normal, ca), cp) >= 0
    ):
        return _dot(ap, normal) ** 2 / area
    return min(_to_edge(ap, ab), _to_edge(bp, bc), _to_edge(cp, ca))


@njit(nogil=True, cache=True)
def _to_edge(offset: Vector, edge: Vector) -> float:
    """To a segment; both vectors begin at its start."""
    length = _dot(edge, edge)
    share = min(max(_dot(offset, edge) / length, 0.0), 1.0) if length > 0 else 0.0
    rest = (
        offset[0] - share * edge[0],
        offset[1] - share * edge[1],
        offset[2] - share * edge[2],
    )
    return _dot(rest, rest)


@njit(nogil=True, cache=True)
def _from_to(start: Floats, end: Floats) -> Vector:
    return end[0] - start[0], end[1] - start[1], end[2] - start[2]


@njit(nogil=True, cache=True)
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(nogil=True, cache=True)
def _cross(a: Vector, b: Vector) -> Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )
