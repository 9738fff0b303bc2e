"""What a look at a dataset finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_NAMED = 5

Kind = Literal[
    "broken", "count", "duplicate", "missing", "mask", "depth", "normal", "border", "sharpness",
    "exposure", "directions", "poses",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know.

    Attributes:
        kind: what it is about.
        wrong: whether nothing can be done with the dataset as it is; else it is odd.
        said: what was found, and what to do.
        views: the views concerned; none where it is about all.
    """

    kind: Kind
    wrong: bool
    said: str
    views: tuple[str, ...] = ()


def wrong(kind: Kind, said: str, views: Sequence[str] = ()) -> Finding:
    """A finding that no reconstruction can live with."""
    return Finding(kind, wrong=True, said=_naming(views) + said, views=tuple(views))


def odd(kind: Kind, said: str, views: Sequence[str] = ()) -> Finding:
    """A finding that a person should look at."""
    return Finding(kind, wrong=False, said=_naming(views) + said, views=tuple(views))


def _naming(views: Sequence[str]) -> str:
    rest = f" and {len(views) - _NAMED} more" if len(views) > _NAMED else ""
    return f"{', '.join(views[:_NAMED])}{rest}: " if views else ""
