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
from lightmould.capture.gl.tables import tables, view
from lightmould.capture.look import look
from lightmould.capture.pictures import Arrays
from lightmould.capture.scene import Scene, Shape
from lightmould.errors import FormatError, ToolError
from lightmould.model import Camera, Mesh
from lightmould.model.camera import project
from lightmould.raster.cpu.sight import lens_of
from lightmould.rigs import look_at

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


def _crumpled(rng: np.random.Generator) -> Mesh:
    """Faces that share places, normals and uvs, each in another way."""
    faces, normals, uvs = (rng.integers(0, count, (30, 3)) for count in (12, 5, 7))
    directions = rng.normal(size=(5, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return Mesh(rng.normal(size=(12, 3)), faces, rng.random((7, 2)), uvs, directions, normals)


def test_vertices_keep_what_each_corner_has_and_are_told_once() -> None:
    mesh = _crumpled(np.random.default_rng(4))
    assert mesh.normals is not None
    assert mesh.uvs is not None
    known = tables(look(Scene((Shape("one", mesh),))).arrays)
    found = known.vertices[known.indices]
    places = mesh.positions[mesh.faces.reshape(-1)] - known.center
    assert np.allclose(found[:, :3], places, atol=1e-6)
    assert np.allclose(found[:, 3:6], mesh.normals[mesh.face_normals.reshape(-1)], atol=1e-6)
    assert np.allclose(found[:, 6:8], mesh.uvs[mesh.face_uvs.reshape(-1)], atol=1e-6)
    assert len(np.unique(known.vertices, axis=0)) == len(known.vertices)


@pytest.mark.parametrize("distance", [0.3, 4.0, 5000.0])
def test_shaders_are_told_where_things_are(distance: float) -> None:
    mesh = _crumpled(np.random.default_rng(5))
    known = tables(look(Scene((Shape("one", mesh),))).arrays)
    pose = look_at((distance, 0.4 * distance, 0.2), (0.1, 0.0, 0.0))
    camera = Camera("c", (64, 48), (60.0, 55.0), (30.0, 26.0), pose, 1e-6, 1e4)
    numbers = (*lens_of(camera).tolist(),), (*camera.world_from_camera.reshape(-1).tolist(),)
    block = view(wire.Shot(*numbers, 1000.0, ("depth",)), known, 1.5, camera_normals=False)
    places = np.column_stack([mesh.positions - known.center, np.ones(12)])
    clip = places @ block[:16].reshape(4, 4).T
    depth = -(mesh.positions @ camera.camera_from_world[2, :3] + camera.camera_from_world[2, 3])
    assert np.allclose(clip[:, 3], depth, rtol=1e-5, atol=1e-5)
    ahead = depth > 0.05
    pixels = (clip[ahead, :2] / clip[ahead, 3:] + 1) / 2 * camera.size
    assert np.allclose(pixels, project(camera, mesh.positions[ahead]), atol=0.02)
    # The ranks of what is ahead lie between 0 and 1, nearer ones higher.
    least, step = block[60:62]
    nearness = (1 / depth[depth > camera.near]).astype(np.float32)
    bits = np.sort(nearness).view(np.int32).astype(np.int64)
    rank = (bits - np.float32(least).view(np.int32)) * float(step)
    assert ((rank > 0) & (rank <= 1)).all()
    assert (np.diff(rank) >= 0).all()
