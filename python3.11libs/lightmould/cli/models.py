"""A model of any format on the command line: how it is placed, and the OBJ that comes of it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould.cli import terminal
from lightmould.errors import SettingsError
from lightmould.jobs import conversion
from lightmould.settings import Settings
from lightmould.tools.blender import Placement
from lightmould.tools.blender.conversion import Axis


@Parameter(name="*")
@dataclass(frozen=True)
class Placed:
    """How a model is put into our world, which is Y-up and in metres."""

    up: Axis | None = None
    """Axis that points up in an OBJ (y unless told), PLY or STL (z); the other formats tell."""

    unit: float = 1.0
    """Metres that 1 stands for in an OBJ, PLY or STL; the other formats tell."""

    normalize: Annotated[bool, Parameter(negative="")] = False
    """Scale the model to a longest side of 1 metre around the origin; else it keeps its size."""


AS_IT_IS = Placed()


def ready(source: Path, out: Path, settings: Settings, placed: Placed, *, json: bool) -> Path:
    """What can be rendered: an OBJ as it is, else the one that is made of the model now.

    Args:
        source: a model; or photos or a dataset, which are nobody's model and come back.
        out: the folder of the whole; the OBJ is made in its `model`.
        settings: programs.
        placed: how the model is put into our world.
        json: print each record as a line of JSON instead of drawing.

    Raises:
        LightmouldError: the model can't be read, or a placement for what is no model.
    """
    placement = Placement(placed.up, placed.unit, placed.normalize)
    if not source.is_file():
        if placement != Placement():
            found, wanted = "--up, --unit or --normalize", "them for a model's file"
            raise SettingsError(source, found, wanted, "Leave them out.")
        return source
    if not conversion.is_needed(source, placement):
        return source
    job = conversion.convert(source, out / "model", settings, placement, os.environ)
    terminal.follow(job, json=json)
    return job.folder / conversion.RESULT
