"""A recording as a source: what was recorded, exactly, without any Blender."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self, TypeAlias

from lightmould.errors import DatasetError
from lightmould.stream import recording
from lightmould.stream.recording import Line
from lightmould.stream.source import Item, Request

LARGEST_ITEM = 1 << 30
"""Bytes that one item's arrays may have, unless a caller allows more."""

Key: TypeAlias = tuple[int, int, int, str]


class Recording:
    """The items of a recording's folder, each read when it is asked for.

    Attributes:
        folder: where they lie.
        requests: what each was asked with; by seed, epoch, index, parameters.
    """

    def __init__(self, folder: Path | str, limit: int = LARGEST_ITEM) -> None:
        """Open a finished recording; no array is read yet.

        Args:
            folder: that `Recorder` wrote.
            limit: bytes that one item's arrays may have.

        Raises:
            DatasetError: it is not finished, or not as it was recorded.
            FormatError: a file is not what it claims to be.
        """
        place = Path(folder)
        shards = recording.read_manifest(place).shards
        found = ((one.number, line) for one in shards for line in recording.read_lines(place, one))
        self._take(place, limit, found)

    @classmethod
    def unfinished(cls, folder: Path, limit: int = LARGEST_ITEM) -> Self:
        """What a folder holds whole so far, with or without a manifest.

        Raises:
            FormatError: a line is not an item.
        """
        new = cls.__new__(cls)
        numbers = recording.numbers(folder)
        found = ((n, line) for n in numbers for line in recording.read_unfinished(folder, n))
        new._take(folder, limit, found)  # noqa: SLF001 - of this class
        return new

    def _take(self, folder: Path, limit: int, found: Iterable[tuple[int, Line]]) -> None:
        self.folder, self._limit = folder, limit
        lines = {_key(line.request): (number, line) for number, line in found}
        self._lines = dict(sorted(lines.items(), key=lambda entry: entry[0]))
        self.requests = tuple(line.request for _, line in self._lines.values())

    def __len__(self) -> int:
        return len(self.requests)

    def __contains__(self, request: Request) -> bool:
        return _key(request) in self._lines

    def item(self, request: Request) -> Item:
        """What was recorded for a request.

        Raises:
            DatasetError: nothing was.
            FormatError: its arrays are damaged.
        """
        if request not in self:
            asked = f"item {request.index} of epoch {request.epoch}, seed {request.seed}"
            fix = "Ask for what was recorded, with the same parameters, or record it."
            raise DatasetError(self.folder, f"no {asked}", "one", fix)
        number, line = self._lines[_key(request)]
        _, path = recording.paths(self.folder, number)
        arrays = recording.read_arrays(path, line, self._limit)
        return Item(request, arrays, line.metadata, line.instance, line.render_s)

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        """What was recorded for requests, in their order."""
        return (self.item(request) for request in requests)


def _key(request: Request) -> Key:
    said = json.dumps(request.parameters, sort_keys=True)
    return request.seed, request.epoch, request.index, said
