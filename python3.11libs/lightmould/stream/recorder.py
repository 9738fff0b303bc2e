"""A source that keeps what goes through it; several processes may record into one folder."""

import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import tee
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec, npy
from lightmould.stream import recording
from lightmould.stream.endpoint import Endpoints
from lightmould.stream.producers import as_source
from lightmould.stream.recording import Line, Part
from lightmould.stream.replay import Recording
from lightmould.stream.source import Item, Request, Source
from lightmould.tools.blender.inside.arrays import DTYPES


class Recorder:
    """Items of a source, each written as it passes.

    What the folder holds already is not asked for again, so that recording goes on where it was
    stopped. A process that was forked from this one, or that this object was sent to, writes files
    of its own. When all have stopped, `finish` makes the recording whole.
    """

    def __init__(
        self,
        source: Endpoints | Source,
        folder: Path | str,
        words: dict[str, Any] | None = None,
    ) -> None:
        """Begin a recording, or go on with one.

        Args:
            source: of the items. A `Duplex` goes around a recorder, so that this one hears all
                that an item is made of.
            folder: of the recording.
            words: JSON that tells what is recorded, such as the hash of a script.

        Raises:
            JobError: the folder holds something else, or can't be written.
            FormatError: a line of what is there is not an item.
        """
        self.source, self.folder = as_source(source), Path(folder)
        recording.begin(self.folder, words or {})
        self._known = Recording.unfinished(self.folder)
        self._shard: _Shard | None = None
        self._writer = 0

    def ask(self, requests: Iterable[Request]) -> Iterator[Item]:
        """Items that are there, or else the source's; in the order of the requests.

        Raises:
            FormatError: an item that is there is damaged, or a new one is not of plain numbers.
            JobError: an item can't be written.
            ToolError: an item can't be made.
        """
        wanted, ahead = tee(requests)
        fresh = self.source.ask(request for request in ahead if request not in self._known)
        for request in wanted:
            yield self._known.item(request) if request in self._known else self._kept(next(fresh))

    def finish(self) -> None:
        """Make the recording whole, with what every process has written."""
        self.close()
        recording.finish(self.folder)

    def close(self) -> None:
        """Close this process's files; the source stays open."""
        if self._shard is not None and self._writer == os.getpid():
            self._shard.close()
        self._shard = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_shard": None}

    def _kept(self, item: Item) -> Item:
        try:
            if self._shard is None or self._writer != os.getpid():
                self._shard, self._writer = _Shard(self.folder), os.getpid()
            self._shard.write(item)
        except OSError as error:
            self.close()  # half a line may be there, and nothing may follow it
            found = error.strerror or str(error)
            fix = "Free space and allow writing there, then go on."
            raise JobError(self.folder, found, "a folder that can be written", fix) from error
        return item


class _Shard:
    """A pair of files that nobody else writes."""

    def __init__(self, folder: Path) -> None:
        (folder / recording.MANIFEST).unlink(missing_ok=True)
        number = max(recording.numbers(folder), default=-1) + 1
        while (lines := _new(recording.paths(folder, number)[0])) is None:
            number += 1
        self._lines = lines
        self._path = recording.paths(folder, number)[1]
        self._arrays: IO[bytes] = self._path.open("wb")

    def write(self, item: Item) -> None:
        """Its arrays, and then its line, so that a line is never ahead of them."""
        parts = {name: self._put(array) for name, array in item.arrays.items()}
        self._arrays.flush()
        line = Line.of(item, parts)
        # JSON may hold half a surrogate pair, and what is recorded is what was said.
        self._lines.write(codec.write_line(line).encode(errors="surrogatepass"))
        self._lines.flush()

    def close(self) -> None:
        with suppress(OSError):  # what is written by then counts
            self._arrays.close()
            self._lines.close()

    def _put(self, array: NDArray[Any]) -> Part:
        at = self._arrays.tell()
        data = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
        if data.dtype.str not in DTYPES:
            fix = "Make numbers of it in the script."
            raise FormatError(self._path, f"an array of {data.dtype}", "plain numbers", fix)
        head, content = npy.write(data.dtype, data.shape), data.reshape(-1).view(np.uint8).data
        self._arrays.write(head)
        self._arrays.write(content)
        return Part(at, len(head) + len(content), zlib.crc32(content, zlib.crc32(head)))


def _new(path: Path) -> IO[bytes] | None:
    """The file, if it is ours to make."""
    try:
        return path.open("xb")
    except FileExistsError:
        return None
