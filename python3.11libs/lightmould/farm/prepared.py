"""A job's folder that many machines work on: what its tasks share, and where they find it.

FOLDER/job.json, requests   as of every job; see `jobs.plan`
FOLDER/farm.json            how its work is divided
FOLDER/parts/000000 ...     some of the views each
FOLDER/dataset              of all parts, or of photos
FOLDER/wedges/NAME          a reconstruction, a job of its own
FOLDER/asset                the best of them, and best.json and wedges.html, which compare them
FOLDER/import               a Houdini scene with that asset
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lightmould.dataset.intake import Intake
from lightmould.errors import FormatError, JobError, SettingsError
from lightmould.farm.wedge import Wedge
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.jobs import job_file
from lightmould.jobs.moving import moved
from lightmould.model import Dataset
from lightmould.tools.blender import RenderRequest

NAME = "farm.json"
REQUESTS = "requests"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Division:
    """How a job's work is divided.

    Attributes:
        chunk: views that one task renders.
        dataset: manifest of the dataset that is made, or of the one that there is.
        wedges: the reconstructions.
        scene: Houdini scene that the asset is brought into; None for none.
    """

    chunk: int
    dataset: Path
    wedges: tuple[Wedge, ...]
    scene: Path | None = None

    def __post_init__(self) -> None:
        if self.chunk < 1:
            raise SettingsError("--chunk", f"{self.chunk}", "a view or more", "Correct it.")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared folder as this machine sees it.

    Attributes:
        folder: where it lies here.
        moves: folders as they are called in its files, and as they are called here.
        division: how its work is divided.
    """

    folder: Path
    moves: Mapping[str, str]
    division: Division

    @property
    def rendering(self) -> RenderRequest | None:
        """What is rendered, if anything is."""
        return self._request(RenderRequest, "render")

    @property
    def planned(self) -> Dataset | None:
        """The dataset that is made of what is rendered."""
        return self._request(Dataset, "assemble")

    @property
    def intake(self) -> Intake | None:
        """The photos that are taken in, if any are."""
        return self._request(Intake, "import")

    def _request(self, kind: type[T], name: str) -> T | None:
        path = self.folder / REQUESTS / f"{name}.json"
        return _here(kind, path, self.moves) if path.exists() else None


def write(folder: Path, division: Division) -> None:
    """Make a job's folder a prepared one.

    Raises:
        JobError: it can't be written.
    """
    write_atomically(folder / NAME, codec.write(division))


def read(folder: Path, moves: Mapping[str, str]) -> Prepared:
    """A prepared folder, wherever it lies now.

    Args:
        folder: the job's.
        moves: folders as other machines call them, and as they are called here.

    Raises:
        JobError: it was not prepared.
        FormatError: a file of it is damaged.
    """
    folder = folder.absolute()
    before = job_file.look(folder / job_file.NAME).folder
    path = folder / NAME
    if not path.is_file():
        fix = f"Prepare it: lightmould bundle {folder} --out DIR."
        raise JobError(path, "no such file", "a folder that is prepared for a farm", fix)
    every = {**moves, str(before): str(folder)}
    return Prepared(folder, every, _here(Division, path, every))


def _here(kind: type[T], path: Path, moves: Mapping[str, str]) -> T:
    """What a file holds, its paths as they are here."""
    try:
        data: Any = moved(codec.parse(path.read_bytes(), path), moves)
    except OSError as error:
        found = error.strerror or str(error)
        raise FormatError(path, found, "a file of the job", "Prepare the job again.") from error
    value: T = codec.decoded(kind, data, f"{path}: $")
    return value
