"""What is used of `cuda.bindings`, so that checkers and fakes know it."""

from typing import Any, Protocol, TypeAlias

Handle: TypeAlias = Any
"""A thing of CUDA's; `int` of it is its pointer."""

Result: TypeAlias = tuple[Any, ...]
"""What every call returns: an error number, then what was asked for."""


class Runtime(Protocol):
    """What is used of `cuda.bindings.runtime`, by its names and with its arguments."""

    cudaMemcpyKind: Any
    cudaGLDeviceList: Any

    def cudaSetDevice(self, device: int) -> Result: ...
    def cudaGLGetDevices(self, cudaDeviceCount: int, deviceList: Any) -> Result: ...
    def cudaGraphicsGLRegisterImage(self, image: int, target: int, flags: int) -> Result: ...
    def cudaGraphicsGLRegisterBuffer(self, buffer: int, flags: int) -> Result: ...
    def cudaGraphicsUnregisterResource(self, resource: Handle) -> Result: ...
    def cudaGraphicsMapResources(self, count: int, resources: int, stream: int) -> Result: ...
    def cudaGraphicsUnmapResources(self, count: int, resources: int, stream: int) -> Result: ...
    def cudaGraphicsSubResourceGetMappedArray(
        self, resource: Handle, arrayIndex: int, mipLevel: int
    ) -> Result: ...
    def cudaGraphicsResourceGetMappedPointer(self, resource: Handle) -> Result: ...
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
    ) -> Result: ...
    def cudaMemcpyAsync(self, dst: int, src: int, count: int, kind: Any, stream: int) -> Result: ...
    def cudaStreamSynchronize(self, stream: int) -> Result: ...
