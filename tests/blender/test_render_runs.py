"""Runs of the render script: events, resume after anything, and clear failures."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lightmould.dataset.assemble import assemble
from lightmould.errors import DatasetError, FormatError, JobError
from lightmould.formats.asset import read_obj_asset
from lightmould.formats.files import file_hash
from lightmould.model import Camera, Failed, Map, Material, Progress, Wrote
from lightmould.rigs import Lens, around_sphere
from lightmould.settings import Render
from lightmould.tools import blender

if TYPE_CHECKING:
    from tests.blender.conftest import Booth, Run

pytestmark = pytest.mark.blender

SQUARE = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
QUICK = Render(samples=1)
FILES = (("mask", "png"), ("depth", "exr"), ("normal", "exr"), ("color", "png"))


def cameras(count: int, size: int = 32) -> tuple[Camera, ...]:
    rng = np.random.default_rng(2)
    return around_sphere(SQUARE, Lens((size, size), 0.7), count, 0, rng)[0].cameras


def wrote(run: "Run", kind: str = "color") -> list[str]:
    return [event.path for event in run.events if isinstance(event, Wrote) and event.kind == kind]


def failure(run: "Run", code: int = 6) -> str:
    assert run.code == code
    last = run.events[-1]
    assert isinstance(last, Failed)
    assert last.exit_code == code
    return last.message


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in files}


def test_every_view_is_announced_and_progress_ends_at_one(booth: "Booth") -> None:
    planned = booth.plan(cameras(3))
    run = booth.run(booth.ask(booth.model(booth.quad(SQUARE)), planned, QUICK))
    assert run.code == 0, run.errors
    assert wrote(run) == [f"color/{i:06d}.png" for i in range(3)]
    progress = [event for event in run.events if isinstance(event, Progress)]
    assert [event.status for event in progress] == [f"view {i} of 3" for i in (1, 2, 3)]
    assert progress[-1].fraction == 1
    assert progress[0].eta is not None
    assert sorted(path.name for path in planned.folder.iterdir()) == [
        "color", "depth", "mask", "normal", "views", "views.json",
    ]  # fmt: skip
    assert not list(planned.folder.rglob(".*"))


def test_a_second_run_repeats_only_what_is_missing_damaged_or_changed(booth: "Booth") -> None:
    planned = booth.plan(cameras(6))
    model = booth.model(booth.quad(SQUARE))
    request = booth.ask(model, planned, QUICK)
    assert booth.run(request).code == 0
    folder, before = planned.folder, hashes(planned.folder)
    assert wrote(booth.run(request)) == []

    (folder / "color/000001.png").unlink()
    (folder / "color/000002.png").write_bytes(b"damaged")
    (folder / "depth/000003.exr").unlink()
    (folder / "views/000004.color.json").write_text("{")
    again = booth.run(request)
    assert wrote(again) == [f"color/{i:06d}.png" for i in (1, 2, 4)]
    assert wrote(again, "depth") == ["depth/000003.exr"]
    # Told again, for whoever was to hear of them may have been killed before.
    assert [name for name in wrote(again, "kept") if "00000" in name] == [
        f"{kind}/{i:06d}.{suffix}"
        for i in range(6)
        for kind, suffix in FILES
        if (i, kind == "color") not in ((1, True), (2, True), (4, True), (3, False))
    ]
    assert hashes(folder) == before
    assert len(list(assemble(planned))) > 6

    moved = replace(planned, views=(*planned.views[:5], replace(planned.views[5], split="test")))
    changed = booth.ask(model, moved, replace(QUICK, test_samples=2))
    assert wrote(booth.run(changed)) == ["color/000005.png"]
    painted = booth.ask(model, planned, replace(QUICK, bounces=1))
    assert len(wrote(booth.run(painted))) == 6


def test_nothing_of_ours_is_left_that_was_not_asked_for(booth: "Booth") -> None:
    more, fewer = booth.plan(cameras(3)), booth.plan(cameras(3)[:2])
    model = booth.model(booth.quad(SQUARE))
    assert booth.run(booth.ask(model, more, QUICK)).code == 0
    (more.folder / "color/.000001.4711-12.png").write_bytes(b"half")
    (more.folder / "color/holiday.png").write_bytes(b"somebody else's")
    assert wrote(booth.run(booth.ask(model, fewer, QUICK))) == []
    names = {path.relative_to(more.folder).as_posix() for path in more.folder.glob("*/*")}
    assert names - {"color/holiday.png"} == {
        f"{folder}/00000{i}.{suffix}"
        for folder, suffix in (*FILES, ("views", "data.json"), ("views", "color.json"))
        for i in (0, 1)
    }
    assert "color/holiday.png" in names


def test_a_run_killed_at_any_moment_is_completed_by_the_next(booth: "Booth") -> None:
    planned = booth.plan(cameras(12, 96))
    model = booth.model(booth.ball())
    request = booth.ask(model, planned, Render(samples=8))
    command = booth.command(request)
    finished: dict[str, int] = {}
    for views in (1, 5, 9):
        child = subprocess.Popen(
            command.argv, env=booth.environment(command),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while len(list(planned.folder.glob("views/0*.color.json"))) < views:
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        child.kill()
        child.communicate()
        assert not (planned.folder / "views.json").exists()
        for name, stamp in finished.items():
            assert (planned.folder / name).stat().st_mtime_ns == stamp
        records = planned.folder.glob("views/0*.color.json")
        done = [f"color/{record.name[:6]}.png" for record in records]
        finished = {name: (planned.folder / name).stat().st_mtime_ns for name in done}
    run = booth.run(request)
    assert run.code == 0, run.errors
    assert len(wrote(run)) == 12 - len(finished)
    assert set(finished).isdisjoint(wrote(run))
    *_, last = assemble(planned)
    assert last == Wrote("manifest.json", "manifest")


def test_ctrl_c_ends_it_without_half_a_picture(booth: "Booth") -> None:
    planned = booth.plan(cameras(2, 256))
    request = booth.ask(booth.model(booth.ball()), planned, Render(samples=2048))
    command = booth.command(request)
    with subprocess.Popen(
        command.argv, env=booth.environment(command), stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        while len(list(planned.folder.glob("depth/*.exr"))) < 2:
            assert child.poll() is None
            time.sleep(0.01)
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        assert child.wait(20) != 0
    assert not list(planned.folder.glob("color/0*.png"))


def test_the_same_request_gives_the_same_bytes(
    open_booth: "Callable[[], Booth]", booth: "Booth"
) -> None:
    found = []
    for each in (booth, open_booth()):
        folder = each.shoot(each.model(each.ball()), cameras(2), Render(samples=4))
        for _ in assemble(each.plan(cameras(2))):
            pass
        assert len(hashes(folder)) > 10
        found.append(hashes(folder))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (None, r"model\.obj: found no file; wanted an OBJ"),
        ("", r"model\.obj: found a change; wanted what was asked for"),
    ],
)
def test_a_model_that_changed_since_it_was_asked_for_is_refused(
    booth: "Booth", obj: str | None, message: str
) -> None:
    model = booth.model(booth.quad(SQUARE))
    request = booth.ask(model, booth.plan(cameras(1)), QUICK)
    model.unlink()
    if obj is not None:
        model.write_text(obj)
    run = booth.run(request)
    assert re.search(message, failure(run))
    assert not (booth.folder / "dataset/views.json").exists()


def test_a_texture_that_cannot_be_used_is_named(booth: "Booth") -> None:
    path = booth.folder / "texture.png"
    path.write_bytes(b"not a picture")
    model = booth.model(booth.quad(SQUARE, "paint"), "newmtl paint\n")
    look = Material("paint", base_color_map=Map(path, "srgb"))
    asset = replace(read_obj_asset(model), materials=(look,))
    request = booth.ask(model, booth.plan(cameras(1)), QUICK, asset)
    assert f"{path}: found nothing Blender can decode" in failure(booth.run(request))
    path.unlink()
    assert f"{path}: found no file" in failure(booth.run(request))


def test_a_damaged_request_and_an_unwritable_folder_are_failures(booth: "Booth") -> None:
    request = booth.ask(booth.model(booth.quad(SQUARE)), booth.plan(cameras(1)), QUICK)
    asked = json.loads(request.read_text(encoding="utf-8"))
    (booth.folder / "file").write_text("")
    request.write_text(json.dumps({**asked, "folder": str(booth.folder / "file")}))
    message = failure(booth.run(request), JobError.exit_code)
    assert message.startswith(f"{booth.folder / 'file'}")
    assert ": found not a directory; wanted a folder. " in message
    request.write_text("{")
    failure(booth.run(request), FormatError.exit_code)


def test_a_python_without_bpy_says_what_to_install(booth: "Booth") -> None:
    request = booth.ask(booth.model(booth.quad(SQUARE)), booth.plan(cameras(1)), QUICK)
    bare = booth.folder / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    run = replace(booth, blender=blender.Blender(str(bare), is_python=True)).run(request)
    assert "found No module named 'bpy'; wanted bpy. Install it with" in failure(run)


def test_a_blender_that_ends_well_without_writing_is_found_out(booth: "Booth") -> None:
    planned = booth.plan(cameras(2))
    request = booth.ask(booth.model(booth.quad(SQUARE)), planned, QUICK)
    idle = replace(booth, blender=blender.Blender("/bin/true"))
    assert "found its end before its work was done" in failure(idle.run(request))
    with pytest.raises(DatasetError, match=r"views\.json: found no list of views"):
        list(assemble(planned))
