"""All directions on a square: an octahedron unfolded, its +Y corner in the middle.

Texels hardly differ in size, no pole pulls on gradients, and a look-up needs no trigonometry.
A border of one texel, which repeats what lies across the fold, makes bilinear look-ups seamless.

Source: Engelhardt and Dachsbacher 2008, "Octahedron environment maps".
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lightmould.model.arrays import Floats, Ints


def directions(side: int, parts: int = 1) -> Floats:
    """Unit directions on the sphere.

    Args:
        side: texels along the square.
        parts: samples along a texel's side, evenly spread; 1 is its center.

    Returns:
        (side, side, parts * parts, 3), row by row.
    """
    count = side * parts
    flat = _unfolded((np.arange(count) + 0.5) / count * 2 - 1)
    blocks = flat.reshape(side, parts, side, parts, 3).transpose(0, 2, 1, 3, 4)
    return blocks.reshape(side, side, parts * parts, 3)


def solid_angles(side: int) -> Floats:
    """(side, side) steradians of the texels, exact; they sum to 4 pi. `side` is even.

    Source: Van Oosterom and Strackee 1983, "The solid angle of a plane triangle".
    """
    edges = np.arange(side + 1) / side * 2 - 1
    corners = _unfolded(edges)
    a, b, c, d = corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1], corners[1:, 1:]
    # The fold runs along one diagonal of a texel, so that each half lies in one face.
    middle = (edges[:-1] + edges[1:]) / 2
    falling = (middle[:, None] * middle[None] < 0)[..., None]
    first = np.where(falling, _triangle(a, b, d), _triangle(a, b, c))
    second = np.where(falling, _triangle(a, d, c), _triangle(b, d, c))
    return np.asarray((first + second)[..., 0], np.float64)


@cache
def border(side: int) -> Ints:
    """((side + 2) ** 2,) which texel stands at each place of the square with its border."""
    index = np.arange(side * side, dtype=np.int32).reshape(side, side)
    padded = np.zeros((side + 2, side + 2), np.int32)
    padded[1:-1, 1:-1] = index
    padded[0, 1:-1], padded[-1, 1:-1] = index[0, ::-1], index[-1, ::-1]
    padded[1:-1, 0], padded[1:-1, -1] = index[::-1, 0], index[::-1, -1]
    padded[0, 0], padded[0, -1] = index[-1, -1], index[-1, 0]
    padded[-1, 0], padded[-1, -1] = index[0, -1], index[0, 0]
    return padded.reshape(-1)


@cache
def frame(side: int) -> NDArray[np.bool_]:
    """((side + 2) ** 2,) False on the border, True within."""
    inside = np.zeros((side + 2, side + 2), bool)
    inside[1:-1, 1:-1] = True
    return inside.reshape(-1)


def places(toward: Floats, side: int) -> Floats:
    """(..., 2) column and row, in texels, where unit directions (..., 3) lie on the square."""
    flat = toward / np.abs(toward).sum(axis=-1, keepdims=True)
    u, v = flat[..., 0], flat[..., 2]
    below = flat[..., 1] < 0
    folded_u = (1 - np.abs(v)) * np.where(u < 0, -1, 1)
    folded_v = (1 - np.abs(u)) * np.where(v < 0, -1, 1)
    square = np.stack([np.where(below, folded_u, u), np.where(below, folded_v, v)], axis=-1)
    return np.asarray((square * 0.5 + 0.5) * side, np.float64)


def _unfolded(line: Floats) -> Floats:
    """(n, n, 3) unit directions at the crossings of n rows and n columns, -1 to 1."""
    v, u = np.meshgrid(line, line, indexing="ij")
    y = 1 - np.abs(u) - np.abs(v)
    x = np.where(y < 0, (1 - np.abs(v)) * np.where(u < 0, -1, 1), u)
    z = np.where(y < 0, (1 - np.abs(u)) * np.where(v < 0, -1, 1), v)
    toward = np.stack([x, y, z], axis=-1)
    return np.asarray(toward / np.linalg.norm(toward, axis=-1, keepdims=True), np.float64)


def _triangle(a: Floats, b: Floats, c: Floats) -> Floats:
    triple = np.abs((a * np.cross(b, c)).sum(axis=-1, keepdims=True))
    ab, bc, ca = ((p * q).sum(axis=-1, keepdims=True) for p, q in ((a, b), (b, c), (c, a)))
    return np.asarray(2 * np.arctan2(triple, 1 + ab + bc + ca), np.float64)
