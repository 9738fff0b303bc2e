"""NumPy's .npz, as `numpy.savez` writes it: numbers, uncompressed, so that a reader can seek.

Reading allocates nothing for an array before every header of the file has been checked against the
file's size and against each other, and never runs what it reads: an array of objects, which NumPy
stores as a pickle, is refused. So is a compressed file: a view of it could not be read alone.

Source: PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3; NumPy's NEP 1.
"""

import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lightmould.errors import FormatError
from lightmould.formats import npy, zip_directory
from lightmould.formats.files import aside
from lightmould.formats.zip_directory import Member

FIX = "Write the file again, with `lightmould pack` or `numpy.savez`, or copy it again."
_SUFFIX = ".npy"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # equal arrays must be equal files


@dataclass(frozen=True, slots=True)
class Stored:
    """An array in a file; nothing of it has been read but its header.

    Attributes:
        path: the file.
        name: of the array.
        dtype: little-endian numbers.
        shape: as the header says, which the file's size confirms.
        begin: bytes; where its header begins.
        offset: bytes; where its first element lies.
        crc: CRC-32 of header and elements.
    """

    path: Path
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    offset: int
    crc: int

    @property
    def size(self) -> int:
        """Bytes of all elements."""
        return npy.size_of(self.shape, self.dtype)

    def whole(self, limit: int) -> NDArray[Any]:
        """All elements.

        Args:
            limit: bytes; more are not allocated.

        Raises:
            FormatError: there are more, or they are not those that were written.
        """
        if self.size > limit:
            raise self.wrong(f"{self.size} bytes", f"{limit} at most")
        with self.path.open("rb") as file:
            file.seek(self.begin)
            crc = zlib.crc32(file.read(self.offset - self.begin))
            array = self._filled(file, self.shape)
        if zlib.crc32(array.reshape(-1).view(np.uint8).data, crc) != self.crc:
            raise self.wrong("damaged bytes", "those that were written, by their CRC-32")
        return array

    def row(self, index: int) -> NDArray[Any]:
        """One element along the first axis; the caller has to know whether it is undamaged.

        Raises:
            FormatError: the file has become shorter.
        """
        shape = self.shape[1:]
        with self.path.open("rb") as file:
            file.seek(self.offset + range(self.shape[0])[index] * npy.size_of(shape, self.dtype))
            return self._filled(file, shape)

    def wrong(self, found: str, wanted: str) -> FormatError:
        """An error that names the array."""
        return FormatError(f"{self.path}: {self.name}", found, wanted, FIX)

    def _filled(self, file: IO[bytes], shape: tuple[int, ...]) -> NDArray[Any]:
        array = np.zeros(shape, self.dtype)
        target = array.reshape(-1).view(np.uint8)
        if file.readinto(target.data) != target.size:  # type: ignore[attr-defined]
            raise self.wrong("a file that ends within the array", f"{self.size} bytes of it")
        return array


def scan(path: Path) -> dict[str, Stored]:
    """The arrays of a file by name, none of them read.

    Raises:
        FormatError: the file is missing, damaged, compressed, or holds anything but arrays of
            numbers with plain names.
    """
    if not path.is_file():
        found = "something that is no file" if path.exists() else "no file"
        raise FormatError(path, found, "an .npz file", "Correct the path.")
    try:
        with path.open("rb") as file:
            members = zip_directory.read(file, path)
            return {array.name: array for array in (_array(file, path, one) for one in members)}
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        raise FormatError(path, found, "a readable file", "Allow reading it.") from error


def _array(file: IO[bytes], path: Path, member: Member) -> Stored:
    name = member.name.removesuffix(_SUFFIX)
    if name == member.name or not name.isidentifier() or not name.isascii():
        wanted = f"plain names that end in {_SUFFIX}"
        raise FormatError(path, f"a member named {member.name[:80]!r}", wanted, FIX)
    where = f"{path}: {name}"
    file.seek(member.begin)
    header = npy.read(file.read(min(member.size, npy.LONGEST)), where)
    expected = header.length + npy.size_of(header.shape, header.dtype)
    if expected != member.size:
        found = f"{member.size} bytes"
        raise FormatError(where, found, f"{expected}, as its header says: {header.shape}", FIX)
    offset = member.begin + header.length
    return Stored(path, name, header.dtype, header.shape, member.begin, offset, member.crc)


class Writer:
    """Puts arrays into a file, one after the other; see `writing`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Write an array that is in memory."""
        with self.array(name, array.dtype, array.shape) as put:
            put(array)

    @contextmanager
    def array(
        self, name: str, dtype: DTypeLike, shape: tuple[int, ...]
    ) -> Iterator[Callable[[NDArray[Any]], int]]:
        """An array to be written part by part.

        Args:
            name: a plain name.
            dtype: of the array; parts are cast to it where nothing is lost.
            shape: of the array, which the parts have to fill.

        Returns:
            A function that writes the next part, in C order, and returns its CRC-32.
        """
        kind = np.dtype(dtype).newbyteorder("<")
        entry = zipfile.ZipInfo(name + _SUFFIX, _LONG_AGO)
        with self._archive.open(entry, "w", force_zip64=True) as file:
            file.write(npy.write(kind, shape))

            def put(part: NDArray[Any]) -> int:
                data = part.astype(kind, order="C", casting="safe", copy=False).tobytes()
                file.write(data)
                return zlib.crc32(data)

            yield put


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A file that takes its name, on disk, when the block ends well; equal arrays, equal bytes.

    Raises:
        JobError: it can't be written.
    """
    with aside(path) as temporary, temporary.open("wb") as file:
        with zipfile.ZipFile(file, "w") as archive:
            yield Writer(archive)
        file.flush()
        os.fsync(file.fileno())
