"""The fastest way to a tensor that there is on this machine."""

from lightmould.errors import ToolError
from lightmould.interop.cuda import Cuda, open_device
from lightmould.interop.cuda_tensor import CudaTensor
from lightmould.interop.host_tensor import HostTensor
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.parameters import GLTensorParam
from lightmould.interop.pbo_tensor import PboTensor


def tensor_for(param: GLTensorParam, cuda: Cuda | None = None) -> tuple[ImageTensor, str]:
    """An image as a tensor, and why it goes the way it does.

    Args:
        param: the image.
        cuda: its device, where it is open already.

    Returns:
        A `CudaTensor`; a `PboTensor` of what CUDA can't register; a `HostTensor` where CUDA can't
        reach OpenGL's images. The reason is a sentence.

    Raises:
        SettingsError: the image is not what it is said to be.
        ToolError: no context is current.
    """
    owner = open_images((param,))
    try:
        cuda = cuda or open_device(param.device_id)
        if not param.pixels.registered:
            name = param.pixels.name
            return PboTensor(param, cuda=cuda), f"{name} goes by a buffer: CUDA can't register it"
        return CudaTensor(param, cuda=cuda), f"{cuda.device} draws {param} itself"
    except ToolError as error:
        return HostTensor(param), f"{owner.gl.renderer} draws, read by the host: {error}"
