"""What our steps around nvdiffrec leave for one another."""

from dataclasses import dataclass, field
from pathlib import Path

from lightmould.formats.nvdiffrec import Config
from lightmould.model import Placement

VIEWS = "views.json"
RUN = "run.json"
TEXTURES = ("kd", "ks", "n")


def texture(folder: Path, name: str) -> Path:
    """The file of one of `TEXTURES`; where mip levels were trained, the first has a number."""
    level = folder / f"texture_{name}_0.png"
    return level if level.is_file() else folder / f"texture_{name}.png"


@dataclass(frozen=True, slots=True)
class Views:
    """A folder of views as nvdiffrec reads them; `views.json`, written last.

    Attributes:
        placement: of nvdiffrec's world in the dataset's.
        size: (width, height) of every picture.
        train: how many there are to learn from.
        test: how many to validate with.
    """

    placement: Placement
    size: tuple[int, int]
    train: int
    test: int


@dataclass(frozen=True, slots=True)
class Run:
    """What nvdiffrec wrote; `run.json`, written last. Its files lie beside it, as it wrote them.

    Attributes:
        config: what it was told.
        placement: of its world in the dataset's.
        seconds: that it ran.
        psnr: dB, its own score of its last validation; None without one.
        versions: program name to version.
        hashes: relative path to sha256 of every file.
    """

    config: Config
    placement: Placement
    seconds: float
    psnr: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
