"""Memory of CUDA's that others, OpenGL for one, can be lent."""

import weakref
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch

from lightmould.interop.cuda import Cuda, checked
from lightmould.interop.parameters import Number


class Memory:
    """So many bytes, the same ones to CUDA and to whoever is given `export`.

    Raises:
        ToolError: the device can't lend memory, or has not as much.
    """

    def __init__(self, cuda: Cuda, count: int) -> None:
        driver = self._driver = cuda.driver
        handles = driver.CUmemAllocationHandleType
        self._cuda, self._file = cuda, handles.CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR
        wanted = self._wanted()
        least = driver.CUmemAllocationGranularity_flags.CU_MEM_ALLOC_GRANULARITY_MINIMUM
        step = self._call("cuMemGetAllocationGranularity", wanted, least)
        size = self.size = -(-count // int(step)) * int(step)
        access = driver.CUmemAccessDesc()
        access.location = wanted.location
        access.flags = driver.CUmemAccess_flags.CU_MEM_ACCESS_FLAGS_PROT_READWRITE
        with cuda.active(), ExitStack() as undo:
            self._handle = self._call("cuMemCreate", size, wanted, 0)
            undo.callback(self._call, "cuMemRelease", self._handle)
            place = self._call("cuMemAddressReserve", size, 0, 0, 0)
            undo.callback(self._call, "cuMemAddressFree", place, size)
            self._call("cuMemMap", place, size, 0, self._handle, 0)
            undo.callback(self._call, "cuMemUnmap", place, size)
            self._call("cuMemSetAccess", place, size, [access], 1)
            self._undo, self.address = undo.pop_all(), int(place)

    def export(self) -> int:
        """A file descriptor of it, for the caller to close or to give away.

        Raises:
            ToolError: the driver refused.
        """
        return int(self._call("cuMemExportToShareableHandle", self._handle, self._file, 0))

    def release(self) -> None:
        """Give it back, once nothing on the device uses it any more.

        Raises:
            ToolError: the driver refused.
        """
        with self._cuda.active():
            self._cuda.finish()
            self._undo.close()

    def _wanted(self) -> Any:
        driver = self._driver
        wanted = driver.CUmemAllocationProp()
        wanted.type = driver.CUmemAllocationType.CU_MEM_ALLOCATION_TYPE_PINNED
        wanted.requestedHandleTypes = self._file
        wanted.location.type = driver.CUmemLocationType.CU_MEM_LOCATION_TYPE_DEVICE
        wanted.location.id = self._cuda.device_id
        return wanted

    def _call(self, name: str, *arguments: Any) -> Any:
        return checked(name, getattr(self._driver, name)(*arguments))


class Numbers:
    """Memory as libraries of arrays take it, which is given back when none holds it any more."""

    def __init__(self, memory: Memory, shape: Sequence[int], number: Number) -> None:
        self.__cuda_array_interface__ = {
            "shape": tuple(shape),
            "typestr": np.dtype(number).str,
            "data": (memory.address, False),
            "version": 3,
        }
        # Tensors outlive whoever made them; their memory has to, too.
        weakref.finalize(self, memory.release).atexit = False


def tensor_over(cuda: Cuda, memory: Memory, shape: Sequence[int], number: Number) -> torch.Tensor:
    """A tensor in the memory, which then lives as long as the tensor and what shares it."""
    return cuda.view(Numbers(memory, shape, number))
