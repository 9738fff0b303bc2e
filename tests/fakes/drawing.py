"""A context of OpenGL without a display, and images in it; tests skip where there is none."""

from dataclasses import dataclass
from typing import Any

import pytest
from fakes.cuda_runtime import FakeCuda, FakeRuntime

from lightmould.interop.parameters import GLTensorParam

MESA = {"libgl": "libOpenGL.so.0", "libegl": "libEGL.so.1"}


@dataclass
class Drawing:
    """An OpenGL context, and a fake CUDA that knows its images."""

    context: Any
    runtime: FakeRuntime
    cuda: FakeCuda

    def image(
        self, size: tuple[int, int], components: int, dtype: str, kind: str = "texture"
    ) -> "Image":
        """A new image of moderngl, known to CUDA."""
        one = getattr(self.context, kind)(size, components, dtype=dtype)
        return self.know(one)

    def know(self, one: Any) -> "Image":
        """Tell CUDA of an image."""
        param = GLTensorParam.from_moderngl(one)
        image = Image(self.context, one, param)
        self.runtime.pixels[param.target, param.image] = image.pixels
        return image


@dataclass
class Image:
    """An image that can be written and read, by moderngl."""

    context: Any
    one: Any
    param: GLTensorParam

    def write(self, data: bytes) -> None:
        """Put pixels into it, lowest row first."""
        one, context = self.one, self.context
        if hasattr(one, "write"):
            one.write(data, alignment=1)
            return
        source = context.texture(one.size, one.components, data, dtype=one.dtype, alignment=1)
        frames = [context.framebuffer([image]) for image in (one, source)]
        context.copy_framebuffer(*frames)
        for thing in (*frames, source):
            thing.release()

    def pixels(self) -> bytes:
        """What glReadPixels gives."""
        one = self.one
        frame = self.context.framebuffer([one])
        found: bytes = frame.read(components=one.components, dtype=one.dtype, alignment=1)
        frame.release()
        return found


def new_context() -> Any:
    """A context of its own, current on this thread; skips where none can be made."""
    moderngl = pytest.importorskip("moderngl", reason="needs moderngl")
    try:
        return moderngl.create_context(standalone=True, backend="egl", **MESA)
    except Exception as error:  # noqa: BLE001  # glcontext raises nothing more particular
        pytest.skip(f"needs EGL and an OpenGL driver: {error}")
