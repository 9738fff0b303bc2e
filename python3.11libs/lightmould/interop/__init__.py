"""Images of OpenGL, and frames of a capture, as tensors of PyTorch."""

from lightmould.interop.choice import batch_for, tensor_for
from lightmould.interop.cuda_tensor import BatchCudaTensor, CudaTensor
from lightmould.interop.frames import from_frame, from_trajectory
from lightmould.interop.host_tensor import BatchHostTensor, Cpu2CudaTensor, CpuTensor, HostTensor
from lightmould.interop.parameters import GLTensorParam
from lightmould.interop.pbo_tensor import BatchPboTensor, PboTensor
from lightmould.interop.shared_tensor import SharedTensor

__all__ = [
    "BatchCudaTensor",
    "BatchHostTensor",
    "BatchPboTensor",
    "Cpu2CudaTensor",
    "CpuTensor",
    "CudaTensor",
    "GLTensorParam",
    "HostTensor",
    "PboTensor",
    "SharedTensor",
    "batch_for",
    "from_frame",
    "from_trajectory",
    "tensor_for",
]
