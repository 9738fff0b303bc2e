"""What a job's programs were asked for, as names and values to read, compare and change."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.formats.files import write_atomically
from lightmould.jobs import job_file
from lightmould.jobs.path_map import moved
from lightmould.model import Job, PathMap, Step
from lightmould.model.path_map import rule
from lightmould.tools.own import ReconstructionRequest

Plain: TypeAlias = str | int | float | bool | None

REQUESTS = "requests"
RECONSTRUCT = "reconstruct"
_LONGEST = 16  # of a list that is told item by item
_LARGEST = 1 << 24  # bytes of a file that is read


def asked(folder: Path) -> dict[str, Plain]:
    """Every setting of a job, by a name such as `reconstruct.how.texture_size`.

    What is long, such as a list of views, is told by its length. A file that is damaged is told by
    what is wrong with it.

    Raises:
        OSError: the requests can't be read.
    """
    found: dict[str, Plain] = {}
    for path in sorted((folder / REQUESTS).glob("*.json")):
        if path.stat().st_size > _LARGEST:
            found[path.stem] = f"{path.stat().st_size} bytes"
            continue
        try:
            found.update(_flat(path.stem, codec.parse(path.read_bytes(), path)))
        except FormatError as error:
            found[path.stem] = str(error)
    return found


def differences(
    one: Mapping[str, Plain], other: Mapping[str, Plain], folders: tuple[Path, Path]
) -> tuple[str, ...]:
    """The names of settings that differ; paths within the jobs' own folders count as the same."""
    first, second = (str(folder) for folder in folders)

    def same(name: str) -> bool:
        mine, yours = one[name], other[name]
        if isinstance(mine, str) and isinstance(yours, str):
            return mine.replace(first, "") == yours.replace(second, "")
        return mine == yours and type(mine) is type(yours)

    names = {**one, **other}
    return tuple(name for name in names if name not in one or name not in other or not same(name))


def duplicate(source: Path, out: Path, changes: Mapping[str, Plain], *, again: bool = False) -> Job:
    """Write a job like another into a folder of its own, with other settings; it is not run yet.

    Args:
        source: the other job's folder.
        out: the new one, empty or absent.
        changes: setting to value, as `asked` names them.
        again: whether pictures are made again; else the new job reads the other's.

    Raises:
        JobError: there is no such job, or the new folder is not empty or can't be written.
        FormatError: a change does not fit, by name.
    """
    job, out = job_file.read(source / job_file.NAME), out.absolute()
    if out.exists() and any(out.iterdir()):
        raise JobError(out, "a folder that holds something", "an empty one", "Choose another.")
    kept = job.steps if again else job.steps[-1:]
    moves = _moves(job, kept, out)
    for path in sorted((source / REQUESTS).iterdir()):
        if path.suffix == ".json":
            data = moved(codec.parse(path.read_bytes(), path), moves)
            _change(data, path.stem, changes)
            text = codec.write(data)
            if path.stem == RECONSTRUCT:
                codec.read(ReconstructionRequest, text, path)
            write_atomically(out / REQUESTS / path.name, text)
        elif path.is_file():
            write_atomically(out / REQUESTS / path.name, path.read_bytes())
    plain = moved(codec.encode(replace(job, steps=kept)), moves) | {"folder": str(out)}
    new: Job = codec.decoded(Job, plain, str(source))
    job_file.write(new)
    return new


def _moves(job: Job, kept: tuple[Step, ...], out: Path) -> PathMap:
    """Folders of the old job and of the new one: of the requests and of every step that is kept."""
    folders = {job.folder / REQUESTS, *(step.folder for step in kept)}
    inside = [folder for folder in folders if folder.is_relative_to(job.folder)]
    return PathMap(tuple(rule(str(one), str(out / one.relative_to(job.folder))) for one in inside))


def _change(data: Any, stem: str, changes: Mapping[str, Plain]) -> None:
    for name, value in changes.items():
        first, *path = _parts(name)
        if first != stem:
            continue
        place = data
        try:
            for part in path[:-1]:
                place = place[part]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError) as error:
            found, wanted = f"no setting {name}", "one that the job has"
            raise FormatError(stem, found, wanted, "Correct the name.") from error


def _parts(name: str) -> list[str | int]:
    """`a.b[2].c` as a, b, 2, c."""
    words = name.replace("[", ".").replace("]", "").split(".")
    return [int(word) if word.isdecimal() else word for word in words]


def _flat(name: str, data: Any) -> Iterator[tuple[str, Plain]]:
    if isinstance(data, dict) and data:
        for key, item in data.items():
            yield from _flat(f"{name}.{key}", item)
    elif isinstance(data, list) and len(data) > _LONGEST:
        yield name, f"{len(data)} items"
    elif isinstance(data, list) and data:
        for index, item in enumerate(data):
            yield from _flat(f"{name}[{index}]", item)
    else:
        yield name, data if not isinstance(data, dict | list) else ""
