"""Kernels: from the gradient of flat pictures to the gradients of a mesh's vertices.

One band of an image's rows at a time, with what `kernels_flat` has left of it, then all of them.
Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# As in raster.kernels_coverage.
LOOSE: Final = 0.5


@njit(cache=True, nogil=True)
def hand_back(
    clip: Array,
    screen: Array,
    faces: Array,
    colors: Array,
    triangle: Array,
    picture: Array,
    grad: Array,
    size: Array,
    first: int,
    last: int,
    covered: Array,
    weights: Array,
    pairs: Array,
    edges: Array,
    offsets: Array,
    counts: Array,
    inner: Array,
    sums: Array,
) -> None:
    """Add the gradients of rows first to last to those of vertices.

    Args:
        clip: (V, 4).
        screen: (V, 3).
        faces: (F, 3).
        colors: (V, 3).
        triangle: (H * W,).
        picture: (H * W, 3).
        grad: (H * W, 4) of `kernels_flat.compare`.
        size: (2,) width and height.
        first: row.
        last: one beyond the last row.
        covered: (P,) pixels.
        weights: (P, 2).
        pairs: (C,) of `kernels_silhouette.crossings`.
        edges: (C, 2).
        offsets: (C,).
        counts: (2,) how many are covered, how many crossings.
        inner: (H * W, 3) scratch: the gradient of the picture before antialiasing.
        sums: (V, 6) added to: clip x, y and w, color.
    """
    width, height = size[0], size[1]
    begin, end = first * width, last * width
    for n in range(counts[0]):
        p = covered[n]
        for c in range(3):
            inner[p, c] = grad[p, c]
    for n in range(counts[1]):
        axis = pairs[n] & 1
        here = pairs[n] >> 1
        there = here + (width if axis else 1)
        offset = offsets[n]
        source, target = (here, there) if offset >= 0 else (there, here)
        share = abs(offset)
        source_covered, target_covered = triangle[source] >= 0, triangle[target] >= 0
        if source_covered and begin <= source < end:
            for c in range(3):
                inner[source, c] += share * grad[target, c]
        if target_covered and begin <= target < end:
            for c in range(3):
                inner[target, c] -= share * grad[target, c]
        if not begin <= here < end:
            continue
        slope = 0.0
        for c in range(3):
            a = picture[source, c] if source_covered else np.float32(0)
            b = picture[target, c] if target_covered else np.float32(0)
            slope += float(grad[target, c] * (a - b))
        slope += float(grad[target, 3]) * (int(source_covered) - int(target_covered))
        if offset < 0:
            slope = -slope
        x, y = here % width, here // width
        move(clip, screen, edges[n, 0], edges[n, 1], x, y, axis, slope, width, height, sums)
    for n in range(counts[0]):
        p = covered[n]
        f = triangle[p]
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        b0, b1 = weights[n, 0], weights[n, 1]
        b2 = np.float32(1) - b0 - b1
        g0, g1 = 0.0, 0.0
        for c in range(3):
            g = inner[p, c]
            sums[i, 3 + c] += b0 * g
            sums[j, 3 + c] += b1 * g
            sums[k, 3 + c] += b2 * g
            g0 += g * (colors[i, c] - colors[k, c])
            g1 += g * (colors[j, c] - colors[k, c])
        if g0 != 0 or g1 != 0:
            turn(clip, i, j, k, p % width, p // width, g0, g1, width, height, sums)


@njit(cache=True, nogil=True)
def turn(
    clip: Array,
    i: int,
    j: int,
    k: int,
    x: int,
    y: int,
    g0: float,
    g1: float,
    width: int,
    height: int,
    sums: Array,
) -> None:
    """Hand the gradient of a pixel's barycentrics on to the three corners."""
    u = (x + 0.5) * 2 / width - 1
    v = 1 - (y + 0.5) * 2 / height
    x0, y0 = clip[i, 0] - u * clip[i, 3], clip[i, 1] - v * clip[i, 3]
    x1, y1 = clip[j, 0] - u * clip[j, 3], clip[j, 1] - v * clip[j, 3]
    x2, y2 = clip[k, 0] - u * clip[k, 3], clip[k, 1] - v * clip[k, 3]
    a0, a1, a2 = x1 * y2 - y1 * x2, x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
    total = a0 + a1 + a2
    if total == 0:
        return
    b0, b1, b2 = a0 / total, a1 / total, a2 / total
    if min(b0, b1, b2) < -LOOSE:
        return
    mean = g0 * b0 + g1 * b1
    g0, g1, g2 = (g0 - mean) / total, (g1 - mean) / total, -mean / total
    gx, gy = g2 * y1 - g1 * y2, g1 * x2 - g2 * x1
    sums[i, 0] += gx
    sums[i, 1] += gy
    sums[i, 2] -= u * gx + v * gy
    gx, gy = g0 * y2 - g2 * y0, g2 * x0 - g0 * x2
    sums[j, 0] += gx
    sums[j, 1] += gy
    sums[j, 2] -= u * gx + v * gy
    gx, gy = g1 * y0 - g0 * y1, g0 * x1 - g1 * x0
    sums[k, 0] += gx
    sums[k, 1] += gy
    sums[k, 2] -= u * gx + v * gy


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
    sums: Array,
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
        sums[v, 0] += grad_x
        sums[v, 1] += grad_y
        sums[v, 2] -= (grad_x * clip[v, 0] + grad_y * clip[v, 1]) / w


@njit(cache=True, nogil=True)
def add_up(
    sums: Array,
    matrices: Array,
    first: int,
    last: int,
    grad_positions: Array,
    grad_colors: Array,
) -> None:
    """Turn private sums into gradients of vertices first to last, and clear them.

    Args:
        sums: (K, V, 6) clip x, y and w, color.
        matrices: (K, 4, 4) clip_from_world of each sum.
        first: vertex.
        last: one beyond the last vertex.
        grad_positions: (V, 3), filled.
        grad_colors: (V, 3), filled.
    """
    for v in range(first, last):
        x, y, z, r, g, b = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(sums.shape[0]):
            gx, gy, gw = sums[k, v, 0], sums[k, v, 1], sums[k, v, 2]
            m = matrices[k]
            x += m[0, 0] * gx + m[1, 0] * gy + m[3, 0] * gw
            y += m[0, 1] * gx + m[1, 1] * gy + m[3, 1] * gw
            z += m[0, 2] * gx + m[1, 2] * gy + m[3, 2] * gw
            r += sums[k, v, 3]
            g += sums[k, v, 4]
            b += sums[k, v, 5]
            for c in range(6):
                sums[k, v, c] = 0
        grad_positions[v, 0], grad_positions[v, 1], grad_positions[v, 2] = x, y, z
        grad_colors[v, 0], grad_colors[v, 1], grad_colors[v, 2] = r, g, b
