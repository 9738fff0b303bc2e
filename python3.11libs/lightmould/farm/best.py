"""The best of some reconstructions, by pictures that none of them learned from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.formats.files import file_hash, place, write_atomically
from lightmould.model import Event, Wrote
from lightmould.tools.farm import BestRequest

NAME = "best.json"
MANIFEST = "manifest.json"
METRICS = "metrics.json"


@dataclass(frozen=True, slots=True)
class Score:
    """How good a reconstruction is; see the README for what the numbers are.

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


@dataclass(frozen=True, slots=True)
class Comparison:
    """best.json.

    Attributes:
        best: the name of the one that is kept.
        scores: of all, the best first.
    """

    best: str
    scores: tuple[Score, ...]


def keep(asked: BestRequest) -> Iterator[Event]:
    """Copy the best asset; its manifest is written last.

    Raises:
        JobError: an asset is not there or damaged, or the folder can't be written.
        FormatError: its scores can't be read.
    """
    scores = [_score(name, asset) for name, asset in asked.assets.items()]
    ranked = tuple(sorted(scores, key=lambda score: -score.psnr))  # stable: the first of equals
    kept = asked.assets[ranked[0].name]
    for name, wanted in sorted(_files(kept).items()):
        _copy(kept / name, asked.out / name, wanted)
        yield Wrote(name, PurePosixPath(name).stem)
    write_atomically(asked.out / NAME, codec.write(Comparison(ranked[0].name, ranked)))
    yield Wrote(NAME, "comparison")
    write_atomically(asked.out / MANIFEST, (kept / MANIFEST).read_bytes())
    yield Wrote(MANIFEST, "manifest")


def _score(name: str, asset: Path) -> Score:
    path = asset / METRICS
    told = {"name": name, **_object(path)}
    kept = {key: told[key] for key in Score.__dataclass_fields__ if key in told}
    score: Score = codec.decoded(Score, kept, f"{path}: $")
    return score


def _files(asset: Path) -> dict[str, str]:
    """SHA-256 of each file of an asset, by its path inside."""
    path = asset / MANIFEST
    hashes: dict[str, str] = codec.decoded(
        dict[str, str], _object(path).get("hashes"), f"{path}: $.hashes"
    )
    for name in hashes:
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts:
            wanted, fix = "paths inside the asset", "Reconstruct that wedge again."
            raise FormatError(path, f"the path {name}", wanted, fix)
    return hashes


def _object(path: Path) -> dict[str, Any]:
    try:
        data = codec.parse(path.read_bytes(), path)
    except OSError as error:
        fix = "Run the tasks of the step reconstruct first."
        raise JobError(path, error.strerror or str(error), "an asset's", fix) from error
    if not isinstance(data, dict):
        raise FormatError(path, "no object", "an object", "Reconstruct that wedge again.")
    return data


def _copy(source: Path, target: Path, wanted: str) -> None:
    if file_hash(source) != wanted:
        fix = "Run its task of the step reconstruct again."
        raise JobError(source, "other content than its manifest says", "that", fix)
    place(source, target)
