"""What we call, what the fake does and what CUDA's package has are the same."""

import inspect

import pytest
from fakes.cuda_runtime import DeviceList, Error, FakeRuntime, Handle, Kind

from lightmould.interop.cuda_calls import Runtime

NAMES = sorted(
    name
    for name in vars(Runtime)
    if name.startswith("cuda") and name not in Runtime.__annotations__
)


def test_every_call_has_the_real_arguments() -> None:
    real = pytest.importorskip("cuda.bindings.runtime", reason="needs cuda-bindings")
    assert len(NAMES) == 12
    for name in NAMES:
        wanted = documented(getattr(real, name).__doc__)
        for ours in (Runtime, FakeRuntime):
            _, *given = inspect.signature(getattr(ours, name)).parameters
            assert given == wanted, name


def documented(text: str) -> list[str]:
    """Names of arguments in `call(int count, resources, kind: Kind)`."""
    inside = text.splitlines()[0].partition("(")[2].rpartition(")")[0]
    named = (one.partition(":")[0].split() for one in inside.split(","))
    return [words[-1] for words in named if words]


def test_numbers_of_the_fake_are_the_real_ones() -> None:
    real = pytest.importorskip("cuda.bindings.runtime", reason="needs cuda-bindings")
    assert {one.name: int(one) for one in Error} == {
        one.name: int(getattr(real.cudaError_t, one.name)) for one in Error
    }
    assert int(real.cudaMemcpyKind.cudaMemcpyDeviceToDevice) == Kind.cudaMemcpyDeviceToDevice
    assert int(real.cudaGLDeviceList.cudaGLDeviceListAll) == DeviceList.cudaGLDeviceListAll
    assert int(real.cudaGraphicsRegisterFlags.cudaGraphicsRegisterFlagsReadOnly) == 1
    assert int(real.cudaGraphicsResource_t(init_value=2**40)) == int(Handle(2**40))


def test_without_a_driver_every_call_says_so() -> None:
    real = pytest.importorskip("cuda.bindings.runtime", reason="needs cuda-bindings")
    if real.cudaGetDeviceCount()[0] == 0:
        pytest.skip("this machine has a GPU and its driver")
    for result in (
        real.cudaSetDevice(0),
        real.cudaGLGetDevices(8, real.cudaGLDeviceList.cudaGLDeviceListAll),
        real.cudaGraphicsGLRegisterImage(1, 0x0DE1, 1),
    ):
        assert result[0].name == "cudaErrorInsufficientDriver"
