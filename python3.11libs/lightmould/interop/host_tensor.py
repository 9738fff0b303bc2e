"""Pixels by way of the host: what there is where CUDA can't reach OpenGL."""

from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import NDArray

from lightmould.errors import ToolError
from lightmould.interop.gl import GL, Owner
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.images import Readers
from lightmould.interop.parameters import GLTensorParam, batch_of


class CpuTensor:
    """Memory of the host for an image that the caller reads with glReadPixels.

    Args:
        param: the image; nothing is asked of OpenGL.
    """

    def __init__(self, param: GLTensorParam) -> None:
        self._memory = torch.zeros(param.shape, dtype=getattr(torch, param.pixels.number))

    def Data(self) -> NDArray[Any]:
        """The memory as an (H, W, C) array, to be filled; rows without padding."""
        return self._memory.numpy()

    def Tensor(self) -> torch.Tensor:
        """The same memory as a tensor, on the CPU."""
        return self._memory


class Cpu2CudaTensor:
    """Memory of the host for an image that the caller reads, and a tensor on the GPU.

    Args:
        param: the image; nothing is asked of OpenGL.

    Raises:
        ToolError: this PyTorch reaches no GPU.
    """

    def __init__(self, param: GLTensorParam) -> None:
        number = getattr(torch, param.pixels.number)
        if not torch.cuda.is_available():
            fix = "Use CpuTensor, or PyTorch's wheel for CUDA where a GPU is."
            raise ToolError("PyTorch", "no GPU that it can use", "one", fix)
        # Pages that stay in memory are copied by the GPU itself.
        self._memory = torch.zeros(param.shape, dtype=number, pin_memory=True)
        self._result = torch.zeros_like(self._memory, device=f"cuda:{param.device_id}")

    def Data(self) -> NDArray[Any]:
        """The memory as an (H, W, C) array, to be filled; rows without padding."""
        return self._memory.numpy()

    def Tensor(self) -> torch.Tensor:
        """A copy on the GPU, in the same memory at each call; the array may be filled again."""
        return self._result.copy_(self._memory)


class HostPixels:
    """Images that are read by the host, and copied to the GPU where the tensor is there."""

    def __init__(self, gl: GL, params: Sequence[GLTensorParam]) -> None:
        self._readers = Readers(gl, params)
        shape, number = batch_of(params)
        self._memory = torch.zeros(
            shape, dtype=getattr(torch, number), pin_memory=torch.cuda.is_available()
        )

    def fill(self, out: torch.Tensor) -> None:
        """Read into the tensor itself where that can be."""
        place = out if out.device == self._memory.device else self._memory
        self._readers.read(place.data_ptr())
        if place is not out:
            out.copy_(place.view_as(out))

    def release(self) -> None:
        """Delete the framebuffers."""
        self._readers.release()


class HostTensor(ImageTensor):
    """An image as an (H, W, C) tensor that glReadPixels fills; on the GPU where torch has one.

    Args:
        param: the image.

    Raises:
        SettingsError: the image is not what it is said to be.
        ToolError: OpenGL is missing, or refused.
    """

    def __init__(self, param: GLTensorParam) -> None:
        owner, source, result = _open((param,))
        super().__init__((param,), owner, source, result[0])


class BatchHostTensor(ImageTensor):
    """Images of one size and kind of numbers as a (K, H, W, C) tensor; as `HostTensor`.

    Args:
        params: the images.

    Raises:
        SettingsError: as of `HostTensor`, or the images differ.
        ToolError: as of `HostTensor`.
    """

    def __init__(self, params: Sequence[GLTensorParam]) -> None:
        super().__init__(params, *_open(params))


def _open(params: Sequence[GLTensorParam]) -> tuple[Owner, HostPixels, torch.Tensor]:
    """Whose the images are, the way that they take, and where to."""
    owner, device_id = open_images(params), params[0].device_id
    has_device = device_id < torch.cuda.device_count()
    device = torch.device("cuda", device_id) if has_device else torch.device("cpu")
    shape, number = batch_of(params)
    result = torch.zeros(shape, dtype=getattr(torch, number), device=device)
    return owner, HostPixels(owner.gl, params), result
