"""What the host and its painter say to each other: lines of JSON, plain arrays, shared memory.

An `Order` and an `Answer` are a line each. The arrays of a `Stage` follow its line, byte by byte;
the pictures of a `Shot` lie in shared memory once it is `Drawn`.
"""

import mmap
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lightmould.capture.pictures import KINDS, Arrays
from lightmould.errors import FormatError
from lightmould.formats import npy

_ALIGNMENT = 64
_TYPES = ("|b1", "|u1", "<u2", "<u4", "<i4", "<f4", "<f8")


@dataclass(frozen=True, slots=True)
class Plain:
    """An array that follows.

    Attributes:
        name: what it is.
        dtype: as NumPy writes it.
        shape: of it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene; its arrays follow, see `lightmould.capture.look`.

    Attributes:
        arrays: what follows.
        lit: see `Style`.
        background: see `Style`.
        camera_normals: whether normals are wanted in the camera's space.
        point_radius: pixels.
    """

    arrays: tuple[Plain, ...]
    lit: bool
    background: tuple[float, float, float]
    camera_normals: bool
    point_radius: float


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame to be drawn.

    Attributes:
        lens: width, height, fx, fy, cx, cy, near, far.
        world_from_camera: 16 numbers, row by row.
        scale: of coded depth, a metre.
        names: of `KINDS`; what is wanted.
    """

    lens: tuple[float, ...]
    world_from_camera: tuple[float, ...]
    scale: float
    names: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) pixels."""
        return int(self.lens[0]), int(self.lens[1])


@dataclass(frozen=True, slots=True)
class Ready:
    """The painter has a context.

    Attributes:
        renderer: what OpenGL calls itself.
        hardware: whether it is a GPU.
    """

    renderer: str
    hardware: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What was ordered is done."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It can't be done; the parts of a `ToolError`."""

    where: str
    found: str
    wanted: str
    fix: str


@dataclass(frozen=True, slots=True)
class Order:
    """What the host says."""

    what: Stage | Shot


@dataclass(frozen=True, slots=True)
class Answer:
    """What the painter says."""

    said: Ready | Done | Refused


def plain(arrays: Mapping[str, NDArray[Any]]) -> tuple[Plain, ...]:
    """What is to be said of arrays."""
    return tuple(Plain(name, array.dtype.str, array.shape) for name, array in arrays.items())


def take(announced: Sequence[Plain], stream: IO[bytes]) -> Arrays:
    """The arrays that follow.

    Raises:
        FormatError: they are of another kind, or cut off.
    """
    arrays: Arrays = {}
    for one in announced:
        if one.dtype not in _TYPES or min(one.shape, default=0) < 0:
            found = f"{one.dtype} {one.shape}"
            raise FormatError(one.name, found, "an array of numbers", "Report it.")
        size = npy.size_of(one.shape, np.dtype(one.dtype))
        data = stream.read(size)
        if len(data) < size:
            raise FormatError(one.name, f"{len(data)} bytes", f"{size}", "Capture again.")
        arrays[one.name] = np.frombuffer(data, one.dtype).reshape(one.shape)
    return arrays


class Room:
    """Memory that host and painter share; it is gone when both are.

    Args:
        descriptor: of the file in memory; unset, a new one.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self.descriptor = os.memfd_create("lightmould") if descriptor is None else descriptor
        self._map: mmap.mmap | None = None

    def pictures(self, size: tuple[int, int], names: Sequence[str]) -> Arrays:
        """The arrays of a frame, as they lie there.

        Args:
            size: (width, height) pixels.
            names: of `KINDS`.
        """
        width, height = size
        places: list[tuple[str, tuple[int, ...], np.dtype[Any], int]] = []
        end = 0
        for name in names:
            channels, kind, _ = KINDS[name]
            shape, dtype = (height, width, *channels), np.dtype(kind)
            places.append((name, shape, dtype, end))
            end += -(-npy.size_of(shape, dtype) // _ALIGNMENT) * _ALIGNMENT
        memory = self._mapped(end)
        return {
            name: np.ndarray(shape, dtype, memory, offset) for name, shape, dtype, offset in places
        }

    def _mapped(self, length: int) -> mmap.mmap:
        if self._map is None or len(self._map) < length:
            if os.fstat(self.descriptor).st_size < length:
                os.ftruncate(self.descriptor, length)
            self._map = mmap.mmap(self.descriptor, length)
        return self._map
