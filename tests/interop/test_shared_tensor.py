"""Memory that OpenGL is lent: it writes, the tensor is written."""

import gc
from collections.abc import Iterator

import pytest
from fakes.cuda_driver import PINNED_EXTENSION, STEP, CUresult, FakeDriver, borrowing
from fakes.cuda_runtime import FakeCuda
from fakes.drawing import Drawing

from lightmould.errors import SettingsError, ToolError
from lightmould.interop import GLTensorParam, SharedTensor
from lightmould.interop.gl import GL, load


@pytest.fixture
def driver() -> Iterator[FakeDriver]:
    """A driver that all memory is given back to."""
    if not load().has(PINNED_EXTENSION):
        pytest.skip(f"needs {PINNED_EXTENSION}, which Mesa has")
    made = FakeDriver()
    with borrowing(load()):
        yield made
    gc.collect()
    assert made.left() == []


@pytest.fixture
def cuda(drawing: Drawing, driver: FakeDriver) -> FakeCuda:
    """A device whose memory can be lent."""
    return FakeCuda(0, drawing.runtime, lender=driver)


@pytest.mark.parametrize(("components", "dtype"), [(4, "f1"), (3, "f1"), (1, "f4"), (4, "f2")])
def test_opengl_writes_the_tensor_itself(
    drawing: Drawing, cuda: FakeCuda, components: int, dtype: str
) -> None:
    images = [
        drawing.image((5, 3), components, dtype, kind) for kind in ("texture", "renderbuffer")
    ]
    size = 15 * components * int(dtype[1])
    with SharedTensor([image.param for image in images], cuda=cuda) as source:
        for step in range(2):
            for image in images:
                image.write(bytes((step * 7 + index) % 60 for index in range(size)))
            tensor = source.Tensor()
            assert tensor.shape == (2, 3, 5, components)
            assert tensor.numpy().tobytes() == b"".join(image.pixels() for image in images)
        assert source.Tensor().data_ptr() == tensor.data_ptr()
        assert source.Tensor(out=tensor.clone()).equal(tensor)
    assert not {"cudaGraphicsMapResources", "cudaMemcpyAsync"} & {*drawing.runtime.calls}


def test_depth_is_written_as_well(drawing: Drawing, cuda: FakeCuda) -> None:
    depth = drawing.context.depth_texture((4, 2))
    drawing.context.framebuffer([drawing.context.texture((4, 2), 4)], depth).clear(depth=0.5)
    with SharedTensor([GLTensorParam.from_moderngl(depth)], cuda=cuda) as source:
        assert source.Tensor().flatten().tolist() == pytest.approx([0.5] * 8, abs=2**-23)


def test_memory_lives_as_long_as_what_is_over_it(
    drawing: Drawing, cuda: FakeCuda, driver: FakeDriver
) -> None:
    image = drawing.image((4, 4), 4, "f1")
    image.write(bytes([9]) * 64)
    source = SharedTensor([image.param], cuda=cuda)
    part = source.Tensor()[0, 1]
    source.release()
    del source
    gc.collect()
    assert driver.readable
    assert part.unique().tolist() == [9]
    del part
    gc.collect()
    assert not driver.left()


def test_memory_is_asked_for_in_whole_steps(
    drawing: Drawing, cuda: FakeCuda, driver: FakeDriver
) -> None:
    image = drawing.image((200, 100), 4, "f1")
    with SharedTensor([image.param], cuda=cuda):
        (place,) = driver.places.values()
        assert len(place) == 2 * STEP


def test_an_opengl_that_borrows_nothing_is_refused(
    drawing: Drawing, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = drawing.image((4, 4), 4, "f1")
    monkeypatch.setattr(GL, "has", lambda *_: False)
    with pytest.raises(ToolError, match="no GL_EXT_memory_object_fd"):
        SharedTensor([image.param], cuda=cuda)


def test_what_fails_half_way_gives_all_back(
    drawing: Drawing, cuda: FakeCuda, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = drawing.image((4, 4), 4, "f1")
    refused = driver.cuMemExportToShareableHandle
    monkeypatch.setattr(
        driver, "cuMemExportToShareableHandle", lambda *_: (CUresult.CUDA_ERROR_INVALID_VALUE, None)
    )
    with pytest.raises(ToolError, match="INVALID_VALUE from cuMemExportToShareableHandle"):
        SharedTensor([image.param], cuda=cuda)
    monkeypatch.setattr(driver, "cuMemExportToShareableHandle", refused)
    with pytest.raises(SettingsError, match="another batch"):
        SharedTensor([image.param, drawing.image((3, 3), 4, "f1").param], cuda=cuda)
