"""Images that CUDA can't register, by way of a buffer that it can: depth and RGB8."""

from collections.abc import Sequence
from contextlib import ExitStack

import torch

from lightmould.interop.cuda import Cuda, Resources, checked, device_of
from lightmould.interop.gl import GL, Owner
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.images import Readers, new_buffer
from lightmould.interop.parameters import GLTensorParam, batch_of


class PackedImages:
    """Images that OpenGL packs into a buffer of its own, which CUDA copies whole."""

    def __init__(self, gl: GL, params: Sequence[GLTensorParam], cuda: Cuda) -> None:
        self._cuda, self._resources = cuda, Resources(cuda)
        self._kind = cuda.runtime.cudaMemcpyKind.cudaMemcpyDeviceToDevice
        with ExitStack() as undo:
            self._readers = Readers(gl, params)
            undo.callback(self._readers.release)
            self._buffer = new_buffer(gl, self._readers.count)
            undo.callback(gl.drop, "glDeleteBuffers", self._buffer)
            with cuda.active():
                self._resources.add_buffer(self._buffer)
            undo.callback(self._resources.release)
            self._undo = undo.pop_all()

    def fill(self, out: torch.Tensor) -> None:
        """Pack, then copy what was packed."""
        self._readers.read(0, self._buffer)
        runtime, place, count = self._cuda.runtime, out.data_ptr(), self._readers.count
        with self._resources.mapped() as stream:
            result = runtime.cudaGraphicsResourceGetMappedPointer(self._resources.handles[0])
            packed, _ = checked("cudaGraphicsResourceGetMappedPointer", result)
            result = runtime.cudaMemcpyAsync(place, packed, count, self._kind, stream)
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
        cuda: its device, where that is open already.

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
        owner, source, result = _open((param,), stream, cuda)
        super().__init__((param,), owner, source, result[0])


class BatchPboTensor(ImageTensor):
    """Images of one size and kind of numbers as a (K, H, W, C) tensor, by one buffer.

    Args:
        params: the images.
        stream: as of `PboTensor`.
        cuda: as of `PboTensor`.

    Raises:
        SettingsError: as of `PboTensor`, or the images differ.
        ToolError: as of `PboTensor`.
    """

    def __init__(
        self,
        params: Sequence[GLTensorParam],
        stream: "torch.cuda.Stream | None" = None,
        cuda: Cuda | None = None,
    ) -> None:
        super().__init__(params, *_open(params, stream, cuda))


def _open(
    params: Sequence[GLTensorParam], stream: "torch.cuda.Stream | None", cuda: Cuda | None
) -> tuple[Owner, PackedImages, torch.Tensor]:
    """Whose the images are, the way that they take, and where to."""
    owner = open_images(params)
    cuda = device_of(params[0].device_id, stream, cuda)
    return owner, PackedImages(owner.gl, params, cuda), cuda.zeros(*batch_of(params))
