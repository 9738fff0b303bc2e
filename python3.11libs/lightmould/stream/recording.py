"""Items on disk, in plain files, as they were recorded.

FOLDER/recording.json     of what the items are; before any
FOLDER/items-0000.jsonl   a line of JSON for each item, written after its arrays; see `Line`
FOLDER/arrays-0000.npy    their arrays one after the other, as `numpy.save` appends them
FOLDER/items-0001.jsonl   another writer's, and so on: a pair (a shard) for each
FOLDER/manifest.json      last: how much of each shard is the recording, and its hash

Each array has a CRC-32 in its item's line, and the lines have a SHA-256 in the manifest. Headers
are checked before anything is allocated, and nothing that is read is run.
"""

import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

import lightmould
from lightmould.errors import DatasetError, FormatError, JobError, SettingsError
from lightmould.formats import codec, npy
from lightmould.formats.files import write_atomically
from lightmould.stream.source import Item, Request

ABOUT, MANIFEST = "recording.json", "manifest.json"

_FIX = "Record into another folder, or copy this one again."
_NAMES = ("items-{:04d}.jsonl", "arrays-{:04d}.npy")
_LONGEST_LINE = 1 << 24
"""Bytes; an item's parameters and metadata are words and numbers."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where an array of an item lies.

    Attributes:
        at: bytes before its header.
        size: bytes of header and elements.
        crc: CRC-32 of them.
    """

    at: int
    size: int
    crc: int

    def __post_init__(self) -> None:
        if min(self.at, self.size) < 0:
            found = f"{self.size} bytes at {self.at}"
            raise SettingsError("an array's place", found, "none below 0", _FIX)


@dataclass(frozen=True, slots=True)
class Line:
    """An item as a shard lists it.

    Attributes:
        seed: of the stream that it was asked from.
        epoch: of that stream.
        index: in that epoch.
        parameters: that it was asked with.
        metadata: what its producer said of it.
        instance: who made it.
        render_s: seconds that took.
        arrays: by name.
    """

    seed: int
    epoch: int
    index: int
    parameters: dict[str, Any]
    metadata: dict[str, Any]
    instance: str
    render_s: float
    arrays: dict[str, Part]

    @classmethod
    def of(cls, item: Item, arrays: dict[str, Part]) -> Self:
        """The line of an item whose arrays lie there."""
        asked = item.request
        said = (item.metadata, item.instance, item.render_s)
        return cls(asked.seed, asked.epoch, asked.index, asked.parameters, *said, arrays)

    @property
    def request(self) -> Request:
        """What was asked."""
        return Request(self.index, self.epoch, self.seed, self.parameters)


@dataclass(frozen=True, slots=True)
class Shard:
    """What of a pair of files is the recording; what follows was being written as it ended.

    Attributes:
        number: of the pair.
        items: its lines.
        lines: bytes of them.
        sha256: of them.
        arrays: bytes of the arrays.
    """

    number: int
    items: int
    lines: int
    sha256: str
    arrays: int


@dataclass(frozen=True, slots=True)
class About:
    """What is being recorded; another thing is not mixed into the same folder.

    Attributes:
        layout: version of this layout.
        words: whatever decides the items: the hash of a script, settings.
    """

    layout: Literal[1] = 1
    words: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A finished recording.

    Attributes:
        layout: version of this layout.
        about: SHA-256 of recording.json.
        shards: with their items.
        versions: program name to version.
    """

    layout: Literal[1]
    about: str
    shards: tuple[Shard, ...]
    versions: dict[str, str]


def paths(folder: Path, number: int) -> tuple[Path, Path]:
    """The two files of a shard: lines, arrays."""
    lines, arrays = (folder / name.format(number) for name in _NAMES)
    return lines, arrays


def begin(folder: Path, words: dict[str, Any]) -> None:
    """Make a folder that is, or will be, a recording of this.

    Raises:
        JobError: it holds something else, or can't be written.
    """
    text = codec.write(About(words=words))
    place = folder / ABOUT
    if place.is_file() and place.read_text(encoding="utf-8") != text:
        raise JobError(place, "a recording of something else", text.strip(), _FIX)
    if not place.is_file():
        if folder.exists() and any(folder.iterdir()):
            raise JobError(folder, "other files", "a recording, or an empty folder", _FIX)
        write_atomically(place, text)


def finish(folder: Path) -> Manifest:
    """Write the manifest; whoever recorded has stopped. What was cut off by a kill is left out.

    Raises:
        DatasetError: nothing was recorded.
        FormatError: a line is not an item.
        JobError: the manifest can't be written.
    """
    shards = [shard for number in numbers(folder) if (shard := _shard(folder, number)).items]
    if not shards:
        raise DatasetError(folder, "no items", "at least one", "Record some.")
    for shard in shards:
        for path in paths(folder, shard.number):
            _sync(path)
    about = hashlib.sha256((folder / ABOUT).read_bytes()).hexdigest()
    manifest = Manifest(1, about, tuple(shards), {"lightmould": lightmould.__version__})
    write_atomically(folder / MANIFEST, codec.write(manifest))
    return manifest


def numbers(folder: Path) -> list[int]:
    """Of the shards that there are, finished or not."""
    names = (path.stem.removeprefix("items-") for path in folder.glob("items-*.jsonl"))
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal())


def read_manifest(folder: Path) -> Manifest:
    """What a finished recording says of itself.

    Raises:
        DatasetError: there is none, or it is about something else.
        FormatError: it is damaged.
    """
    path = folder / MANIFEST
    if not path.is_file():
        fix = "Record the rest: what is there is kept. Or finish it as it is."
        raise DatasetError(folder, f"no {MANIFEST}", "a finished recording", fix)
    manifest = codec.read(Manifest, path.read_bytes(), path)
    about = folder / ABOUT
    if not about.is_file() or hashlib.sha256(about.read_bytes()).hexdigest() != manifest.about:
        raise DatasetError(about, "another file, or none", "the manifest's, by its SHA-256", _FIX)
    return manifest


def read_lines(folder: Path, shard: Shard) -> Iterator[Line]:
    """The items of a finished shard.

    Raises:
        DatasetError: they are not those that were recorded.
        FormatError: a line is not an item.
    """
    path, arrays = paths(folder, shard.number)
    for file, size in ((path, shard.lines), (arrays, shard.arrays)):
        found = file.stat().st_size if file.is_file() else 0
        if found < size:
            raise DatasetError(file, f"{found} bytes", f"{size}, as the manifest says", _FIX)
    with path.open("rb") as opened:
        data = opened.read(shard.lines)
    if hashlib.sha256(data).hexdigest() != shard.sha256:
        raise DatasetError(path, "damaged lines", "those recorded, by their SHA-256", _FIX)
    if (count := data.count(b"\n")) != shard.items:
        raise DatasetError(path, f"{count} items", f"{shard.items}, as in the manifest", _FIX)
    yield from _parsed(data, path, shard.arrays)


def read_unfinished(folder: Path, number: int) -> Iterator[Line]:
    """The items of a shard that are whole, whatever the manifest says.

    Raises:
        FormatError: a line is not an item.
    """
    path, arrays = paths(folder, number)
    size = arrays.stat().st_size if arrays.is_file() else 0
    data = path.read_bytes()
    yield from _parsed(data[: data.rfind(b"\n") + 1], path, size)


def read_arrays(path: Path, line: Line, limit: int) -> dict[str, NDArray[Any]]:
    """An item's arrays, by name.

    Args:
        path: a shard's file of arrays.
        line: the item.
        limit: bytes of all of them; more are not allocated.

    Raises:
        FormatError: they are not those that were recorded, or there are more.
    """
    wanted = sum(part.size for part in line.arrays.values())
    if wanted > limit:
        raise FormatError(path, f"an item of {wanted} bytes", f"{limit} at most", "Allow more.")
    with path.open("rb") as file:
        found = {}
        for name, part in line.arrays.items():
            file.seek(part.at)
            data = bytearray(part.size)
            whole = file.readinto(data) == part.size
            where = f"{path}: {name} of item {line.index}"
            if not whole or zlib.crc32(data) != part.crc:
                raise FormatError(where, "damaged bytes", "those recorded, by their CRC-32", _FIX)
            found[name] = _array(data, where)
    return found


def _array(data: bytearray, where: str) -> NDArray[Any]:
    header = npy.read(bytes(data[: npy.LONGEST]), where)
    if header.length + npy.size_of(header.shape, header.dtype) != len(data):
        raise FormatError(where, f"{len(data)} bytes", f"those of {header.shape}", _FIX)
    return np.frombuffer(data, header.dtype, offset=header.length).reshape(header.shape)


def _parsed(data: bytes, path: Path, arrays: int) -> Iterator[Line]:
    for number, text in enumerate(data.splitlines(), 1):
        where = f"{path}:{number}"
        if len(text) > _LONGEST_LINE:
            raise FormatError(where, f"{len(text)} bytes", f"{_LONGEST_LINE} at most", _FIX)
        line = codec.read(Line, text, where)
        if any(part.at + part.size > arrays for part in line.arrays.values()):
            raise FormatError(where, "an array beyond the file's end", f"{arrays} bytes", _FIX)
        yield line


def _shard(folder: Path, number: int) -> Shard:
    path, _ = paths(folder, number)
    found = list(read_unfinished(folder, number))
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    end = max((part.at + part.size for line in found for part in line.arrays.values()), default=0)
    return Shard(number, len(found), len(whole), hashlib.sha256(whole).hexdigest(), end)


def _sync(path: Path) -> None:
    if path.is_file():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
