"""Pixels by way of the host: what there is where CUDA can't reach OpenGL."""

from typing import Any

import torch
from numpy.typing import NDArray

from lightmould.errors import ToolError
from lightmould.interop.gl import GL
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.images import Reader
from lightmould.interop.parameters import GLTensorParam


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
    """An image that is read by the host, and copied to the GPU where the tensor is there."""

    def __init__(self, gl: GL, param: GLTensorParam) -> None:
        self._reader = Reader(gl, param)
        number = getattr(torch, param.pixels.number)
        self._memory = torch.zeros(param.shape, dtype=number, pin_memory=torch.cuda.is_available())

    def fill(self, out: torch.Tensor) -> None:
        """Read into the tensor itself where that can be."""
        place = out if out.device == self._memory.device else self._memory
        self._reader.read(place.data_ptr())
        if place is not out:
            out.copy_(place)

    def release(self) -> None:
        """Delete the framebuffer."""
        self._reader.release()


class HostTensor(ImageTensor):
    """An image as an (H, W, C) tensor that glReadPixels fills; on the GPU where torch has one.

    Args:
        param: the image.

    Raises:
        SettingsError: the image is not what it is said to be.
        ToolError: OpenGL is missing, or refused.
    """

    def __init__(self, param: GLTensorParam) -> None:
        owner = open_images((param,))
        has_device = param.device_id < torch.cuda.device_count()
        device = torch.device("cuda", param.device_id) if has_device else torch.device("cpu")
        result = torch.zeros(param.shape, dtype=getattr(torch, param.pixels.number), device=device)
        super().__init__((param,), owner, HostPixels(owner.gl, param), result)
