"""Kernels: projection, visibility, barycentrics and their gradient, one image at a time.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# A triangle with a corner at or behind the eye, in clip units, is not drawn.
SMALLEST_W: Final = 1e-6

# Corners farther out than this, in 1/256 pixel, would overflow 64-bit edge functions.
FIXED_LIMIT: Final = 2**29

# Marks a corner that can't be drawn, in fixed-point coordinates.
NOWHERE: Final = -(2**31)

# Coverage is decided on corners snapped to 1/256 pixel, barycentrics come from the corners
# themselves, so a pixel's center may lie outside by a hair. Where one is below -LOOSE the triangle
# is thinner than that hair: its weights are clamped and carry no gradient.
LOOSE: Final = 0.5


@njit(cache=True, nogil=True)
def project(clip: Array, width: int, height: int, screen: Array, fixed: Array) -> None:
    """Screen (V, 3) float64: x, y in pixels, z/w; and (V, 2) int32 in 1/256 pixel or NOWHERE."""
    for v in range(clip.shape[0]):
        x, y = np.float64(clip[v, 0]), np.float64(clip[v, 1])
        z, w = np.float64(clip[v, 2]), np.float64(clip[v, 3])
        fixed[v, 0] = NOWHERE
        if not w > SMALLEST_W:
            continue
        screen[v, 0] = (x / w + 1) * 0.5 * width
        screen[v, 1] = (1 - y / w) * 0.5 * height
        screen[v, 2] = z / w
        fixed_x = np.floor(screen[v, 0] * 256 + 0.5)
        fixed_y = np.floor(screen[v, 1] * 256 + 0.5)
        if abs(fixed_x) <= FIXED_LIMIT and abs(fixed_y) <= FIXED_LIMIT and np.isfinite(z / w):
            fixed[v, 0] = np.int32(fixed_x)
            fixed[v, 1] = np.int32(fixed_y)


@njit(cache=True, nogil=True)
def face(fixed: Array, screen: Array, faces: Array, facing: Array) -> None:
    """Which way triangles face: 1 and 2 are the two sides, 0 can't be drawn. (F,) int8."""
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        facing[f] = 0
        if fixed[a, 0] == NOWHERE or fixed[b, 0] == NOWHERE or fixed[c, 0] == NOWHERE:
            continue
        area = (screen[b, 0] - screen[a, 0]) * (screen[c, 1] - screen[a, 1])
        area -= (screen[b, 1] - screen[a, 1]) * (screen[c, 0] - screen[a, 0])
        facing[f] = 1 if area > 0 else 2


@njit(cache=True, nogil=True)
def see(
    fixed: Array, screen: Array, faces: Array, first: int, last: int, triangle: Array, depth: Array
) -> None:
    """Fill rows first to last of one image with the nearest triangle and its depth."""
    width = triangle.shape[1]
    triangle[first:last] = -1
    depth[first:last] = 1
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, bx, cx = int(fixed[a, 0]), int(fixed[b, 0]), int(fixed[c, 0])
        if min(ax, bx, cx) == NOWHERE:
            continue
        ay, by, cy = int(fixed[a, 1]), int(fixed[b, 1]), int(fixed[c, 1])
        # The pixels whose centers, 128/256 in, lie within the bounds.
        top = max(first, (min(ay, by, cy) + 127) >> 8)
        bottom = min(last - 1, (max(ay, by, cy) - 128) >> 8)
        if top > bottom:
            continue
        left = max(0, (min(ax, bx, cx) + 127) >> 8)
        right = min(width - 1, (max(ax, bx, cx) - 128) >> 8)
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if left > right or area == 0:
            continue
        if area < 0:
            b, c = c, b
            bx, by, cx, cy = cx, cy, bx, by
        x0, y0 = (left << 8) + 128, (top << 8) + 128
        # Edge functions, at least 0 inside; a center exactly on an edge belongs to the triangle
        # to its right or below it: elsewhere 1 is taken off.
        dx0, dy0, dx1, dy1, dx2, dy2 = cx - bx, cy - by, ax - cx, ay - cy, bx - ax, by - ay
        row0 = dx0 * (y0 - by) - dy0 * (x0 - bx) - (0 if dy0 < 0 or (dy0 == 0 and dx0 > 0) else 1)
        row1 = dx1 * (y0 - cy) - dy1 * (x0 - cx) - (0 if dy1 < 0 or (dy1 == 0 and dx1 > 0) else 1)
        row2 = dx2 * (y0 - ay) - dy2 * (x0 - ax) - (0 if dy2 < 0 or (dy2 == 0 and dx2 > 0) else 1)
        origin_x, origin_y, origin_z = screen[a, 0], screen[a, 1], screen[a, 2]
        u1, v1, z1 = screen[b, 0] - origin_x, screen[b, 1] - origin_y, screen[b, 2] - origin_z
        u2, v2, z2 = screen[c, 0] - origin_x, screen[c, 1] - origin_y, screen[c, 2] - origin_z
        determinant = u1 * v2 - v1 * u2
        slope_x = slope_y = 0.0
        if determinant != 0:
            slope_x = (z1 * v2 - z2 * v1) / determinant
            slope_y = (z2 * u1 - z1 * u2) / determinant
        # A sliver's plane is steep without meaning: its depth stays between its corners'.
        nearest, farthest = origin_z + min(0.0, z1, z2), origin_z + max(0.0, z1, z2)
        for y in range(top, bottom + 1):
            e0, e1, e2 = row0, row1, row2
            for x in range(left, right + 1):
                if (e0 | e1 | e2) >= 0:
                    plane = slope_x * (x + 0.5 - origin_x) + slope_y * (y + 0.5 - origin_y)
                    z = np.float32(min(max(origin_z + plane, nearest), farthest))
                    if z >= -1 and z < depth[y, x]:
                        depth[y, x] = z
                        triangle[y, x] = f
                e0 -= dy0 << 8
                e1 -= dy1 << 8
                e2 -= dy2 << 8
            row0 += dx0 << 8
            row1 += dx1 << 8
            row2 += dx2 << 8


@njit(cache=True, nogil=True)
def weigh(
    clip: Array, faces: Array, triangle: Array, first: int, last: int, weights: Array
) -> None:
    """Fill rows first to last of one image with barycentrics (H, W, 2)."""
    height, width = triangle.shape
    n = np.zeros((3, 3))
    for y in range(first, last):
        previous = -1
        v = 1 - (y + 0.5) * 2 / height
        for x in range(width):
            f = triangle[y, x]
            if f < 0:
                weights[y, x, 0] = 0
                weights[y, x, 1] = 0
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
            if total == 0:
                weights[y, x, 0] = 1 / 3
                weights[y, x, 1] = 1 / 3
                continue
            b0, b1, b2 = a0 / total, a1 / total, a2 / total
            if min(b0, b1, b2) < -LOOSE:
                b0, b1, b2 = min(max(b0, 0), 1), min(max(b1, 0), 1), min(max(b2, 0), 1)
                total = b0 + b1 + b2
                b0, b1 = b0 / total, b1 / total
            weights[y, x, 0] = b0
            weights[y, x, 1] = b1


@njit(cache=True, nogil=True)
def weigh_backward(
    clip: Array, faces: Array, triangle: Array, grad: Array, first: int, last: int, out: Array
) -> None:
    """Add the gradient (V, 4) of rows first to last of one image to `out`, float64."""
    height, width = triangle.shape
    for y in range(first, last):
        v = 1 - (y + 0.5) * 2 / height
        for x in range(width):
            f = triangle[y, x]
            g0, g1 = np.float64(grad[y, x, 0]), np.float64(grad[y, x, 1])
            if f < 0 or (g0 == 0 and g1 == 0):
                continue
            u = (x + 0.5) * 2 / width - 1
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            x0, y0 = clip[i, 0] - u * clip[i, 3], clip[i, 1] - v * clip[i, 3]
            x1, y1 = clip[j, 0] - u * clip[j, 3], clip[j, 1] - v * clip[j, 3]
            x2, y2 = clip[k, 0] - u * clip[k, 3], clip[k, 1] - v * clip[k, 3]
            a0, a1, a2 = x1 * y2 - y1 * x2, x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
            total = a0 + a1 + a2
            if total == 0:
                continue
            b0, b1, b2 = a0 / total, a1 / total, a2 / total
            if min(b0, b1, b2) < -LOOSE:
                continue
            mean = g0 * b0 + g1 * b1
            g0, g1, g2 = (g0 - mean) / total, (g1 - mean) / total, -mean / total
            gx, gy = g2 * y1 - g1 * y2, g1 * x2 - g2 * x1
            out[i, 0] += gx
            out[i, 1] += gy
            out[i, 3] -= u * gx + v * gy
            gx, gy = g0 * y2 - g2 * y0, g2 * x0 - g0 * x2
            out[j, 0] += gx
            out[j, 1] += gy
            out[j, 3] -= u * gx + v * gy
            gx, gy = g1 * y0 - g0 * y1, g0 * x1 - g1 * x0
            out[k, 0] += gx
            out[k, 1] += gy
            out[k, 3] -= u * gx + v * gy


@njit(cache=True, nogil=True)
def slope(clip: Array, faces: Array, triangle: Array, first: int, last: int, out: Array) -> None:
    """Fill rows first to last of the slopes (H, W, 2, 2) of barycentrics, per pixel right, down."""
    height, width = triangle.shape
    for y in range(first, last):
        v = 1 - (y + 0.5) * 2 / height
        for x in range(width):
            f = triangle[y, x]
            out[y, x] = 0
            if f < 0:
                continue
            u = (x + 0.5) * 2 / width - 1
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            x0, y0 = clip[i, 0] - u * clip[i, 3], clip[i, 1] - v * clip[i, 3]
            x1, y1 = clip[j, 0] - u * clip[j, 3], clip[j, 1] - v * clip[j, 3]
            x2, y2 = clip[k, 0] - u * clip[k, 3], clip[k, 1] - v * clip[k, 3]
            w0, w1, w2 = clip[i, 3], clip[j, 3], clip[k, 3]
            a0, a1, a2 = x1 * y2 - y1 * x2, x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
            total = a0 + a1 + a2
            if total == 0 or min(a0 / total, a1 / total, a2 / total) < -LOOSE:
                continue
            along0, along1, along2 = y1 * w2 - w1 * y2, y2 * w0 - w2 * y0, y0 * w1 - w0 * y1
            up0, up1, up2 = w1 * x2 - x1 * w2, w2 * x0 - x2 * w0, w0 * x1 - x0 * w1
            along, up = along0 + along1 + along2, up0 + up1 + up2
            right, down = 2 / width / total, -2 / height / total
            out[y, x, 0, 0] = (along0 - a0 / total * along) * right
            out[y, x, 0, 1] = (up0 - a0 / total * up) * down
            out[y, x, 1, 0] = (along1 - a1 / total * along) * right
            out[y, x, 1, 1] = (up1 - a1 / total * up) * down


@njit(cache=True, nogil=True)
def slope_backward(
    clip: Array, faces: Array, triangle: Array, grad: Array, first: int, last: int, out: Array
) -> None:
    """Add the gradient (V, 4) of the slopes in rows first to last of one image to `out`, float64.

    Weight k is a_k over the sum of all a; a_k = n_k . (u, v, 1), n_k the cross product of the two
    other corners (x, y, w). So its slope along u is (n_k.x - b_k * sum of all n.x) / sum of all a.
    """
    height, width = triangle.shape
    corner, normal, to_normal = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))
    b, to_b, h = np.zeros(3), np.zeros(3), np.zeros((3, 2))
    for y in range(first, last):
        v = 1 - (y + 0.5) * 2 / height
        for x in range(width):
            f = triangle[y, x]
            if f < 0 or not grad[y, x].any():
                continue
            u = (x + 0.5) * 2 / width - 1
            for k in range(3):
                i = faces[f, k]
                corner[k, 0] = clip[i, 0] - u * clip[i, 3]
                corner[k, 1] = clip[i, 1] - v * clip[i, 3]
                corner[k, 2] = clip[i, 3]
            for k in range(3):
                cross_of(corner[k - 2], corner[k - 1], normal[k])
            along, up, total = normal[:, 0].sum(), normal[:, 1].sum(), normal[:, 2].sum()
            if total == 0:
                continue
            for k in range(3):
                b[k] = normal[k, 2] / total
            if b.min() < -LOOSE:
                continue
            mean_along = mean_up = mean = slopes = 0.0
            for k in range(2):
                h[k, 0] = grad[y, x, k, 0] * 2 / width / total
                h[k, 1] = -grad[y, x, k, 1] * 2 / height / total
                to_b[k] = -(h[k, 0] * along + h[k, 1] * up)
                mean_along += h[k, 0] * b[k]
                mean_up += h[k, 1] * b[k]
                mean += to_b[k] * b[k]
                slopes += h[k, 0] * (normal[k, 0] - b[k] * along)
                slopes += h[k, 1] * (normal[k, 1] - b[k] * up)
            for k in range(3):
                to_normal[k, 0] = h[k, 0] - mean_along
                to_normal[k, 1] = h[k, 1] - mean_up
                to_normal[k, 2] = (to_b[k] - mean - slopes) / total
            for k in range(3):
                # Corner k is the second factor of normal m, and the first one of normal n.
                i, m, n = faces[f, k], (k + 1) % 3, (k + 2) % 3
                cross_of(to_normal[m], corner[n], b)
                gx, gy, gw = b[0], b[1], b[2]
                cross_of(corner[m], to_normal[n], b)
                gx, gy, gw = gx + b[0], gy + b[1], gw + b[2]
                out[i, 0] += gx
                out[i, 1] += gy
                out[i, 3] += gw - u * gx - v * gy


@njit(cache=True, nogil=True)
def cross_of(a: Array, b: Array, out: Array) -> None:
    """Fill the cross product (3,)."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]
