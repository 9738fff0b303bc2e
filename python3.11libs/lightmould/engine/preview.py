"""What has been found so far, as a held-out camera sees it: a picture and a score per stage."""

from pathlib import Path

import numpy as np

from lightmould.dataset import images
from lightmould.engine import judge, shell, stages
from lightmould.engine.checkpoint import Arrays
from lightmould.engine.geometry.sdf import albedo_at, mesh_of
from lightmould.engine.journal import Journal
from lightmould.engine.measure import image
from lightmould.engine.stages import Stage
from lightmould.engine.texturing import picture
from lightmould.engine.views import Views, halved
from lightmould.model import Camera, Wrote
from lightmould.model.mesh import vertex_normals
from lightmould.raster import cpu

CURVE = "preview"
"""The name of the scores in metrics.jsonl: dB over the object's pixels."""

TRUTH = "truth.png"
"""What the view should look like, as large as the previews."""

LARGEST = 400
"""Pixels along a preview's longer side, at most: it must cost next to nothing."""


class Previews:
    """Draws one held-out view after each stage."""

    def __init__(self, folder: Path, truth: Views, journal: Journal) -> None:
        """Draw into a folder.

        Args:
            folder: for pictures; made where it is missing.
            truth: held-out views; the first is drawn, at every stage the same.
            journal: hears of pictures and scores.
        """
        one = Views(truth.cameras[:1], truth.color[:1], truth.alpha[:1])
        while max(one.size) > LARGEST:
            one = halved(one)
        self._folder, self._truth, self._journal = folder, one, journal

    def draw(self, index: int, arrays: Arrays) -> None:
        """Draw what a stage of the journal's plan has left.

        Args:
            index: of the stage.
            arrays: that it left.
        """
        found = judge.encoded(seen(arrays, self._truth.cameras[0]), 0)
        path = _path(self._folder, self._journal.plan[index].name)
        images.write_png(path, found)
        self._journal.say(Wrote(str(path), "preview"))
        if not (self._folder / TRUTH).is_file():
            images.write_png(self._folder / TRUTH, judge.encoded(self._truth, 0))
        # Pictures that the halving left without the object have no score.
        if (self._truth.alpha > 0).any():
            score = image.psnr(found, judge.encoded(self._truth, 0))
            self._journal.note(CURVE, self._journal.steps(index), score)


def drawn(folder: Path, plan: tuple[Stage, ...]) -> tuple[tuple[str, Path], ...]:
    """What there is in a folder: each stage's title and picture, in a plan's order; the truth."""
    titled = [(stage.title, _path(folder, stage.name)) for stage in plan]
    found = tuple((title, path) for title, path in titled if path.is_file())
    truth = folder / TRUTH
    return (*found, ("truth", truth)) if found and truth.is_file() else found


def seen(arrays: Arrays, camera: Camera, samples: int = 1) -> Views:
    """What has been found so far, as a camera sees it: a colored shape, or an asset with textures.

    Args:
        arrays: of any stage.
        camera: where from.
        samples: along a pixel's side, of an asset.
    """
    if "texture" not in arrays:
        return _shape_seen(arrays, camera)
    corners, look = stages.corners_of(arrays), stages.look_of(arrays)
    color, alpha = picture.render(camera, corners, look, samples)
    return Views((camera,), color[None], alpha[None])


def _path(folder: Path, name: str) -> Path:
    return folder / f"after_{name}.png"


def _shape_seen(arrays: Arrays, camera: Camera) -> Views:
    """The shape of the first stages, with a color per vertex under its smooth light."""
    found = stages.shape_of(arrays)
    positions, faces = mesh_of(found)
    light = shell.harmonics(vertex_normals(positions, faces)) @ found.light
    lit = albedo_at(found, positions) * np.maximum(light, 0.0)
    colors = np.pad(lit, ((0, 0), (0, 1)), constant_values=1.0).astype(np.float32)
    clip = np.pad(positions, ((0, 0), (0, 1)), constant_values=1.0) @ camera.clip_from_world.T
    clip = clip.astype(np.float32)[None]
    fragments = cpu.rasterize(clip, faces, camera.size)
    flat = cpu.interpolate(colors[None], faces, fragments)
    smooth = cpu.antialias(flat, clip, faces, fragments, cpu.adjacency(faces))
    return Views((camera,), smooth[..., :3], smooth[..., 3])
