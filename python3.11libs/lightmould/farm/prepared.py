"""A job's folder that many machines work on: what its tasks share, and where they find it.

FOLDER/job.json, requests   as of every job; see `jobs.plan`; and those of each part of the views
FOLDER/farm.json            how its work is divided
FOLDER/parts/000000 ...     some of the views each
FOLDER/dataset              of all parts, or of photos
FOLDER/wedges/NAME          a reconstruction, a job of its own
FOLDER/asset                the best of them, and best.json and wedges.html, which compare them
FOLDER/import               a Houdini scene with that asset
"""

from dataclasses import dataclass, replace
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
        parts: of the views, each with a request of its own; known once the folder is prepared.
    """

    chunk: int
    dataset: Path
    wedges: tuple[Wedge, ...]
    scene: Path | None = None
    parts: int = 0

    def __post_init__(self) -> None:
        if self.chunk < 1:
            raise SettingsError("--chunk", f"{self.chunk}", "a view or more", "Correct it.")


@dataclass(frozen=True, slots=True)
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

    @property
    def rendering(self) -> RenderRequest | None:
        """What is rendered, if anything is."""
        return self._request(RenderRequest, "render")

    @property
    def planned(self) -> Dataset:
        """The dataset that is made of what is rendered."""
        return self._dataset(self.folder / REQUESTS)

    @property
    def intake(self) -> Intake | None:
        """The photos that are taken in, if any are."""
        return self._request(Intake, "import")

    def part(self, number: int) -> tuple[Dataset, RenderRequest]:
        """The dataset as far as one part has it, and what is asked for that; no task reads more."""
        folder = _part(self.folder, number)
        return self._dataset(folder), _here(RenderRequest, folder / "render.json", self.rules)

    def _dataset(self, folder: Path) -> Dataset:
        found = manifest.read(folder / "assemble.json")
        return replace(found, source=found.source and Path(self.rules.apply(str(found.source))))

    def _request(self, kind: type[T], name: str) -> T | None:
        path = self.folder / REQUESTS / f"{name}.json"
        return _here(kind, path, self.rules) if path.exists() else None


def write(folder: Path, division: Division) -> None:
    """Make a job's folder a prepared one; what is asked for its views is divided, too.

    Raises:
        JobError: it can't be written.
    """
    request, count = folder / REQUESTS / "render.json", 0
    if request.exists():
        whole = codec.read(RenderRequest, request.read_bytes(), request)
        planned, chunk = manifest.read(request.with_name("assemble.json")), division.chunk
        for count, first in enumerate(range(0, len(whole.views), chunk), start=1):
            ours, place = slice(first, first + chunk), _part(folder, count - 1)
            asked = replace(whole, views=whole.views[ours])
            write_atomically(place / "render.json", codec.write(asked))
            some = replace(planned, views=planned.views[ours])
            manifest.write(some, place / "assemble.json")
    write_atomically(folder / NAME, codec.write(replace(division, parts=count)))


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


def _part(folder: Path, number: int) -> Path:
    return folder / REQUESTS / f"{number:06d}"


def _here(kind: type[T], path: Path, rules: PathMap) -> T:
    """What a file holds, its paths as they are here."""
    try:
        data: Any = moved(codec.parse(path.read_bytes(), path), rules)
    except OSError as error:
        found = error.strerror or str(error)
        raise FormatError(path, found, "a file of the job", "Prepare the job again.") from error
    value: T = codec.decoded(kind, data, f"{path}: $")
    return value
