"""Every kernel that a reconstruction needs, compiled and on disk before the first one.

A small ball is reconstructed, twice at once: one process begins with its pictures, the other with
its mesh, so that shapes and textures are compiled side by side; what one has compiled the other
finds on disk.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from lightmould.dataset import images, manifest
from lightmould.formats import codec, obj
from lightmould.formats.files import write_atomically
from lightmould.jobs.run import run
from lightmould.model import Camera, Dataset, Job, Mesh, Step, View
from lightmould.raster.fragments import Singles
from lightmould.rigs import Lens, sphere
from lightmould.settings.presets import PRESETS
from lightmould.settings.reconstruction import Reconstruction
from lightmould.tools import own

SIDE, AWAY = 64, 3.0
"""Pixels along a picture's side, and metres from the ball's center to a camera."""

TRAIN, TEST = 8, 2
"""Views."""


def compile_kernels() -> None:
    """Compile what is not compiled yet, two processes at a time.

    Raises:
        CommandError: a reconstruction of the ball failed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = folder / "ball.obj"
        write_atomically(source, obj.write(ball()))
        dataset = _pictures(folder / "dataset", source)
        how = hasty(PRESETS["draft"])
        requests = [
            _request(folder / name, dataset, replace(how, base_mesh=mesh))
            for name, mesh in (("shape", None), ("textures", source))
        ]
        commands = tuple(own.reconstruct(sys.executable, request) for request in requests)
        asset = folder / "shape"
        step = Step("warm", commands, (), asset, asset / manifest.NAME)
        run(Job("Compile the kernels", folder, (step,)), lambda _: None, limit=2)


def hasty(how: Reconstruction) -> Reconstruction:
    """The same stages, with next to nothing done in each."""
    return replace(
        how,
        levels=tuple(replace(level, cells=12, steps=2, halvings=4) for level in how.levels),
        refine_steps=1,
        faces=1000,
        texture_size=64,
        appearance=tuple(replace(level, steps=2) for level in how.appearance),
    )


def ball(rows: int = 8, columns: int = 16) -> Mesh:
    """A ball of radius 1 m at the origin, of latitudes and longitudes, with an atlas."""
    down, around = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1))
    tilt, turn = np.pi * down.reshape(-1), 2 * np.pi * around.reshape(-1)
    flat = np.stack([np.sin(tilt) * np.sin(turn), np.cos(tilt), np.sin(tilt) * np.cos(turn)], 1)
    first = (np.arange(columns)[:, None] * (rows + 1) + np.arange(rows)).reshape(-1, 1)
    halves = np.array([(0, 1, rows + 1), (rows + 1, 1, rows + 2)])
    faces = np.concatenate([first + half for half in halves])
    uvs = np.stack([around.reshape(-1), 1 - down.reshape(-1)], axis=1)
    return Mesh(flat, faces, uvs, faces)


def _pictures(folder: Path, source: Path) -> Path:
    """The manifest of a dataset of the ball, gray and brighter above."""
    rig = sphere((0, 0, 0), AWAY, TRAIN + TEST, Lens((SIDE, SIDE), np.pi / 4))
    views = []
    for index, camera in enumerate(rig.cameras):
        color = PurePosixPath(f"{camera.name}.png")
        images.write_png(folder / color, _picture(camera))
        views.append(View(camera, "train" if index < TRAIN else "test", color))
    path = folder / manifest.NAME
    manifest.write(Dataset(folder, tuple(views), source=source), path)
    return path


def _picture(camera: Camera) -> Singles:
    """(H, W, 4) the ball: from the outside of it its outline is a circle."""
    x, y = np.meshgrid(*(np.arange(SIDE) + 0.5 - middle for middle in camera.center))
    radius = camera.focal[0] / np.sqrt(AWAY**2 - 1)
    inside = np.clip(radius - np.hypot(x, y) + 0.5, 0, 1)
    gray = np.clip(0.5 - 0.3 * y / radius, 0, 1)
    return np.asarray(np.stack([gray, gray, gray, inside], axis=-1), np.float32)


def _request(asset: Path, dataset: Path, how: Reconstruction) -> Path:
    path = asset.with_suffix(".json")
    write_atomically(path, codec.write(own.ReconstructionRequest(dataset, asset, how)))
    return path
