"""A job's folder that many machines work on: what its tasks share, and where they find it.

FOLDER/job.json, requests   as of every job; see `jobs.plan`
FOLDER/farm.json            how its work is divided
FOLDER/parts/000000 ...     some of the views each
FOLDER/dataset              of all parts, or of photos
FOLDER/wedges/NAME          a reconstruction, a job of its own
FOLDER/asset                the best of them, and best.json and wedges.html, which compare them
FOLDER/import               a Houdini scene with that asset
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from lightmould.dataset import manifest
from lightmould.dataset.intake import Intake
from lightmould.errors import FormatError, JobError, SettingsError
from lightmould.farm.wedge import Wedge
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.jobs import job_file
from lightmould.jobs.path_map import moved
from lightmould.model import Dataset, PathMap
from lightmould.model.path_map import rule
from lightmould.tools.blender import RenderRequest

NAME = "farm.json"
REQUESTS = "requests"

NO_RULES = PathMap()

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


@dataclass(frozen=True)
class Prepared:
    """A prepared folder as this machine sees it.

    Attributes:
        folder: where it lies here.
        rules: how folders in its files are called here.
        division: how its work is divided.
    """

    folder: Path
    rules: PathMap
    division: Division

    @cached_property
    def rendering(self) -> RenderRequest | None:
        """What is rendered, if anything is."""
        return self._request(RenderRequest, "render")

    @cached_property
    def planned(self) -> Dataset | None:
        """The dataset that is made of what is rendered."""
        path = self.folder / REQUESTS / "assemble.json"
        if not path.exists():
            return None
        found = manifest.read(path)
        return replace(found, source=found.source and Path(self.rules.apply(str(found.source))))

    @cached_property
    def intake(self) -> Intake | None:
        """The photos that are taken in, if any are."""
        return self._request(Intake, "import")

    def _request(self, kind: type[T], name: str) -> T | None:
        path = self.folder / REQUESTS / f"{name}.json"
        return _here(kind, path, self.rules) if path.exists() else None


def write(folder: Path, division: Division) -> None:
    """Make a job's folder a prepared one.

    Raises:
        JobError: it can't be written.
    """
    write_atomically(folder / NAME, codec.write(division))


def read(folder: Path, rules: PathMap = NO_RULES) -> Prepared:
    """A prepared folder, wherever it lies now.

    Args:
        folder: the job's.
        rules: how folders of other machines are called here; its own folder is known.

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
    every = PathMap((rule(str(before), str(folder)),)).joined(rules)
    return Prepared(folder, every, _here(Division, path, every))


def _here(kind: type[T], path: Path, rules: PathMap) -> T:
    """What a file holds, its paths as they are here."""
    try:
        data: Any = moved(codec.parse(path.read_bytes(), path), rules)
    except OSError as error:
        found = error.strerror or str(error)
        raise FormatError(path, found, "a file of the job", "Prepare the job again.") from error
    value: T = codec.decoded(kind, data, f"{path}: $")
    return value
