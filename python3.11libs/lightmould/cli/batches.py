"""`lightmould batches`: random views of a model, batch by batch."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould import settings
from lightmould.cli import models, terminal
from lightmould.dataset import manifest
from lightmould.errors import SettingsError
from lightmould.formats import view_table
from lightmould.jobs import batches as planning


@Parameter(name="*")
@dataclass(frozen=True)
class Count:
    """How much is rendered; unset is as the settings say."""

    batches: int | None = None
    """How many batches, each rendered by one Blender."""

    images: int | None = None
    """Images of a batch."""

    jobs: int | None = None
    """Batches that are rendered at the same time."""


AS_SET = Count()


def batches(
    model: Path,
    *,
    out: Path,
    count: Count = AS_SET,
    config: Path | None = None,
    placed: models.Placed = models.AS_IT_IS,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Render a model from random cameras into batches. Run again, it goes on where it was.

    Each batch is a dataset of its own in OUT/batches, and OUT is one of all their views.

    Args:
        model: OBJ, FBX, glTF, GLB, PLY, STL, USD or .blend.
        out: The folder of all batches.
        count: How many.
        config: Settings, in the words of `lightmould.toml`; unset, that file in the current folder.
        placed: How the model is put into our world.
        json: Print one JSON line per event instead of drawing progress.
    """
    found = _counted(_settings(config), count)
    ready = models.ready(model, out, found, placed, json=json)
    job = planning.batches(ready, out, found, os.environ)
    terminal.follow(job, json=json)
    if not json:
        for name in (manifest.NAME, view_table.NAME):
            sys.stdout.write(f"{job.folder / name}\n")
    return 0


def _settings(config: Path | None) -> settings.Settings:
    if config is None:
        return settings.load(Path.cwd(), os.environ)
    if not config.is_file():
        raise SettingsError(config, "no such file", "a file of settings", "Correct the path.")
    return settings.read(config, os.environ)


def _counted(found: settings.Settings, count: Count) -> settings.Settings:
    """The settings with the numbers that the command line names, if it does."""
    many = found.batches
    many = replace(
        many,
        batches=many.batches if count.batches is None else count.batches,
        images=many.images if count.images is None else count.images,
        jobs=many.jobs if count.jobs is None else count.jobs,
    )
    return replace(found, batches=many)
