"""A frame: what one rendering of a view gives."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

FrameKind: TypeAlias = Literal["data", "color"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One rendering of a view.

    Attributes:
        view: the view's name.
        kind: "data" is everything that is measured at the pixels' centers, "color" the picture.
    """

    view: str
    kind: FrameKind

    def __str__(self) -> str:
        return f"view {self.view} ({self.kind})"
