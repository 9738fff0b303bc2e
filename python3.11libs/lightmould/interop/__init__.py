"""Images of OpenGL, and frames of a capture, as tensors of PyTorch."""

from lightmould.interop.choice import tensor_for
from lightmould.interop.cuda_tensor import BatchCudaTensor, CudaTensor
from lightmould.interop.frames import from_frame, from_trajectory
from lightmould.interop.host_tensor import Cpu2CudaTensor, CpuTensor, HostTensor
from lightmould.interop.parameters import GLTensorParam
from lightmould.interop.pbo_tensor import PboTensor
from lightmould.interop.shared_tensor import SharedTensor

__all__ = [
    "BatchCudaTensor",
    "Cpu2CudaTensor",
    "CpuTensor",
    "CudaTensor",
    "GLTensorParam",
    "HostTensor",
    "PboTensor",
    "SharedTensor",
    "from_frame",
    "from_trajectory",
    "tensor_for",
]
