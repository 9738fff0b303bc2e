"""Kernels: coverage of pixels that a silhouette crosses, and its gradient, one image at a time.

Source: Laine et al. 2020, Modular Primitives for High-Performance Differentiable Rendering,
section 3.5, with a walk over neighboring triangles from one pixel towards the other.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# How many triangles a walk towards a silhouette may cross: with 16 nearly every silhouette of
# triangles half a pixel wide is met, with 8 a fifth of them are missed.
WALK_STEPS: Final = 16

# By how much of a pixel a silhouette may miss the segment that it should cross: visibility is
# decided on snapped corners, and these are not.
SLACK: Final = 1 / 128


@njit(cache=True, nogil=True)
def walk(
    screen: Array,
    faces: Array,
    neighbors: Array,
    facing: Array,
    start: int,
    goal: int,
    x: float,
    y: float,
    axis: int,
    step: int,
) -> tuple[float, int, int]:
    """Walk from the pixel center x, y one pixel along an axis until a silhouette edge is met.

    Args:
        screen: (V, 3) pixels.
        faces: (F, 3).
        neighbors: (F, 3) across the edge opposite to each corner.
        facing: (F,).
        start: the triangle at x, y.
        goal: the triangle at the other pixel's center, or -1.
        x: pixels.
        y: pixels.
        axis: 0 walks along x, 1 along y.
        step: +1 or -1.

    Returns:
        Pixels from x, y to the edge, and the edge's corners; corners -1 where none is met.
    """
    other = 1 - axis
    along, across = (x, y) if axis == 0 else (y, x)
    current, previous = start, -1
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
        if beyond < 0 or facing[beyond] != facing[current]:
            length = abs(screen[head, axis] - screen[tail, axis])
            height = abs(screen[head, other] - screen[tail, other])
            # Each edge is seen either by horizontal or by vertical pairs, never counted twice.
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
    faces: Array,
    neighbors: Array,
    facing: Array,
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
    if here >= 0 and there >= 0 and facing[here] == facing[there]:
        for k in range(3):
            if neighbors[here, k] == there:
                return 0.0, -1, -1
    nearer = there < 0 or (here >= 0 and depth[y, x] <= depth[next_y, next_x])
    on, off, way = (here, there, 1) if nearer else (there, here, -1)
    at_x, at_y = (x, y) if nearer else (next_x, next_y)
    reach, i, j = walk(screen, faces, neighbors, facing, on, off, at_x + 0.5, at_y + 0.5, axis, way)
    return way * (reach - 0.5), i, j


@njit(cache=True, nogil=True)
def blend(
    screen: Array,
    faces: Array,
    neighbors: Array,
    facing: Array,
    triangle: Array,
    depth: Array,
    color: Array,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Blend rows first to last of one image (H, W, C), `out`, which begins as its color."""
    height, width, channels = color.shape
    for y in range(max(first - 1, 0), last):
        for x in range(width):
            for axis in range(2):
                next_x, next_y = (x + 1, y) if axis == 0 else (x, y + 1)
                # The row above gives its share to ours, and nothing else: it is another band's.
                if next_x >= width or next_y >= height or next_y < first:
                    continue
                if triangle[y, x] == triangle[next_y, next_x]:
                    continue
                offset, i, _ = cross(screen, faces, neighbors, facing, triangle, depth, x, y, axis)
                if i < 0:
                    continue
                if offset >= 0 and next_y < last:
                    for c in range(channels):
                        difference = color[y, x, c] - color[next_y, next_x, c]
                        out[next_y, next_x, c] += offset * difference
                elif offset < 0 and y >= first:
                    for c in range(channels):
                        difference = color[next_y, next_x, c] - color[y, x, c]
                        out[y, x, c] -= offset * difference


@njit(cache=True, nogil=True)
def blend_backward(
    clip: Array,
    screen: Array,
    faces: Array,
    neighbors: Array,
    facing: Array,
    triangle: Array,
    depth: Array,
    color: Array,
    grad: Array,
    first: int,
    last: int,
    out_color: Array,
    out_clip: Array,
) -> None:
    """Correct rows first to last of out_color (H, W, C), which begins as grad, and add to out_clip.

    The latter is (V, 4) float64.
    """
    height, width, channels = color.shape
    for y in range(max(first - 1, 0), last):
        for x in range(width):
            for axis in range(2):
                next_x, next_y = (x + 1, y) if axis == 0 else (x, y + 1)
                if next_x >= width or next_y >= height or next_y < first:
                    continue
                if triangle[y, x] == triangle[next_y, next_x]:
                    continue
                offset, i, j = cross(screen, faces, neighbors, facing, triangle, depth, x, y, axis)
                if i < 0:
                    continue
                target_x, target_y = (next_x, next_y) if offset >= 0 else (x, y)
                slope = 0.0
                for c in range(channels):
                    g = np.float64(grad[target_y, target_x, c])
                    slope += g * (color[y, x, c] - color[next_y, next_x, c])
                    # The pixel that is blended loses what the other one gains.
                    if y >= first:
                        out_color[y, x, c] += offset * g
                    if next_y < last:
                        out_color[next_y, next_x, c] -= offset * g
                if y >= first:
                    move(clip, screen, i, j, x, y, axis, slope, width, height, out_clip)


@njit(cache=True, nogil=True)
def move(
    clip: Array,
    screen: Array,
    i: int,
    j: int,
    x: int,
    y: int,
    axis: int,
    slope: float,
    width: int,
    height: int,
    out: Array,
) -> None:
    """Hand the gradient of a crossing's position on to the two corners of its edge."""
    other = 1 - axis
    line = y + 0.5 if axis == 0 else x + 0.5
    from_line, to_line = screen[i, other] - line, screen[j, other] - line
    share = from_line / (from_line - to_line)
    lean = (screen[j, axis] - screen[i, axis]) / (screen[j, other] - screen[i, other])
    for end in range(2):
        v, weight = (i, 1 - share) if end == 0 else (j, share)
        weight *= slope
        grad_x, grad_y = (weight, -weight * lean) if axis == 0 else (-weight * lean, weight)
        w = np.float64(clip[v, 3])
        grad_x *= 0.5 * width / w
        grad_y *= -0.5 * height / w
        out[v, 0] += grad_x
        out[v, 1] += grad_y
        out[v, 3] -= (grad_x * clip[v, 0] + grad_y * clip[v, 1]) / w
