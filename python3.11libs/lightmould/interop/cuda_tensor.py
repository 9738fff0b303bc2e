"""Images of OpenGL as tensors on the same GPU, without a copy on the host."""

from collections.abc import Sequence

import torch

from lightmould.errors import SettingsError
from lightmould.interop.cuda import Cuda, Resources, checked, device_of
from lightmould.interop.gl import Owner
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.parameters import GLTensorParam, batch_of


class MappedImages:
    """Images of one size and format, which CUDA copies while they are mapped, all at once."""

    def __init__(self, params: Sequence[GLTensorParam], cuda: Cuda) -> None:
        self._width, self._height = params[0].row_bytes, params[0].height
        self._cuda, self._resources = cuda, Resources(cuda)
        self._kind = cuda.runtime.cudaMemcpyKind.cudaMemcpyDeviceToDevice
        try:
            with cuda.active():
                for param in params:
                    self._resources.add_image(param)
        except BaseException:
            self._resources.release()
            raise

    def fill(self, out: torch.Tensor) -> None:
        """Copy image by image."""
        runtime, place = self._cuda.runtime, out.data_ptr()
        width, height = self._width, self._height
        with self._resources.mapped() as stream:
            for handle in self._resources.handles:
                result = runtime.cudaGraphicsSubResourceGetMappedArray(handle, 0, 0)
                array = checked("cudaGraphicsSubResourceGetMappedArray", result)
                result = runtime.cudaMemcpy2DFromArrayAsync(
                    place, width, array, 0, 0, width, height, self._kind, stream
                )
                checked("cudaMemcpy2DFromArrayAsync", result)
                place += width * height

    def release(self) -> None:
        """Make them unknown to CUDA again."""
        self._resources.release()


class CudaTensor(ImageTensor):
    """An image as an (H, W, C) tensor, in the same memory at each call.

    Args:
        param: the image.
        stream: what copies are ordered with; unset, torch's current stream at each call.
        cuda: its device, where that is open already.

    Raises:
        SettingsError: the image is not what it is said to be, or CUDA can't use its kind.
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


class BatchCudaTensor(ImageTensor):
    """Images of one size and format as a (K, H, W, C) tensor, under one map and unmap.

    Args:
        params: the images.
        stream: as of `CudaTensor`.
        cuda: as of `CudaTensor`.

    Raises:
        SettingsError: as of `CudaTensor`, or the images differ.
        ToolError: as of `CudaTensor`.
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
) -> tuple[Owner, MappedImages, torch.Tensor]:
    """Whose the images are, the way that they take, and where to."""
    owner = open_images(params)
    for param in params:
        if not param.pixels.registered:
            fix = "Use PboTensor, or draw depth into a GL_R32F image and color into a GL_RGBA8 one."
            raise SettingsError("format", str(param), "a format that CUDA can register", fix)
    cuda = device_of(params[0].device_id, stream, cuda)
    return owner, MappedImages(params, cuda), cuda.zeros(*batch_of(params))
