"""Kernels: points, drawn as discs that face the camera."""

import numpy as np
from numba import njit

from lightmould.raster.fragments import Array
from lightmould.raster.kernels_draw import NOWHERE
from lightmould.raster.surfaces import Pictures


@njit(cache=True, nogil=True)
def dot(
    screen: Array,
    fixed: Array,
    radius: float,
    owner: int,
    first: int,
    last: int,
    nearness: Array,
    seen: Array,
) -> None:
    """Add points to rows first to last.

    Args:
        screen: (P, 3) float64 of `kernels_draw.place`.
        fixed: (P, 2) int32 of `kernels_draw.place`.
        radius: pixels.
        owner: what to note for the first point; each has the next number.
        first: row.
        last: one beyond the last row.
        nearness: (H, W) float32, 1 / depth.
        seen: (H, W) int32, owners.
    """
    for p in range(screen.shape[0]):
        if fixed[p, 0] == NOWHERE:
            continue
        z = np.float32(screen[p, 2])
        top = max(first, int(np.ceil(screen[p, 1] - radius - 0.5)))
        bottom = min(last - 1, int(np.floor(screen[p, 1] + radius - 0.5)))
        left = max(0, int(np.ceil(screen[p, 0] - radius - 0.5)))
        right = min(seen.shape[1] - 1, int(np.floor(screen[p, 0] + radius - 0.5)))
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                aside, below = x + 0.5 - screen[p, 0], y + 0.5 - screen[p, 1]
                inside_disc = aside * aside + below * below <= radius * radius
                if inside_disc and z > nearness[y, x]:
                    nearness[y, x] = z
                    seen[y, x] = owner + p


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
        lens: as in `kernels_resolve.resolve`.
        turn: as in `kernels_resolve.resolve`.
        lit: as in `kernels_resolve.resolve`; points without a normal are not shaded.
        seen: (H, W) int32.
        first: row.
        last: one beyond the last row.
        owner: what is noted in `seen` of the first point.
        encoded: of `Surfaces`.
        object_of: uint16, each owner's object.
        scale: as in `kernels_resolve.resolve`.
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
                    out.color[y, x, k] = encoded[int(share * (encoded.shape[0] - 1) + 0.5)]
