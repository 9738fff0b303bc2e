"""The best of some reconstructions, by pictures that none of them learned from."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lightmould.errors import FormatError, JobError
from lightmould.farm import comparison, score
from lightmould.farm.score import Score
from lightmould.formats import codec
from lightmould.formats.files import file_hash, place, write_atomically
from lightmould.model import Event, Wrote
from lightmould.tools.farm import BestRequest

NAME = "best.json"
MANIFEST = "manifest.json"


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
    scores = [score.read(name, asset) for name, asset in asked.assets.items()]
    ranked = tuple(sorted(scores, key=lambda one: -one.psnr))  # stable: the first of equals
    kept = asked.assets[ranked[0].name]
    for name, wanted in sorted(_files(kept).items()):
        _copy(kept / name, asked.out / name, wanted)
        yield Wrote(name, PurePosixPath(name).stem)
    write_atomically(asked.out / NAME, codec.write(Comparison(ranked[0].name, ranked)))
    yield Wrote(NAME, "comparison")
    page = comparison.page(ranked, asked.assets, asked.out)
    write_atomically(asked.out / comparison.NAME, page)
    yield Wrote(comparison.NAME, "report")
    write_atomically(asked.out / MANIFEST, (kept / MANIFEST).read_bytes())
    yield Wrote(MANIFEST, "manifest")


def _files(asset: Path) -> dict[str, str]:
    """SHA-256 of each file of an asset, by its path inside."""
    path = asset / MANIFEST
    hashes: dict[str, str] = codec.decoded(
        dict[str, str], score.parsed(path).get("hashes"), f"{path}: $.hashes"
    )
    for name in hashes:
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts:
            wanted, fix = "paths inside the asset", "Reconstruct that wedge again."
            raise FormatError(path, f"the path {name}", wanted, fix)
    return hashes


def _copy(source: Path, target: Path, wanted: str) -> None:
    if file_hash(source) != wanted:
        fix = "Run its task of the step reconstruct again."
        raise JobError(source, "other content than its manifest says", "that", fix)
    place(source, target)
