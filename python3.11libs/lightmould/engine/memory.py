"""How much memory a reconstruction will take, known before it begins."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lightmould.errors import ReconstructionError
from lightmould.model import Dataset
from lightmould.settings.reconstruction import Reconstruction

CLOSE = 0.8
"""Share of the available memory from which on a person is warned."""

COVERED = 0.4
"""Share of the pixels that an object is assumed to cover: most leave some room around it."""

PICTURE, DEPTH, TARGET, FRAGMENT, POINT, CELL, FACE, TEXEL = 16, 16, 21, 16, 64, 60, 2600, 240
"""Bytes: a pixel of a picture in memory; of one with depth and normal; of one that the shape is
compared with; of one in which surface points are looked up; a surface point, as textures are fitted
to; a cell of the grid's cube with all that is known of it; a face while it is unwrapped; a texel,
its optimizer's and its last good state. Measured on views of 64, 256, 512 and 1024 pixels."""

SIDES = 6
"""Faces for the square of the cells along a side, of an object that is not all twigs."""

PROGRAMS = 150e6
"""Bytes that libraries, compiled kernels and buffers take besides."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes that are needed, beyond what the process has when it begins.

    Attributes:
        pictures: for the dataset's pictures, all the time.
        shape: while the shape is found.
        atlas: while it is unwrapped.
        appearance: while textures and light are found, and while pictures are taken of them.
    """

    pictures: float
    shape: float
    atlas: float
    appearance: float

    @property
    def peak(self) -> float:
        """The most at any time."""
        return PROGRAMS + self.pictures + max(self.shape, self.atlas, self.appearance)


def estimate(dataset: Dataset, how: Reconstruction) -> Estimate:
    """What a reconstruction will need, within a third."""
    sizes = [view.camera.size for view in dataset.views if view.split != "val"]
    pixels = float(sum(width * height for width, height in sizes))
    learned = float(sum(w * h for w, h in (view.camera.size for view in dataset.of("train"))))
    levels = how.levels + how.thin_levels
    cells = max((level.cells for level in levels), default=0)
    least = min((level.halvings for level in levels), default=0)
    known = DEPTH * learned if how.supervision else 0.0
    return Estimate(
        pictures=PICTURE * pixels + known,
        shape=TARGET * learned / 4**least + CELL * cells**3,
        atlas=float(FACE * min(how.faces, SIDES * cells**2)),
        appearance=(FRAGMENT + POINT * COVERED) * learned + TEXEL * how.texture_size**2,
    )


def check(
    needed: Estimate, where: str | Path, free: float | None, warn: Callable[[str], None]
) -> None:
    """Refuse what can't fit; warn where it is close.

    Args:
        needed: of `estimate`.
        where: the dataset's manifest, for messages.
        free: bytes, of `available`; None where nobody knows.
        warn: hears what is close.

    Raises:
        ReconstructionError: it can't fit.
    """
    if free is None or needed.peak <= CLOSE * free:
        return
    need, have = _gigabytes(needed.peak), _gigabytes(free)
    if needed.peak <= free:
        warn(f"{where}: about {need} of memory are needed, and {have} are free; {_advice(needed)}")
        return
    advice = _advice(needed)
    raise ReconstructionError(
        where,
        f"{have} of free memory",
        f"about {need}",
        f"{advice[0].upper()}{advice[1:]}, or free memory.",
    )


def _advice(needed: Estimate) -> str:
    """What to lower, the largest part first."""
    parts = {
        "use fewer or smaller pictures": needed.pictures,
        "lower the cells or raise the halvings of `levels` and `thin_levels`": needed.shape,
        "lower `faces`": needed.atlas,
        "lower `texture_size`, or use fewer or smaller pictures": needed.appearance,
    }
    return max(parts, key=lambda name: parts[name])


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
