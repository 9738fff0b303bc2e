"""OpenGL frames to tensors, nine ways: `python benchmarks/gl_tensor.py [--dry]`.

A rotating triangle is drawn into RGBA8 images and handed over to PyTorch. Every way is held against
glReadPixels before it is timed. `wall` ends with everything done on the GPU; `process` is the
processor's time of this process alone, as published numbers of such bridges are.

Wants an NVIDIA GPU, its driver with EGL, and the extra `interop` with a PyTorch for CUDA. `--dry`
runs all of it on any OpenGL, with the tests' CUDA, to see that it works; its times mean nothing.
"""

import argparse
import gc
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from math import cos, sin, tau
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

try:
    import moderngl
    import torch
except ImportError as error:
    sys.exit(f'{error}: pip install "lightmould[interop]"')

from lightmould.errors import LightmouldError, ToolError
from lightmould.interop import (
    BatchCudaTensor,
    Cpu2CudaTensor,
    CpuTensor,
    CudaTensor,
    GLTensorParam,
    PboTensor,
    SharedTensor,
)
from lightmould.interop.cuda import Cuda, device_of
from lightmould.interop.egl import egl_device_of
from lightmould.interop.gl import FIX, load
from lightmould.interop.image_tensor import ImageTensor

EGL = {"backend": "egl", "libgl": "libOpenGL.so.0", "libegl": "libEGL.so.1"}
VERTEX = "#version 330\nin vec2 place; in vec3 color; out vec3 shade;\n\
void main() { shade = color; gl_Position = vec4(place, 0, 1); }"
FRAGMENT = "#version 330\nin vec3 shade; out vec4 seen; void main() { seen = vec4(shade, 1); }"
COLORS = np.eye(3, dtype=np.float32)
PUBLISHED_FPS, TIMES_HOST = 22_086, 30


@dataclass
class Target:
    """An image that is drawn into."""

    image: Any
    frame: Any

    @property
    def param(self) -> GLTensorParam:
        """It, as a tensor is asked for."""
        return GLTensorParam.from_moderngl(self.image)


class Stage:
    """What is drawn, where, and the device that tensors are wanted on."""

    def __init__(self, context: Any, cuda: Cuda, size: int) -> None:
        self.context, self.cuda, self.size = context, cuda, size
        program = context.program(VERTEX, FRAGMENT)
        self._corners = context.buffer(reserve=60)
        self._triangle = context.vertex_array(program, [(self._corners, "2f 3f", "place", "color")])

    def target(self, kind: str = "texture") -> Target:
        """A new image; a texture or a renderbuffer."""
        image = getattr(self.context, kind)((self.size, self.size), 4)
        return Target(image, self.context.framebuffer([image]))

    def draw(self, target: Target, index: int) -> None:
        """The triangle, turned a little further with each frame."""
        turns = [index / 360 + corner / 3 for corner in range(3)]
        places = np.array([(cos(tau * turn), sin(tau * turn)) for turn in turns], np.float32)
        target.frame.use()
        target.frame.clear()
        self._corners.write(np.concatenate([places, COLORS], axis=1).tobytes())
        self._triangle.render()

    def finish(self) -> None:
        """Wait for OpenGL and for the device."""
        self.context.finish()
        self.cuda.finish()


@dataclass
class Way:
    """A way of a frame's pixels: draw frame `index`, hand it over."""

    targets: list[Target]
    frame: Callable[[int], object]
    result: Callable[[], torch.Tensor] | None = None


@contextmanager
def render_only(stage: Stage, _: int) -> Iterator[Way]:
    """Nothing is handed over: what drawing alone takes."""
    target = stage.target()
    yield Way([target], lambda index: stage.draw(target, index))


@contextmanager
def by_host(stage: Stage, *, pinned: bool) -> Iterator[Way]:
    """What glReadPixels gives, copied to the device."""
    target = stage.target()
    on_gpu = stage.cuda.device.type == "cuda"
    memory = Cpu2CudaTensor(target.param) if pinned and on_gpu else CpuTensor(target.param)
    result: list[torch.Tensor] = []

    def frame(index: int) -> None:
        stage.draw(target, index)
        target.frame.read_into(memory.Data(), components=4, alignment=1)
        result[:] = [memory.Tensor().to(stage.cuda.device)]

    yield Way([target], frame, lambda: result[0])


@contextmanager
def interop(
    stage: Stage, kind: str, ring: int = 1, make: Callable[..., ImageTensor] = CudaTensor
) -> Iterator[Way]:
    """A map and an unmap for each frame, of one image or of several in turn."""
    targets = [stage.target(kind) for _ in range(ring)]
    with ExitStack() as stack:
        sources = [stack.enter_context(make(one.param, cuda=stage.cuda)) for one in targets]
        result = [torch.zeros(0)] * ring

        def frame(index: int) -> None:
            stage.draw(targets[index % ring], index)
            result[index % ring] = sources[index % ring].Tensor()

        yield Way(targets, frame, lambda: torch.cat(result))


@contextmanager
def batch(stage: Stage, count: int, make: Callable[..., ImageTensor]) -> Iterator[Way]:
    """Many frames drawn, then handed over together."""
    targets = [stage.target() for _ in range(count)]
    with make([one.param for one in targets], cuda=stage.cuda) as source:
        result = [torch.zeros(0)]

        def frame(index: int) -> None:
            stage.draw(targets[index % count], index)
            if index % count == count - 1:
                result[0] = source.Tensor()

        yield Way(targets, frame, lambda: result[0])


WAYS: dict[str, Callable[[Stage, int], AbstractContextManager[Way]]] = {
    "render_only": render_only,
    "cpu_python": lambda stage, _: by_host(stage, pinned=False),
    "cpu_pinned": lambda stage, _: by_host(stage, pinned=True),
    "interop_texture": lambda stage, _: interop(stage, "texture"),
    "interop_renderbuffer": lambda stage, _: interop(stage, "renderbuffer"),
    "interop_ring3": lambda stage, _: interop(stage, "texture", ring=3),
    "batch": lambda stage, count: batch(stage, count, BatchCudaTensor),
    "pbo": lambda stage, _: interop(stage, "texture", make=PboTensor),
    "shared_memory": lambda stage, count: batch(stage, count, SharedTensor),
}


def main() -> None:
    """Print a row for each way, then what is to be reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, number in {"--size": 1024, "--frames": 360, "--reps": 7, "--batch": 60}.items():
        parser.add_argument(name, type=int, default=number)
    parser.add_argument("--dry", action="store_true")
    asked = parser.parse_args()
    if asked.frames % asked.batch:
        parser.error("--frames has to be a multiple of --batch")
    try:
        with (dry if asked.dry else real)(asked.size) as stage:
            times = measure(stage, asked)
    except LightmouldError as error:
        sys.exit(f"{error}\n--dry runs without a GPU.")
    if not asked.dry:
        judge(times)


def new_context(**more: int) -> Any:
    """A context without a display."""
    try:
        return moderngl.create_context(standalone=True, **EGL, **more)
    except Exception as error:  # moderngl raises nothing more particular
        raise ToolError("moderngl", str(error), "a context of EGL", FIX) from error


@contextmanager
def real(size: int) -> Iterator[Stage]:
    """On the GPU that CUDA calls 0."""
    context = new_context(device_index=egl_device_of(0))
    print(f"{context.info['GL_RENDERER']}, PyTorch {torch.__version__}")
    yield Stage(context, device_of(0), size)


@contextmanager
def dry(size: int) -> Iterator[Stage]:
    """On any OpenGL, with the tests' CUDA; nothing may be left in it."""
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    fake = importlib.import_module("fakes.cuda_runtime")
    lending = importlib.import_module("fakes.cuda_driver")
    runtime, driver = fake.FakeRuntime(), lending.FakeDriver()

    class DryStage(Stage):
        def target(self, kind: str = "texture") -> Target:
            made = super().target(kind)
            pixels = partial(made.frame.read, components=4, alignment=1)
            runtime.pixels[made.param.target, made.param.image] = pixels
            return made

    context = new_context()
    print(f"dry: {context.info['GL_RENDERER']} and a fake CUDA; times mean nothing")
    with lending.borrowing(load()):
        yield DryStage(context, fake.FakeCuda(0, runtime, lender=driver), size)
    gc.collect()
    left = [*runtime.left(), *driver.left()]
    if left:
        sys.exit(f"not given back: {left}")


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """Seconds a frame of each way, of wall and of process; prints them."""
    print(f"{stage.size} x {stage.size} RGBA8, {asked.frames} frames, median of {asked.reps}")
    print(f"{'way':22}{'us wall':>10}{'fps wall':>11}{'fps process':>13}{'GB/s':>8}", end="")
    print(f"{'x cpu_python':>14}")
    times: dict[str, tuple[float, float]] = {}
    for name, make in WAYS.items():
        try:
            with make(stage, asked.batch) as way:
                check(name, way)
                times[name] = timed(stage, way, asked)
        except LightmouldError as error:
            print(f"{name:22}not here: {error}")
            continue
        wall, process = times[name]
        rate = 4e-9 * stage.size**2 / wall
        ratio = f"{times['cpu_python'][0] / wall:.2f}" if "cpu_python" in times else ""
        print(f"{name:22}{1e6 * wall:10.1f}{1 / wall:11.0f}{1 / process:13.0f}", end="")
        print(f"{rate:8.2f}{ratio:>14}")
    return times


def check(name: str, way: Way) -> None:
    """Hold two rounds of frames against glReadPixels."""
    count = len(way.targets)
    for start in (0, count):
        for index in range(start, start + count):
            way.frame(index)
        wanted = b"".join(one.frame.read(components=4, alignment=1) for one in way.targets)
        found = way.result().cpu().numpy().tobytes() if way.result else wanted
        if found != wanted or not any(wanted):
            sys.exit(f"{name}: the tensor's bytes are not those of glReadPixels")


def timed(stage: Stage, way: Way, asked: argparse.Namespace) -> tuple[float, float]:
    """Seconds a frame, of wall and of process, medians."""
    walls, processes = [], []
    for _ in range(asked.reps):
        stage.finish()
        wall, process = time.perf_counter(), time.process_time()
        for index in range(asked.frames):
            way.frame(index)
        processes.append(time.process_time() - process)
        stage.finish()
        walls.append(time.perf_counter() - wall)
    return median(walls) / asked.frames, median(processes) / asked.frames


def judge(times: dict[str, tuple[float, float]]) -> None:
    """Say what of what is to be reached was reached."""
    fps = 1 / times["interop_texture"][1]
    verdict = "reached" if fps > PUBLISHED_FPS else "not reached"
    print(f"a frame at a time, process: {fps:.0f} fps; wanted {PUBLISHED_FPS}: {verdict}")
    best = min(times[name][0] for name in ("batch", "shared_memory") if name in times)
    ratio = times["cpu_python"][0] / best
    verdict = "reached" if ratio >= TIMES_HOST else "not reached"
    print(f"batched or shared: {ratio:.1f} times cpu_python; wanted {TIMES_HOST}: {verdict}")


if __name__ == "__main__":
    main()
