"""OpenGL draws what the CPU draws, in a process that may die alone."""

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightmould import cli
from lightmould.capture import backend, reading, sequence
from lightmould.capture.egl import EglRenderer
from lightmould.capture.encoding import Coding
from lightmould.capture.frame import OUTPUTS, Frame, Style
from lightmould.capture.gl import device, painter, wire
from lightmould.capture.gl.painter import Painter
from lightmould.capture.pictures import Arrays, blank
from lightmould.capture.renderer import Renderer
from lightmould.capture.scene import Points, Scene, Shape
from lightmould.dataset import images
from lightmould.errors import ToolError
from lightmould.formats import codec, obj
from lightmould.jobs import processes
from lightmould.model import CameraRig, Mesh
from lightmould.model.asset import Map, Material
from lightmould.model.mesh import vertex_normals
from lightmould.rigs import Lens, ring

BOB = Path(__file__).parents[2].parent / "shared" / "data" / "meshes" / "bob_tri.obj"
RIG = ring((0, 0, 0), 3.0, 3, Lens((96, 72), 0.9))


def _missing() -> str:
    """Why OpenGL can't be tried here; empty if it can."""
    if importlib.util.find_spec("moderngl") is None:
        return "needs moderngl"
    for library, package in device.PACKAGES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            return f"needs {package}"
    try:
        Painter().end()
    except ToolError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module", autouse=True)
def _opengl() -> None:
    if why := _missing():
        pytest.skip(why)


def sheet(count: int) -> Mesh:
    """A wavy square of triangles, with uvs that go around several times."""
    side = np.linspace(-1, 1, count + 1)
    x, y = np.meshgrid(side, side)
    positions = np.stack([x, y, 0.3 * np.sin(3 * x) * np.cos(2 * y)], axis=-1).reshape(-1, 3)
    corner = (np.arange(count)[:, None] * (count + 1) + np.arange(count)).reshape(-1)
    a, b, c, d = corner, corner + 1, corner + count + 2, corner + count + 1
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    uvs = np.stack([1.7 * x - 0.4, 1.3 * y], axis=-1).reshape(-1, 2)
    return Mesh(positions, faces, uvs, faces, vertex_normals(positions, faces), faces)


def everything(folder: Path) -> Scene:
    """Meshes with and without maps, uvs, normals, colors; points with and without normals."""
    rng = np.random.default_rng(7)
    smooth = np.kron(rng.random((16, 16, 3)), np.ones((16, 16, 1))).astype(np.float32)
    images.write_png(folder / "map.png", smooth)
    images.write_png(folder / "data.png", smooth[::-1])
    maps = (Map(folder / "map.png", "srgb"), Map(folder / "data.png", "linear"))
    materials = tuple(Material(f"m{i}", base_color_map=one) for i, one in enumerate(maps))
    mesh = sheet(12)
    halves = (np.arange(len(mesh.faces)) % 2).astype(np.int32)
    flat = Mesh(mesh.positions * 0.5 + (0, 0, 0.9), mesh.faces)
    colors = rng.random((len(flat.positions), 3))
    places = rng.uniform(-1.2, 1.2, (60, 3))
    normals = rng.normal(size=(60, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Scene(
        (
            Shape("mapped", mesh, materials, halves),
            Shape("colored", flat, colors=colors),
            Shape("plain", Mesh(flat.positions - (0.4, 0, 1.8), flat.faces)),
        ),
        (
            Points("bare", places, rng.random((60, 3))),
            Points("with normals", places[::-1] * 0.7, None, normals),
        ),
    )


def agree(one: Frame, other: Frame) -> None:
    """The bars of parity, where both see the same object."""
    assert one.id is not None
    assert other.id is not None
    same = one.id == other.id
    assert (~same).mean() <= 5e-4
    seen = same & (one.id > 0)
    assert seen.sum() > 100
    depth = np.abs(one.depth[seen] / other.depth[seen] - 1)
    # A pixel on the edge between two faces may see either.
    tied = depth > 1e-5
    assert tied.mean() <= 5e-4
    assert np.abs(one.normal[seen] - other.normal[seen]).max(axis=-1)[~tied].max() <= 2 / 255
    color = np.abs(one.color[seen].astype(int) - other.color[seen]).max(axis=-1)[~tied]
    assert color.max() <= 4
    assert (color <= 2).mean() >= 0.999
    assert np.array_equal(np.isnan(one.uv[seen]), np.isnan(other.uv[seen]))
    uv = np.abs(one.uv[seen] - other.uv[seen])[~tied]
    assert not (uv > 1e-4).any()
    nothing = same & (one.id == 0)
    for name in OUTPUTS:
        pair = (getattr(frame, name)[nothing] for frame in (one, other))
        assert np.array_equal(*pair, equal_nan=name in ("depth", "uv"))


@pytest.mark.parametrize(
    "style",
    [
        Style(),
        Style(lit=False, background=(0.2, 0.4, 0.6), normal_space="camera", point_size=9.0),
    ],
)
def test_opengl_draws_what_the_cpu_draws(tmp_path: Path, style: Style) -> None:
    scene = everything(tmp_path)
    pair = Renderer(scene, OUTPUTS, style), EglRenderer(scene, OUTPUTS, style)
    # From within the scene, too: triangles cross the eye's plane, depths reach from near to far.
    inside = replace(RIG.cameras[0], world_from_camera=np.eye(4), near=1e-5, far=9.0)
    beside = replace(RIG.cameras[1], size=(70, 50), near=2.0, far=2.9)
    for camera in (*RIG.cameras, inside, beside):
        one, other = (renderer.render(camera) for renderer in pair)
        agree(one, other)


def test_bob_is_the_same_on_both() -> None:
    if not BOB.is_file():
        pytest.skip("needs shared/data/meshes/bob_tri.obj")
    scene = reading.read([BOB])
    low, high = scene.shapes[0].mesh.bounds
    rig = ring((low + high) / 2, scene.shapes[0].mesh.diagonal * 0.83, 3, Lens((320, 240), 1.0))
    pair = Renderer(scene, OUTPUTS), EglRenderer(scene, OUTPUTS)
    for camera in rig.cameras[:2]:
        one, other = (renderer.render(camera) for renderer in pair)
        agree(one, other)


def test_points_alone_are_drawn(tmp_path: Path) -> None:
    scene = Scene((), everything(tmp_path).points)
    style = Style(point_size=60.0)
    pair = (renderer(scene, OUTPUTS, style) for renderer in (Renderer, EglRenderer))
    agree(*(renderer.render(RIG.cameras[0]) for renderer in pair))


def test_coded_numbers_are_those_of_the_cpu(tmp_path: Path) -> None:
    scene = everything(tmp_path)
    found: list[Arrays] = []
    for renderer in (Renderer(scene), EglRenderer(scene)):
        arrays = blank(RIG.cameras[0].size, ("depth_code", "normal_code"))
        renderer.fill(RIG.cameras[0], arrays, 500.0)
        found.append(arrays)
    for name in found[0]:
        apart = np.abs(found[0][name].astype(int) - found[1][name])
        assert (apart > 1).mean() <= 5e-4


def test_a_scene_far_from_the_origin_is_as_exact_as_at_it() -> None:
    away = np.array([4e6, -3e6, 1e6])
    mesh = sheet(6)
    moved = Shape("away", replace(mesh, positions=mesh.positions + away))
    pose = RIG.cameras[0].world_from_camera.copy()
    pose[:3, 3] += away
    camera = replace(RIG.cameras[0], world_from_camera=pose)
    agree(*(one(Scene((moved,)), OUTPUTS).render(camera) for one in (Renderer, EglRenderer)))


@pytest.fixture
def drawn() -> Iterator[EglRenderer]:
    renderer = EglRenderer(Scene((Shape("sheet", sheet(4)),)))
    yield renderer
    renderer.close()


def test_a_crash_of_the_driver_is_an_error_that_names_the_frame(
    drawn: EglRenderer, tmp_path: Path
) -> None:
    request = sequence.ask(drawn, RIG.cameras, Coding("npy"))

    told = lambda *_: os.kill(drawn._painter._process.pid, signal.SIGSEGV)  # noqa: E731

    with pytest.raises(ToolError, match=r"image 0000\d: OpenGL .*SIGSEGV.*--backend cpu"):
        sequence.capture(drawn, request, tmp_path, told)
    kept = {path.stem for path in (tmp_path / "depth").iterdir()}
    assert kept
    assert not (tmp_path / "manifest.json").exists()
    with pytest.raises(ToolError, match="SIGSEGV"):
        drawn.render(RIG.cameras[0])
    # Another one goes on after what is there.
    said: list[tuple[int, bool]] = []
    again = EglRenderer(drawn.scene)
    manifest = sequence.capture(again, request, tmp_path, lambda *one: said.append(one))
    again.close()
    assert {f"{index:05d}" for index, was_there in said if was_there} == kept
    assert (manifest.backend, manifest.device) == ("egl", again.device)


def test_a_driver_that_hangs_is_an_error(
    drawn: EglRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn.render(RIG.cameras[0])
    monkeypatch.setattr(painter, "PATIENCE", 0.2)
    os.kill(drawn._painter._process.pid, signal.SIGSTOP)
    with pytest.raises(ToolError, match=r"no answer for camera .* within 0\.2 s"):
        drawn.render(RIG.cameras[0])


def test_without_a_driver_the_package_to_install_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", str(tmp_path / "none.json"))
    (tmp_path / "mesh.obj").write_text(obj.write(sheet(3)))
    (tmp_path / "rig.json").write_text(codec.write(CameraRig("rig", RIG.cameras)))
    argv = ["capture", str(tmp_path / "mesh.obj"), str(tmp_path / "rig.json"), "--out"]
    assert cli.main([*argv, str(tmp_path / "out"), "--backend", "egl"]) == 6
    (line,) = capsys.readouterr().err.splitlines()
    assert "apt install libgl1-mesa-dri" in line
    assert "--backend cpu" in line


def test_frames_of_another_backend_are_not_kept(drawn: EglRenderer, tmp_path: Path) -> None:
    sequence.capture(drawn, sequence.ask(drawn, RIG.cameras), tmp_path, lambda *_: None)
    said: list[bool] = []
    cpu = Renderer(drawn.scene)
    told = lambda _index, was_there: said.append(was_there)  # noqa: E731
    manifest = sequence.capture(cpu, sequence.ask(cpu, RIG.cameras), tmp_path, told)
    assert said == [False] * 3
    assert manifest.backend == "cpu"


def test_the_process_ends_with_whoever_asked_for_it() -> None:
    code = (
        "import os, sys; from lightmould.capture.gl.painter import Painter; "
        "print(Painter()._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    pid = int(
        subprocess.Popen((sys.executable, "-c", code), stdout=subprocess.PIPE).communicate()[0]
    )
    for _ in range(600):
        if processes.birth(pid) is None:
            break
        time.sleep(0.1)
    assert processes.birth(pid) is None


def test_the_host_never_loads_opengl() -> None:
    code = (
        "from lightmould.capture.gl.painter import Painter; import sys; Painter(); "
        "print('moderngl' in sys.modules, 'libEGL' in open('/proc/self/maps').read())"
    )
    said = subprocess.check_output((sys.executable, "-c", code), text=True)
    assert said.split() == ["False", "False"]


class Doomed(Painter):
    """One that dies at its second frame."""

    count = 0

    def paint(self, shot: wire.Shot, into: Arrays, name: str) -> None:
        self.count += 1
        if self.count == 2:
            os.kill(self._process.pid, signal.SIGSEGV)
        super().paint(shot, into, name)


def test_auto_goes_on_with_the_cpu_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mesh.obj").write_text(obj.write(sheet(3)))
    (tmp_path / "rig.json").write_text(codec.write(CameraRig("rig", RIG.cameras)))
    monkeypatch.setattr(backend, "_gpu", lambda _devices: Doomed())  # what draws is no GPU
    argv = ["capture", str(tmp_path / "mesh.obj"), str(tmp_path / "rig.json"), "--out"]
    assert cli.main([*argv, str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    first, second = said.err.splitlines()
    assert first.startswith("backend egl: a GPU")
    assert second.startswith("backend cpu: image 0000")
    assert "SIGSEGV" in second
    assert all(f"Capture image {index:05d}" in said.out for index in range(3))
    text = (tmp_path / "out/manifest.json").read_text()
    assert codec.read(sequence.Manifest, text, "manifest").backend == "cpu"


def test_the_command_draws_with_what_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", "nowhere:7")
    (tmp_path / "mesh.obj").write_text(obj.write(sheet(3)))
    (tmp_path / "rig.json").write_text(codec.write(CameraRig("rig", RIG.cameras)))
    argv = ["capture", str(tmp_path / "mesh.obj"), str(tmp_path / "rig.json"), "--out"]
    assert cli.main([*argv, str(tmp_path / "out"), "--backend", "egl"]) == 0
    assert capsys.readouterr().err.startswith("backend egl: asked for")
    text = (tmp_path / "out/manifest.json").read_text()
    manifest = codec.read(sequence.Manifest, text, "manifest")
    assert manifest.backend == "egl"
    assert manifest.device
