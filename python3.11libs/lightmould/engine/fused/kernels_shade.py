"""Kernels: what textured points look like, how far that is off, and every gradient, in one pass."""

from typing import Any, TypeAlias

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

Number: TypeAlias = Any

# Columns of a point.
U, V, NORMAL, TANGENT, HANDEDNESS, EYE, TRUTH, OPEN = 0, 1, 2, 5, 8, 9, 12, 15

KD, ROUGHNESS, METALLIC, SLOPE, OCCLUSION = 0, 3, 4, 5, 7
# Channels of the texture.

TONE = np.float32(1e-3)

FAST = {"reassoc", "contract", "arcp", "nsz"}
# Not nnan and ninf: what is not a number has to stay so, for the guard to see it.


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def straddle(place: Number, size: int) -> tuple[int, Number]:
    """The texel before a place along an axis of `size` texels, and the weight of the next."""
    if place <= 0:
        return 0, np.float32(0)
    first = min(int(place), size - 2)
    return first, min(np.float32(place - first), np.float32(1))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def fold(x: Number, y: Number, z: Number) -> tuple[Number, Number]:
    """Where a direction lies on the unfolded octahedron, -1 to 1 each way."""
    scale = np.float32(1) / (abs(x) + abs(y) + abs(z))
    u, v = x * scale, z * scale
    if y < 0:
        a = np.float32(1) - abs(v)
        b = np.float32(1) - abs(u)
        u = a if u >= 0 else -a
        v = b if v >= 0 else -b
    return u, v


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def fold_backward(
    x: Number, y: Number, z: Number, grad_u: Number, grad_v: Number
) -> tuple[Number, Number, Number]:
    """The gradient of a direction from that of its place."""
    scale = np.float32(1) / (abs(x) + abs(y) + abs(z))
    u, v = x * scale, z * scale
    if y < 0:
        sign = np.float32(-1) if (u >= 0) == (v >= 0) else np.float32(1)
        grad_u, grad_v = sign * grad_v, sign * grad_u
    along = grad_u * u + grad_v * v
    sx = np.float32(1) if x >= 0 else np.float32(-1)
    sy = np.float32(1) if y >= 0 else np.float32(-1)
    sz = np.float32(1) if z >= 0 else np.float32(-1)
    return (grad_u - along * sx) * scale, -along * sy * scale, (grad_v - along * sz) * scale


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def shade(
    points: Array, texture: Array, light: Array, table: Array, first: int, last: int, out: Array
) -> None:
    """Fill the radiance (P, 3) of points first to last, toward the eye."""
    size, side = texture.shape[0], light.shape[1] - 2
    levels, half = light.shape[0] - 1, np.float32(0.5)
    texel = np.zeros(8, np.float32)
    one, two = np.float32(1), np.float32(2)
    for p in range(first, last):
        i, s = straddle(points[p, U] * size - half, size)
        j, t = straddle((one - points[p, V]) * size - half, size)
        a, b, c, d = (one - s) * (one - t), s * (one - t), (one - s) * t, s * t
        for k in range(8):
            texel[k] = (
                a * texture[j, i, k]
                + b * texture[j, i + 1, k]
                + c * texture[j + 1, i, k]
                + d * texture[j + 1, i + 1, k]
            )
        nx, ny, nz = points[p, NORMAL], points[p, NORMAL + 1], points[p, NORMAL + 2]
        tx, ty, tz = points[p, TANGENT], points[p, TANGENT + 1], points[p, TANGENT + 2]
        hand = points[p, HANDEDNESS]
        bx = hand * (ny * tz - nz * ty)
        by = hand * (nz * tx - nx * tz)
        bz = hand * (nx * ty - ny * tx)
        mx = nx + texel[SLOPE] * tx + texel[SLOPE + 1] * bx
        my = ny + texel[SLOPE] * ty + texel[SLOPE + 1] * by
        mz = nz + texel[SLOPE] * tz + texel[SLOPE + 1] * bz
        inverse = one / np.sqrt(mx * mx + my * my + mz * mz)
        mx, my, mz = mx * inverse, my * inverse, mz * inverse
        ex, ey, ez = points[p, EYE], points[p, EYE + 1], points[p, EYE + 2]
        cosine = mx * ex + my * ey + mz * ez
        u, v = fold(mx, my, mz)
        i, s = straddle((u * half + half) * side + half, side + 2)
        j, t = straddle((v * half + half) * side + half, side + 2)
        a, b, c, d = (one - s) * (one - t), s * (one - t), (one - s) * t, s * t
        u, v = fold(two * cosine * mx - ex, two * cosine * my - ey, two * cosine * mz - ez)
        g, q = straddle((u * half + half) * side + half, side + 2)
        h, r = straddle((v * half + half) * side + half, side + 2)
        e, f, m, n = (one - q) * (one - r), q * (one - r), (one - q) * r, q * r
        level, share = straddle(texel[ROUGHNESS] * (levels - 1), levels)
        facing = min(max(cosine, np.float32(0)), one)
        column, w = straddle(facing * table.shape[1] - half, table.shape[1])
        row, y = straddle(texel[ROUGHNESS] * table.shape[0] - half, table.shape[0])
        scale = (one - y) * ((one - w) * table[row, column, 0] + w * table[row, column + 1, 0])
        scale += y * ((one - w) * table[row + 1, column, 0] + w * table[row + 1, column + 1, 0])
        bias = (one - y) * ((one - w) * table[row, column, 1] + w * table[row, column + 1, 1])
        bias += y * ((one - w) * table[row + 1, column, 1] + w * table[row + 1, column + 1, 1])
        metal = texel[METALLIC]
        under = one - (np.float32(0.04) * scale + bias)
        matte = (one - metal) * (one - texel[OCCLUSION]) * under
        near, far = light[level + 1], light[level + 2]
        free = points[p, OPEN]
        for k in range(3):
            diffuse = (
                a * light[0, j, i, k]
                + b * light[0, j, i + 1, k]
                + c * light[0, j + 1, i, k]
                + d * light[0, j + 1, i + 1, k]
            )
            sharp = e * near[h, g, k] + f * near[h, g + 1, k]
            sharp += m * near[h + 1, g, k] + n * near[h + 1, g + 1, k]
            blunt = e * far[h, g, k] + f * far[h, g + 1, k]
            blunt += m * far[h + 1, g, k] + n * far[h + 1, g + 1, k]
            glossy = sharp + share * (blunt - sharp)
            # What hides the light looks much like the point itself.
            glossy = free * glossy + (one - free) * texel[k] * diffuse
            f0 = np.float32(0.04) * (one - metal) + texel[k] * metal
            out[p, k] = texel[k] * matte * diffuse + glossy * (f0 * scale + bias)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def shade_backward(
    points: Array,
    texture: Array,
    light: Array,
    table: Array,
    softness: Number,
    first: int,
    last: int,
    step: int,
    grad_texture: Array,
    grad_light: Array,
    loss: Array,
) -> None:
    """Add up the loss of every `step`-th point from first to last, and its gradients.

    A point's loss is sqrt(d^2 + softness) - sqrt(softness), summed over colors, d being the
    difference on a square-root tone curve.
    """
    size, side = texture.shape[0], light.shape[1] - 2
    levels, half = light.shape[0] - 1, np.float32(0.5)
    texel, grad = np.zeros(8, np.float32), np.zeros(8, np.float32)
    one, two, zero = np.float32(1), np.float32(2), np.float32(0)
    soft = np.float32(softness)
    floor = np.sqrt(soft)
    total = 0.0
    for p in range(first, last, step):
        i, s = straddle(points[p, U] * size - half, size)
        j, t = straddle((one - points[p, V]) * size - half, size)
        a, b, c, d = (one - s) * (one - t), s * (one - t), (one - s) * t, s * t
        for k in range(8):
            texel[k] = (
                a * texture[j, i, k]
                + b * texture[j, i + 1, k]
                + c * texture[j + 1, i, k]
                + d * texture[j + 1, i + 1, k]
            )
            grad[k] = zero
        nx, ny, nz = points[p, NORMAL], points[p, NORMAL + 1], points[p, NORMAL + 2]
        tx, ty, tz = points[p, TANGENT], points[p, TANGENT + 1], points[p, TANGENT + 2]
        hand = points[p, HANDEDNESS]
        bx = hand * (ny * tz - nz * ty)
        by = hand * (nz * tx - nx * tz)
        bz = hand * (nx * ty - ny * tx)
        mx = nx + texel[SLOPE] * tx + texel[SLOPE + 1] * bx
        my = ny + texel[SLOPE] * ty + texel[SLOPE + 1] * by
        mz = nz + texel[SLOPE] * tz + texel[SLOPE + 1] * bz
        inverse = one / np.sqrt(mx * mx + my * my + mz * mz)
        mx, my, mz = mx * inverse, my * inverse, mz * inverse
        ex, ey, ez = points[p, EYE], points[p, EYE + 1], points[p, EYE + 2]
        cosine = mx * ex + my * ey + mz * ez
        u, v = fold(mx, my, mz)
        di, ds = straddle((u * half + half) * side + half, side + 2)
        dj, dt = straddle((v * half + half) * side + half, side + 2)
        rx, ry, rz = two * cosine * mx - ex, two * cosine * my - ey, two * cosine * mz - ez
        u, v = fold(rx, ry, rz)
        g, q = straddle((u * half + half) * side + half, side + 2)
        h, r = straddle((v * half + half) * side + half, side + 2)
        e, f, m, n = (one - q) * (one - r), q * (one - r), (one - q) * r, q * r
        level, share = straddle(texel[ROUGHNESS] * (levels - 1), levels)
        facing = min(max(cosine, zero), one)
        column, w = straddle(facing * table.shape[1] - half, table.shape[1])
        row, y = straddle(texel[ROUGHNESS] * table.shape[0] - half, table.shape[0])
        s00, s01 = table[row, column, 0], table[row, column + 1, 0]
        s10, s11 = table[row + 1, column, 0], table[row + 1, column + 1, 0]
        b00, b01 = table[row, column, 1], table[row, column + 1, 1]
        b10, b11 = table[row + 1, column, 1], table[row + 1, column + 1, 1]
        scale = (one - y) * ((one - w) * s00 + w * s01) + y * ((one - w) * s10 + w * s11)
        bias = (one - y) * ((one - w) * b00 + w * b01) + y * ((one - w) * b10 + w * b11)
        # What the clear surface above reflects, the paint below does not get.
        under = one - (np.float32(0.04) * scale + bias)
        metal, shadow = texel[METALLIC], one - texel[OCCLUSION]
        matte = (one - metal) * shadow * under
        near, far = light[level + 1], light[level + 2]
        grad_near, grad_far = grad_light[level + 1], grad_light[level + 2]
        free = points[p, OPEN]
        hidden = one - free
        du, dv, gu, gv = zero, zero, zero, zero
        grad_scale, grad_bias, grad_share = zero, zero, zero
        for k in range(3):
            l00, l01 = light[0, dj, di, k], light[0, dj, di + 1, k]
            l10, l11 = light[0, dj + 1, di, k], light[0, dj + 1, di + 1, k]
            diffuse = (one - dt) * ((one - ds) * l00 + ds * l01)
            diffuse += dt * ((one - ds) * l10 + ds * l11)
            n00, n01 = near[h, g, k], near[h, g + 1, k]
            n10, n11 = near[h + 1, g, k], near[h + 1, g + 1, k]
            sharp = e * n00 + f * n01 + m * n10 + n * n11
            f00, f01 = far[h, g, k], far[h, g + 1, k]
            f10, f11 = far[h + 1, g, k], far[h + 1, g + 1, k]
            blunt = e * f00 + f * f01 + m * f10 + n * f11
            albedo = texel[k]
            glossy = free * (sharp + share * (blunt - sharp)) + hidden * albedo * diffuse
            f0 = np.float32(0.04) * (one - metal) + albedo * metal
            mirror = f0 * scale + bias
            color = albedo * matte * diffuse + glossy * mirror
            truth = points[p, TRUTH + k]
            if truth >= np.float32(0.999) and color > truth:
                continue  # a picture ends at white; how much brighter it was, nobody knows
            curve = np.sqrt(max(color, zero) + TONE)
            off = curve - np.sqrt(truth + TONE)
            root = np.sqrt(off * off + soft)
            total += root - floor
            back = off / root * half / curve
            grad[k] += back * ((matte + hidden * mirror) * diffuse + glossy * scale * metal)
            grad[METALLIC] += back * (
                glossy * scale * (albedo - np.float32(0.04)) - albedo * shadow * under * diffuse
            )
            lost = albedo * (one - metal) * shadow * diffuse
            grad_scale += back * (glossy * f0 - np.float32(0.04) * lost)
            grad_bias += back * (glossy - lost)
            dull = back * albedo * (matte + hidden * mirror)
            grad_light[0, dj, di, k] += dull * (one - ds) * (one - dt)
            grad_light[0, dj, di + 1, k] += dull * ds * (one - dt)
            grad_light[0, dj + 1, di, k] += dull * (one - ds) * dt
            grad_light[0, dj + 1, di + 1, k] += dull * ds * dt
            du += dull * ((one - dt) * (l01 - l00) + dt * (l11 - l10))
            dv += dull * ((one - ds) * (l10 - l00) + ds * (l11 - l01))
            shiny = back * mirror * free
            grad_share += shiny * (blunt - sharp)
            low, high = shiny * (one - share), shiny * share
            grad_near[h, g, k] += low * e
            grad_near[h, g + 1, k] += low * f
            grad_near[h + 1, g, k] += low * m
            grad_near[h + 1, g + 1, k] += low * n
            grad_far[h, g, k] += high * e
            grad_far[h, g + 1, k] += high * f
            grad_far[h + 1, g, k] += high * m
            grad_far[h + 1, g + 1, k] += high * n
            gu += low * ((one - r) * (n01 - n00) + r * (n11 - n10))
            gu += high * ((one - r) * (f01 - f00) + r * (f11 - f10))
            gv += low * ((one - q) * (n10 - n00) + q * (n11 - n01))
            gv += high * ((one - q) * (f10 - f00) + q * (f11 - f01))
        rows, columns = table.shape[0], table.shape[1]
        by_row = grad_scale * ((one - w) * (s10 - s00) + w * (s11 - s01))
        by_row += grad_bias * ((one - w) * (b10 - b00) + w * (b11 - b01))
        grad[ROUGHNESS] = grad_share * (levels - 1)
        if zero < y < one:
            grad[ROUGHNESS] += by_row * rows
        by_column = grad_scale * ((one - y) * (s01 - s00) + y * (s11 - s10))
        by_column += grad_bias * ((one - y) * (b01 - b00) + y * (b11 - b10))
        inward = half * side
        ax, ay, az = fold_backward(rx, ry, rz, gu * inward, gv * inward)
        dx, dy, dz = fold_backward(mx, my, mz, du * inward, dv * inward)
        along = two * (ax * mx + ay * my + az * mz)
        if zero < cosine < one and zero < w < one:
            along += by_column * columns
        dx += two * cosine * ax + along * ex
        dy += two * cosine * ay + along * ey
        dz += two * cosine * az + along * ez
        outward = dx * mx + dy * my + dz * mz
        dx = (dx - outward * mx) * inverse
        dy = (dy - outward * my) * inverse
        dz = (dz - outward * mz) * inverse
        grad[SLOPE] = dx * tx + dy * ty + dz * tz
        grad[SLOPE + 1] = dx * bx + dy * by + dz * bz
        for k in range(7):
            grad_texture[j, i, k] += a * grad[k]
            grad_texture[j, i + 1, k] += b * grad[k]
            grad_texture[j + 1, i, k] += c * grad[k]
            grad_texture[j + 1, i + 1, k] += d * grad[k]
    loss[0] += total
