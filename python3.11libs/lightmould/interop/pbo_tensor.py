"""Images that CUDA can't register, by way of a buffer that it can: depth and RGB8."""

from contextlib import ExitStack

import torch

from lightmould.interop.cuda import Cuda, Resources, checked, open_device
from lightmould.interop.gl import GL
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.images import Reader, new_buffer
from lightmould.interop.parameters import GLTensorParam


class PackedImage:
    """An image that OpenGL packs into a buffer of its own, which CUDA copies."""

    def __init__(self, gl: GL, param: GLTensorParam, cuda: Cuda) -> None:
        self._cuda, self._resources = cuda, Resources(cuda)
        self._kind = cuda.runtime.cudaMemcpyKind.cudaMemcpyDeviceToDevice
        self._count = param.row_bytes * param.height
        with ExitStack() as undo:
            self._reader = Reader(gl, param)
            undo.callback(self._reader.release)
            self._buffer = new_buffer(gl, self._count)
            undo.callback(gl.drop, "glDeleteBuffers", self._buffer)
            with cuda.active():
                self._resources.add_buffer(self._buffer)
            undo.callback(self._resources.release)
            self._undo = undo.pop_all()

    def fill(self, out: torch.Tensor) -> None:
        """Pack, then copy what was packed."""
        self._reader.read(0, self._buffer)
        runtime = self._cuda.runtime
        with self._resources.mapped() as stream:
            result = runtime.cudaGraphicsResourceGetMappedPointer(self._resources.handles[0])
            place, _ = checked("cudaGraphicsResourceGetMappedPointer", result)
            result = runtime.cudaMemcpyAsync(out.data_ptr(), place, self._count, self._kind, stream)
            checked("cudaMemcpyAsync", result)

    def release(self) -> None:
        """Make the buffer unknown to CUDA, then delete it."""
        self._undo.close()


class PboTensor(ImageTensor):
    """An image of any format as an (H, W, C) tensor, in the same memory at each call.

    Depth comes as OpenGL's, float32 from 0 to 1 between near and far.

    Args:
        param: the image.
        stream: what copies are ordered with; unset, torch's current stream at each call.
        cuda: its device, where it is open already.

    Raises:
        SettingsError: the image is not what it is said to be.
        ToolError: CUDA or OpenGL is missing, or refused.
    """

    def __init__(
        self,
        param: GLTensorParam,
        stream: "torch.cuda.Stream | None" = None,
        cuda: Cuda | None = None,
    ) -> None:
        owner = open_images((param,))
        cuda = cuda or open_device(param.device_id, stream)
        source = PackedImage(owner.gl, param, cuda)
        result = cuda.zeros(param.shape, param.pixels.number)
        super().__init__((param,), owner, source, result)
