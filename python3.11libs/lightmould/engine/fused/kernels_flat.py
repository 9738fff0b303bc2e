"""Kernels: pictures of a flat mesh and their difference from the truth.

One image or one band of its rows at a time; only pixels that a list names are touched. The way back
is in `kernels_flat_backward`.
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
