"""How good a reconstruction is, as its metrics.json tells."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec

METRICS = "metrics.json"


@dataclass(frozen=True, slots=True)
class Score:
    """The numbers that wedges are compared by; see the README for what they are.

    Attributes:
        name: the wedge's.
        psnr: dB, over the object's pixels of held-out views.
        ssim: of the same views.
        iou: of the silhouettes.
        chamfer_rel: distance to the source's surface; None without one.
        seconds: that it took.
    """

    name: str
    psnr: float
    ssim: float
    iou: float
    chamfer_rel: float | None
    seconds: float


def read(name: str, asset: Path) -> Score:
    """The score of an asset.

    Raises:
        JobError: the asset is not there.
        FormatError: its numbers can't be read.
    """
    path = asset / METRICS
    told = {**parsed(path), "name": name}
    wanted = {one.name: told[one.name] for one in fields(Score) if one.name in told}
    score: Score = codec.decoded(Score, wanted, f"{path}: $")
    return score


def parsed(path: Path) -> dict[str, Any]:
    """The object that a file of an asset holds.

    Raises:
        JobError: there is no such file.
        FormatError: it holds something else.
    """
    try:
        data = codec.parse(path.read_bytes(), path)
    except OSError as error:
        fix = "Run the tasks of the step reconstruct first."
        raise JobError(path, error.strerror or str(error), "a file of an asset", fix) from error
    if not isinstance(data, dict):
        raise FormatError(path, "no object", "an object", "Reconstruct that wedge again.")
    return data
