"""The fastest way to a tensor that there is on this machine."""

from collections.abc import Callable, Sequence

from lightmould.errors import ToolError
from lightmould.interop.cuda import Cuda, device_of
from lightmould.interop.cuda_tensor import BatchCudaTensor, CudaTensor
from lightmould.interop.host_tensor import BatchHostTensor, HostTensor
from lightmould.interop.image_tensor import ImageTensor, open_images
from lightmould.interop.parameters import GLTensorParam
from lightmould.interop.pbo_tensor import BatchPboTensor, PboTensor


def tensor_for(param: GLTensorParam, cuda: Cuda | None = None) -> tuple[ImageTensor, str]:
    """An image as an (H, W, C) tensor, and why it goes the way it does.

    Args:
        param: the image.
        cuda: its device, where that is open already.

    Returns:
        A `CudaTensor`; a `PboTensor` of what CUDA can't register; a `HostTensor` where CUDA can't
        reach OpenGL's images. The reason is a sentence.

    Raises:
        SettingsError: the image is not what it is said to be.
        ToolError: no context is current.
    """
    return _choose(
        (param,),
        cuda,
        lambda cuda: CudaTensor(param, cuda=cuda),
        lambda cuda: PboTensor(param, cuda=cuda),
        lambda: HostTensor(param),
    )


def batch_for(params: Sequence[GLTensorParam], cuda: Cuda | None = None) -> tuple[ImageTensor, str]:
    """Images of one size as a (K, H, W, C) tensor, and why they go the way they do.

    Args:
        params: the images.
        cuda: their device, where that is open already.

    Returns:
        As `tensor_for`, of `BatchCudaTensor`, `BatchPboTensor` and `BatchHostTensor`.

    Raises:
        SettingsError: an image is not what it is said to be, or they differ.
        ToolError: no context is current.
    """
    return _choose(
        params,
        cuda,
        lambda cuda: BatchCudaTensor(params, cuda=cuda),
        lambda cuda: BatchPboTensor(params, cuda=cuda),
        lambda: BatchHostTensor(params),
    )


def _choose(
    params: Sequence[GLTensorParam],
    cuda: Cuda | None,
    mapped: Callable[[Cuda], ImageTensor],
    packed: Callable[[Cuda], ImageTensor],
    read: Callable[[], ImageTensor],
) -> tuple[ImageTensor, str]:
    owner = open_images(params)
    strange = next((one.pixels.name for one in params if not one.pixels.registered), None)
    try:
        cuda = device_of(params[0].device_id, cuda=cuda)
        if strange:
            return packed(cuda), f"{strange} goes by a buffer: CUDA can't register it"
        return mapped(cuda), f"{cuda.device} draws {params[0]} itself"
    except ToolError as error:
        return read(), f"{owner.gl.renderer} draws, read by the host: {error}"
