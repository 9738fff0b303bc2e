"""What the tests of OpenGL share: one context, and a CUDA in which nothing may be left."""

from collections.abc import Iterator
from typing import Any

import pytest
from fakes.cuda_runtime import FakeCuda, FakeRuntime
from fakes.drawing import Drawing, new_context


@pytest.fixture(scope="session")
def context() -> Iterator[Any]:
    """The context of all tests."""
    made = new_context()
    yield made
    made.release()


@pytest.fixture
def drawing(context: Any) -> Iterator[Drawing]:
    """The context and a CUDA of this test alone, in which nothing may be left."""
    runtime = FakeRuntime()
    with context:  # a test before this one may have left another current, or none
        yield Drawing(context, runtime, FakeCuda(0, runtime))
    assert runtime.left() == []
