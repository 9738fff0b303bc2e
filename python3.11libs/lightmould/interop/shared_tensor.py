"""Images packed by OpenGL into memory of CUDA's: nothing is registered, nothing is mapped."""

import os
from collections.abc import Sequence
from contextlib import ExitStack

import torch

from lightmould.errors import ToolError
from lightmould.interop.cuda import Cuda, device_of
from lightmould.interop.gl import GL
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.images import PACK_BUFFER, Readers, bound_buffer
from lightmould.interop.memory import Memory, tensor_over
from lightmould.interop.parameters import GLTensorParam, batch_of

EXTENSION = "GL_EXT_memory_object_fd"
OPAQUE_FD = 0x9586


class LentImages:
    """Images that are packed one after the other into a buffer over memory of CUDA's."""

    def __init__(self, gl: GL, params: Sequence[GLTensorParam], cuda: Cuda) -> None:
        if not gl.has(EXTENSION):
            fix = "Use BatchCudaTensor, or NVIDIA's OpenGL."
            raise ToolError("OpenGL", f"no {EXTENSION} of {gl.renderer}", "it", fix)
        self._gl, self._cuda = gl, cuda
        with ExitStack() as undo:
            self._readers = Readers(gl, params)
            undo.callback(self._readers.release)
            memory = Memory(cuda, self._readers.count)
            self.result = tensor_over(cuda, memory, *batch_of(params))
            lent = gl.one("glCreateMemoryObjectsEXT")
            undo.callback(gl.drop, "glDeleteMemoryObjectsEXT", lent)
            _lend(gl, lent, memory)
            self._buffer = gl.one("glGenBuffers")
            undo.callback(gl.drop, "glDeleteBuffers", self._buffer)
            with bound_buffer(gl, self._buffer):
                gl.glBufferStorageMemEXT(PACK_BUFFER, self._readers.count, lent, 0)
            gl.check(f"making a buffer over memory of {cuda.device}")
            self._undo = undo.pop_all()

    def fill(self, out: torch.Tensor) -> None:
        """Pack all; OpenGL and CUDA wait for each other, as nothing else orders them here."""
        with self._cuda.active():
            self._cuda.finish()
        self._readers.read(0, self._buffer)
        self._gl.glFinish()
        if out.data_ptr() != self.result.data_ptr():
            out.copy_(self.result)

    def release(self) -> None:
        """Delete what OpenGL has; the memory stays while a tensor is over it."""
        self._undo.close()


class SharedTensor(ImageTensor):
    """Images of one size as a (K, H, W, C) tensor that OpenGL itself writes into.

    Each call waits until the device has done what it was told, and for OpenGL.

    Args:
        params: the images, of any format.
        cuda: their device, where that is open already.

    Raises:
        SettingsError: an image is not what it is said to be; the images differ.
        ToolError: CUDA or OpenGL is missing, can't share memory, or refused.
    """

    def __init__(self, params: Sequence[GLTensorParam], cuda: Cuda | None = None) -> None:
        owner = open_images(params)
        source = LentImages(owner.gl, params, device_of(params[0].device_id, cuda=cuda))
        super().__init__(params, owner, source, source.result)


def _lend(gl: GL, lent: int, memory: Memory) -> None:
    """Give memory to OpenGL, which closes the descriptor if it takes it."""
    descriptor = memory.export()
    try:
        gl.glImportMemoryFdEXT(lent, memory.size, OPAQUE_FD, descriptor)
        gl.check("importing memory")
    except ToolError:
        os.close(descriptor)
        raise
