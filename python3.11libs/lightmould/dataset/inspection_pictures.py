"""Pictures that are unlike the other pictures of their dataset."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from lightmould.dataset.finding import Finding, odd, wrong
from lightmould.dataset.look import Look

BLURRED = 0.4
"""Sharpness, of the median view's, below which a view is out of focus, or moved."""

STOPS = 1.5
"""Between a view's exposure and the median one, unless most differ that much."""

CLIPPED = 0.05
"""Share of the object that is as bright as the file can say."""


def compared(looks: Sequence[Look]) -> Iterator[Finding]:
    """What is wrong or odd about masks and colors, view by view."""
    yield from _same(looks)
    yield from _masked(looks)
    yield from _sharp(looks)
    yield from _exposed(looks)


def _same(looks: Sequence[Look]) -> Iterator[Finding]:
    pictures: dict[str, list[str]] = defaultdict(list)
    for one in looks:
        pictures[one.picture].append(one.name)
    for names in pictures.values():
        if len(names) > 1:
            yield odd("duplicate", "the same picture. Remove all but one.", names)


def _masked(looks: Sequence[Look]) -> Iterator[Finding]:
    empty = [one.name for one in looks if one.covered == 0]
    whole = [one.name for one in looks if one.covered == 1]
    cut = [one.name for one in looks if one.border and one.covered < 1]
    if empty:
        yield wrong("mask", "an empty mask. Correct it, or take the view out.", empty)
    if whole:
        say = wrong if len(whole) == len(looks) else odd
        yield say("mask", "a mask that covers the whole picture.", whole)
    if cut:
        said = "the mask touches the picture's border, so the object may go on beyond it."
        yield odd("border", said, cut)


def _sharp(looks: Sequence[Look]) -> Iterator[Finding]:
    sharp = {one.name: one.sharpness for one in looks if one.sharpness is not None}
    least = BLURRED * float(np.median([*sharp.values()])) if sharp else 0.0
    blurred = [name for name, value in sharp.items() if value < least]
    if blurred:
        yield odd("sharpness", f"less than {BLURRED:g} of the median view's sharpness.", blurred)


def _exposed(looks: Sequence[Look]) -> Iterator[Finding]:
    light = {one.name: one.exposure for one in looks if one.exposure is not None}
    middle = float(np.median([*light.values()])) if light else 0.0
    usual = float(np.median([abs(value - middle) for value in light.values()])) if light else 0.0
    allowed = max(STOPS, 4 * usual)
    for way, what in ((1, "brighter"), (-1, "darker")):
        names = [name for name, value in light.items() if way * (value - middle) > allowed]
        if names:
            yield odd(
                "exposure", f"{what} than the median view by over {allowed:.1f} stops.", names
            )
    clipped = [one.name for one in looks if one.clipped > CLIPPED]
    if clipped:
        said = f"over {CLIPPED:.0%} of the object is as bright as the file can say."
        yield odd("exposure", said, clipped)
