"""Kernels: where contours and colors want a surface to be.

One image at a time; displacements are pixels along the vertices' normals.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# Pixels on either side of a crossing that its contour must lie in; half of it where parts are thin.
REACH: Final = 2

# Coverages up to which a pixel is empty, and from which on it is full.
EMPTY: Final = 0.02
FULL: Final = 0.98

# Of the angle between normal and view: colors seen at a more slanting angle say nothing.
LEAST_COSINE: Final = 0.3

# As in engine.flat.
TONE: Final = 1e-3


@njit(cache=True, nogil=True)
def drift(
    clip: Array, normals: Array, matrix: Array, scale: float, size: Array, motion: Array
) -> None:
    """How the projections of vertices move.

    Args:
        clip: (V, 4).
        normals: (V, 3) unit.
        matrix: (4, 4) clip_from_world.
        scale: pixels per metre, which makes all displacements pixels.
        size: (2,) width and height.
        motion: (V, 2), filled: pixels right and down, per pixel along the normal.
    """
    m = matrix
    for v in range(len(normals)):
        x, y, z = normals[v, 0], normals[v, 1], normals[v, 2]
        w = np.float64(clip[v, 3])
        by_w = m[3, 0] * x + m[3, 1] * y + m[3, 2] * z
        by_x = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z - clip[v, 0] / w * by_w
        by_y = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z - clip[v, 1] / w * by_w
        motion[v, 0] = by_x / w * size[0] / 2 / scale
        motion[v, 1] = -by_y / w * size[1] / 2 / scale


@njit(cache=True, nogil=True)
def measure(
    screen: Array,
    triangle: Array,
    alpha: Array,
    motion: Array,
    pairs: Array,
    edges: Array,
    offsets: Array,
    count: Array,
    corners: Array,
    rows: Array,
    found: Array,
) -> None:
    """How far each crossing of the outline is from the contour of the mask, along its axis.

    The coverage that lies on a line through a straight contour is where the contour crosses the
    middle of that line, exactly; a single pixel's tells so only while the contour stays in it.

    Args:
        screen: (V, 3) pixels.
        triangle: (H, W).
        alpha: (H, W) of the mask.
        motion: (V, 2) of `drift`.
        pairs: (C,) 2 * pixel + axis of the left or upper pixel.
        edges: (C, 2) corners of the outline's edges.
        offsets: (C,) pixels from the border of the two, positive towards the next.
        count: (1,) crossings.
        corners: (C, 2) int32, filled with the edge's corners.
        rows: (C, 3), filled: pixels of the crossing per pixel of each corner; pixels missing.
        found: (1,), filled: how many could be measured.
    """
    height, width = triangle.shape
    n = 0
    for c in range(count[0]):
        axis, pixel = pairs[c] & 1, pairs[c] >> 1
        y, x = pixel // width, pixel % width
        inside = triangle[y, x] >= 0
        if inside == (triangle[y + axis, x + 1 - axis] >= 0):
            continue
        at, limit = (x, width) if axis == 0 else (y, height)
        truth = np.nan
        for reach in range(REACH, 0, -1):
            low, high = at - reach, at + 1 + reach
            if low < 0 or high >= limit:
                continue
            covered = 0.0
            for k in range(low, high + 1):
                covered += alpha[y, k] if axis == 0 else alpha[k, x]
            first = alpha[y, low] if axis == 0 else alpha[low, x]
            last = alpha[y, high] if axis == 0 else alpha[high, x]
            if not inside:
                first, last = last, first
            # Else there is another contour in reach, and nobody knows which one is meant.
            if first >= FULL and last <= EMPTY:
                truth = low + covered if inside else high + 1 - covered
                break
        if np.isnan(truth):
            continue
        i, j = edges[c, 0], edges[c, 1]
        other, line = 1 - axis, (y if axis == 0 else x) + 0.5
        share = (screen[i, other] - line) / (screen[i, other] - screen[j, other])
        lean = (screen[j, axis] - screen[i, axis]) / (screen[j, other] - screen[i, other])
        corners[n, 0], corners[n, 1] = i, j
        rows[n, 0] = (1 - share) * (motion[i, axis] - lean * motion[i, other])
        rows[n, 1] = share * (motion[j, axis] - lean * motion[j, other])
        rows[n, 2] = truth - (at + 1 + offsets[c])
        n += 1
    found[0] = n


@njit(cache=True, nogil=True)
def witness(
    positions: Array,
    normals: Array,
    eye: Array,
    screen: Array,
    triangle: Array,
    depth: Array,
    motion: Array,
    color: Array,
    slack: Array,
    sums: Array,
) -> None:
    """Add what one picture shows at the vertices it sees, and how that changes as they move.

    Args:
        positions: (V, 3) metres.
        normals: (V, 3) unit.
        eye: (3,) the camera, metres.
        screen: (V, 3) pixels, z/w.
        triangle: (H, W).
        depth: (H, W) z/w.
        motion: (V, 2) of `drift`.
        color: (H, W, 3) linear.
        slack: (V,) of z/w that a vertex may be off what the picture shows there.
        sums: (V, 9), added to: weight; weighted tones t (3) and their slopes g (3); g.g; g.t.
    """
    height, width = triangle.shape
    for v in range(len(positions)):
        x, y, z = eye[0] - positions[v, 0], eye[1] - positions[v, 1], eye[2] - positions[v, 2]
        cosine = x * normals[v, 0] + y * normals[v, 1] + z * normals[v, 2]
        cosine /= np.sqrt(x * x + y * y + z * z)
        across, down = screen[v, 0] - 0.5, screen[v, 1] - 0.5
        if not (cosine > LEAST_COSINE and 1 <= across < width - 2 and 1 <= down < height - 2):
            continue
        i, j = int(across), int(down)
        whole = True
        for b in range(j - 1, j + 3):
            for a in range(i - 1, i + 3):
                whole = whole and triangle[b, a] >= 0
        if not whole:
            continue
        s, t = across - i, down - j
        near = (1 - s) * depth[j, i] + s * depth[j, i + 1]
        far = (1 - s) * depth[j + 1, i] + s * depth[j + 1, i + 1]
        if abs(screen[v, 2] - (1 - t) * near - t * far) > slack[v]:
            continue
        sums[v, 0] += cosine
        for c in range(3):
            value = slope_x = slope_y = 0.0
            for b in range(2):
                for a in range(2):
                    share = (s if a else 1 - s) * (t if b else 1 - t)
                    value += share * color[j + b, i + a, c]
                    slope_x += share * (color[j + b, i + a + 1, c] - color[j + b, i + a - 1, c])
                    slope_y += share * (color[j + b + 1, i + a, c] - color[j + b - 1, i + a, c])
            tone = np.sqrt(max(value, 0.0) + TONE)
            # Half for the central difference, half for the square root.
            slope = (slope_x * motion[v, 0] + slope_y * motion[v, 1]) * 0.25 / tone
            sums[v, 1 + c] += cosine * tone
            sums[v, 4 + c] += cosine * slope
            sums[v, 7] += cosine * slope * slope
            sums[v, 8] += cosine * slope * tone
