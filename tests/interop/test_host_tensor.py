"""The ways over the host, which every machine has, and how a way is chosen."""

import ctypes
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
import torch
from fakes.cuda_runtime import Error, FakeCuda
from fakes.drawing import Drawing

from lightmould.errors import SettingsError, ToolError
from lightmould.interop import (
    BatchCudaTensor,
    BatchHostTensor,
    BatchPboTensor,
    Cpu2CudaTensor,
    CpuTensor,
    CudaTensor,
    GLTensorParam,
    HostTensor,
    PboTensor,
    batch_for,
    cuda,
    gl,
    tensor_for,
)

REFUSED = {f"cudaGraphicsGLRegister{kind}": Error.cudaErrorUnknown for kind in ("Image", "Buffer")}
SORTS = ((4, "f1"), (3, "f1"), (1, "f1"), (1, "f4"), (4, "f4"), (4, "f2"), (1, "u4"))


@pytest.mark.parametrize("kind", ["texture", "renderbuffer"])
@pytest.mark.parametrize(("components", "dtype"), SORTS)
def test_the_host_reads_the_bytes_of_read_pixels(
    drawing: Drawing, kind: str, components: int, dtype: str
) -> None:
    image = drawing.image((5, 3), components, dtype, kind)
    size = 15 * components * int(dtype[1])
    image.write(bytes(index % 60 for index in range(size)))  # finite as any type
    with HostTensor(image.param) as source:
        first = source.Tensor()
        assert first.numpy().tobytes() == image.pixels()
        image.write(bytes(size))
        assert source.tensor().data_ptr() == first.data_ptr()
        assert first.count_nonzero() == 0


def test_depth_is_read_by_the_host(drawing: Drawing) -> None:
    depth = drawing.context.depth_texture((4, 2))
    drawing.context.framebuffer([drawing.context.texture((4, 2), 4)], depth).clear(depth=0.75)
    with HostTensor(GLTensorParam.from_moderngl(depth)) as source:
        assert source.Tensor().flatten().tolist() == pytest.approx([0.75] * 8, abs=2**-23)


def test_reading_leaves_what_the_caller_set(drawing: Drawing) -> None:
    context, known = drawing.context, gl.load()
    image, other = drawing.image((5, 3), 1, "f1"), context.texture((5, 3), 4)
    context.framebuffer([other]).use()
    other.use()
    buffer = known.one("glGenBuffers")
    known.glBindBuffer(0x88EB, buffer)
    known.glPixelStorei(0x0D05, 8)
    known.glPixelStorei(0x0D02, 11)
    watched = (0x8CAA, 0x8CA6, 0x88ED, 0x0D05, 0x0D02, 0x8069)
    before = [known.number(what) for what in watched]
    assert 0 not in before
    try:
        with HostTensor(image.param) as source:
            assert source.Tensor().shape == (3, 5, 1)
        with PboTensor(image.param, cuda=drawing.cuda) as source:
            source.Tensor()
        assert [known.number(what) for what in watched] == before
    finally:
        known.glPixelStorei(0x0D05, 4)
        known.glPixelStorei(0x0D02, 0)
        known.glBindBuffer(0x88EB, 0)
        known.drop("glDeleteBuffers", buffer)


def test_without_a_driver_the_host_is_taken_and_the_reason_is_told(drawing: Drawing) -> None:
    bindings = pytest.importorskip("cuda.bindings.runtime", reason="needs cuda-bindings")
    if bindings.cudaGetDeviceCount()[0] == 0:
        pytest.skip("this machine has a GPU and its driver")
    image = drawing.image((2, 2), 4, "f1")
    image.write(bytes(range(16)))
    source, reason = tensor_for(image.param)
    with source:
        assert isinstance(source, HostTensor)
        assert source.Tensor().flatten().tolist() == [*range(16)]
    assert "cudaErrorInsufficientDriver" in reason
    assert "Install NVIDIA's driver" in reason
    with pytest.raises(ToolError, match="cudaErrorInsufficientDriver"):
        CudaTensor(image.param)


def test_what_is_not_installed_is_named_as_the_reason(
    drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    param = drawing.image((2, 2), 4, "f1").param
    monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", None)
    source, reason = tensor_for(param)
    with source:
        assert isinstance(source, HostTensor)
    assert 'pip install "lightmould[interop]"' in reason
    if torch.cuda.is_available():
        pytest.skip("this PyTorch is one for CUDA")
    monkeypatch.setattr(cuda, "load", lambda: drawing.runtime)
    source, reason = tensor_for(param)
    with source:
        assert isinstance(source, HostTensor)
    assert "PyTorch's wheel for CUDA" in reason


def test_another_gpu_that_draws_is_told_by_its_number(
    drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    param = drawing.image((2, 2), 4, "f1").param
    drawing.runtime.drawing = (1, 2)
    monkeypatch.setattr(cuda, "load", lambda: drawing.runtime)
    with pytest.raises(ToolError, match=r"devices \[1, 2\]; wanted device 0 among them"):
        CudaTensor(param)
    source, reason = tensor_for(param)
    with source:
        assert "devices [1, 2]" in reason


def test_missing_libraries_and_other_platforms_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl, "library", lambda *_: None)
    with pytest.raises(ToolError, match="libopengl0"):
        gl.load.__wrapped__()
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ToolError, match="win32; wanted Linux"):
        gl.load.__wrapped__()


def test_a_context_of_glx_is_found_where_there_is_none_of_egl() -> None:
    contexts: list[int] = [0, 7]
    asked = tuple(partial(contexts.__getitem__, index) for index in range(2))
    found = gl.GL(ctypes.CDLL(None), lambda _: None, asked)
    assert found.context() == 7
    contexts[:] = [5, 7]
    assert found.context() == 5
    contexts[:] = [0, 0]
    assert found.context() == 0


def test_the_way_is_chosen_by_what_cuda_can_do(drawing: Drawing) -> None:
    image, depth = drawing.image((2, 2), 4, "f1"), drawing.context.depth_texture((2, 2))
    with tensor_for(image.param, drawing.cuda)[0] as source:
        assert isinstance(source, CudaTensor)
    buffered, reason = tensor_for(GLTensorParam.from_moderngl(depth), drawing.cuda)
    with buffered:
        assert isinstance(buffered, PboTensor)
    assert "GL_DEPTH_COMPONENT24" in reason
    drawing.runtime.refuse = {"cudaGraphicsGLRegisterImage": Error.cudaErrorUnknown}
    read, reason = tensor_for(image.param, drawing.cuda)
    with read:
        assert isinstance(read, HostTensor)
    assert "cudaErrorUnknown" in reason


def test_a_batch_goes_the_way_of_its_images(drawing: Drawing) -> None:
    for components, kind in ((4, BatchCudaTensor), (3, BatchPboTensor)):
        images = [drawing.image((2, 2), components, "f1") for _ in range(3)]
        for number, image in enumerate(images):
            image.write(bytes([number]) * 4 * components)
        params = [image.param for image in images]
        chosen, _ = batch_for(params, drawing.cuda)
        refused = FakeCuda(0, replace(drawing.runtime, refuse=REFUSED))
        read, reason = batch_for(params, refused)
        assert (type(chosen), type(read)) == (kind, BatchHostTensor)
        assert "cudaErrorUnknown" in reason
        for source in (chosen, read):
            with source:
                assert source.Tensor().shape == (3, 2, 2, components)
                assert source.Tensor().flatten(1).unique(dim=1).tolist() == [[0], [1], [2]]


def test_a_mistake_is_no_reason_to_read_by_the_host(drawing: Drawing) -> None:
    image = drawing.image((2, 2), 4, "f1")
    with pytest.raises(SettingsError, match="2 x 2 GL_RGBA8"):
        tensor_for(GLTensorParam(image.param.image, image.param.target, 3, 2))
    with pytest.raises(SettingsError, match="2 x 2 GL_RGBA8"):
        tensor_for(GLTensorParam(image.param.image, image.param.target, 2, 2, 0x8814))


def test_images_of_several_samples_are_refused(drawing: Drawing) -> None:
    context = drawing.context
    for image in (context.renderbuffer((4, 4), samples=4), context.texture((4, 4), 4, samples=4)):
        with pytest.raises(SettingsError, match="glBlitFramebuffer"):
            GLTensorParam.from_moderngl(image)
    image = context.renderbuffer((4, 4), samples=4)
    with pytest.raises(SettingsError, match="4 samples a pixel"):
        HostTensor(GLTensorParam(image.glo, 0x8D41, 4, 4))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": 0x9100}, "GL_TEXTURE_2D_MULTISAMPLE"),
        ({"target": 0x806F}, "GL_TEXTURE_2D, GL_RENDERBUFFER"),
        ({"format": 0x8C43}, "GL_RGBA8"),
        ({"image": 0}, "image"),
        ({"width": 0}, "width"),
        ({"height": 2**16}, "height"),
        ({"device_id": -1}, "device_id"),
    ],
)
def test_an_image_that_can_not_be_is_refused_by_name(given: dict[str, int], said: str) -> None:
    right = {"image": 1, "target": 0x0DE1, "width": 2, "height": 2}
    assert GLTensorParam(**right).shape == (2, 2, 4)
    with pytest.raises(SettingsError, match=said):
        GLTensorParam(**{**right, **given})


def test_memory_that_the_caller_fills_is_the_tensor(drawing: Drawing) -> None:
    image = drawing.image((5, 3), 4, "f1")
    image.write(bytes(range(60)))
    source = CpuTensor(image.param)
    frame = drawing.context.framebuffer([image.one])
    frame.read_into(source.Data(), components=4, alignment=1)
    assert source.Tensor().numpy().tobytes() == image.pixels()
    assert source.Tensor().data_ptr() == source.Data().ctypes.data


def test_the_copy_to_a_gpu_says_where_there_is_none() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ToolError, match="no GPU"):
        Cpu2CudaTensor(GLTensorParam(1, 0x0DE1, 2, 2))


def test_opengl_is_not_loaded_before_it_is_used() -> None:
    code = (
        "import sys, lightmould.interop as i; from pathlib import Path\n"
        "i.GLTensorParam(1, 0x0DE1, 2, 2)\n"
        "loaded = Path('/proc/self/maps').read_text()\n"
        "print([n for n in ('libEGL', 'libGL', 'libOpenGL') if n in loaded])\n"
        "print([n for n in ('moderngl', 'glcontext') if n in sys.modules])"
    )
    said = subprocess.check_output((sys.executable, "-c", code), encoding="utf-8", timeout=120)
    assert said.split() == ["[]", "[]"]
