"""Kernels: what the pixels of a drawn scene look like.

A few hundred pixels of a row are shaded at once, in steps: what must look things up does nothing
else, and what only computes is a plain loop over neighbors in memory, which becomes the vector
instructions of the processor. Indices without a sign are not checked for wrapping around.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array
from lightmould.raster.surfaces import Paint, Pictures, Surfaces

# Pixels that are shaded at once: what is known of them fits the processor's first cache.
BLOCK: Final = 256

# Where the properties of a block begin in its two arrays.
NX, NY, NZ, U, V, AREA, RAY, RED, GREEN, BLUE, LIGHT = (np.uintp(k * BLOCK) for k in range(11))
X, MATERIAL, FIRST, WIDTH, HEIGHT, FOURTH, S, T, BOTH = (np.uintp(k * BLOCK) for k in range(9))
R, G, B = FIRST, WIDTH, HEIGHT  # once they have been used

# Of `Paint.texels`.
MASK: Final = (1 << 21) - 1
BRIGHTEST: Final = np.float32(8191 * 256)

# Numba turns numbers of 32 bits and those of Python's into wider ones.
ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
QUARTER: Final = np.float32(0.25)
TINY: Final = np.float32(1e-30)
MIDDLE: Final = np.float32(127.5)
WHITE: Final = np.float32(128)  # 127.5 and what rounding needs
SHARES: Final = np.float32(256)
CENTER: Final = np.float32(128.5)  # half a texel, and what rounding needs
I0, I1, I8, I128, I255 = np.int32(0), np.int32(1), np.int32(8), np.int32(128), np.int32(255)
NEXT: Final = np.uintp(1)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def resolve(
    surfaces: Surfaces,
    paint: Paint,
    eye: Array,
    lens: Array,
    turn: Array,
    lit: bool,
    seen: Array,
    first: int,
    last: int,
    object_of: Array,
    scale: float,
    out: Pictures,
) -> None:
    """Fill the pixels of rows first to last where a triangle is seen.

    The level of a color map is the one whose texels have the area of the pixel there, nearest; its
    texels are mixed by shares of 256, as graphics hardware does.

    Args:
        surfaces: the scene.
        paint: of its materials.
        eye: (V, 3) float64 corners: x right, y up, depth.
        lens: (8,) float64 width, height, fx, fy, cx, cy, near, far.
        turn: (3, 3) float64, from the camera's axes (right, up, back) to those of normals.
        lit: whether color is shaded by a light at the camera.
        seen: (H, W) int32 triangles; others are left alone.
        first: row.
        last: one beyond the last row.
        object_of: (F and more,) uint16, each triangle's object.
        scale: of coded depth, a metre.
        out: what is filled.
    """
    reals, wholes = np.zeros(11 * BLOCK, np.float32), np.zeros(9 * BLOCK, np.int32)
    mixed = np.zeros(BLOCK, np.int64)
    wants_color = out.color.shape[0] > 0
    wants_normal = out.normal.shape[0] > 0 or out.normal_code.shape[0] > 0
    for y in range(first, last):
        row = np.uintp(y)
        for x in range(0, seen.shape[1], BLOCK):
            stop = min(x + BLOCK, seen.shape[1])
            count = meet(
                surfaces, paint, eye, lens, seen, y, x, stop, object_of, scale, out, reals, wholes
            )
            if count == 0 or not (wants_color or wants_normal):
                continue
            face(count, turn, np.float32((lens[5] - y - 0.5) / lens[3]), lit, reals, wholes)
            if wants_normal:
                keep_normals(count, row, reals, wholes, out.normal, out.normal_code)
            if wants_color:
                choose(count, paint, reals, wholes)
                surround(count, reals, wholes)
                mix(count, paint.texels, wholes, mixed)
                tone(count, mixed, np.float32(surfaces.encoded.shape[0] - 1), reals, wholes)
                keep_colors(count, row, wholes, surfaces.encoded, out.color)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def meet(
    surfaces: Surfaces,
    paint: Paint,
    eye: Array,
    lens: Array,
    seen: Array,
    y: int,
    begin: int,
    stop: int,
    object_of: Array,
    scale: float,
    out: Pictures,
    reals: Array,
    wholes: Array,
) -> np.uintp:
    """Where rays of a row meet their triangles' planes; returns how many pixels see one.

    Fills depth, uv and id; and of the block: normals not of unit length, uvs, the first level's
    texels under a pixel, rays, vertex colors, columns and materials.
    """
    faces, normals, uvs, colors = surfaces.faces, surfaces.normals, surfaces.uvs, surfaces.colors
    depth, uv, depth_code, number = out.depth, out.uv, out.depth_code, out.id
    has_uvs, has_colors = surfaces.face_uvs.shape[0] > 0, colors.shape[0] > 0
    wants_depth, codes_depth = depth.shape[0] > 0, depth_code.shape[0] > 0
    wants_uv, wants_id = uv.shape[0] > 0, number.shape[0] > 0
    count, before, row = np.uintp(0), -1, np.uintp(y)
    u0 = v0 = u1 = v1 = u2 = v2 = ZERO
    red = green = blue = ONE
    ray_y, per_pixel, to_center = (lens[5] - y - 0.5) / lens[3], 1 / lens[2], 0.5 - lens[4]
    for place in range(begin, stop):
        x = np.uintp(place)
        owner = seen[row, x]
        if owner < 0 or owner >= faces.shape[0]:
            continue
        f = np.uintp(owner)
        if owner != before:  # the same holds for all its pixels of this row
            before = owner
            a, b, c = np.uintp(faces[f, 0]), np.uintp(faces[f, 1]), np.uintp(faces[f, 2])
            ax, ay, az = eye[a, 0], eye[a, 1], eye[a, 2]
            bx, by, bz = eye[b, 0], eye[b, 1], eye[b, 2]
            cx, cy, cz = eye[c, 0], eye[c, 1], eye[c, 2]
            # Barycentric k, times the sum of all three, is wkx times a ray's x and wky.
            w0x, w0y = by * cz - bz * cy, (bz * cx - bx * cz) * ray_y + (bx * cy - by * cx)
            w1x, w1y = cy * az - cz * ay, (cz * ax - cx * az) * ray_y + (cx * ay - cy * ax)
            w2x, w2y = ay * bz - az * by, (az * bx - ax * bz) * ray_y + (ax * by - ay * bx)
            volume = w0x * ax + (bz * cx - bx * cz) * ay + (bx * cy - by * cx) * az
            nearest, farthest = min(az, bz, cz), max(az, bz, cz)
            side = -ONE if volume < 0 else ONE  # is it seen from behind?
            i, j, k = surfaces.face_normals[f]
            i, j, k = np.uintp(i), np.uintp(j), np.uintp(k)
            n0x, n0y, n0z = normals[i, 0] * side, normals[i, 1] * side, normals[i, 2] * side
            n1x, n1y, n1z = normals[j, 0] * side, normals[j, 1] * side, normals[j, 2] * side
            n2x, n2y, n2z = normals[k, 0] * side, normals[k, 1] * side, normals[k, 2] * side
            material, texels = surfaces.material[f], 0.0
            if has_uvs:
                i, j, k = surfaces.face_uvs[f]
                i, j, k = np.uintp(i), np.uintp(j), np.uintp(k)
                u0, v0, u1, v1, u2, v2 = (
                    uvs[i, 0],
                    uvs[i, 1],
                    uvs[j, 0],
                    uvs[j, 1],
                    uvs[k, 0],
                    uvs[k, 1],
                )
                # A pixel's area on the plane is depth^3 / (fx fy h), h the distance of the plane
                # from the eye: the volume over twice the triangle's area, which cancels.
                turned = float(u1 - u0) * float(v2 - v0) - float(v1 - v0) * float(u2 - u0)
                level = paint.levels[np.uintp(material), 0]
                texels = abs(turned) * paint.level[level, 1] * paint.level[level, 2]
                texels /= lens[2] * lens[3] * max(abs(volume), 1e-300)
        ray_x = (place + to_center) * per_pixel
        w0, w1, w2 = w0x * ray_x + w0y, w1x * ray_x + w1y, w2x * ray_x + w2y
        total = w0 + w1 + w2
        share = 1 / total if total != 0 else 0.0
        # The plane of a sliver has no meaning beyond its corners.
        distance = min(max(volume * share, nearest), farthest)
        if wants_depth:
            depth[row, x] = distance
        if codes_depth:
            depth_code[row, x] = np.uint16(min(distance * scale + 0.5, 65535.0))
        if wants_id:
            number[row, x] = object_of[f]
        b0 = np.float32(min(max(w0 * share, 0.0), 1.0))
        b1 = np.float32(min(max(w1 * share, 0.0), 1.0))
        b2 = ONE - b0 - b1
        u, v = b0 * u0 + b1 * u1 + b2 * u2, b0 * v0 + b1 * v1 + b2 * v2
        if wants_uv and has_uvs:
            uv[row, x, 0], uv[row, x, 1] = u, v
        if has_colors:
            red = b0 * colors[a, 0] + b1 * colors[b, 0] + b2 * colors[c, 0]
            green = b0 * colors[a, 1] + b1 * colors[b, 1] + b2 * colors[c, 1]
            blue = b0 * colors[a, 2] + b1 * colors[b, 2] + b2 * colors[c, 2]
        reals[NX + count] = b0 * n0x + b1 * n1x + b2 * n2x
        reals[NY + count] = b0 * n0y + b1 * n1y + b2 * n2y
        reals[NZ + count] = b0 * n0z + b1 * n1z + b2 * n2z
        reals[U + count], reals[V + count] = u, v
        reals[AREA + count] = texels * distance * distance * distance
        reals[RAY + count] = ray_x
        reals[RED + count], reals[GREEN + count], reals[BLUE + count] = red, green, blue
        wholes[X + count], wholes[MATERIAL + count] = place, material
        count += NEXT
    return count


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def face(
    count: np.uintp, turn: Array, ray_y: np.float32, lit: bool, reals: Array, wholes: Array
) -> None:
    """Normals become units, and their codes; and what a light at the camera leaves."""
    q0, q1, q2 = np.float32(turn[0, 0]), np.float32(turn[0, 1]), np.float32(turn[0, 2])
    q3, q4, q5 = np.float32(turn[1, 0]), np.float32(turn[1, 1]), np.float32(turn[1, 2])
    q6, q7, q8 = np.float32(turn[2, 0]), np.float32(turn[2, 1]), np.float32(turn[2, 2])
    for k in range(count):
        nx, ny, nz = reals[NX + k], reals[NY + k], reals[NZ + k]
        unit = ONE / np.sqrt(max(nx * nx + ny * ny + nz * nz, TINY))
        nx, ny, nz = nx * unit, ny * unit, nz * unit
        reals[NX + k], reals[NY + k], reals[NZ + k] = nx, ny, nz
        ray_x = reals[RAY + k]
        dx = q0 * ray_x + q1 * ray_y - q2
        dy = q3 * ray_x + q4 * ray_y - q5
        dz = q6 * ray_x + q7 * ray_y - q8
        light = abs(nx * dx + ny * dy + nz * dz) / np.sqrt(dx * dx + dy * dy + dz * dz)
        reals[LIGHT + k] = light if lit else ONE
        wholes[R + k] = np.int32(nx * MIDDLE + WHITE)
        wholes[G + k] = np.int32(ny * MIDDLE + WHITE)
        wholes[B + k] = np.int32(nz * MIDDLE + WHITE)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def keep_normals(
    count: np.uintp, row: np.uintp, reals: Array, wholes: Array, normal: Array, normal_code: Array
) -> None:
    """Write normals, their codes, or both."""
    if normal.shape[0] > 0:
        for k in range(count):
            x = np.uintp(wholes[X + k])
            normal[row, x, 0], normal[row, x, 1] = reals[NX + k], reals[NY + k]
            normal[row, x, 2] = reals[NZ + k]
    if normal_code.shape[0] > 0:
        for k in range(count):
            x = np.uintp(wholes[X + k])
            normal_code[row, x, 0] = np.uint8(wholes[R + k])
            normal_code[row, x, 1] = np.uint8(wholes[G + k])
            normal_code[row, x, 2] = np.uint8(wholes[B + k])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def choose(count: np.uintp, paint: Paint, reals: Array, wholes: Array) -> None:
    """The level of each pixel's color map: the first whose texels are not too fine."""
    for k in range(count):
        material, area = np.uintp(wholes[MATERIAL + k]), reals[AREA + k]
        level, last = paint.levels[material, 0], paint.levels[material, 1]
        while area > TWO and level < last:
            area *= QUARTER
            level += 1
        at = np.uintp(level)
        wholes[FIRST + k] = paint.level[at, 0]
        wholes[WIDTH + k], wholes[HEIGHT + k] = paint.level[at, 1], paint.level[at, 2]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def surround(count: np.uintp, reals: Array, wholes: Array) -> None:
    """The four texels around each uv, where color maps repeat, and its place among them."""
    for k in range(count):
        first, width, height = wholes[FIRST + k], wholes[WIDTH + k], wholes[HEIGHT + k]
        u, v = reals[U + k], reals[V + k]
        across = np.int32((u - np.floor(u)) * np.float32(width) * SHARES + CENTER)
        down = np.int32((ONE - (v - np.floor(v))) * np.float32(height) * SHARES + CENTER)
        right, below = across >> I8, down >> I8
        left = width - I1 if right == I0 else right - I1
        above = height - I1 if below == I0 else below - I1
        right = right - width if right >= width else right
        below = below - height if below >= height else below
        above, below = first + above * width, first + below * width
        s, t = across & I255, down & I255
        wholes[FIRST + k], wholes[WIDTH + k] = above + left, above + right
        wholes[HEIGHT + k], wholes[FOURTH + k] = below + left, below + right
        wholes[S + k], wholes[T + k], wholes[BOTH + k] = s, t, (s * t + I128) >> I8


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def mix(count: np.uintp, texels: Array, wholes: Array, mixed: Array) -> None:
    """The sum of the four, by shares that are 256 together."""
    for k in range(count):
        s, t, both = wholes[S + k], wholes[T + k], wholes[BOTH + k]
        total = texels[np.uintp(wholes[FIRST + k])] * (256 - s - t + both)
        total += texels[np.uintp(wholes[WIDTH + k])] * (s - both)
        total += texels[np.uintp(wholes[HEIGHT + k])] * (t - both)
        total += texels[np.uintp(wholes[FOURTH + k])] * both
        mixed[k] = total


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def tone(count: np.uintp, mixed: Array, steps: np.float32, reals: Array, wholes: Array) -> None:
    """Colors times the light, as steps of the table that encodes them."""
    for k in range(count):
        texel, light = mixed[k], reals[LIGHT + k] * steps / BRIGHTEST
        red = np.float32(np.int32(texel & MASK)) * light * reals[RED + k]
        green = np.float32(np.int32((texel >> 21) & MASK)) * light * reals[GREEN + k]
        blue = np.float32(np.int32(texel >> 42)) * light * reals[BLUE + k]
        wholes[R + k] = np.int32(min(max(red + HALF, ZERO), steps))
        wholes[G + k] = np.int32(min(max(green + HALF, ZERO), steps))
        wholes[B + k] = np.int32(min(max(blue + HALF, ZERO), steps))


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def keep_colors(
    count: np.uintp, row: np.uintp, wholes: Array, encoded: Array, color: Array
) -> None:
    """Write colors."""
    for k in range(count):
        x = np.uintp(wholes[X + k])
        color[row, x, 0] = encoded[np.uintp(wholes[R + k])]
        color[row, x, 1] = encoded[np.uintp(wholes[G + k])]
        color[row, x, 2] = encoded[np.uintp(wholes[B + k])]
