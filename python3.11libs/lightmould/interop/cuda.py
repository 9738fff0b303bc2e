"""The calls of CUDA that are used, checked, and the little that torch has to say for them.

`cuda.bindings` is plain Python over the driver: nothing is compiled, and it loads without one.
"""

import ctypes
import importlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import torch

from lightmould.errors import ToolError
from lightmould.interop.cuda_calls import Driver, Handle, Result, Runtime
from lightmould.interop.parameters import GLTensorParam

READ_ONLY = 1
LARGEST_COUNT = 64
FIXES = {
    "cudaErrorInsufficientDriver": "Install NVIDIA's driver; tensor_for reads through the host.",
    "cudaErrorNoDevice": "Run where an NVIDIA GPU is; tensor_for reads through the host.",
    "cudaErrorInvalidGraphicsContext": "Draw with NVIDIA's OpenGL; tensor_for reads otherwise.",
    "cudaErrorOperatingSystem": "Draw with NVIDIA's OpenGL, on the GPU that CUDA uses.",
    "cudaErrorUnknown": "Map an image once at a time, in the context that it belongs to.",
}
OTHER_FIX = "Read the image through the host: tensor_for does."


def checked(name: str, result: Result) -> Any:
    """What a call gave: nothing, one thing, or a tuple.

    Raises:
        ToolError: it failed.
    """
    if error := result[0]:
        found = f"{error.name} from {name}"
        raise ToolError("CUDA", found, "no error", FIXES.get(error.name, OTHER_FIX))
    return result[1] if len(result) == 2 else result[1:]


@dataclass(frozen=True, slots=True, eq=False)
class Cuda:
    """One device of CUDA's, where tensors are wanted.

    Attributes:
        device_id: CUDA's number of it.
        runtime: `cuda.bindings.runtime`, or what behaves like it.
        order: the stream that copies are ordered with; unset, torch's current one at each copy.
    """

    device_id: int
    runtime: Runtime
    order: "torch.cuda.Stream | None" = None

    @property
    def device(self) -> torch.device:
        """Where its tensors are, as torch calls it."""
        return torch.device("cuda", self.device_id)

    @property
    def driver(self) -> Driver:
        """What lends memory.

        Raises:
            ToolError: cuda-bindings is not installed.
        """
        return cast(Driver, load("driver"))

    def stream(self) -> int:
        """The stream that copies are ordered with."""
        stream = self.order or torch.cuda.current_stream(self.device)
        return int(stream.cuda_stream)

    def active(self) -> AbstractContextManager[None]:
        """With this device as the current one of this thread."""
        return torch.cuda.device(self.device)

    def zeros(self, shape: Sequence[int], number: str) -> torch.Tensor:
        """A tensor on this device."""
        # Made on the stream that fills it, lest it be cleared after it was filled.
        with torch.cuda.stream(self.order):
            return torch.zeros(*shape, dtype=getattr(torch, number), device=self.device)

    def view(self, memory: object) -> torch.Tensor:
        """A tensor over memory that has a `__cuda_array_interface__`, and that it keeps alive."""
        return torch.as_tensor(memory, device=self.device)

    def check_draws(self) -> None:
        """See to it that this thread's OpenGL is drawn by this device.

        Raises:
            ToolError: CUDA can't be used, or another GPU or a CPU draws.
        """
        runtime, name = self.runtime, "cudaGLGetDevices"
        every = runtime.cudaGLDeviceList.cudaGLDeviceListAll
        count, listed = checked(name, runtime.cudaGLGetDevices(LARGEST_COUNT, every))
        drawing = [*listed][:count]
        if self.device_id not in drawing:
            found = f"OpenGL drawn by CUDA's devices {drawing}"
            fix = "Make the context on that GPU's EGL device, or name one of these as device_id."
            raise ToolError("CUDA", found, f"device {self.device_id} among them", fix)

    def finish(self) -> None:
        """Wait for all that the device was told."""
        checked("cudaDeviceSynchronize", self.runtime.cudaDeviceSynchronize())


class Resources:
    """Images or buffers of OpenGL's that CUDA knows, mapped and unmapped together."""

    def __init__(self, cuda: Cuda) -> None:
        self._cuda = cuda
        self.handles: list[Handle] = []
        self._pointers = (ctypes.c_void_p * 0)()
        self._undo = ExitStack()

    def add_image(self, param: GLTensorParam) -> None:
        """Make one more image known.

        Raises:
            ToolError: CUDA refused it.
        """
        call = self._cuda.runtime.cudaGraphicsGLRegisterImage
        self._add("cudaGraphicsGLRegisterImage", call(param.image, param.target, READ_ONLY))

    def add_buffer(self, buffer: int) -> None:
        """Make one more buffer known.

        Raises:
            ToolError: CUDA refused it.
        """
        call = self._cuda.runtime.cudaGraphicsGLRegisterBuffer
        self._add("cudaGraphicsGLRegisterBuffer", call(buffer, READ_ONLY))

    def _add(self, name: str, result: Result) -> None:
        handle = checked(name, result)
        self.handles.append(handle)
        self._undo.callback(self._forget, handle)
        # CUDA takes a number for the address of an array of handles, not for a handle.
        numbers = [int(handle) for handle in self.handles]
        self._pointers = (ctypes.c_void_p * len(numbers))(*numbers)

    @contextmanager
    def mapped(self) -> Iterator[int]:
        """With all of them readable by CUDA in the stream that this gives.

        What OpenGL was told before is done before that stream goes on, and what it is told
        afterwards waits for the stream: nobody has to wait here.

        Raises:
            ToolError: CUDA refused.
        """
        runtime, count = self._cuda.runtime, len(self.handles)
        address, stream = ctypes.addressof(self._pointers), self._cuda.stream()
        with self._cuda.active():
            result = runtime.cudaGraphicsMapResources(count, address, stream)
            checked("cudaGraphicsMapResources", result)
            try:
                yield stream
            finally:
                result = runtime.cudaGraphicsUnmapResources(count, address, stream)
            checked("cudaGraphicsUnmapResources", result)

    def release(self) -> None:
        """Make them unknown to CUDA again.

        Raises:
            ToolError: CUDA refused one; the others are unknown to it nevertheless.
        """
        with self._cuda.active():
            self._undo.close()

    def _forget(self, handle: Handle) -> None:
        result = self._cuda.runtime.cudaGraphicsUnregisterResource(handle)
        checked("cudaGraphicsUnregisterResource", result)


def load(name: str = "runtime") -> Any:
    """A module of `cuda.bindings`.

    Raises:
        ToolError: it is not installed.
    """
    try:
        return importlib.import_module(f"cuda.bindings.{name}")
    except ImportError as error:
        fix = 'Install it: pip install "lightmould[interop]".'
        raise ToolError("CUDA", str(error), "the package cuda-bindings", fix) from error


def device_of(
    device_id: int, stream: "torch.cuda.Stream | None" = None, cuda: Cuda | None = None
) -> Cuda:
    """A device of this machine's that draws this thread's OpenGL.

    Args:
        device_id: CUDA's number of it.
        stream: what its copies are ordered with; unset, torch's current stream at each copy.
        cuda: the device, where it is open already.

    Raises:
        ToolError: cuda-bindings, the driver or a torch for CUDA is missing, or another GPU or a
            CPU draws.
    """
    if cuda is not None:
        return replace(cuda, order=stream or cuda.order)
    cuda = Cuda(device_id, cast(Runtime, load()), stream)
    cuda.check_draws()
    if not torch.cuda.is_available():
        fix = "Install PyTorch's wheel for CUDA, as pytorch.org says."
        raise ToolError("CUDA", f"PyTorch {torch.__version__} without it", "one with it", fix)
    with cuda.active():
        checked("cudaSetDevice", cuda.runtime.cudaSetDevice(device_id))
    return cuda
