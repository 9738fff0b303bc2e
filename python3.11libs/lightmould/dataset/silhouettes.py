"""Whether two masks of a picture are of the same object, and what is wrong with one that is not."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from lightmould.dataset.hull import Mask

FEW = 8
"""Pixels that may differ in any picture."""

EXPLAINED = 0.2
"""Share of the contour's pixels that has to differ before a mistake is looked for. A pixel's center
and its area tell the same along a straight edge; samples are noisy, and corners are few."""

STRANGE = 0.6
"""Share that has to differ where no mistake explains it: one sample a pixel makes 0.3 of noise."""

UNDONE = 0.5
"""Share of what differs that may be left when a mistake is undone."""


def fault(given: Mask, truth: Mask, *, holes: bool) -> tuple[str, str] | None:
    """What is wrong with a mask, as in "a mask ...", and by how much; None where nothing is.

    Args:
        given: (H, W) true on the object.
        truth: the same, of what is believed.
        holes: whether it may lack parts, as measured depth does, which nothing is said of.
    """
    differ = _count(given, truth)
    contour = int((truth & ~_inner(truth)).sum())
    if differ <= max(FEW, EXPLAINED * contour):
        return None
    left = {name: _count(undone, truth) for name, undone in _undone(given)}
    best = min(left, key=lambda name: left[name])
    if left[best] <= min(UNDONE * differ, STRANGE * contour):
        return best, f"{differ} pixels differ, {left[best]} if that is undone"
    if not holes and differ > STRANGE * contour:
        return "of something else", f"{differ} pixels differ, the contour has {contour}"
    return None


def _undone(given: Mask) -> Iterator[tuple[str, Mask]]:
    """The usual mistakes, and the mask without each."""
    yield "that is inverted", ~given
    steps = [(y, x) for y, x in product((-2, -1, 0, 1, 2), repeat=2) if (y, x) != (0, 0)]
    for y, x in sorted(steps, key=lambda step: abs(step[0]) + abs(step[1])):
        yield f"that is shifted by {-x} pixels to the right and {-y} down", _shifted(given, y, x)
    yield "that is upside down", given[::-1]
    yield "that is mirrored", given[:, ::-1]


def _shifted(mask: Mask, down: int, right: int) -> Mask:
    """The mask moved, with nothing where it came from."""
    moved = np.zeros_like(mask)
    height, width = mask.shape
    moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = mask[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return moved


def _inner(mask: Mask) -> Mask:
    """Pixels whose four neighbors are on the object, too; beyond the border is the object."""
    padded = np.pad(mask, 1, constant_values=True)
    inner: Mask = padded[2:, 1:-1] & padded[:-2, 1:-1] & padded[1:-1, 2:] & padded[1:-1, :-2]
    return inner


def _count(one: Mask, other: Mask) -> int:
    return int((one != other).sum())
