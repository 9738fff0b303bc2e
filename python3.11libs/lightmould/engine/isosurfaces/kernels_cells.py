"""Kernels: which cells of a grid a surface passes, and where it crosses an edge.

Corner c of a cell lies at (c >> 2, c >> 1 & 1, c & 1) from its lowest one, and bit c of a cell's
case says that this corner is inside.
"""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array


@njit(cache=True, nogil=True)
def classify(distance: Array, first: int, last: int, cases: Array, counts: Array) -> None:
    """Fill the cases (X - 1, Y - 1, Z - 1) of planes first to last; count those with a surface."""
    columns, rows = distance.shape[1], distance.shape[2]
    for x in range(first, last):
        found = 0
        # Whether the two rows of points at y are inside the border, where all is outside.
        low, high = x > 0, x + 2 < distance.shape[0]
        for y in range(columns - 1):
            near, far = y > 0, y + 2 < columns
            before = 0
            for z in range(rows - 1):
                after = 0
                if z + 2 < rows:
                    if low and near and distance[x, y, z + 1] < 0:
                        after |= 1
                    if low and far and distance[x, y + 1, z + 1] < 0:
                        after |= 4
                    if high and near and distance[x + 1, y, z + 1] < 0:
                        after |= 16
                    if high and far and distance[x + 1, y + 1, z + 1] < 0:
                        after |= 64
                case = before | after << 1
                before = after
                cases[x, y, z] = case
                found += case not in (0, 255)
        counts[x] = found


@njit(cache=True, nogil=True)
def enlist(
    cases: Array,
    first: int,
    last: int,
    planes: Array,
    corners: Array,
    listed: Array,
    slots: Array,
) -> None:
    """List the cells with a surface: corners (C, 3), their cases (C,), and their place by cell."""
    for x in range(first, last):
        slot = planes[x]
        for y in range(cases.shape[1]):
            for z in range(cases.shape[2]):
                case = cases[x, y, z]
                if case not in (0, 255):
                    corners[slot, 0], corners[slot, 1], corners[slot, 2] = x, y, z
                    listed[slot] = case
                    slots[x, y, z] = slot
                    slot += 1


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
def held(value: float, limit: float) -> tuple[float, float]:
    """A value held between -limit and limit, and the derivative of that."""
    if value > limit:
        return limit, 0.0
    if value < -limit:
        return -limit, 0.0
    return float(value), 1.0
