"""A context of OpenGL without a display: a GPU's where there is one."""

import ctypes
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lightmould.errors import ToolError

if TYPE_CHECKING:
    import moderngl

EGL, OPENGL = "libEGL.so.1", "libOpenGL.so.0"
PACKAGES = {EGL: "libegl1", OPENGL: "libopengl0"}
"""Debian's packages of the libraries."""

VERSION = 420
"""Of OpenGL: shaders name the places of their blocks from 4.2 on."""

_EXTENSIONS = 0x3055  # EGL_EXTENSIONS
_MOST = 32  # devices
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "SwiftShader")
_ELSE = "or capture with --backend cpu."


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """One that EGL knows, best ones first.

    Attributes:
        rank: 0 is a GPU of NVIDIA's that computes, 1 another one, 2 the processor.
        index: EGL's.
    """

    rank: int
    index: int | None


def open_context() -> "tuple[moderngl.Context, bool]":
    """A context, and whether a GPU draws there; neither DISPLAY nor a window system is looked at.

    Raises:
        ToolError: naming the package that is missing, or what the drivers said.
    """
    libraries = {name: _library(name) for name in PACKAGES}
    gl = _moderngl()
    said = "no device"
    for device in sorted(_devices(libraries[EGL])):
        place = {} if device.index is None else {"device_index": device.index}
        try:
            context = gl.create_context(
                standalone=True, backend="egl", require=VERSION, libgl=OPENGL, libegl=EGL, **place
            )
        except Exception as error:  # noqa: BLE001 - glcontext raises nothing more exact
            said = str(error)
            continue
        renderer = str(context.info["GL_RENDERER"])
        return context, device.rank < 2 and not renderer.startswith(_SOFTWARE)
    fix = f"Install one, `apt install libgl1-mesa-dri`, {_ELSE}"
    raise ToolError("OpenGL", said, f"a driver of OpenGL {VERSION / 100:.1f}", fix)


def _library(name: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        fix = f"Install it, `apt install {PACKAGES[name]}`, {_ELSE}"
        raise ToolError("OpenGL", f"no {name}", "that library", fix) from error


def _moderngl() -> ModuleType:
    try:
        return importlib.import_module("moderngl")
    except ImportError as error:
        fix = f'Install it, `pip install "lightmould[gl]"`, {_ELSE}'
        raise ToolError("OpenGL", str(error), "the package moderngl", fix) from error


def _devices(egl: ctypes.CDLL) -> Iterator[Device]:
    """All of them; the one that EGL takes by itself where it does not list any.

    Source: EGL_EXT_device_enumeration, EGL_NV_device_cuda, EGL_MESA_device_software.
    """
    addresses = [
        _address(egl, name) for name in (b"eglQueryDevicesEXT", b"eglQueryDeviceStringEXT")
    ]
    found, count = (ctypes.c_void_p * _MOST)(), ctypes.c_int()
    if all(addresses):
        pointer, whole = ctypes.c_void_p, ctypes.c_int
        every = ctypes.CFUNCTYPE(ctypes.c_uint, whole, pointer, pointer)(addresses[0])
        text = ctypes.CFUNCTYPE(ctypes.c_char_p, pointer, whole)(addresses[1])
        every(_MOST, ctypes.addressof(found), ctypes.addressof(count))
        for index in range(count.value):
            yield Device(_rank((text(found[index], _EXTENSIONS) or b"").split()), index)
    if not count.value:
        yield Device(1, None)


def _address(egl: ctypes.CDLL, name: bytes) -> Any:
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    egl.eglGetProcAddress.argtypes = (ctypes.c_char_p,)
    return egl.eglGetProcAddress(name)


def _rank(extensions: list[bytes]) -> int:
    if b"EGL_NV_device_cuda" in extensions:
        return 0
    return 2 if b"EGL_MESA_device_software" in extensions else 1
