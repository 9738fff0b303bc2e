"""CUDA's memory that can be lent, out of files in memory, and an OpenGL that borrows them.

Mesa imports memory of Mesa's alone. But it packs pixels into memory of the host where it is asked
to (GL_AMD_pinned_memory): into the very pages that the fake's tensors are over.
"""

import ctypes
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from types import SimpleNamespace
from typing import Any

from fakes.cuda_runtime import Handle

from lightmould.interop.cuda_calls import Result
from lightmould.interop.gl import GL
from lightmould.interop.images import PACK_BUFFER_BINDING

PINNED, PINNED_EXTENSION = 0x9160, "GL_AMD_pinned_memory"
STREAM_COPY, OPAQUE_FD = 0x88E2, 0x9586
STEP = 1 << 16


class CUresult(IntEnum):
    CUDA_SUCCESS = 0
    CUDA_ERROR_INVALID_VALUE = 1


class HandleType(IntEnum):
    CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR = 1


class AllocationType(IntEnum):
    CU_MEM_ALLOCATION_TYPE_PINNED = 1


class LocationType(IntEnum):
    CU_MEM_LOCATION_TYPE_DEVICE = 1


class Granularity(IntEnum):
    CU_MEM_ALLOC_GRANULARITY_MINIMUM = 0


class Access(IntEnum):
    CU_MEM_ACCESS_FLAGS_PROT_READWRITE = 3


@dataclass
class FakeDriver:
    """`cuda.bindings.driver`, as far as memory is lent.

    Attributes:
        files: descriptors of what was created, by handle.
        places: what was reserved, by address.
        mapped: addresses that have memory.
        readable: addresses that may be used.
    """

    CUmemAllocationHandleType: Any = HandleType
    CUmemAllocationType: Any = AllocationType
    CUmemLocationType: Any = LocationType
    CUmemAllocationGranularity_flags: Any = Granularity
    CUmemAccess_flags: Any = Access
    files: dict[int, int] = field(default_factory=dict)
    places: dict[int, mmap.mmap] = field(default_factory=dict)
    mapped: set[int] = field(default_factory=set)
    readable: set[int] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def CUmemAllocationProp(self) -> SimpleNamespace:
        place = SimpleNamespace(type=0, id=-1)
        return SimpleNamespace(type=0, requestedHandleTypes=0, location=place)

    def CUmemAccessDesc(self) -> SimpleNamespace:
        return SimpleNamespace(location=None, flags=0)

    def left(self) -> list[int]:
        """What was not given back."""
        return [*self.files, *self.places, *self.mapped]

    def cuMemGetAllocationGranularity(self, prop: Any, option: Any) -> Result:
        return CUresult.CUDA_SUCCESS, STEP

    def cuMemCreate(self, size: int, prop: Any, flags: int) -> Result:
        right = (prop.type, prop.requestedHandleTypes, prop.location.type) == (1, 1, 1)
        if not right or prop.location.id < 0 or size % STEP:
            return CUresult.CUDA_ERROR_INVALID_VALUE, None
        number = next(self._numbers)
        self.files[number] = os.memfd_create("cuda")
        os.ftruncate(self.files[number], size)
        return CUresult.CUDA_SUCCESS, Handle(number)

    def cuMemRelease(self, handle: Handle) -> Result:
        descriptor = self.files.pop(int(handle), None)
        if descriptor is None:
            return (CUresult.CUDA_ERROR_INVALID_VALUE,)
        os.close(descriptor)
        return (CUresult.CUDA_SUCCESS,)

    def cuMemAddressReserve(self, size: int, alignment: int, addr: int, flags: int) -> Result:
        (descriptor,) = self.files.values()  # there is nothing to reserve on the host: map at once
        place = mmap.mmap(descriptor, size)
        number = ctypes.addressof(ctypes.c_char.from_buffer(place))
        self.places[number] = place
        return CUresult.CUDA_SUCCESS, Handle(number)

    def cuMemAddressFree(self, ptr: Handle, size: int) -> Result:
        if int(ptr) in self.mapped or self.places.pop(int(ptr), None) is None:
            return (CUresult.CUDA_ERROR_INVALID_VALUE,)
        return (CUresult.CUDA_SUCCESS,)

    def cuMemMap(self, ptr: Handle, size: int, offset: int, handle: Handle, flags: int) -> Result:
        known = int(ptr) in self.places and int(handle) in self.files
        if not known or int(ptr) in self.mapped or size % STEP:
            return (CUresult.CUDA_ERROR_INVALID_VALUE,)
        self.mapped.add(int(ptr))
        return (CUresult.CUDA_SUCCESS,)

    def cuMemUnmap(self, ptr: Handle, size: int) -> Result:
        if int(ptr) not in self.mapped:
            return (CUresult.CUDA_ERROR_INVALID_VALUE,)
        self.mapped.remove(int(ptr))
        self.readable.discard(int(ptr))
        return (CUresult.CUDA_SUCCESS,)

    def cuMemSetAccess(self, ptr: Handle, size: int, desc: Any, count: int) -> Result:
        wrong = int(ptr) not in self.mapped or len(desc) != count
        if wrong or desc[0].flags != 3 or desc[0].location.id < 0:
            return (CUresult.CUDA_ERROR_INVALID_VALUE,)
        self.readable.add(int(ptr))
        return (CUresult.CUDA_SUCCESS,)

    def cuMemExportToShareableHandle(self, handle: Handle, handleType: Any, flags: int) -> Result:
        if int(handle) not in self.files or handleType != 1:
            return CUresult.CUDA_ERROR_INVALID_VALUE, None
        return CUresult.CUDA_SUCCESS, os.dup(self.files[int(handle)])


@contextmanager
def borrowing(gl: GL) -> Iterator[None]:
    """With an OpenGL that packs pixels into the files of `FakeDriver`."""
    borrowed: dict[int, mmap.mmap] = {}

    def take(lent: int, size: int, kind: int, descriptor: int) -> None:
        assert kind == OPAQUE_FD
        borrowed[lent] = mmap.mmap(descriptor, size)
        os.close(descriptor)

    def use(target: int, size: int, lent: int, offset: int) -> None:
        memory = borrowed[lent]
        assert offset + size <= len(memory)
        place = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        buffer = gl.number(PACK_BUFFER_BINDING)
        gl.glBindBuffer(PINNED, buffer)
        gl.glBufferData(PINNED, len(memory), place, STREAM_COPY)
        gl.glBindBuffer(PINNED, 0)

    def drop(number: int, names: Any) -> None:
        borrowed.pop(names._obj.value, None)

    fakes = {
        "glImportMemoryFdEXT": take,
        "glBufferStorageMemEXT": use,
        "glDeleteMemoryObjectsEXT": drop,
    }
    for name, fake in fakes.items():
        setattr(gl, name, fake)
    try:
        yield
        assert borrowed == {}
    finally:
        for name in fakes:
            delattr(gl, name)
