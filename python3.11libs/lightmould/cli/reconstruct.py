"""`lightmould reconstruct`: a model, photos or a dataset becomes an asset."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from lightmould.cli import terminal
from lightmould.engine.measure.metrics import Metrics
from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.jobs import plan
from lightmould.settings import load, reconstruction


def reconstruct(
    source: Path,
    *,
    out: Path,
    preset: str = "draft",
    settings: Path | None = None,
    light: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Reconstruct mesh, PBR textures and light. Run again, it goes on where it was.

    Rendering is set in `lightmould.toml` in the current folder; see `lightmould.settings`.

    Args:
        source: A model file (.obj), whose views Blender renders first; a folder of photos and their
            poses (NeRF-synthetic's transforms_train.json, or LLFF's poses_bounds.npy); or a
            dataset's folder.
        out: Folder for the job, its dataset and its asset.
        preset: How long to try: draft, standard or hero.
        settings: JSON file of differences from the preset; see `lightmould.settings`.
        light: Lat-long HDR picture to light the model with; a soft studio if there is none.
        json: Print one JSON line per event instead of drawing progress.
    """
    found = load(Path.cwd(), os.environ)
    how = reconstruction(preset, settings)
    if light is not None:
        if not light.is_file():
            raise FormatError(light, "no such file", "a lat-long HDR picture", "Correct the path.")
        found = replace(found, render=replace(found.render, light=light))
    job = plan.reconstruct(source, out, found, how, os.environ)
    terminal.follow(job, json=json)
    if not json:
        sys.stdout.write(scores(job.folder / "asset"))
    return 0


def scores(asset: Path) -> str:
    """Where an asset is and how good it is, in lines for people."""
    path = asset / "metrics.json"
    numbers = codec.read(Metrics, path.read_bytes(), path)
    lines = [
        f"asset   {asset / 'mesh' / 'mesh.obj'}",
        f"report  {asset / 'report.html'}",
        f"psnr    {numbers.psnr:.2f} dB over the object, {numbers.psnr_full:.2f} dB whole",
        f"ssim    {numbers.ssim:.4f}",
        f"iou     {numbers.iou:.4f}",
    ]
    if numbers.chamfer_rel is not None:
        lines.append(f"chamfer {numbers.chamfer_rel:.5f} of the source's diagonal")
    lines.append(f"seconds {numbers.seconds:.1f} for {numbers.faces} faces")
    return "\n".join(lines) + "\n"
