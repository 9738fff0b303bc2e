"""Kernels: a list of the places where a silhouette passes between two pixels of a band of rows.

The same walk as in `raster.kernels_antialias`, which its test compares it with; here which way a
triangle faces is found when it is asked for, and crossings are kept for the way back.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# As in raster.kernels_antialias.
WALK_STEPS: Final = 16
SLACK: Final = 1 / 128

# As in raster.kernels_coverage: marks a corner that can't be drawn.
NOWHERE: Final = -(2**31)


@njit(cache=True, nogil=True)
def faces_to(screen: Array, fixed: Array, faces: Array, f: int) -> int:
    """Which way a triangle faces: 1 and 2 are the two sides, 0 can't be drawn."""
    a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
    if fixed[a, 0] == NOWHERE or fixed[b, 0] == NOWHERE or fixed[c, 0] == NOWHERE:
        return 0
    area = (screen[b, 0] - screen[a, 0]) * (screen[c, 1] - screen[a, 1])
    area -= (screen[b, 1] - screen[a, 1]) * (screen[c, 0] - screen[a, 0])
    return 1 if area > 0 else 2


@njit(cache=True, nogil=True)
def walk(
    screen: Array,
    fixed: Array,
    faces: Array,
    neighbors: Array,
    start: int,
    goal: int,
    along: float,
    across: float,
    axis: int,
    step: int,
) -> tuple[float, int, int]:
    """Pixels to the silhouette edge and its corners, as `raster.kernels_antialias.walk`."""
    other = 1 - axis
    current, previous = start, -1
    side = faces_to(screen, fixed, faces, start)
    for _ in range(WALK_STEPS):
        reach, leave, tail, head = -np.inf, -1, -1, -1
        for k in range(3):
            if previous >= 0 and neighbors[current, k] == previous:
                continue
            i, j = faces[current, (k + 1) % 3], faces[current, (k + 2) % 3]
            from_line, to_line = screen[i, other] - across, screen[j, other] - across
            if (from_line > 0) == (to_line > 0):
                continue
            share = from_line / (from_line - to_line)
            crossing = screen[i, axis] + share * (screen[j, axis] - screen[i, axis])
            distance = step * (crossing - along)
            if distance > reach:
                reach, leave, tail, head = distance, k, i, j
        if leave < 0 or reach > 1 + SLACK:
            return 0.0, -1, -1
        beyond = neighbors[current, leave]
        if beyond < 0 or faces_to(screen, fixed, faces, beyond) != side:
            length = abs(screen[head, axis] - screen[tail, axis])
            height = abs(screen[head, other] - screen[tail, other])
            steep = height > length if axis == 0 else height >= length
            if reach < -SLACK or not steep:
                return 0.0, -1, -1
            return reach, tail, head
        if beyond == goal:
            return 0.0, -1, -1
        previous, current = current, beyond
    return 0.0, -1, -1


@njit(cache=True, nogil=True)
def cross(
    screen: Array,
    fixed: Array,
    faces: Array,
    neighbors: Array,
    triangle: Array,
    depth: Array,
    x: int,
    y: int,
    axis: int,
) -> tuple[float, int, int]:
    """Where a silhouette passes between a pixel and the next one, of another triangle.

    Returns:
        Pixels from the border of the two, positive towards the next one, and the edge's corners;
        corners -1 where there is no silhouette.
    """
    next_x, next_y = (x + 1, y) if axis == 0 else (x, y + 1)
    here, there = triangle[y, x], triangle[next_y, next_x]
    if here >= 0 and there >= 0:
        for k in range(3):
            if neighbors[here, k] == there:
                if faces_to(screen, fixed, faces, here) == faces_to(screen, fixed, faces, there):
                    return 0.0, -1, -1
                break
    along, across = (x + 0.5, y + 0.5) if axis == 0 else (y + 0.5, x + 0.5)
    nearer = there < 0 or (here >= 0 and depth[y, x] <= depth[next_y, next_x])
    on, off, way = (here, there, 1) if nearer else (there, here, -1)
    begin = along if nearer else along + 1
    reach, i, j = walk(screen, fixed, faces, neighbors, on, off, begin, across, axis, way)
    return way * (reach - 0.5), i, j


@njit(cache=True, nogil=True)
def outline(
    screen: Array,
    fixed: Array,
    faces: Array,
    neighbors: Array,
    facing: Array,
    edges: Array,
    count: Array,
) -> None:
    """List the edges where a silhouette may be: of one triangle, or of two that face differently.

    Args:
        screen: (V, 3) pixels.
        fixed: (V, 2).
        faces: (F, 3).
        neighbors: (F, 3).
        facing: (F,) int8, filled.
        edges: (3 F, 2) filled with their corners.
        count: (1,) filled with how many there are.
    """
    for f in range(faces.shape[0]):
        facing[f] = faces_to(screen, fixed, faces, f)
    found = 0
    for f in range(faces.shape[0]):
        side = facing[f]
        if side == 0:
            continue
        for k in range(3):
            beyond = neighbors[f, k]
            if beyond >= 0 and (facing[beyond] == side or (facing[beyond] and beyond < f)):
                continue
            edges[found, 0], edges[found, 1] = faces[f, (k + 1) % 3], faces[f, (k + 2) % 3]
            found += 1
    count[0] = found


@njit(cache=True, nogil=True)
def crossings(
    screen: Array,
    fixed: Array,
    faces: Array,
    neighbors: Array,
    triangle: Array,
    depth: Array,
    outlines: Array,
    outline_count: Array,
    window: Array,
    first: int,
    last: int,
    marks: Array,
    pairs: Array,
    edges: Array,
    offsets: Array,
    count: Array,
) -> None:
    """List the crossings that touch rows first to last of one image.

    A pair of pixels is looked at where an outline's bounds meet the line between their centers:
    no walk could end elsewhere.

    Args:
        screen: (V, 3) pixels.
        fixed: (V, 2).
        faces: (F, 3).
        neighbors: (F, 3).
        triangle: (H, W).
        depth: (H, W).
        outlines: (O, 2) of `outline`.
        outline_count: (1,) how many.
        window: (4,) left, right, top, bottom; nothing is covered beyond.
        first: row.
        last: one beyond the last row.
        marks: (last - first + 1, W) uint8 scratch.
        pairs: (C,) filled with 2 * pixel + axis of the left or upper pixel.
        edges: (C, 2) filled with the corners of the silhouette's edge.
        offsets: (C,) filled with pixels from the border of the two, positive towards the next.
        count: (1,) filled with how many there are.
    """
    left, right, top, bottom = window[0], window[1], window[2], window[3]
    width = triangle.shape[1]
    found = 0
    marks[:] = 0
    for n in range(outline_count[0]):
        i, j = outlines[n, 0], outlines[n, 1]
        x0, x1 = min(screen[i, 0], screen[j, 0]), max(screen[i, 0], screen[j, 0])
        y0, y1 = min(screen[i, 1], screen[j, 1]), max(screen[i, 1], screen[j, 1])
        if y1 < first - 1 or y0 > last + 1 or x1 < left - 1 or x0 > right + 1:
            continue
        # Steep edges are seen by horizontal pairs, flat ones by vertical pairs.
        axis = 0 if y1 - y0 > x1 - x0 else 1
        wide, high = (1.5, 0.5) if axis == 0 else (0.5, 1.5)
        # The row above belongs to another band; we share its vertical pairs.
        begin_y = max(int(np.ceil(y0 - high - SLACK)), top, first - axis)
        end_y = min(int(np.floor(y1 - 0.5 + SLACK)), bottom - 1 - axis, last - 1)
        begin_x = max(int(np.ceil(x0 - wide - SLACK)), left)
        end_x = min(int(np.floor(x1 - 0.5 + SLACK)), right - 2 + axis)
        for y in range(begin_y, end_y + 1):
            for x in range(begin_x, end_x + 1):
                here = triangle[y, x]
                there = triangle[y + axis, x + 1 - axis]
                bit = 1 << axis
                if here == there or (here < 0 and there < 0) or marks[y - first + 1, x] & bit:
                    continue
                marks[y - first + 1, x] |= bit
                offset, tail, head = cross(
                    screen, fixed, faces, neighbors, triangle, depth, x, y, axis
                )
                if tail >= 0:
                    pairs[found] = 2 * (y * width + x) + axis
                    edges[found, 0], edges[found, 1] = tail, head
                    offsets[found] = offset
                    found += 1
    count[0] = found
