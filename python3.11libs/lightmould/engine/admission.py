"""What pictures must be for a shape to be found in them, told before any work is done."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from lightmould.engine.views import Views
from lightmould.errors import DatasetError

FEWEST = 3
"""Views: two silhouettes leave most of a shape open, and nothing tells where they are wrong."""

NAMED = 5
"""Views that one message names, at most."""


def check(views: Views, where: Path, warn: Callable[[str], None]) -> None:
    """Refuse pictures to learn from that no shape can be found in.

    Args:
        views: to learn from.
        where: the dataset's manifest, for messages.
        warn: hears what is odd, but can be lived with.

    Raises:
        DatasetError: there are too few, a number in them is not finite, or no mask shows where
            the object ends.
    """
    names = [camera.name for camera in views.cameras]
    if len(names) < FEWEST:
        fix = "Add views from other sides."
        found = f"{len(names)} view{'s' * (len(names) > 1)} to learn from"
        raise DatasetError(where, found, f"at least {FEWEST}", fix)
    # A sum is not finite if one of its terms is not, and needs no array of answers.
    broken = ~np.isfinite(views.color.sum(axis=(1, 2, 3)) + views.alpha.sum(axis=(1, 2)))
    if broken.any():
        found = f"NaN or infinity in {_some(names, broken)}"
        raise DatasetError(where, found, "finite numbers", "Render or convert these views again.")
    whole = views.alpha.min(axis=(1, 2)) > 0.5
    if whole.all():
        raise DatasetError(
            where,
            "masks that cover every picture whole",
            "masks that are black where the object is not",
            "Write the masks as the pictures' alpha, or beside them.",
        )
    if whole.any():
        warn(
            f"{where}: the masks of {_some(names, whole)} cover the whole picture; "
            "these views say nothing about where the object ends"
        )


def _some(names: list[str], chosen: Iterable[np.bool_]) -> str:
    found = [name for name, wanted in zip(names, chosen, strict=True) if wanted]
    rest = len(found) - NAMED
    return ", ".join(found[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
