"""Which backend is chosen, and what is said of what is missing; nothing of OpenGL is needed."""

import ctypes
import importlib
import io
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from lightmould.capture.backend import choose
from lightmould.capture.gl import device, wire
from lightmould.capture.pictures import Arrays
from lightmould.capture.scene import Scene, Shape
from lightmould.errors import FormatError, ToolError
from lightmould.model import Mesh

SCENE = Scene((Shape("one", Mesh(np.eye(3), np.array([(0, 1, 2)]))),))


def test_without_a_gpu_the_cpu_draws(tmp_path: Path) -> None:
    drawn, why = choose("auto", SCENE, devices=tmp_path)
    assert (drawn.name, why) == ("cpu", "no GPU here")


def test_without_moderngl_the_cpu_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    drawn, why = choose("auto", SCENE, devices=tmp_path)
    assert drawn.name == "cpu"
    assert "pip install" in why


@pytest.mark.parametrize("library", device.PACKAGES)
def test_a_missing_library_is_named_with_its_package(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ctypes.CDLL

    def load(name: str) -> object:
        if name == library:
            raise OSError(name)
        return object() if name in device.PACKAGES else real(name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    with pytest.raises(ToolError, match=rf"no {library}.*apt install {device.PACKAGES[library]}"):
        device.open_context()


def test_a_missing_moderngl_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def load(name: str) -> ModuleType:
        if name == "moderngl":
            raise ImportError("No module named 'moderngl'")
        return real(name)

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    monkeypatch.setattr(importlib, "import_module", load)
    with pytest.raises(ToolError, match=r"pip install \"lightmould\[gl\]\""):
        device.open_context()


def test_gpus_come_before_the_processor() -> None:
    assert device._rank([b"EGL_EXT_x", b"EGL_NV_device_cuda"]) == 0
    assert device._rank([b"EGL_EXT_device_drm"]) == 1
    assert device._rank([b"EGL_MESA_device_software"]) == 2
    order = sorted([device.Device(2, 0), device.Device(1, 1), device.Device(0, 2)])
    assert [one.index for one in order] == [2, 1, 0]


def test_arrays_that_are_cut_off_or_of_another_kind_are_refused() -> None:
    arrays: Arrays = {"a": np.arange(6, dtype=np.int32).reshape(2, 3), "b": np.ones(3)}
    data = b"".join(array.tobytes() for array in arrays.values())
    found = wire.take(wire.plain(arrays), io.BytesIO(data))
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    with pytest.raises(FormatError, match="23 bytes; wanted 24"):
        wire.take(wire.plain(arrays), io.BytesIO(data[:47]))
    for dtype, shape in (("|O", (1,)), ("<f4", (-1,))):
        with pytest.raises(FormatError, match="array of numbers"):
            wire.take([wire.Plain("x", dtype, shape)], io.BytesIO(data))
