"""What a configuration of nvdiffrec means to our engine, and what it does not mean."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from lightmould.errors import SettingsError
from lightmould.formats.nvdiffrec import Config
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction, ShapeLevel

SHORTEST = 25
"""Iterations between two previews, at least: each is the end of a stage of the engine, and the
next begins without momentum."""

CHUNKS = 4
"""Stages of a pass, at least, if each has enough steps."""

REFINE_STEPS = 3
"""Of the vertices before the second pass, where they are not locked."""

USUAL_RATE = 0.03
"""The learning rate of positions that all published configurations have, and our own rate."""

USUAL_LAPLACE = 10_000.0
"""The weight of smoothness that is nvdiffrec's default, and our own weight."""

USUAL_PAINT_RATE, SLOWEST_PAINT = 0.01, 0.05
"""A learning rate of materials among those that published configurations have, taken for our own;
and the rate of the second pass's end beside that of its beginning."""

COARSEST = 0.2
"""Share of the second pass on a texture of an eighth of the side; until `COARSE` it is half."""

PICTURES = 100
"""As many as a dataset usually has: an iteration looks at `batch` of them."""

COARSE = 0.4
"""Share of the first pass on a grid of three quarters of the cells, and halved pictures."""

SLOWEST = 0.3
"""The rate of the last stage of the first pass beside that of its first."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files that a configuration names, found.

    Attributes:
        ref_mesh: an .obj, or a folder.
        base_mesh: an .obj, or None.
        envmap: a light, or None.
        mtl_override: materials, or None.
    """

    ref_mesh: Path
    base_mesh: Path | None
    envmap: Path | None
    mtl_override: Path | None


def inputs(config: Config, folders: tuple[Path, ...]) -> Inputs:
    """The files that a configuration names, each in the first of the folders that has it.

    Raises:
        SettingsError: none of them has it.
    """

    def found(name: str) -> Path | None:
        text: str | None = getattr(config, name)
        if text is None:
            return None
        for folder in folders:
            if (folder / text).exists():
                return (folder / text).absolute()
        places = " and ".join(str(folder.absolute()) for folder in folders)
        fix = "Correct the path, or change to the folder that it is relative to."
        raise SettingsError(name, f"no {text} in {places}", "a file or folder", fix)

    reference = found("ref_mesh")
    if reference is None:  # the configuration has been checked
        raise SettingsError("ref_mesh", "nothing", "a file or folder", "Name one.")
    return Inputs(reference, found("base_mesh"), found("envmap"), found("mtl_override"))


def reconstruction(config: Config, files: Inputs) -> Reconstruction:
    """The engine's settings.

    Every stage of a pass ends where nvdiffrec would draw a preview. A step of the first pass is an
    iteration; of the second, one of an iteration's `batch` pictures.
    """
    chunks = stages(config)
    known = files.envmap if not config.learn_light else None
    least, most = config.ks_min, config.ks_max
    return Reconstruction(
        levels=() if files.base_mesh else _levels(config, chunks),
        refine_steps=0 if config.lock_pos else REFINE_STEPS,
        texture_size=max(config.texture_res),
        appearance=_appearance(config, chunks),
        extent=config.mesh_scale,
        isosurface=config.isosurface,
        base_mesh=files.base_mesh,
        base_textures=not config.random_textures,
        light=known,
        light_scale=config.env_scale if known else 1.0,
        lock_light=known is not None,
        light_frame="camera" if config.camera_space_light else "world",
        kd_min=_color(config.kd_min),
        kd_max=_color(config.kd_max),
        ks_min=(least[0], least[1], least[2]),
        ks_max=(most[0], most[1], most[2]),
    )


def previews(config: Config) -> int:
    """How many previews each pass has, besides the one of its beginning."""
    if not config.save_interval:
        return 0
    return config.iter // max(config.save_interval, SHORTEST)


def stages(config: Config) -> int:
    """How many stages of the engine make a pass: a multiple of the previews, if there are any."""
    count = max(1, previews(config))
    several = -(-CHUNKS // count)
    return count * several if config.iter >= count * several * SHORTEST else count


def _levels(config: Config, chunks: int) -> tuple[ShapeLevel, ...]:
    ends = np.linspace(0, config.iter + 1, chunks + 1).astype(int)
    speed = config.rates(0)[0] / USUAL_RATE
    smooth = config.laplace_scale / USUAL_LAPLACE * (config.laplace in ("absolute", "relative"))
    small = min(config.train_res) < 256
    # Marching tetrahedra has three times as many faces as a dual surface with these cells.
    finest = config.dmtet_grid * 2 // 3 if config.isosurface == "dmtet" else config.dmtet_grid
    levels = []
    for steps, index in zip(np.diff(ends), range(chunks), strict=True):
        begin, coarse = index / chunks, (index + 1) / chunks <= COARSE
        cells = finest * 3 // 4 if coarse else finest
        halvings = int(coarse and not small)
        usual = ShapeLevel(max(8, cells), int(steps), halvings, config.batch)
        rate, smoothness = usual.rate * speed * SLOWEST**begin, usual.smoothness * smooth
        levels.append(replace(usual, rate=rate, smoothness=smoothness))
    return tuple(levels)


def _appearance(config: Config, chunks: int) -> tuple[AppearanceLevel, ...]:
    ends = np.linspace(0, config.iter + 1, chunks + 1).astype(int)
    speed = config.rates(1)[1] / USUAL_PAINT_RATE
    levels = []
    for first, last in pairwise(ends.tolist()):
        begin, end = first / (config.iter + 1), last / (config.iter + 1)
        halvings = 3 if end <= COARSEST else 1 if end <= COARSE else 0
        every = max(1, PICTURES // config.batch)
        speeds = speed * SLOWEST_PAINT**begin, speed * SLOWEST_PAINT**end
        levels.append(AppearanceLevel(halvings, last - first, every, *speeds))
    return tuple(levels)


def _color(limits: tuple[float, ...]) -> tuple[float, float, float]:
    return limits[0], limits[1], limits[2]
