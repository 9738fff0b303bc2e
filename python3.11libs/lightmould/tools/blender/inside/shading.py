# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Pictures of what is drawn: depth, numbers of objects, normals, and color under a headlight.

All are of what the centers of pixels see, rows from above, without noise or antialiasing. What is
the same all over a triangle is worked out once for it, and only looked up for its pixels.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or __package__:
    from lightmould.tools.blender.inside.pinhole import of_length_1
    from lightmould.tools.blender.inside.spans import Drawn
else:  # in Blender, this folder is on the path and nothing else of ours is
    from pinhole import of_length_1
    from spans import Drawn

AMBIENT = 0.3
"""Share of the light that comes from everywhere; the rest comes from the camera, along its axis."""

_STEPS = 65535


@dataclass(frozen=True, slots=True, eq=False)
class Facing:
    """Shading normals, toward the camera, of length 1.

    Attributes:
        flat: (T + 1, 3) float32, of each triangle; 0 of what is none.
        places: rows and columns of the pixels whose triangles are smooth.
        smooth: (K, 3) float32, of these pixels.
    """

    flat: Any
    places: tuple[Any, Any]
    smooth: Any


def depth(drawn: Drawn) -> Any:
    """(H, W) float32, metres along the axis; inf where nothing is seen."""
    found = np.zeros(drawn.inverse.shape, np.float32)
    with np.errstate(divide="ignore"):
        return np.divide(1, drawn.inverse, out=found, casting="same_kind")


def ids(drawn: Drawn, objects: Any) -> Any:
    """(H, W) uint16: what each triangle's object is numbered; 0 where nothing is seen."""
    return np.append(objects, np.uint16(0))[drawn.triangle]


def facing(drawn: Drawn, corners: Any, mirrored: Any) -> Facing:
    """The normals of what is seen.

    Args:
        drawn: what is seen.
        corners: (T, 3, 3), normals of the triangles' corners, of length 1.
        mirrored: (T), -1 where they don't point to where the corners turn left, else 1.
    """
    toward = corners * (drawn.planes.facing * mirrored)[:, None, None]
    flat = np.append(toward[:, 0], np.zeros((1, 3)), axis=0).astype(np.float32)
    bent = (corners != corners[:, :1]).any(axis=(1, 2))
    if not bent.any():
        none = np.zeros(0, np.int64)
        return Facing(flat, (none, none), np.zeros((0, 3), np.float32))
    rows, columns = np.nonzero(np.append(bent, False)[drawn.triangle])
    seen, which = np.unique(drawn.triangle[rows, columns], return_inverse=True)
    # A corner's share is linear in the pixel's place, so the weighted sum of normals is, too.
    shares, weighed = drawn.planes.inside[:, :, seen, None], toward[seen]
    along, down, start = (
        shares[0, i] * weighed[:, 0] + shares[1, i] * weighed[:, 1] + shares[2, i] * weighed[:, 2]
        for i in range(3)
    )
    summed = along[which] * (columns + 0.5)[:, None] + start[which]
    summed += down[which] * (rows + 0.5)[:, None]
    return Facing(flat, (rows, columns), of_length_1(summed).astype(np.float32))


def normals(drawn: Drawn, found: Facing) -> Any:
    """(H, W, 3) float32; 0 where nothing is seen."""
    picture = found.flat[drawn.triangle]
    picture[found.places] = found.smooth
    return picture


def color(drawn: Drawn, found: Facing, paints: Any, toward_light: Any) -> Any:
    """(H, W, 4) uint8, sRGB; alpha is 255 where something is seen, else all are 0.

    Args:
        drawn: what is seen.
        found: its normals.
        paints: (T, 3) linear, of the triangles.
        toward_light: (3,) direction of length 1; of the headlight it is the camera's +Z.
    """
    whole = np.append(_lit(paints, found.flat[:-1], toward_light), np.zeros((1, 4), np.uint8), 0)
    pixels = whole.view(np.uint32)[:, 0][drawn.triangle]  # looked up four bytes at once
    picture = pixels.view(np.uint8).reshape(*pixels.shape, 4)
    if len(found.smooth):
        seen = paints[drawn.triangle[found.places]]
        picture[found.places] = _lit(seen, found.smooth, toward_light)
    return picture


def _lit(paints: Any, normals: Any, toward_light: Any) -> Any:
    """(K, 4) uint8 of colors (K, 3) that lie that way."""
    x, y, z = toward_light
    lambert = np.maximum(normals[:, 0] * x + normals[:, 1] * y + normals[:, 2] * z, 0)
    light = AMBIENT + (1 - AMBIENT) * lambert
    shown = np.full((len(paints), 4), 255, np.uint8)
    shown[:, :3] = encoded(paints * light[:, None])
    return shown


def encoded(linear: Any) -> Any:
    """Linear values as sRGB, uint8; what is below 0 or above 1 is cut."""
    return _ENCODED[(np.clip(linear, 0, 1) * _STEPS + 0.5).astype(np.uint16)]


def _srgb() -> Any:
    """All values that are told apart, as sRGB. Source: IEC 61966-2-1."""
    linear = np.arange(_STEPS + 1) / _STEPS
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(curved * 255).astype(np.uint8)


_ENCODED = _srgb()
