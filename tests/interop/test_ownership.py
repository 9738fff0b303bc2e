"""A tensor belongs to a thread and a context, and gives back what it holds."""

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest
from fakes.drawing import Drawing, new_context

from lightmould.errors import LightmouldError, SettingsError, ToolError
from lightmould.interop import CudaTensor


def on_a_thread(work: Callable[[], object]) -> Exception | None:
    """What some work raises on a thread of its own."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            work()
        except LightmouldError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def test_another_thread_is_told_so(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        for work in (source.Tensor, source.release):
            error = on_a_thread(work)
            assert "on thread" in str(error)
            assert "on the thread that made it" in str(error)
        error = on_a_thread(lambda: CudaTensor(image.param, cuda=drawing.cuda))
        assert "no current context" in str(error)
        source.Tensor()


def test_another_context_is_told_so(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    with CudaTensor(image.param, cuda=drawing.cuda) as source:
        other = new_context()
        with other:  # none is current afterwards
            for work in (source.Tensor, source.release):
                with pytest.raises(ToolError, match="in context 0x"):
                    work()
        other.release()
        with pytest.raises(ToolError, match="without a context"):
            source.Tensor()
        with drawing.context:
            source.Tensor()
            source.release()


def test_an_image_that_was_deleted_is_told_so(drawing: Drawing) -> None:
    for kind in ("texture", "renderbuffer"):
        image = drawing.image((4, 4), 4, "f1", kind)
        with CudaTensor(image.param, cuda=drawing.cuda) as source:
            image.one.release()
            with pytest.raises(SettingsError, match="in this context"):
                source.Tensor()
        with pytest.raises(SettingsError, match="in this context"):
            CudaTensor(image.param, cuda=drawing.cuda)


def test_nothing_is_given_after_release_and_releasing_twice_is_no_error(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    source = CudaTensor(image.param, cuda=drawing.cuda)
    tensor = source.Tensor()
    source.release()
    source.release()
    assert drawing.runtime.calls.count("cudaGraphicsUnregisterResource") == 1
    with pytest.raises(ToolError, match="released"):
        source.Tensor()
    assert tensor.shape == (4, 4, 4)


def test_what_nobody_holds_is_unregistered(drawing: Drawing) -> None:
    image = drawing.image((4, 4), 4, "f1")
    tensor = CudaTensor(image.param, cuda=drawing.cuda).Tensor()
    gc.collect()
    assert drawing.runtime.left() == []
    assert tensor.shape == (4, 4, 4)


def test_what_is_collected_on_another_thread_is_said_and_not_touched(
    drawing: Drawing, caplog: pytest.LogCaptureFixture
) -> None:
    image = drawing.image((4, 4), 4, "f1")
    held: list[Any] = [CudaTensor(image.param, cuda=drawing.cuda)]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert "call release() there" in caplog.text
    assert len(drawing.runtime.left()) == 1
    drawing.runtime._resources.clear()
