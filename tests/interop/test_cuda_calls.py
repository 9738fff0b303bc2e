"""What we call, what the fakes do and what CUDA's package has are the same."""

import importlib
import inspect
from types import ModuleType

import pytest
from fakes.cuda_driver import FakeDriver
from fakes.cuda_runtime import DeviceList, Error, FakeRuntime, Handle, Kind

from lightmould.interop.cuda_calls import Driver, Runtime


def bindings(name: str) -> ModuleType:
    """A module of `cuda.bindings`, which loads without a driver."""
    pytest.importorskip("cuda.bindings", reason="needs cuda-bindings")
    return importlib.import_module(f"cuda.bindings.{name}")


@pytest.mark.parametrize(
    ("name", "ours", "fake", "count"),
    [("runtime", Runtime, FakeRuntime, 13), ("driver", Driver, FakeDriver, 9)],
)
def test_every_call_has_the_real_arguments(name: str, ours: type, fake: type, count: int) -> None:
    real = bindings(name)
    calls = [call for call, what in vars(ours).items() if call[0] == "c" and callable(what)]
    assert len(calls) == count
    for call in calls:
        wanted = documented(getattr(real, call).__doc__)
        for each in (ours, fake):
            _, *given = inspect.signature(getattr(each, call)).parameters
            assert given == wanted, call


def documented(text: str) -> list[str]:
    """Names of arguments in `call(int count, resources, desc: Optional[tuple[A] | list[A]])`."""
    inside = text.splitlines()[0].partition("(")[2].rpartition(")")[0]
    named = (one.partition(":")[0].split() for one in inside.split(","))
    return [words[-1] for words in named if words]


def test_every_kind_and_value_is_the_real_one() -> None:
    runtime, driver, fake = bindings("runtime"), bindings("driver"), FakeDriver()
    pairs = [
        (runtime.cudaError_t, Error),
        (runtime.cudaMemcpyKind, Kind),
        (runtime.cudaGLDeviceList, DeviceList),
        *((getattr(driver, name), getattr(fake, name)) for name in Driver.__annotations__),
    ]
    for real, ours in pairs:
        for one in getattr(ours, "__members__", {}).values():
            assert int(getattr(real, one.name)) == int(one)
    assert int(runtime.cudaGraphicsRegisterFlags.cudaGraphicsRegisterFlagsReadOnly) == 1
    assert int(runtime.cudaGraphicsResource_t(init_value=2**40)) == int(Handle(2**40))
    for make in ("CUmemAllocationProp", "CUmemAccessDesc"):
        real, ours = getattr(driver, make)(), getattr(fake, make)()
        assert all(hasattr(real, name) for name in vars(ours))


def test_what_is_written_into_the_real_properties_stays() -> None:
    driver = bindings("driver")
    wanted, access = driver.CUmemAllocationProp(), driver.CUmemAccessDesc()
    wanted.location.type = driver.CUmemLocationType.CU_MEM_LOCATION_TYPE_DEVICE
    wanted.location.id = 3
    access.location = wanted.location
    assert (int(access.location.type), access.location.id) == (1, 3)


def test_without_a_driver_every_call_says_so() -> None:
    real = bindings("runtime")
    if real.cudaGetDeviceCount()[0] == 0:
        pytest.skip("this machine has a GPU and its driver")
    for result in (
        real.cudaSetDevice(0),
        real.cudaGLGetDevices(8, real.cudaGLDeviceList.cudaGLDeviceListAll),
        real.cudaGraphicsGLRegisterImage(1, 0x0DE1, 1),
    ):
        assert result[0].name == "cudaErrorInsufficientDriver"
