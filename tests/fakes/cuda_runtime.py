"""A CUDA that runs on the host, over the pixels of whatever OpenGL there is.

It keeps to the rules that the real one states: what is mapped can't be mapped again, an array or a
pointer is worth something only while its resource is mapped, nothing is used after it was
unregistered, everything happens in the context that the image belongs to, and what is copied is
copied in the stream that it was mapped for. Tests ask at their end whether anything was left.
"""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from ctypes import c_int, c_size_t, c_uint, c_void_p
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from lightmould.interop.cuda import Cuda
from lightmould.interop.cuda_calls import Driver, Result
from lightmould.interop.gl import load

COPY_READ_BUFFER, BUFFER_SIZE = 0x8F36, 0x8764
STREAM = 7


class Error(IntEnum):
    """CUDA's errors, by its names and numbers."""

    cudaSuccess = 0
    cudaErrorInvalidValue = 1
    cudaErrorInvalidDevice = 101
    cudaErrorInvalidGraphicsContext = 219
    cudaErrorInvalidResourceHandle = 400
    cudaErrorUnknown = 999


class Kind(IntEnum):
    cudaMemcpyDeviceToDevice = 3


class DeviceList(IntEnum):
    cudaGLDeviceListAll = 1


class Handle:
    """An opaque thing of CUDA's, whose number is its pointer."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __int__(self) -> int:
        return self._number


@dataclass
class Resource:
    """What is registered, and what it gives while it is mapped."""

    image: tuple[int, int] | None
    buffer: int
    context: int
    stream: int | None = None
    array: int | None = None
    memory: Any = None


@dataclass
class FakeRuntime:
    """`cuda.bindings.runtime`, of as many devices as are named, which all draw.

    Attributes:
        pixels: of images, by target and name; rows without padding.
        drawing: CUDA's numbers of the devices that OpenGL is drawn by.
        calls: the names of what was called, in order.
        streams: those that images were mapped for, in order.
        refuse: what shall fail, and with which error.
    """

    pixels: dict[tuple[int, int], Callable[[], bytes]] = field(default_factory=dict)
    drawing: Sequence[int] = (0,)
    calls: list[str] = field(default_factory=list)
    streams: list[int] = field(default_factory=list)
    refuse: dict[str, Error] = field(default_factory=dict)
    cudaMemcpyKind: Any = Kind
    cudaGLDeviceList: Any = DeviceList
    _resources: dict[int, Resource] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(0x7F0000001000, 64))

    def left(self) -> list[Resource]:
        """What was not unregistered."""
        return [*self._resources.values()]

    def cudaSetDevice(self, device: int) -> Result:
        return (self._called("cudaSetDevice"),)

    def cudaGLGetDevices(self, cudaDeviceCount: int, deviceList: Any) -> Result:
        listed = [*self.drawing, *[0] * cudaDeviceCount][:cudaDeviceCount]
        return self._called("cudaGLGetDevices"), len(self.drawing), listed

    def cudaGraphicsGLRegisterImage(self, image: int, target: int, flags: int) -> Result:
        if error := self._called("cudaGraphicsGLRegisterImage"):
            return error, None
        if (target, image) not in self.pixels or flags != 1:
            return Error.cudaErrorInvalidValue, None
        return self._register(Resource((target, image), 0, load().context()))

    def cudaGraphicsGLRegisterBuffer(self, buffer: int, flags: int) -> Result:
        if error := self._called("cudaGraphicsGLRegisterBuffer"):
            return error, None
        return self._register(Resource(None, buffer, load().context()))

    def cudaGraphicsUnregisterResource(self, resource: Handle) -> Result:
        if error := self._called("cudaGraphicsUnregisterResource"):
            return (error,)
        found = self._resources.get(int(resource))
        if found is None:
            return (Error.cudaErrorInvalidResourceHandle,)
        if found.context != load().context():
            return (Error.cudaErrorInvalidGraphicsContext,)
        if found.stream is not None:
            return (Error.cudaErrorUnknown,)
        del self._resources[int(resource)]
        return (Error.cudaSuccess,)

    def cudaGraphicsMapResources(self, count: int, resources: int, stream: int) -> Result:
        if error := self._called("cudaGraphicsMapResources"):
            return (error,)
        found = self._found(count, resources)
        if None in found or len({id(one) for one in found}) != count:
            return (Error.cudaErrorInvalidResourceHandle,)
        known = [one for one in found if one is not None]
        if any(one.context != load().context() for one in known):
            return (Error.cudaErrorInvalidGraphicsContext,)
        if any(one.stream is not None for one in known):
            return (Error.cudaErrorUnknown,)
        self.streams.append(stream)
        for one in known:
            one.stream = stream
        return (Error.cudaSuccess,)

    def cudaGraphicsUnmapResources(self, count: int, resources: int, stream: int) -> Result:
        if error := self._called("cudaGraphicsUnmapResources"):
            return (error,)
        for one in self._found(count, resources):
            if one is None:
                return (Error.cudaErrorInvalidResourceHandle,)
            if one.stream != stream:
                return (Error.cudaErrorUnknown,)
            one.stream = one.array = one.memory = None
        return (Error.cudaSuccess,)

    def cudaGraphicsSubResourceGetMappedArray(
        self, resource: Handle, arrayIndex: int, mipLevel: int
    ) -> Result:
        if error := self._called("cudaGraphicsSubResourceGetMappedArray"):
            return error, None
        found = self._resources.get(int(resource))
        if found is None or found.stream is None or found.image is None:
            return Error.cudaErrorUnknown, None
        if arrayIndex or mipLevel:
            return Error.cudaErrorInvalidValue, None
        found.array = next(self._numbers)
        return Error.cudaSuccess, Handle(found.array)

    def cudaGraphicsResourceGetMappedPointer(self, resource: Handle) -> Result:
        if error := self._called("cudaGraphicsResourceGetMappedPointer"):
            return error, None, None
        found = self._resources.get(int(resource))
        if found is None or found.stream is None or found.image is not None:
            return Error.cudaErrorUnknown, None, None
        found.memory = _bytes_of_buffer(found.buffer)
        return Error.cudaSuccess, ctypes.addressof(found.memory), len(found.memory)

    def cudaMemcpy2DFromArrayAsync(
        self,
        dst: int,
        dpitch: int,
        src: Handle,
        wOffset: int,
        hOffset: int,
        width: int,
        height: int,
        kind: Any,
        stream: int,
    ) -> Result:
        if error := self._called("cudaMemcpy2DFromArrayAsync"):
            return (error,)
        number = int(src)
        found = next((one for one in self._resources.values() if one.array == number), None)
        if found is None or found.image is None or found.stream != stream:
            return (Error.cudaErrorInvalidValue,)
        data = self.pixels[found.image]()
        # Reading part of an image is never wanted here, and a wrong width would be seen only so.
        if (
            kind != Kind.cudaMemcpyDeviceToDevice
            or wOffset
            or hOffset
            or width * height != len(data)
        ):
            return (Error.cudaErrorInvalidValue,)
        for row in range(height):
            ctypes.memmove(dst + row * dpitch, data[row * width : (row + 1) * width], width)
        return (Error.cudaSuccess,)

    def cudaMemcpyAsync(self, dst: int, src: int, count: int, kind: Any, stream: int) -> Result:
        if error := self._called("cudaMemcpyAsync"):
            return (error,)
        mapped = [one for one in self._resources.values() if one.memory is not None]
        found = next((one for one in mapped if ctypes.addressof(one.memory) == src), None)
        if found is None or found.stream != stream or count > len(found.memory):
            return (Error.cudaErrorInvalidValue,)
        ctypes.memmove(dst, src, count)
        return (Error.cudaSuccess,)

    def cudaDeviceSynchronize(self) -> Result:
        return (self._called("cudaDeviceSynchronize"),)

    def _called(self, name: str) -> Error:
        self.calls.append(name)
        return self.refuse.get(name, Error.cudaSuccess)

    def _register(self, resource: Resource) -> Result:
        number = next(self._numbers)
        self._resources[number] = resource
        return Error.cudaSuccess, Handle(number)

    def _found(self, count: int, resources: int) -> list[Resource | None]:
        """The real one takes a number as the address of an array of handles, so does this."""
        if not isinstance(resources, int):
            raise TypeError(f"expected an address, found {type(resources)}")
        pointers = (ctypes.c_void_p * count).from_address(resources)
        return [self._resources.get(pointer or 0) for pointer in pointers]


@dataclass(frozen=True, slots=True, eq=False)
class FakeCuda(Cuda):
    """A device whose memory is the host's."""

    lender: Driver | None = None

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def driver(self) -> Driver:
        assert self.lender is not None
        return self.lender

    def stream(self) -> int:
        return int(self.order.cuda_stream) if self.order else STREAM

    def active(self) -> AbstractContextManager[None]:
        return nullcontext()

    def view(self, memory: Any) -> torch.Tensor:
        held = SimpleNamespace(__array_interface__=memory.__cuda_array_interface__, memory=memory)
        return torch.from_numpy(np.asarray(held))


def _bytes_of_buffer(buffer: int) -> Any:
    """What a buffer of OpenGL's holds."""
    gl, size = load(), c_int()
    ask = gl.find("glGetBufferParameteriv", None, c_uint, c_uint, c_void_p)
    read = gl.find("glGetBufferSubData", None, c_uint, c_size_t, c_size_t, c_void_p)
    gl.glBindBuffer(COPY_READ_BUFFER, buffer)
    ask(COPY_READ_BUFFER, BUFFER_SIZE, ctypes.byref(size))
    memory = (ctypes.c_ubyte * size.value)()
    read(COPY_READ_BUFFER, 0, size.value, ctypes.addressof(memory))
    gl.glBindBuffer(COPY_READ_BUFFER, 0)
    return memory
