"""How much memory a reconstruction will take, and how much there is; known before it begins."""

import os
import re
from collections.abc import Callable, Iterator
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


def available(root: Path = Path("/")) -> float | None:
    """Bytes that this process may still take: the machine's, or its control group's if fewer.

    Args:
        root: where `proc` and `sys` lie.

    Returns:
        None where the system doesn't say.
    """
    known = [*_machine(root), *_control_groups(root)]
    return min(known, default=None)


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


def _machine(root: Path) -> Iterator[float]:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _text(root / "proc/meminfo"), re.MULTILINE)
    if found:
        yield 1024.0 * int(found[1])
    elif "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}) and root == Path("/"):
        yield float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")


def _control_groups(root: Path) -> Iterator[float]:
    """What is left to each control group that the process is in, version 1 or 2."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if not controllers:
            top, limit, usage, cache = "", "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            top, limit, usage = "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = "total_inactive_file"
        else:
            continue
        folder = root / "sys/fs/cgroup" / top
        # In a container the group's own folder may be mounted as the top one.
        inner = folder / group.strip("/")
        for one in (inner, *inner.parents):
            most, now = _text(one / limit).strip(), _text(one / usage).strip()
            if most.isdecimal() and now.isdecimal():
                # Pages of files that nobody uses are given back when memory is short.
                idle = re.search(rf"^{cache} (\d+)$", _text(one / "memory.stat"), re.MULTILINE)
                yield float(int(most) - int(now) + (int(idle[1]) if idle else 0))
            if one == folder:
                break


def _text(path: Path) -> str:
    """A file's text; empty where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
