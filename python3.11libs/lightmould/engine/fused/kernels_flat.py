"""Kernels: pictures of a flat mesh, their difference from the truth, and the way back.

One image or one band of its rows at a time; only pixels that a list names are touched.
Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# As in raster.kernels_coverage.
SMALLEST_W: Final = 1e-6
FIXED_LIMIT: Final = 2**29
NOWHERE: Final = -(2**31)
LOOSE: Final = 0.5

# As in engine.flat.
TONE: Final = 1e-3
SOFT: Final = 1e-4


@njit(cache=True, nogil=True)
def project(
    positions: Array, matrix: Array, clip: Array, screen: Array, fixed: Array, window: Array
) -> None:
    """Project vertices into one image.

    Args:
        positions: (V, 3).
        matrix: (4, 4) clip_from_world.
        clip: (V, 4) float32, filled.
        screen: (V, 3) float64, filled with x, y in pixels, z/w.
        fixed: (V, 2) int32, filled with 1/256 pixel, or NOWHERE.
        window: (4,) int64: the image's width and height; filled with the left, right, top and
            bottom of what can be covered, one pixel to spare where there is room.
    """
    m = matrix.astype(np.float64)
    width, height = window[1], window[3]
    left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
    for v in range(positions.shape[0]):
        px, py, pz = (
            np.float64(positions[v, 0]),
            np.float64(positions[v, 1]),
            np.float64(positions[v, 2]),
        )
        for i in range(4):
            clip[v, i] = m[i, 0] * px + m[i, 1] * py + m[i, 2] * pz + m[i, 3]
        fixed[v, 0] = NOWHERE
        x, y = np.float64(clip[v, 0]), np.float64(clip[v, 1])
        z, w = np.float64(clip[v, 2]), np.float64(clip[v, 3])
        if not w > SMALLEST_W:
            continue
        x, y, z = (x / w + 1) * 0.5 * width, (1 - y / w) * 0.5 * height, z / w
        screen[v, 0], screen[v, 1], screen[v, 2] = x, y, z
        fixed_x, fixed_y = np.floor(x * 256 + 0.5), np.floor(y * 256 + 0.5)
        if abs(fixed_x) <= FIXED_LIMIT and abs(fixed_y) <= FIXED_LIMIT and np.isfinite(z):
            fixed[v, 0], fixed[v, 1] = np.int32(fixed_x), np.int32(fixed_y)
            left, right = min(left, x), max(right, x)
            top, bottom = min(top, y), max(bottom, y)
    if left > right:
        window[:] = 0
        return
    window[0] = max(0, int(max(left, 0.0)) - 2)
    window[1] = max(window[0], min(width, int(min(right, float(width))) + 3))
    window[2] = max(0, int(max(top, 0.0)) - 2)
    window[3] = max(window[2], min(height, int(min(bottom, float(height))) + 3))


@njit(cache=True, nogil=True)
def shade(
    clip: Array,
    faces: Array,
    colors: Array,
    triangle: Array,
    window: Array,
    first: int,
    last: int,
    covered: Array,
    weights: Array,
    picture: Array,
    count: Array,
) -> None:
    """List the covered pixels of rows first to last, and color them.

    Args:
        clip: (V, 4).
        faces: (F, 3).
        colors: (V, 3).
        triangle: (H, W).
        window: (4,).
        first: row.
        last: one beyond the last row.
        covered: (P,) filled with pixels.
        weights: (P, 2) filled with their barycentrics.
        picture: (H * W, 3), filled where covered.
        count: (1,) filled with how many are covered.
    """
    height, width = triangle.shape
    n = np.zeros((3, 3))
    found = 0
    for y in range(first, last):
        previous = -1
        v = 1 - (y + 0.5) * 2 / height
        for x in range(window[0], window[1]):
            f = triangle[y, x]
            if f < 0:
                continue
            if f != previous:
                previous = f
                for k in range(3):
                    i, j = faces[f, (k + 1) % 3], faces[f, (k + 2) % 3]
                    xi, yi, wi = np.float64(clip[i, 0]), np.float64(clip[i, 1]), clip[i, 3]
                    xj, yj, wj = np.float64(clip[j, 0]), np.float64(clip[j, 1]), clip[j, 3]
                    n[k, 0] = yi * wj - wi * yj
                    n[k, 1] = wi * xj - xi * wj
                    n[k, 2] = xi * yj - yi * xj
            u = (x + 0.5) * 2 / width - 1
            a0 = n[0, 0] * u + n[0, 1] * v + n[0, 2]
            a1 = n[1, 0] * u + n[1, 1] * v + n[1, 2]
            a2 = n[2, 0] * u + n[2, 1] * v + n[2, 2]
            total = a0 + a1 + a2
            b0, b1 = 1 / 3, 1 / 3
            if total != 0:
                b0, b1, b2 = a0 / total, a1 / total, a2 / total
                if min(b0, b1, b2) < -LOOSE:
                    b0, b1, b2 = min(max(b0, 0), 1), min(max(b1, 0), 1), min(max(b2, 0), 1)
                    total = b0 + b1 + b2
                    b0, b1 = b0 / total, b1 / total
            w0, w1 = np.float32(b0), np.float32(b1)
            w2 = np.float32(1) - w0 - w1
            pixel = y * width + x
            covered[found] = pixel
            weights[found, 0], weights[found, 1] = w0, w1
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            for c in range(3):
                picture[pixel, c] = w0 * colors[i, c] + w1 * colors[j, c] + w2 * colors[k, c]
            found += 1
    count[0] = found


@njit(cache=True, nogil=True)
def compare(
    triangle: Array,
    picture: Array,
    truth: Array,
    first: int,
    last: int,
    covered: Array,
    pairs: Array,
    offsets: Array,
    counts: Array,
    scales: Array,
    blended: Array,
    loss: Array,
) -> None:
    """Antialias rows first to last and compare them with the truth.

    Args:
        triangle: (H * W,); uncovered pixels that are blended become -2.
        picture: (H * W, 3).
        truth: (H * W, 4).
        first: row.
        last: one beyond the last row.
        covered: (P,) pixels; those that are blended but not covered are put behind them.
        pairs: (C,) of `crossings`.
        offsets: (C,).
        counts: (2,) how many are covered, how many crossings.
        scales: (3,) weight of the color's and of alpha's error; the image's width.
        blended: (H * W, 4), filled where covered or blended with the gradient of the loss.
        loss: (1,) filled with the loss less that of an empty picture.
    """
    width = int(scales[2])
    begin, end = first * width, last * width
    for n in range(counts[0]):
        p = covered[n]
        for c in range(3):
            blended[p, c] = picture[p, c]
        blended[p, 3] = 1
    listed = counts[0]
    for n in range(counts[1]):
        here = pairs[n] >> 1
        there = here + (width if pairs[n] & 1 else 1)
        offset = offsets[n]
        source, target = (here, there) if offset >= 0 else (there, here)
        if not begin <= target < end:
            continue
        if triangle[target] == -1:
            triangle[target] = -2
            blended[target] = 0
            covered[listed] = target
            listed += 1
        share = abs(offset)
        from_inside, to_inside = triangle[source] >= 0, triangle[target] >= 0
        for c in range(3):
            a = picture[source, c] if from_inside else np.float32(0)
            b = picture[target, c] if to_inside else np.float32(0)
            blended[target, c] += share * (a - b)
        blended[target, 3] += share * (int(from_inside) - int(to_inside))
    total = 0.0
    for n in range(listed):
        p = covered[n]
        for c in range(3):
            color, wanted = np.float64(blended[p, c]), np.float64(truth[p, c])
            # A little below 0 where shares add up to more than 1.
            tone = np.sqrt((color if color >= 0 else 0.0) + TONE)
            wanted_tone = np.sqrt(wanted + TONE)
            error = tone - wanted_tone
            empty = np.sqrt(TONE) - wanted_tone
            soft = np.sqrt(error * error + SOFT)
            total += scales[0] * (soft - np.sqrt(empty * empty + SOFT))
            slope = scales[0] * error / soft * 0.5 / tone
            blended[p, c] = slope if color >= 0 else 0.0
        alpha, wanted = np.float64(blended[p, 3]), np.float64(truth[p, 3])
        total += scales[1] * ((alpha - wanted) * (alpha - wanted) - wanted * wanted)
        blended[p, 3] = scales[1] * 2 * (alpha - wanted)
    loss[0] = total


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
        grad: (H * W, 4) of `compare`.
        size: (2,) width and height.
        first: row.
        last: one beyond the last row.
        covered: (P,) pixels.
        weights: (P, 2).
        pairs: (C,) of `crossings`.
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
