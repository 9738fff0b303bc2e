"""Images that CUDA copies: the very bytes of glReadPixels, in the order that CUDA asks for."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from fakes.cuda_runtime import STREAM, Error
from fakes.drawing import Drawing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightmould.errors import SettingsError, ToolError
from lightmould.interop import (
    BatchCudaTensor,
    BatchPboTensor,
    CudaTensor,
    GLTensorParam,
    PboTensor,
)

SORTS = (
    (4, "f1"), (1, "f1"), (2, "f1"), (1, "f2"), (4, "f2"), (1, "f4"), (2, "f4"), (4, "f4"),
    (1, "i4"), (1, "u4"),
)  # fmt: skip
COPIES = [
    "cudaGraphicsMapResources",
    "cudaGraphicsSubResourceGetMappedArray",
    "cudaMemcpy2DFromArrayAsync",
    "cudaGraphicsUnmapResources",
]


def noise(size: tuple[int, int], components: int, dtype: str, seed: int = 0) -> bytes:
    """Pixels that are finite in any format."""
    rng, shape = np.random.default_rng(seed), (size[1], size[0], components)
    if dtype == "f1":
        return rng.integers(0, 256, shape).astype(np.uint8).tobytes()
    if dtype in ("i4", "u4"):
        return rng.integers(-(2**31), 2**31, shape).astype(np.int32).tobytes()
    kind = np.float16 if dtype == "f2" else np.float32
    return rng.normal(0, 100, shape).astype(kind).tobytes()


@pytest.mark.parametrize("kind", ["texture", "renderbuffer"])
@pytest.mark.parametrize(("components", "dtype"), SORTS)
def test_a_tensor_holds_the_bytes_of_read_pixels(
    drawing: Drawing, kind: str, components: int, dtype: str
) -> None:
    image = drawing.image((13, 7), components, dtype, kind)
    data = noise((13, 7), components, dtype)
    image.write(data)
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        tensor = source.Tensor()
        assert tensor.shape == (7, 13, components)
        assert tensor.numpy().tobytes() == image.pixels() == data


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    sort=st.sampled_from(SORTS),
    kind=st.sampled_from(("texture", "renderbuffer")),
    seed=st.integers(0, 2**31),
)
def test_any_size_and_format_is_copied_whole(
    drawing: Drawing, size: tuple[int, int], sort: tuple[int, str], kind: str, seed: int
) -> None:
    image = drawing.image(size, *sort, kind)
    image.write(noise(size, *sort, seed))
    for way in (CudaTensor, PboTensor):
        with way(image.param, cuda=drawing.cuda) as source:
            assert source.tensor().numpy().tobytes() == image.pixels()
    image.one.release()


def test_every_call_fills_the_same_memory(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        image.write(bytes(64))
        first = source.Tensor()
        image.write(bytes([7]) * 64)
        second = source.Tensor()
        assert second.data_ptr() == first.data_ptr()
        assert first.unique().tolist() == [7]


def test_a_tensor_of_the_caller_can_be_filled(drawing: Drawing) -> None:
    image = drawing.image((3, 2), 4, "f1")
    image.write(bytes(range(24)))
    whole = torch.zeros((5, 2, 3, 4), dtype=torch.uint8)
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        given = source.Tensor(out=whole[3])
        assert given.data_ptr() == whole[3].data_ptr()
    assert whole[3].flatten().tolist() == [*range(24)]
    assert int(whole.sum()) == sum(range(24))


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (torch.zeros(2, 3, 3, dtype=torch.uint8), "shape"),
        (torch.zeros(2, 3, 4), "dtype"),
        (torch.zeros(2, 3, 4, dtype=torch.uint8, device="meta"), "device"),
        (torch.zeros(2, 4, 3, dtype=torch.uint8).mT, "contiguous"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(
    drawing: Drawing, out: torch.Tensor, said: str
) -> None:
    image = drawing.image((3, 2), 4, "f1")
    source = CudaTensor(image.param, cuda=drawing.cuda)
    with source, pytest.raises(SettingsError, match=said):
        source.Tensor(out=out)


def test_calls_come_in_the_order_that_cuda_asks_for(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        drawing.runtime.calls.clear()
        source.Tensor()
        source.Tensor()
        assert drawing.runtime.calls == COPIES * 2
    assert drawing.runtime.calls[-1] == "cudaGraphicsUnregisterResource"


def test_a_batch_is_mapped_once(drawing: Drawing) -> None:
    images = [drawing.image((6, 5), 1, "f4", kind) for kind in ("texture", "renderbuffer") * 2]
    for seed, image in enumerate(images):
        image.write(noise((6, 5), 1, "f4", seed))
    with BatchCudaTensor([image.param for image in images], cuda=drawing.cuda) as source:
        drawing.runtime.calls.clear()
        tensor = source.Tensor()
        assert tensor.shape == (4, 5, 6, 1)
        assert tensor.numpy().tobytes() == b"".join(image.pixels() for image in images)
        assert drawing.runtime.calls == [COPIES[0], *COPIES[1:3] * 4, COPIES[3]]


def test_copies_go_into_the_stream_that_is_asked_for(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    side: Any = SimpleNamespace(cuda_stream=11)
    for way in (CudaTensor, PboTensor):
        for stream, number in ((None, STREAM), (side, 11)):
            with way(image.param, stream, drawing.cuda) as source:
                source.Tensor()
            assert drawing.runtime.streams[-1] == number


def test_depth_and_rgb_can_be_batched(drawing: Drawing) -> None:
    images = [drawing.image((5, 3), 3, "f1", kind) for kind in ("texture", "renderbuffer")]
    for seed, image in enumerate(images):
        image.write(noise((5, 3), 3, "f1", seed))
    with BatchPboTensor([image.param for image in images], cuda=drawing.cuda) as source:
        assert source.Tensor().shape == (2, 3, 5, 3)
        assert source.Tensor().numpy().tobytes() == b"".join(one.pixels() for one in images)
        assert drawing.runtime.calls.count("cudaGraphicsMapResources") == 2


def test_a_batch_of_unlike_images_is_refused(drawing: Drawing) -> None:
    images = [drawing.image(size, 4, "f1") for size in ((6, 5), (5, 6))]
    with pytest.raises(SettingsError, match="another batch"):
        BatchCudaTensor([image.param for image in images], cuda=drawing.cuda)
    with pytest.raises(SettingsError, match="none"):
        BatchCudaTensor([], cuda=drawing.cuda)


def test_depth_and_rgb_come_by_a_buffer(drawing: Drawing) -> None:
    context = drawing.context
    for depth in (context.depth_texture((5, 3)), context.depth_renderbuffer((5, 3))):
        frame = context.framebuffer([context.renderbuffer((5, 3))], depth)
        frame.clear(depth=0.25)
        param = GLTensorParam.from_moderngl(depth)
        with pytest.raises(SettingsError, match="PboTensor"):
            CudaTensor(param, cuda=drawing.cuda)
        with PboTensor(param, cuda=drawing.cuda) as source:
            assert source.Tensor().shape == (3, 5, 1)
            assert source.Tensor().flatten().tolist() == pytest.approx([0.25] * 15, abs=2**-23)
    image = drawing.image((5, 3), 3, "f1")
    image.write(noise((5, 3), 3, "f1"))
    with pytest.raises(SettingsError, match="PboTensor"):
        CudaTensor(image.param, cuda=drawing.cuda)
    with PboTensor(image.param, cuda=drawing.cuda) as source:
        assert source.Tensor().numpy().tobytes() == image.pixels()


def test_a_copy_that_fails_leaves_nothing_mapped(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        for name in COPIES[1:3]:
            drawing.runtime.refuse = {name: Error.cudaErrorInvalidValue}
            with pytest.raises(ToolError, match=f"cudaErrorInvalidValue from {name}"):
                source.Tensor()
        drawing.runtime.refuse = {}
        source.Tensor()


def test_what_cuda_keeps_costs_no_other_image(drawing: Drawing) -> None:
    images = [drawing.image((4, 4), 4, "f1") for _ in range(3)]
    source = BatchCudaTensor([image.param for image in images], cuda=drawing.cuda)
    drawing.runtime.refuse = {"cudaGraphicsUnregisterResource": Error.cudaErrorUnknown}
    with pytest.raises(ToolError, match="cudaGraphicsUnregisterResource"):
        source.release()
    assert drawing.runtime.calls.count("cudaGraphicsUnregisterResource") == 3
    drawing.runtime._resources.clear()


def test_what_cuda_refuses_to_register_leaves_nothing_behind(drawing: Drawing) -> None:
    known, unknown = (drawing.image((4, 4), 4, "f1") for _ in range(2))
    del drawing.runtime.pixels[unknown.param.target, unknown.param.image]
    with pytest.raises(ToolError, match="cudaGraphicsGLRegisterImage"):
        BatchCudaTensor([known.param, unknown.param], cuda=drawing.cuda)
    drawing.runtime.refuse = {"cudaGraphicsGLRegisterBuffer": Error.cudaErrorInvalidValue}
    with pytest.raises(ToolError, match="cudaGraphicsGLRegisterBuffer"):
        PboTensor(known.param, cuda=drawing.cuda)


def test_other_libraries_read_the_same_memory(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 1, "f4")
    image.write(noise((4, 4), 1, "f4"))
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        tensor = source.Tensor()
        array = np.from_dlpack(tensor)
        assert array.tobytes() == image.pixels()
        assert array.ctypes.data == tensor.data_ptr()
