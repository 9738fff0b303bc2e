"""Reading images of OpenGL as glReadPixels does; the caller's state is left as it was."""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from lightmould.errors import SettingsError, ToolError
from lightmould.interop.gl import GL
from lightmould.interop.parameters import (
    FORMATS,
    GL_DEPTH_COMPONENT,
    GL_RENDERBUFFER,
    GL_RGBA,
    GL_TEXTURE_2D,
    GLTensorParam,
    multisampled,
)

BINDINGS = {GL_TEXTURE_2D: 0x8069, GL_RENDERBUFFER: 0x8CA7}
WIDTH, HEIGHT, FORMAT = range(3)
OF_TEXTURE = (0x1000, 0x1001, 0x1003)
OF_RENDERBUFFER = (0x8D42, 0x8D43, 0x8D44)
SAMPLES = 0x8CAB
RGBA8 = 0x8058
READ_FRAMEBUFFER, READ_FRAMEBUFFER_BINDING = 0x8CA8, 0x8CAA
COLOR, DEPTH, NONE, COMPLETE = 0x8CE0, 0x8D00, 0, 0x8CD5
PACK_BUFFER, PACK_BUFFER_BINDING, STREAM_COPY = 0x88EB, 0x88ED, 0x88E2
PACKING = {0x0D05: 1, 0x0D00: 0, 0x0D02: 0, 0x0D03: 0, 0x0D04: 0}
"""How glReadPixels shall lay out rows: no padding, nothing skipped, no bytes swapped."""


def check_image(gl: GL, param: GLTensorParam) -> None:
    """See to it that an image is what it is said to be.

    Raises:
        SettingsError: there is no such image, or it is another.
    """
    check_alive(gl, param)
    is_texture = param.target != GL_RENDERBUFFER
    bind = gl.glBindTexture if is_texture else gl.glBindRenderbuffer
    before = gl.number(BINDINGS[param.target])
    bind(param.target, param.image)
    found = [_ask(gl, param, what) for what in (OF_TEXTURE if is_texture else OF_RENDERBUFFER)]
    samples = 0 if is_texture else _ask(gl, param, SAMPLES)
    bind(param.target, before)
    gl.check(f"looking at {param}")
    if samples:
        raise multisampled(f"{param} of {samples} samples a pixel")
    internal = RGBA8 if found[FORMAT] == GL_RGBA else found[FORMAT]
    wanted = RGBA8 if param.format == GL_RGBA else param.format
    if (found[WIDTH], found[HEIGHT], internal) != (param.width, param.height, wanted):
        name = FORMATS[internal].name if internal in FORMATS else f"format {internal:#06x}"
        said = f"{found[WIDTH]} x {found[HEIGHT]} {name}"
        raise SettingsError("image", said, str(param), "Say what the image is.")


def check_alive(gl: GL, param: GLTensorParam) -> None:
    """See to it that an image exists.

    Raises:
        SettingsError: it does not, or it was deleted.
    """
    exists = gl.glIsRenderbuffer if param.target == GL_RENDERBUFFER else gl.glIsTexture
    if not exists(param.image):
        fix = "Release tensors before their images are deleted, and bind an image once to make it."
        raise SettingsError("image", f"no {param} in this context", "an image of OpenGL", fix)


def _ask(gl: GL, param: GLTensorParam, what: int) -> int:
    value = ctypes.c_int()
    if param.target == GL_RENDERBUFFER:
        gl.glGetRenderbufferParameteriv(param.target, what, ctypes.byref(value))
    else:
        gl.glGetTexLevelParameteriv(param.target, 0, what, ctypes.byref(value))
    return value.value


class Reader:
    """Reads one image through a framebuffer of its own.

    Raises:
        ToolError: OpenGL can't read such an image.
    """

    def __init__(self, gl: GL, param: GLTensorParam) -> None:
        self._gl, self._param = gl, param
        self._framebuffer = gl.one("glGenFramebuffers")
        depth = param.pixels.layout == GL_DEPTH_COMPONENT
        place, target, image = DEPTH if depth else COLOR, param.target, param.image
        with self._bound():
            if target == GL_RENDERBUFFER:
                gl.glFramebufferRenderbuffer(READ_FRAMEBUFFER, place, target, image)
            else:
                gl.glFramebufferTexture2D(READ_FRAMEBUFFER, place, target, image, 0)
            gl.glReadBuffer(NONE if depth else COLOR)
            status = gl.glCheckFramebufferStatus(READ_FRAMEBUFFER)
        if status != COMPLETE:
            self.release()
            fix = "Read an image that can be drawn into."
            raise ToolError("OpenGL", f"status {status:#06x} of {param}", "a framebuffer", fix)

    def read(self, place: int, buffer: int = 0) -> None:
        """Copy all pixels, row upon row without padding.

        Args:
            place: an address of the host, or an offset in `buffer`.
            buffer: a buffer of OpenGL; 0 for memory of the host.

        Raises:
            ToolError: OpenGL refused.
        """
        gl, param = self._gl, self._param
        pixels = param.pixels
        with self._bound(), _packed(gl, buffer):
            size = (param.width, param.height)
            gl.glReadPixels(0, 0, *size, pixels.layout, pixels.kind, place)
        gl.check(f"reading {param}")

    def release(self) -> None:
        """Delete the framebuffer."""
        self._gl.drop("glDeleteFramebuffers", self._framebuffer)

    @contextmanager
    def _bound(self) -> Iterator[None]:
        before = self._gl.number(READ_FRAMEBUFFER_BINDING)
        self._gl.glBindFramebuffer(READ_FRAMEBUFFER, self._framebuffer)
        try:
            yield
        finally:
            self._gl.glBindFramebuffer(READ_FRAMEBUFFER, before)


class Readers:
    """Reads images of one size one after the other, without a gap.

    Raises:
        ToolError: OpenGL can't read one of them.
    """

    def __init__(self, gl: GL, params: Sequence[GLTensorParam]) -> None:
        self._step = params[0].row_bytes * params[0].height
        self.count = self._step * len(params)
        self._readers: list[Reader] = []
        with ExitStack() as undo:
            for param in params:
                self._readers.append(Reader(gl, param))
                undo.callback(self._readers[-1].release)
            self._undo = undo.pop_all()

    def read(self, place: int, buffer: int = 0) -> None:
        """Copy all pixels of all images; as `Reader.read` does.

        Raises:
            ToolError: OpenGL refused.
        """
        for index, reader in enumerate(self._readers):
            reader.read(place + index * self._step, buffer)

    def release(self) -> None:
        """Delete the framebuffers."""
        self._undo.close()


@contextmanager
def bound_buffer(gl: GL, buffer: int) -> Iterator[None]:
    """With a buffer in the place that pixels are packed into."""
    before = gl.number(PACK_BUFFER_BINDING)
    gl.glBindBuffer(PACK_BUFFER, buffer)
    try:
        yield
    finally:
        gl.glBindBuffer(PACK_BUFFER, before)


@contextmanager
def _packed(gl: GL, buffer: int) -> Iterator[None]:
    before = {what: gl.number(what) for what in PACKING}
    for what, value in PACKING.items():
        gl.glPixelStorei(what, value)
    try:
        with bound_buffer(gl, buffer):
            yield
    finally:
        for what, value in before.items():
            gl.glPixelStorei(what, value)


def new_buffer(gl: GL, count: int) -> int:
    """A buffer of so many bytes that pixels can be packed into.

    Raises:
        ToolError: there is not as much memory.
    """
    name = gl.one("glGenBuffers")
    with bound_buffer(gl, name):
        gl.glBufferData(PACK_BUFFER, count, None, STREAM_COPY)
    gl.check(f"asking for {count} bytes")
    return name
