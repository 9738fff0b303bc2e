"""What we call, what the fakes do and what CUDA's package has are the same."""

import ctypes
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
    [("runtime", Runtime, FakeRuntime, 12), ("driver", Driver, FakeDriver, 9)],
)
def test_every_call_has_the_real_arguments(name: str, ours: type, fake: type, count: int) -> None:
    real = bindings(name)
    calls = calls_of(ours)
    assert len(calls) == count
    for call in calls:
        wanted = documented(getattr(real, call).__doc__)
        for each in (ours, fake):
            _, *given = inspect.signature(getattr(each, call)).parameters
            assert given == wanted, call


def calls_of(protocol: type) -> list[str]:
    """Names of the functions of a protocol."""
    return [name for name, what in vars(protocol).items() if name[0] == "c" and callable(what)]


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


def test_without_a_driver_every_call_takes_our_arguments_and_says_so() -> None:
    real = bindings("runtime")
    if real.cudaGetDeviceCount()[0] == 0:
        pytest.skip("this machine has a GPU and its driver")
    resource, array = real.cudaGraphicsResource_t(init_value=64), real.cudaArray_t(init_value=64)
    pointers = (ctypes.c_void_p * 1)(int(resource))
    mapped, kind = (1, ctypes.addressof(pointers), 7), real.cudaMemcpyKind.cudaMemcpyDeviceToDevice
    calls = {
        "cudaSetDevice": (0,),
        "cudaGLGetDevices": (64, real.cudaGLDeviceList.cudaGLDeviceListAll),
        "cudaGraphicsGLRegisterImage": (1, 0x0DE1, 1),
        "cudaGraphicsGLRegisterBuffer": (1, 1),
        "cudaGraphicsMapResources": mapped,
        "cudaGraphicsUnmapResources": mapped,
        "cudaGraphicsSubResourceGetMappedArray": (resource, 0, 0),
        "cudaGraphicsResourceGetMappedPointer": (resource,),
        "cudaMemcpy2DFromArrayAsync": (4096, 16, array, 0, 0, 16, 4, kind, 7),
        "cudaMemcpyAsync": (4096, 8192, 64, kind, 7),
        "cudaGraphicsUnregisterResource": (resource,),
        "cudaDeviceSynchronize": (),
    }
    assert {*calls} == {*calls_of(Runtime)}
    for name, arguments in calls.items():
        assert getattr(real, name)(*arguments)[0].name == "cudaErrorInsufficientDriver"
