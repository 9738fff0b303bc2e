"""Kernels: what the pixels of a drawn scene look like.

Calls inside the loop over pixels cost as much as what they do, so there are few.

Numba's cache watches a kernel's own file only, so constants and callees live here with it.
"""

from typing import Final, NamedTuple

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array

# Steps of the table that turns linear color into sRGB's 8 bits.
STEPS: Final = 4096

# Numba turns float32 and a number of Python's into float64.
ZERO: Final = np.float32(0)
HALF: Final = np.float32(0.5)
ONE: Final = np.float32(1)
TINY: Final = np.float32(1e-30)
WHOLE: Final = np.float32(STEPS)
BYTE: Final = np.uint32(255)
MIDDLE: Final = np.float32(127.5)
WHITE: Final = np.float32(128)  # 127.5 and what rounding needs


class Surfaces(NamedTuple):
    """What a scene's triangles look like. Nothing of something is an array of no rows.

    Attributes:
        faces: (F, 3) int32 into corners.
        face_normals: (F, 3) int32 into normals.
        normals: (N, 3) float32 unit.
        face_uvs: (F, 3) int32 into uvs, or none.
        uvs: (T, 2) float32.
        colors: (V, 3) float32 linear, of corners, or none.
        material: (F,) int32.
        base: (M, 3) float32 linear.
        levels: (M, 2) int32, first of its color map's levels and how many; 0 if there is no map.
        level: (L, 4) int32 of a level: first texel, width, height, 256 times the encoding.
        texels: (S,) uint32 of all levels, red in the lowest byte, first rows on top.
        decoded: (512,) float32, linear color by encoding and byte.
        encoded: (STEPS + 1,) uint8, sRGB by linear color.
    """

    faces: Array
    face_normals: Array
    normals: Array
    face_uvs: Array
    uvs: Array
    colors: Array
    material: Array
    base: Array
    levels: Array
    level: Array
    texels: Array
    decoded: Array
    encoded: Array


class Pictures(NamedTuple):
    """What is filled where something is seen; one of no rows is not wanted.

    Attributes:
        color: (H, W, 3) uint8 sRGB.
        depth: (H, W) float32 metres along the axis.
        normal: (H, W, 3) float32 unit, towards the camera.
        uv: (H, W, 2) float32.
        depth_code: (H, W) uint16, depth times the scale, rounded; 65535 beyond that.
        normal_code: (H, W, 3) uint8, -1 to 1 as 0 to 255, rounded.
        id: (H, W) uint16, the object's number.
    """

    color: Array
    depth: Array
    normal: Array
    uv: Array
    depth_code: Array
    normal_code: Array
    id: Array


@njit(cache=True, nogil=True)
def resolve(
    surfaces: Surfaces,
    eye: Array,
    lens: Array,
    turn: Array,
    lit: bool,
    seen: Array,
    first: int,
    last: int,
    planes: Array,
    known: Array,
    object_of: Array,
    scale: float,
    out: Pictures,
) -> None:
    """Fill the pixels of rows first to last where a triangle is seen.

    The level of a color map is the one whose texels have the area of the pixel there, nearest.

    Args:
        surfaces: the scene.
        eye: (V, 3) float64 corners: x right, y up, depth.
        lens: (8,) float64 width, height, fx, fy, cx, cy, near, far.
        turn: (3, 3) float64, from the camera's axes (right, up, back) to those of normals.
        lit: whether color is shaded by a light at the camera.
        seen: (H, W) int32 triangles; others are left alone.
        first: row.
        last: one beyond the last row.
        planes: (F, 11) float64 of `lay`, where they are known.
        known: (F,) bool.
        object_of: (F and more,) uint16, each triangle's object.
        scale: of coded depth, a metre.
        out: what is filled.
    """
    faces, corner_normals, normals = surfaces.faces, surfaces.face_normals, surfaces.normals
    corner_uvs, uvs, colors = surfaces.face_uvs, surfaces.uvs, surfaces.colors
    material, base, levels, level = (
        surfaces.material,
        surfaces.base,
        surfaces.levels,
        surfaces.level,
    )
    texels, decoded, encoded = surfaces.texels, surfaces.decoded, surfaces.encoded
    color, depth, normal, uv = out.color, out.depth, out.normal, out.uv
    depth_code, normal_code, number = out.depth_code, out.normal_code, out.id
    has_uvs, has_colors = corner_uvs.shape[0] > 0, colors.shape[0] > 0
    wants_color, wants_depth = color.shape[0] > 0, depth.shape[0] > 0
    wants_normal, wants_uv = normal.shape[0] > 0, uv.shape[0] > 0
    codes_depth, codes_normal = depth_code.shape[0] > 0, normal_code.shape[0] > 0
    wants_id = number.shape[0] > 0
    shaded = lit and wants_color
    for y in range(first, last):
        ray_y = (lens[5] - y - 0.5) / lens[3]
        for x in range(seen.shape[1]):
            f = seen[y, x]
            if f < 0 or f >= faces.shape[0]:
                continue
            if not known[f]:
                lay(surfaces, eye, lens, f, planes)
                known[f] = True
            ray_x = (x + 0.5 - lens[4]) / lens[2]
            w0 = planes[f, 0] * ray_x + planes[f, 1] * ray_y + planes[f, 2]
            w1 = planes[f, 3] * ray_x + planes[f, 4] * ray_y + planes[f, 5]
            w2 = planes[f, 6] * ray_x + planes[f, 7] * ray_y + planes[f, 8]
            share = 1 / (w0 + w1 + w2)
            distance = planes[f, 9] * share
            if wants_depth:
                depth[y, x] = distance
            if codes_depth:
                depth_code[y, x] = np.uint16(min(distance * scale + 0.5, 65535.0))
            if wants_id:
                number[y, x] = object_of[f]
            b0, b1 = np.float32(w0 * share), np.float32(w1 * share)
            b2 = ONE - b0 - b1
            light = ONE
            if wants_normal or codes_normal or shaded:
                i, j, k = corner_normals[f, 0], corner_normals[f, 1], corner_normals[f, 2]
                nx = b0 * normals[i, 0] + b1 * normals[j, 0] + b2 * normals[k, 0]
                ny = b0 * normals[i, 1] + b1 * normals[j, 1] + b2 * normals[k, 1]
                nz = b0 * normals[i, 2] + b1 * normals[j, 2] + b2 * normals[k, 2]
                unit = ONE / np.sqrt(max(nx * nx + ny * ny + nz * nz, TINY))
                if planes[f, 9] < 0:  # seen from behind
                    unit = -unit
                nx, ny, nz = nx * unit, ny * unit, nz * unit
                if wants_normal:
                    normal[y, x, 0], normal[y, x, 1], normal[y, x, 2] = nx, ny, nz
                if codes_normal:
                    normal_code[y, x, 0] = np.uint8(nx * MIDDLE + WHITE)
                    normal_code[y, x, 1] = np.uint8(ny * MIDDLE + WHITE)
                    normal_code[y, x, 2] = np.uint8(nz * MIDDLE + WHITE)
                if shaded:
                    dx = np.float32(turn[0, 0] * ray_x + turn[0, 1] * ray_y - turn[0, 2])
                    dy = np.float32(turn[1, 0] * ray_x + turn[1, 1] * ray_y - turn[1, 2])
                    dz = np.float32(turn[2, 0] * ray_x + turn[2, 1] * ray_y - turn[2, 2])
                    light = abs(nx * dx + ny * dy + nz * dz) / np.sqrt(dx * dx + dy * dy + dz * dz)
            m = material[f]
            red, green, blue = base[m, 0], base[m, 1], base[m, 2]
            if has_uvs and (wants_uv or wants_color):
                i, j, k = corner_uvs[f, 0], corner_uvs[f, 1], corner_uvs[f, 2]
                u = b0 * uvs[i, 0] + b1 * uvs[j, 0] + b2 * uvs[k, 0]
                v = b0 * uvs[i, 1] + b1 * uvs[j, 1] + b2 * uvs[k, 1]
                if wants_uv:
                    uv[y, x, 0], uv[y, x, 1] = u, v
                if levels[m, 1] > 0 and wants_color:
                    area = planes[f, 10] * distance * distance * distance
                    at, end = levels[m, 0], levels[m, 0] + levels[m, 1] - 1
                    while area > 2 and at < end:
                        area *= 0.25
                        at += 1
                    width, height = level[at, 1], level[at, 2]
                    i, j = int(u), int(v)  # towards 0
                    u -= np.float32(i - 1 if u < i else i)
                    v -= np.float32(j - 1 if v < j else j)
                    across = u * np.float32(width) + HALF
                    down = (ONE - v) * np.float32(height) + HALF
                    right, below = int(across), int(down)
                    s, t = across - np.float32(right), down - np.float32(below)
                    left = width - 1 if right == 0 else right - 1
                    above = height - 1 if below == 0 else below - 1
                    right = right - width if right >= width else right
                    below = below - height if below >= height else below
                    above, below = level[at, 0] + above * width, level[at, 0] + below * width
                    c0, c1 = texels[above + left], texels[above + right]
                    c2, c3 = texels[below + left], texels[below + right]
                    k0, k1, k2, k3 = (ONE - s) * (ONE - t), s * (ONE - t), (ONE - s) * t, s * t
                    code = np.uint32(level[at, 3])
                    red = k0 * decoded[code + (c0 & BYTE)] + k1 * decoded[code + (c1 & BYTE)]
                    red += k2 * decoded[code + (c2 & BYTE)] + k3 * decoded[code + (c3 & BYTE)]
                    c0, c1, c2, c3 = c0 >> 8, c1 >> 8, c2 >> 8, c3 >> 8
                    green = k0 * decoded[code + (c0 & BYTE)] + k1 * decoded[code + (c1 & BYTE)]
                    green += k2 * decoded[code + (c2 & BYTE)] + k3 * decoded[code + (c3 & BYTE)]
                    c0, c1, c2, c3 = c0 >> 8, c1 >> 8, c2 >> 8, c3 >> 8
                    blue = k0 * decoded[code + (c0 & BYTE)] + k1 * decoded[code + (c1 & BYTE)]
                    blue += k2 * decoded[code + (c2 & BYTE)] + k3 * decoded[code + (c3 & BYTE)]
            if wants_color:
                if has_colors:
                    i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
                    red *= b0 * colors[i, 0] + b1 * colors[j, 0] + b2 * colors[k, 0]
                    green *= b0 * colors[i, 1] + b1 * colors[j, 1] + b2 * colors[k, 1]
                    blue *= b0 * colors[i, 2] + b1 * colors[j, 2] + b2 * colors[k, 2]
                color[y, x, 0] = encoded[int(min(max(red * light, ZERO), ONE) * WHOLE + HALF)]
                color[y, x, 1] = encoded[int(min(max(green * light, ZERO), ONE) * WHOLE + HALF)]
                color[y, x, 2] = encoded[int(min(max(blue * light, ZERO), ONE) * WHOLE + HALF)]


@njit(cache=True, nogil=True)
def lay(surfaces: Surfaces, eye: Array, lens: Array, f: int, planes: Array) -> None:
    """Fill what is the same for all pixels of a triangle.

    planes[f, 3 * k + 0 to 2] times a ray (x, y, 1) is barycentric k, and planes[f, 9] the depth,
    both times the sum of all three; planes[f, 10] times the depth's cube is how many texels of the
    color map's first level a pixel covers.
    """
    faces = surfaces.faces
    x = y = z = 0.0
    for k in range(3):
        i, j = faces[f, (k + 1) % 3], faces[f, (k + 2) % 3]
        planes[f, 3 * k] = eye[i, 1] * eye[j, 2] - eye[i, 2] * eye[j, 1]
        planes[f, 3 * k + 1] = eye[i, 2] * eye[j, 0] - eye[i, 0] * eye[j, 2]
        planes[f, 3 * k + 2] = eye[i, 0] * eye[j, 1] - eye[i, 1] * eye[j, 0]
        x += planes[f, 3 * k]
        y += planes[f, 3 * k + 1]
        z += planes[f, 3 * k + 2]
    a = faces[f, 0]
    volume = planes[f, 0] * eye[a, 0] + planes[f, 1] * eye[a, 1] + planes[f, 2] * eye[a, 2]
    planes[f, 9], planes[f, 10] = volume, 0
    m = surfaces.material[f]
    if surfaces.face_uvs.shape[0] == 0 or surfaces.levels[m, 1] == 0 or volume == 0:
        return
    i, j, k = surfaces.face_uvs[f, 0], surfaces.face_uvs[f, 1], surfaces.face_uvs[f, 2]
    uvs, at = surfaces.uvs, surfaces.levels[m, 0]
    turned = float(uvs[j, 0] - uvs[i, 0]) * float(uvs[k, 1] - uvs[i, 1])
    turned -= float(uvs[j, 1] - uvs[i, 1]) * float(uvs[k, 0] - uvs[i, 0])
    texels = abs(turned) * surfaces.level[at, 1] * surfaces.level[at, 2]
    # A pixel's area on the plane is depth^3 / (fx fy h), h the distance of the plane from the eye:
    # the volume over twice the triangle's area, which cancels.
    planes[f, 10] = texels / (lens[2] * lens[3] * abs(volume))


@njit(cache=True, nogil=True)
def resolve_points(
    colors: Array,
    normals: Array,
    screen: Array,
    lens: Array,
    turn: Array,
    lit: bool,
    seen: Array,
    first: int,
    last: int,
    owner: int,
    encoded: Array,
    object_of: Array,
    scale: float,
    out: Pictures,
) -> None:
    """Fill the pixels of rows first to last where a point is seen.

    Args:
        colors: (P, 3) float32 linear.
        normals: (P, 3) float32; 0 where a point has none.
        screen: (P, 3) float64 x, y, 1 / depth.
        lens: as in `resolve`.
        turn: as in `resolve`.
        lit: as in `resolve`; points without a normal are not shaded.
        seen: (H, W) int32.
        first: row.
        last: one beyond the last row.
        owner: what is noted in `seen` of the first point.
        encoded: of `Surfaces`.
        object_of: uint16, each owner's object.
        scale: as in `resolve`.
        out: what is filled; points have no uv.
    """
    ray = np.zeros(3)
    for y in range(first, last):
        for x in range(seen.shape[1]):
            p = seen[y, x] - owner
            if p < 0:
                continue
            distance = 1 / screen[p, 2]
            if out.depth.shape[0] > 0:
                out.depth[y, x] = distance
            if out.depth_code.shape[0] > 0:
                out.depth_code[y, x] = np.uint16(min(distance * scale + 0.5, 65535.0))
            if out.id.shape[0] > 0:
                out.id[y, x] = object_of[owner + p]
            away = length = 0.0
            for k in range(3):
                ray[k] = turn[k, 0] * (x + 0.5 - lens[4]) / lens[2] - turn[k, 2]
                ray[k] += turn[k, 1] * (lens[5] - y - 0.5) / lens[3]
                away += ray[k] * normals[p, k]
                length += ray[k] * ray[k]
            bare = normals[p, 0] == 0 and normals[p, 1] == 0 and normals[p, 2] == 0
            light = abs(away) / np.sqrt(length) if lit and not bare else 1.0
            side = -1.0 if away > 0 else 1.0
            for k in range(3):
                if out.normal.shape[0] > 0:
                    out.normal[y, x, k] = side * normals[p, k]
                if out.normal_code.shape[0] > 0 and not bare:
                    out.normal_code[y, x, k] = np.uint8(side * normals[p, k] * 127.5 + 128)
                if out.color.shape[0] > 0:
                    share = min(max(colors[p, k] * light, 0.0), 1.0)
                    out.color[y, x, k] = encoded[int(share * STEPS + 0.5)]
