"""`lightmould demo`: the whole road on a sample that comes with the program."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould import settings
from lightmould.cli import reconstruct, terminal
from lightmould.jobs import plan


def demo(
    *,
    out: Path = Path("demo"),
    preset: str = "draft",
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Make the sample, render it in Blender, reconstruct it, and score it against the truth.

    Args:
        out: Folder for the sample, the dataset and the asset.
        preset: How long to try: draft, standard or hero.
        json: Print one JSON line per event instead of drawing progress.
    """
    found = settings.load(Path.cwd(), os.environ)
    sample = plan.sample(out / "sample", found)
    terminal.follow(sample, json=json)
    model = sample.steps[0].manifest
    light = model.with_name("light.hdr")
    return reconstruct.reconstruct(
        model, out=out, how=reconstruct.How(preset), light=light, json=json
    )
