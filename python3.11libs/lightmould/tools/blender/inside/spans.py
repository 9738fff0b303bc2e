# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Which triangle the center of each pixel sees, and how far away: exact, in NumPy alone.

A pixel's center is inside a triangle where three functions of its place, linear in x and in y, are
not below 0; the inverse of the depth is linear, too. So every row of a triangle is one span, whose
ends follow from divisions, and only what is inside is ever looked at. Edges that triangles share
have the same function with opposite signs, to the last bit: no pixel is missed between them.

Source: Olano & Greer 1997, "Triangle scan conversion using 2D homogeneous coordinates", which needs
no clipping.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or __package__:
    from lightmould.tools.blender.inside.pinhole import Floats, Pinhole
else:  # in Blender, this folder is on the path and nothing else of ours is
    from pinhole import Floats, Pinhole

CHUNK = 1 << 14  # pixels of spans at a time, which stay in a processor's cache
ROWS = 1 << 18  # spans at a time, for memory
SLACK = 1e-3  # pixels by which the rows of a triangle are taken too many; its edges decide


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Functions of a pixel's place that are `x * value[0] + y * value[1] + value[2]`.

    Attributes:
        inside: (3, 3, T), corner by coefficient by triangle; the share of each corner in what is
            seen there, all multiplied by the same positive number, 0 or more where inside.
        inverse: (3, T), one over the depth, 1/metres.
        facing: (T), 1 where the triangle's first to last corner turn left as we see it, -1 right,
            0 where nothing of it can be seen.
    """

    inside: Floats
    inverse: Floats
    facing: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What is seen.

    Attributes:
        triangle: (H, W) int32, -1 where there is none.
        inverse: (H, W), one over the depth along the axis, 1/metres; 0 where there is none.
        planes: of all triangles.
    """

    triangle: Any
    inverse: Floats
    planes: Planes


def draw(corners: Floats, camera: Pinhole) -> Drawn:
    """Draw triangles.

    Args:
        corners: (T, 3, 3), triangle by corner by axis, as the camera sees them (`Pinhole.seen`).
        camera: who sees them.
    """
    width, height = camera.size
    planes = _planes(corners, camera)
    triangle = np.full(width * height, -1, np.int32)
    inverse = np.zeros(width * height)
    first, count = _rows(corners, planes, camera)
    order = np.argsort(
        corners[:, :, 2].sum(axis=1), kind="stable"
    )  # the nearest last: less to mend
    order = order[count[order] > 0]
    for some in _portions(count[order], ROWS):
        picked = order[some]
        owners = np.repeat(picked, count[picked])
        rows = _counting(first[picked], count[picked])
        spans = _spans(planes, camera, owners, rows)
        for part in _portions(spans[1], CHUNK):
            _put(part, owners, rows, spans, planes, (triangle, inverse, width))
    shape = height, width
    return Drawn(triangle.reshape(shape), inverse.reshape(shape), planes)


def _planes(corners: Floats, camera: Pinhole) -> Planes:
    a, b, c = (np.ascontiguousarray(corners[:, i].T) for i in range(3))
    edges = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)])
    volume = a[0] * edges[0, 0] + a[1] * edges[0, 1] + a[2] * edges[0, 2]
    facing = -np.sign(volume)
    edges *= np.sign(volume)
    (fx, fy), (cx, cy) = camera.focal, camera.center
    along, down = edges[:, 0] / fx, -edges[:, 1] / fy
    inside = np.stack([along, down, -edges[:, 2] - along * cx - down * cy], axis=1)
    size = np.abs(volume)
    inverse = inside.sum(axis=0) / np.where(size > 0, size, np.inf)
    return Planes(inside, inverse, facing)


def _cross(a: Floats, b: Floats) -> Floats:
    """Of vectors in columns; with a and b exchanged, exactly the negative."""
    parts = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return np.stack(parts)


def _rows(corners: Floats, planes: Planes, camera: Pinhole) -> tuple[Any, Any]:
    """The first row of pixels and how many, of each triangle."""
    height = camera.size[1]
    depth = -corners[:, :, 2]
    ahead = depth >= camera.near
    y = camera.center[1] - camera.focal[1] * corners[:, :, 1] / np.where(ahead, depth, 1.0)
    whole = ahead.all(axis=1)  # else its projection may be anywhere
    top = np.where(whole, y.min(axis=1), 0.0) - SLACK
    bottom = np.where(whole, y.max(axis=1), height) + SLACK
    first = np.ceil(np.clip(top, 0, height) - 0.5).astype(np.int64)
    last = np.floor(np.clip(bottom, 0, height) - 0.5).astype(np.int64)
    count = np.where(ahead.any(axis=1) & (planes.facing != 0), last - first + 1, 0)
    return first, np.maximum(count, 0)


def _spans(planes: Planes, camera: Pinhole, owners: Any, rows: Any) -> tuple[Any, Any]:
    """The first pixel and how many, of each triangle's part of a row."""
    y = rows + 0.5
    low, high = np.full(len(y), 0.5), np.full(len(y), camera.size[0] - 0.5)
    slope, down, start = planes.inverse
    between = (
        *planes.inside,
        (-slope, -down, 1 / camera.near - start),
        (slope, down, start - 1 / camera.far),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        for along, across, offset in between:
            slopes = along[owners]
            value = across[owners] * y + offset[owners]
            crossing = -value / slopes
            low = np.where(slopes > 0, np.maximum(low, crossing), low)
            high = np.where(slopes < 0, np.minimum(high, crossing), high)
            high = np.where((slopes == 0) & (value < 0), -1.0, high)
    first = np.ceil(low - 0.5)
    count = np.maximum(np.floor(high - 0.5) - first + 1, 0)
    return np.where(count > 0, first, 0).astype(np.int64), count.astype(np.int64)


def _put(
    part: slice,
    owners: Any,
    rows: Any,
    spans: tuple[Any, Any],
    planes: Planes,
    picture: tuple[Any, Any, int],
) -> None:
    """Let the pixels of some spans have what is nearer than what they have."""
    triangle, inverse, width = picture
    owner, count = owners[part], spans[1][part]
    slope, down, start = (plane[owner] for plane in planes.inverse)
    begin = rows[part] * width
    offset = start + down * (rows[part] + 0.5) + slope * (0.5 - begin)
    pixel = _counting(begin + spans[0][part], count)
    value = np.repeat(slope, count)
    value *= pixel
    value += np.repeat(offset, count)
    nearer = value > inverse[pixel]
    pixel, value = pixel[nearer], value[nearer]
    owner = np.repeat(owner.astype(np.int32), count)[nearer]
    inverse[pixel] = value  # of those that want the same pixel, the last has it ...
    while (left := value > (kept := inverse[pixel])).any():  # ... until a nearer one comes
        inverse[pixel[left]] = value[left]
    won = value == kept
    triangle[pixel[won]] = owner[won]


def _counting(first: Any, count: Any) -> Any:
    """`first`, `first` + 1, ... of each, `count` of them."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(first - (ends - count), count) + np.arange(total)


def _portions(counts: Any, most: int) -> Any:
    """Slices that together have all; each has `most` in sum, or less, or one alone."""
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(ends):
        done = ends[begin - 1] if begin else 0
        end = max(int(np.searchsorted(ends, done + most, side="right")), begin + 1)
        yield slice(begin, end)
        begin = end
