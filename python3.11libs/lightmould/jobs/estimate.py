"""What a reconstruction will take, told before anything is done: pictures, time, disk, memory.

Rough on purpose, from what was measured on two cores without a GPU (README, "Measured"): within
a factor of two on such a machine. Rendering goes faster with more cores; finding an asset hardly.
Parts so thin that the engine takes its levels for them cost up to four times the time.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from lightmould.dataset import manifest, photos
from lightmould.errors import SettingsError
from lightmould.settings import Settings
from lightmould.settings.presets import PRESETS, training

Engine: TypeAlias = Literal["lightmould", "nvdiffrec"]
Rows: TypeAlias = Sequence[tuple[str, str]]
"""A word, and what is to be said of it."""

PATHS = 0.9e6
"""Of light, that two cores follow in a second."""
VIEW = 0.15
"""Seconds that a view costs besides."""
DISK = 12.0
"""Bytes of a dataset for each pixel of a view: color, mask, depth and normal, twice."""
ASSET = 80e6
"""Bytes of an asset, its report and its checkpoints."""
MEMORY, BASE = 58.0, 0.2e9
"""Bytes for each pixel of a dataset, and for the program."""
FINDING: dict[str, tuple[float, float]] = {
    "draft": (10.0, 0.4e-6),
    "standard": (35.0, 0.9e-6),
    "hero": (150.0, 7.5e-6),
}
"""Seconds of our engine: once, and for each pixel of the dataset."""
ITERATION = 0.25
"""Seconds of nvdiffrec for one of each of its two phases, on the GPU its authors published for."""
_PHOTO = 0.75  # of the longest side squared: 4 to 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants reconstructed.

    Attributes:
        source: a model file, a folder of photos with their poses, or a dataset's folder.
        folder: for everything that comes of it.
        preset: draft, standard or hero.
        engine: ours, or the user's own nvdiffrec.
    """

    source: Path
    folder: Path
    preset: str = "draft"
    engine: Engine = "lightmould"

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            wanted = f"one of {', '.join(PRESETS)}"
            raise SettingsError("preset", repr(self.preset), wanted, "Choose one of them.")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked, with what they are likely to answer.

    Attributes:
        choice: that somebody may change.
        source: what the source is called; its path, unless it is a node.
        is_photos: whether the source is a folder of pictures.
        is_fixed: whether the source is chosen already.
    """

    choice: Choice
    source: str
    is_photos: bool = False
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a reconstruction will take.

    Attributes:
        views: pictures, those held out included.
        rendering: seconds in Blender; 0 where the pictures are there.
        finding: seconds until the asset is there.
        disk: bytes.
        memory: bytes at most.
    """

    views: int
    rendering: float
    finding: float
    disk: float
    memory: float

    @property
    def minutes(self) -> float:
        """All of it."""
        return (self.rendering + self.finding) / 60


def estimate(choice: Choice, settings: Settings) -> Estimate:
    """What a reconstruction will take.

    Args:
        choice: what is wanted; a source that is no folder is a model, there or not.
        settings: of rendering and of photos.

    Raises:
        DatasetError: a folder is neither a dataset nor photos with poses.
        FormatError: its manifest or its poses can't be read.
    """
    source = choice.source
    if not source.is_dir():
        return _of_model(choice, settings)
    if (source / manifest.NAME).is_file():
        sizes = [view.camera.size for view in manifest.read(source / manifest.NAME).views]
        return _of_pictures(choice, sizes, 0.0)
    side = int(settings.photos.longest_side * _PHOTO**0.5)
    count = len(photos.find(source).photos)
    return _of_pictures(choice, [(side, side)] * count, 0.0)


def _of_model(choice: Choice, settings: Settings) -> Estimate:
    how, cores = settings.render, max((os.cpu_count() or 2) / 2, 1.0)
    width, height = how.size
    samples = how.views_train * how.samples + how.views_test * how.test_samples
    views = how.views_train + how.views_test
    rendering = (width * height * samples / PATHS + VIEW * views) / cores
    return _of_pictures(choice, [how.size] * views, rendering)


def _of_pictures(choice: Choice, sizes: Sequence[tuple[int, int]], rendering: float) -> Estimate:
    pixels = float(sum(width * height for width, height in sizes))
    if choice.engine == "nvdiffrec":
        finding = 2 * ITERATION * training(choice.preset).iter
    else:
        once, each = FINDING[choice.preset]
        finding = once + each * pixels
    memory = BASE + MEMORY * pixels
    return Estimate(len(sizes), rendering, finding, DISK * pixels + ASSET, memory)


def told(found: Estimate) -> Rows:
    """An estimate as rows of a word and what is to be said of it."""
    minutes = found.minutes
    time = f"{minutes:.0f} min" if minutes >= 2 else f"{max(minutes * 60, 1):.0f} s"
    return (
        ("Views", f"{found.views}"),
        ("Time", f"about {time}"),
        ("Disk", _size(found.disk)),
        ("Memory", _size(found.memory)),
    )


def _size(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size, 1e6) / 1e6:.0f} MB"
