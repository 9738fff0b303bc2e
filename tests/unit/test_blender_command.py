import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from lightmould.errors import FormatError, ToolError
from lightmould.formats import codec, events
from lightmould.model import (
    Asset,
    Camera,
    Dataset,
    Event,
    Failed,
    Map,
    Material,
    Mesh,
    Progress,
    View,
    Wrote,
)
from lightmould.rigs import Lens, look_at
from lightmould.settings import Render
from lightmould.tools import blender
from lightmould.tools.blender.program import SCRIPTS

WORKER = "/venv/bin/python"


def program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_setting_wins_then_the_variable_then_path_then_bpy(tmp_path: Path) -> None:
    setting = program(tmp_path / "a b" / "setting")
    variable = program(tmp_path / "variable")
    on_path = program(tmp_path / "bin" / "blender")
    environ = {"LIGHTMOULD_BLENDER": variable, "PATH": str(tmp_path / "bin")}
    assert blender.find(setting, environ, WORKER) == blender.Blender(setting)
    assert blender.find(None, environ, WORKER) == blender.Blender(variable)
    del environ["LIGHTMOULD_BLENDER"]
    assert blender.find(None, environ, WORKER) == blender.Blender(on_path)
    assert blender.find("blender", environ, WORKER) == blender.Blender(on_path)
    assert blender.find(None, {}, WORKER) == blender.Blender(WORKER, is_python=True)


def test_a_setting_that_names_no_program_is_not_passed_over(tmp_path: Path) -> None:
    on_path = {"PATH": str(Path(program(tmp_path / "blender")).parent)}
    with pytest.raises(ToolError, match=r"/no/where: found no such program; wanted Blender"):
        blender.find("/no/where", on_path, WORKER)
    with pytest.raises(ToolError, match="nowhere"):
        blender.find(None, {**on_path, "LIGHTMOULD_BLENDER": "nowhere"}, WORKER)


def test_blender_itself_runs_bare_and_fails_when_its_script_does() -> None:
    command = blender.command(Path("/job/request.json"), blender.Blender("/opt/blender"))
    assert command.argv == (
        "/opt/blender", "--background", "--factory-startup", "--disable-autoexec", "-noaudio",
        "--python-exit-code", "1", "--python", str(SCRIPTS / "render.py"),
        "--", "/job/request.json",
    )  # fmt: skip
    assert command.cwd == Path("/job")


def test_a_python_with_bpy_runs_the_script_directly() -> None:
    command = blender.command(Path("/job/request.json"), blender.Blender(WORKER, is_python=True))
    assert command.argv == (WORKER, str(SCRIPTS / "render.py"), "/job/request.json")


def triangle() -> Mesh:
    corners = np.array([[0, 1, 2]])
    return Mesh(np.eye(3), corners, np.eye(3)[:, :2], corners)


def camera(name: str = "000000") -> Camera:
    return Lens((64, 32), 0.7).camera(name, look_at((1, 2, 3), (0, 0, 0)))


def planned(folder: Path) -> Dataset:
    views = [
        View(camera(name), split, PurePosixPath(f"color/{name}.png"))
        for name, split in (("000000", "train"), ("000001", "test"))
    ]
    return Dataset(folder, tuple(views))


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Asset, Path, Dataset, Render]:
    for name in ("model.obj", "kd.png", "light.hdr"):
        (tmp_path / name).write_text(name)
    paint = Material("paint", base_color_map=Map(tmp_path / "kd.png", "srgb"))
    asset = Asset(triangle(), (paint,), light=tmp_path / "light.hdr")
    how = Render(samples=3, test_samples=5, seed=7)
    return asset, tmp_path / "model.obj", planned(tmp_path / "dataset"), how


Asked = tuple[Asset, Path, Dataset, Render]


def test_a_request_says_what_the_script_needs_in_blenders_world(asked: Asked) -> None:
    request = blender.request(*asked)
    assert codec.read(blender.RenderRequest, codec.write(request), "request.json") == request
    assert request.folder == asked[2].folder
    assert request.light == asked[0].light
    assert [view.name for view in request.views] == ["000000", "000001"]
    assert [view.samples for view in request.views] == [3, 5]
    assert [view.seed for view in request.views] == [7, 8]
    place = [row[3] for row in request.views[0].world_from_camera]
    assert place == pytest.approx([1, -3, 2, 1])


def test_relative_paths_become_absolute(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    asset, model, plan, how = asked
    monkeypatch.chdir(model.parent)
    paint = replace(asset.materials[0], base_color_map=Map(Path("kd.png"), "srgb"))
    near = replace(asset, materials=(paint,), light=None)
    how = replace(how, light=Path("light.hdr"))
    relative = blender.request(near, Path("model.obj"), replace(plan, folder=Path("dataset")), how)
    assert relative == blender.request(asset, model, plan, how)


CHANGES: dict[str, Callable[[Asked], Asked]] = {
    "material": lambda a: (replace(a[0], materials=(Material("paint"),)), *a[1:]),
    "light": lambda a: (replace(a[0], light=None), *a[1:]),
    "bounces": lambda a: (*a[:3], replace(a[3], bounces=4)),
    "denoise": lambda a: (*a[:3], replace(a[3], denoise=False)),
    "seed": lambda a: (*a[:3], replace(a[3], seed=8)),
    "model": lambda a: (a[1].write_text("other"), a)[1],
    "texture": lambda a: (a[1].with_name("kd.png").write_text("other"), a)[1],
    "light's content": lambda a: (a[1].with_name("light.hdr").write_text("other"), a)[1],
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_pixels_changes_every_key(asked: Asked, change: str) -> None:
    before = [view.key for view in blender.request(*asked).views]
    after = [view.key for view in blender.request(*CHANGES[change](asked)).views]
    assert set(before).isdisjoint(after)


def test_what_does_not_change_the_pixels_changes_no_key(asked: Asked, tmp_path: Path) -> None:
    asset, model, plan, how = asked
    before = blender.request(*asked).views
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    for name in ("model.obj", "kd.png", "light.hdr"):
        (elsewhere / name).write_bytes(model.with_name(name).read_bytes())
    paint = replace(asset.materials[0], base_color_map=Map(elsewhere / "kd.png", "srgb"))
    moved = replace(asset, materials=(paint,), light=elsewhere / "light.hdr")
    there = replace(plan, folder=elsewhere / "dataset")
    after = blender.request(moved, elsewhere / "model.obj", there, how).views
    assert before == after


def test_one_views_samples_change_its_key_alone(asked: Asked) -> None:
    asset, model, plan, how = asked
    before = blender.request(*asked).views
    after = blender.request(asset, model, plan, replace(how, test_samples=6)).views
    assert before[0] == after[0]
    assert before[1].key != after[1].key


@pytest.mark.parametrize("name", ["model.obj", "kd.png", "light.hdr"])
def test_a_file_that_is_missing_is_named(asked: Asked, name: str) -> None:
    path = asked[1].with_name(name)
    path.unlink()
    with pytest.raises(FormatError, match=rf"{name}: found no such file") as caught:
        blender.request(*asked)
    assert caught.value.where == str(path)


def test_textures_without_uvs_are_refused(asked: Asked) -> None:
    bare = Mesh(np.eye(3), np.array([[0, 1, 2]]))
    with pytest.raises(FormatError, match=r"model\.obj: found textures, but no uvs"):
        blender.request(replace(asked[0], mesh=bare), *asked[1:])


@pytest.mark.parametrize(
    "event",
    [Progress(0.5, 'vïew "1"\n', 1.5), Progress(0.0, "", None), Wrote("color/ü.png", "color"),
     Failed("nothing \\ there", 1)],
)  # fmt: skip
def test_what_the_script_in_blender_says_is_an_event(event: Event) -> None:
    said = f"voice.Voice().say({type(event).__name__.lower()!r}, **{dataclasses.asdict(event)!r})"
    code = f"import os, voice; noise = print('Fra:1', flush=True); {said}; print('noise')"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=SCRIPTS, env={**os.environ, "LC_ALL": "C"},
        check=True, capture_output=True,
    )  # fmt: skip
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "Fra:1"
    assert [events.parse(line) for line in lines[1:]] == [event]
