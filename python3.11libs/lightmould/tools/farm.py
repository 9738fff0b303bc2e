"""Programs of ours that only farms run: their commands."""

from dataclasses import dataclass
from pathlib import Path

from lightmould.model import Command
from lightmould.tools.own import module


@dataclass(frozen=True, slots=True)
class BestRequest:
    """Reconstructions of one dataset, of which the best is kept.

    Attributes:
        assets: their folders, by name; of two that are as good the first is kept.
        out: where the best is copied to, and best.json.
    """

    assets: dict[str, Path]
    out: Path


def best(python: str, request: Path) -> Command:
    """Keep the best of some assets; done when its manifest.json is there."""
    return module(
        "Keep the best", python, "lightmould.farm", ("best", str(request)), request.parent
    )
