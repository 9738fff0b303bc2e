"""OpenGL of whoever made a context: its functions by their own names, loaded at first use."""

import ctypes
import sys
import threading
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

from lightmould.errors import ToolError

FIX = "Install the graphics driver's libraries; of Mesa: libegl1 libopengl0 libgl1-mesa-dri."
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "glGetError": (c_uint,),
    "glGetString": (c_char_p, c_uint),
    "glGetStringi": (c_char_p, c_uint, c_uint),
    "glGetIntegerv": (None, c_uint, c_void_p),
    "glFinish": (None,),
    "glPixelStorei": (None, c_uint, c_int),
    "glIsTexture": (ctypes.c_ubyte, c_uint),
    "glIsRenderbuffer": (ctypes.c_ubyte, c_uint),
    "glBindTexture": (None, c_uint, c_uint),
    "glBindRenderbuffer": (None, c_uint, c_uint),
    "glGetTexLevelParameteriv": (None, c_uint, c_int, c_uint, c_void_p),
    "glGetRenderbufferParameteriv": (None, c_uint, c_uint, c_void_p),
    "glGenFramebuffers": (None, c_int, c_void_p),
    "glDeleteFramebuffers": (None, c_int, c_void_p),
    "glBindFramebuffer": (None, c_uint, c_uint),
    "glFramebufferTexture2D": (None, c_uint, c_uint, c_uint, c_uint, c_int),
    "glFramebufferRenderbuffer": (None, c_uint, c_uint, c_uint, c_uint),
    "glCheckFramebufferStatus": (c_uint, c_uint),
    "glReadBuffer": (None, c_uint),
    "glReadPixels": (None, c_int, c_int, c_int, c_int, c_uint, c_uint, c_void_p),
    "glGenBuffers": (None, c_int, c_void_p),
    "glDeleteBuffers": (None, c_int, c_void_p),
    "glBindBuffer": (None, c_uint, c_uint),
    "glBufferData": (None, c_uint, c_size_t, c_void_p, c_uint),
    "glCreateMemoryObjectsEXT": (None, c_int, c_void_p),
    "glDeleteMemoryObjectsEXT": (None, c_int, c_void_p),
    "glImportMemoryFdEXT": (None, c_uint, c_uint64, c_uint, c_int),
    "glBufferStorageMemEXT": (None, c_uint, c_size_t, c_uint, c_uint64),
}
"""What a function returns, and what it takes."""

ERRORS = {
    0x0500: "GL_INVALID_ENUM",
    0x0501: "GL_INVALID_VALUE",
    0x0502: "GL_INVALID_OPERATION",
    0x0505: "GL_OUT_OF_MEMORY",
    0x0506: "GL_INVALID_FRAMEBUFFER_OPERATION",
}
RENDERER, EXTENSIONS, EXTENSION_COUNT = 0x1F01, 0x1F03, 0x821D


class GL:
    """OpenGL's functions, by their own names."""

    def __init__(
        self,
        library: ctypes.CDLL,
        address_of: Callable[[bytes], int | None],
        contexts: tuple[Callable[[], int | None], ...],
    ) -> None:
        self._library, self._address_of, self._contexts = library, address_of, contexts

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self.find(name, *SIGNATURES[name])
        setattr(self, name, function)
        return function

    def find(self, name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
        """A function of OpenGL's.

        Raises:
            ToolError: there is none of this name.
        """
        prototype = ctypes.CFUNCTYPE(result, *arguments)
        address = self._address_of(name.encode())
        if not address and hasattr(self._library, name):
            address = ctypes.cast(self._library[name], c_void_p).value
        if not address:
            fix = "Use another route, or a newer graphics driver."
            raise ToolError("OpenGL", f"no {name}", "a driver that has it", fix)
        return prototype(address)

    def context(self) -> int:
        """The context that is current on this thread; 0 if there is none."""
        for ask in self._contexts:
            if found := ask():
                return found
        return 0

    def number(self, what: int) -> int:
        """A number of the state, as glGetIntegerv gives it."""
        value = c_int()
        self.glGetIntegerv(what, ctypes.byref(value))
        return value.value

    def has(self, extension: str) -> bool:
        """Whether the current context has an extension, by its whole name."""
        count, name = self.number(EXTENSION_COUNT), extension.encode()
        return any(self.glGetStringi(EXTENSIONS, index) == name for index in range(count))

    def one(self, generate: str) -> int:
        """The name of something new, from glGenBuffers and the like."""
        name = c_uint()
        getattr(self, generate)(1, ctypes.byref(name))
        return name.value

    def drop(self, delete: str, name: int) -> None:
        """Delete something by its name, with glDeleteBuffers and the like."""
        getattr(self, delete)(1, ctypes.byref(c_uint(name)))

    def check(self, doing: str) -> None:
        """Ask for OpenGL's error.

        Raises:
            ToolError: there is one.
        """
        if error := self.glGetError():
            found = ERRORS.get(error, f"error {error:#06x}")
            fix = "Ask glGetError before this call, too: the error may be of an earlier one."
            raise ToolError("OpenGL", f"{found} after {doing}", "no error", fix)

    @property
    def renderer(self) -> str:
        """Who draws in the current context."""
        name: bytes | None = self.glGetString(RENDERER)
        return (name or b"an unknown renderer").decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Owner:
    """The thread and the context that something of OpenGL belongs to."""

    gl: GL
    thread: int
    context: int

    @classmethod
    def here(cls) -> "Owner":
        """This thread and its context.

        Raises:
            ToolError: there is no OpenGL here, or no context is current.
        """
        gl = load()
        context = gl.context()
        if not context:
            fix = "Make a context and make it current on this thread, before this call."
            raise ToolError("OpenGL", "no current context on this thread", "one", fix)
        return cls(gl, threading.get_ident(), context)

    def is_here(self) -> bool:
        """Whether this is the thread, and its context is the current one."""
        return threading.get_ident() == self.thread and self.gl.context() == self.context

    def check(self, doing: str) -> None:
        """See to it that OpenGL can be asked from here.

        Raises:
            ToolError: this is another thread, or another context is current.
        """
        if threading.get_ident() != self.thread:
            found = f"{doing} on thread {threading.get_ident()}"
            fix = "Use it on the thread that made it, whose context the image belongs to."
            raise ToolError("OpenGL", found, f"thread {self.thread}", fix)
        if (context := self.gl.context()) != self.context:
            found = f"{doing} in context {context:#x}" if context else f"{doing} without a context"
            fix = "Make the context current that was so when this was made."
            raise ToolError("OpenGL", found, f"context {self.context:#x}", fix)


@cache
def load() -> GL:
    """This machine's OpenGL.

    Raises:
        ToolError: its libraries are missing, or it is not Linux's.
    """
    if not sys.platform.startswith("linux"):
        fix = "Use the host's copy of the pixels that your window library gives."
        raise ToolError("OpenGL", f"the platform {sys.platform}", "Linux", fix)
    egl, glx = library("libEGL.so.1"), library("libGLX.so.0", "libGL.so.1")
    core = library("libOpenGL.so.0", "libGL.so.1")
    if core is None or (egl or glx) is None:
        wanted = "libOpenGL.so.0 and libEGL.so.1, or libGL.so.1"
        raise ToolError("OpenGL", "no library that can be loaded", wanted, FIX)
    contexts = [
        typed(where[name], c_void_p)
        for where, name in ((egl, "eglGetCurrentContext"), (glx, "glXGetCurrentContext"))
        if where is not None and hasattr(where, name)
    ]
    found = egl["eglGetProcAddress"] if egl is not None else core["glXGetProcAddressARB"]
    return GL(core, typed(found, c_void_p, c_char_p), tuple(contexts))


def typed(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A library's function that knows what it takes and returns."""
    function.restype, function.argtypes = result, arguments
    told: Callable[..., Any] = function
    return told


def library(*names: str) -> ctypes.CDLL | None:
    """The first of them that is there."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None
