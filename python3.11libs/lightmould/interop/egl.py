"""Which of EGL's devices is the GPU that CUDA means: the two number them differently."""

import ctypes
from ctypes import c_int, c_ssize_t, c_uint, c_void_p

from lightmould.errors import ToolError
from lightmould.interop.gl import FIX, library, typed

CUDA_DEVICE = 0x323A
MOST = 64


def egl_device_of(device_id: int) -> int:
    """The place of a GPU among EGL's devices, `device_index` of moderngl's EGL contexts.

    Args:
        device_id: CUDA's number of it.

    Raises:
        ToolError: there is no EGL that lists devices, or none of them is this GPU.
    """
    egl = library("libEGL.so.1")
    if egl is None:
        raise ToolError("EGL", "no library that can be loaded", "libEGL.so.1", FIX)
    find = typed(egl["eglGetProcAddress"], c_void_p, ctypes.c_char_p)
    addresses = [find(name) for name in (b"eglQueryDevicesEXT", b"eglQueryDeviceAttribEXT")]
    if not all(addresses):
        raise ToolError("EGL", "no eglQueryDevicesEXT", "EGL_EXT_device_enumeration", FIX)
    query = ctypes.CFUNCTYPE(c_uint, c_int, c_void_p, c_void_p)(addresses[0])
    ask = ctypes.CFUNCTYPE(c_uint, c_void_p, c_int, c_void_p)(addresses[1])
    devices, count, number = (c_void_p * MOST)(), c_int(), c_ssize_t()
    query(MOST, devices, ctypes.byref(count))
    found = {}
    for index in range(count.value):
        if ask(devices[index], CUDA_DEVICE, ctypes.byref(number)):
            found[number.value] = index
    if device_id not in found:
        said = f"CUDA's devices {sorted(found)} among {count.value} of EGL's"
        fix = "Install NVIDIA's EGL (libglvnd and the driver's 10_nvidia.json)."
        raise ToolError("EGL", said, f"device {device_id}", fix)
    return found[device_id]
