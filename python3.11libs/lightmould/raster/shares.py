"""How the rows of a batch of images are cut into work."""

from itertools import pairwise
from typing import TypeAlias, cast

import numpy as np

from lightmould.model.arrays import Floats
from lightmould.raster.fragments import Singles

# Private sums that a gradient is cut into, whatever the number of threads.
SUMS = 8

# An image, its first row and one beyond its last row.
Rows: TypeAlias = tuple[int, int, int]


def bands(rows: int, count: int) -> list[tuple[int, int]]:
    """`rows` cut into at most `count` ranges (first, last + 1) of about the same length."""
    count = max(1, min(count, rows))
    return list(pairwise(rows * i // count for i in range(count + 1)))


def image_bands(images: int, height: int, threads: int) -> list[Rows]:
    """Every image's rows in about two pieces a thread."""
    count = -(-2 * threads // max(images, 1))
    return [(n, first, last) for n in range(images) for first, last in bands(height, count)]


def sums_and_shares(
    shape: tuple[int, ...], pixels: tuple[int, ...]
) -> tuple[Floats, list[tuple[int, list[Rows]]]]:
    """Private sums (K, *shape), all 0, and for each share of the rows its k and its rows.

    No two shares add to the same place of the same k, and neither depends on the thread count.

    Args:
        shape: of the gradient; its first axis is 1 or as many as there are images.
        pixels: (N, H, ...).
    """
    images, height = pixels[:2]
    if shape[0] == 1:
        ranges = bands(images * height, SUMS)
        return np.zeros((len(ranges), *shape)), [
            (k, _rows(first, last, height)) for k, (first, last) in enumerate(ranges)
        ]
    ranges = bands(height, -(-SUMS // max(images, 1)))
    return np.zeros((len(ranges), *shape)), [
        (k, [(n, first, last)]) for n in range(images) for k, (first, last) in enumerate(ranges)
    ]


def total(sums: Floats) -> Singles:
    """The private sums added up in order; the first is used up."""
    for part in sums[1:]:
        sums[0] += part
    return cast(Singles, sums[0].astype(np.float32))


def _rows(first: int, last: int, height: int) -> list[Rows]:
    return [
        (n, max(first - n * height, 0), min(last - n * height, height))
        for n in range(first // height, -(-last // height))
    ]
