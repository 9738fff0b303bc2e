"""`lightmould render`: a model becomes a dataset."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould.cli import models, terminal
from lightmould.dataset import manifest
from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.jobs import rendering
from lightmould.model import CameraRig
from lightmould.settings import Settings, load


def render(
    model: Path,
    *,
    out: Path,
    rig: Path | None = None,
    light: Path | None = None,
    placed: models.Placed = models.AS_IT_IS,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Render a model into a dataset. Run again, it goes on where it was.

    How is set in `lightmould.toml` in the current folder; see `lightmould.settings`.

    Args:
        model: OBJ, FBX, glTF, GLB, PLY, STL, USD or .blend.
        out: The dataset's folder.
        rig: Cameras, as `lightmould rig` writes them, and which are held out; unset, they are
            placed all around the model.
        light: Lat-long HDR picture to light the model with; a soft studio if there is none.
        placed: How the model is put into our world.
        json: Print one JSON line per event instead of drawing progress.
    """
    found = lit(load(Path.cwd(), os.environ), light)
    cameras = None if rig is None else read_rig(rig)
    ready = models.ready(model, out, found, placed, json=json)
    job = rendering.render(ready, out, found, os.environ, cameras)
    terminal.follow(job, json=json)
    if not json:
        sys.stdout.write(f"dataset {job.folder / manifest.NAME}\n")
    return 0


def read_rig(path: Path) -> CameraRig:
    """The cameras of a file that `lightmould rig` wrote.

    Raises:
        FormatError: it can't be read, or is not that.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        found, fix = (error.strerror or str(error)).lower(), "Correct the path."
        raise FormatError(path, found, "a camera rig's rig.json", fix) from error
    return codec.read(CameraRig, text, path)


def lit(found: Settings, light: Path | None) -> Settings:
    """The settings with the light that the command line names, if it does.

    Raises:
        FormatError: there is no such file.
    """
    if light is None:
        return found
    if not light.is_file():
        raise FormatError(light, "no such file", "a lat-long HDR picture", "Correct the path.")
    return replace(found, render=replace(found.render, light=light))
