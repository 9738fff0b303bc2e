"""`lightmould reconstruct`: a model, photos or a dataset becomes an asset."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from lightmould.cli import models, render, terminal
from lightmould.engine.measure.metrics import Metrics
from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.formats.nvdiffrec import Config
from lightmould.jobs import plan
from lightmould.settings import load
from lightmould.settings.presets import reconstruction, training
from lightmould.settings.reconstruction import Reconstruction, Supervision

SUPERVISIONS: dict[str, tuple[Supervision, ...]] = {
    "depth": ("depth",),
    "depth,normal": ("depth", "normal"),
}
"""What may supervise beside colors and masks, by what people write."""


@Parameter(name="*")
@dataclass(frozen=True)
class How:
    """How the reconstruction is done."""

    preset: str = "draft"
    """How long to try: draft, standard or hero."""

    settings: Path | None = None
    """JSON file of differences from the preset: `lightmould.settings.reconstruction`, or keys of
    nvdiffrec."""

    engine: Literal["lightmould", "nvdiffrec"] = "lightmould"
    """Who does it: our engine, or an nvdiffrec of your own; see `[nvdiffrec]` in the settings.
    nvdiffrec's presets are named by `lightmould config list`, too."""

    supervision: str = "none"
    """What the shape begins with, where the dataset has it: none, depth or depth,normal."""

    rig: Path | None = None
    """Cameras to render a model with, some held out: what `lightmould rig --test 8` writes."""

    def asked(self) -> Reconstruction | Config:
        """The engine's settings, or nvdiffrec's configuration.

        Raises:
            SettingsError: there is no such preset, file or supervision.
            FormatError: the file holds an unknown name or a value that doesn't fit.
        """
        if self.engine == "nvdiffrec":
            if self.supervision != "none":
                wanted, fix = "none: nvdiffrec has colors and masks alone", "Leave it out."
                raise SettingsError("--supervision", repr(self.supervision), wanted, fix)
            return training(self.preset, self.settings)
        found = reconstruction(self.preset, self.settings)
        if self.supervision == "none":
            return found
        if self.supervision not in SUPERVISIONS:
            wanted = f"none, {' or '.join(SUPERVISIONS)}"
            fix = "Choose one of them."
            raise SettingsError("--supervision", repr(self.supervision), wanted, fix)
        return replace(found, supervision=SUPERVISIONS[self.supervision])


DEFAULT = How()


def reconstruct(
    source: Path,
    *,
    out: Path,
    how: How = DEFAULT,
    light: Path | None = None,
    placed: models.Placed = models.AS_IT_IS,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Reconstruct mesh, PBR textures and light. Run again, it goes on where it was.

    Rendering is set in `lightmould.toml` in the current folder; see `lightmould.settings`.

    Args:
        source: A model file (OBJ, FBX, glTF, GLB, PLY, STL, USD, .blend), whose views Blender
            renders first; a folder of photos and their poses (NeRF-synthetic's
            transforms_train.json, or LLFF's poses_bounds.npy); or a dataset's folder.
        out: Folder for the job, its dataset and its asset.
        how: How the reconstruction is done.
        light: Lat-long HDR picture to light the model with; a soft studio if there is none.
        placed: How the model is put into our world.
        json: Print one JSON line per event instead of drawing progress.
    """
    found = render.lit(load(Path.cwd(), os.environ), light)
    asked = how.asked()
    cameras = None if how.rig is None else render.read_rig(how.rig)
    source = models.ready(source, out, found, placed, json=json)
    job = plan.reconstruct(source, out, found, asked, os.environ, cameras)
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
