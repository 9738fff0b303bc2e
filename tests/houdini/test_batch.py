"""scripts/lightmould_batch.py: in Houdini's place, without it, and as a process of its own."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import hou
import pytest
from fakes.assets import write_asset
from fakes.datasets import ball, cameras

from lightmould.jobs import log
from lightmould.model import Event, Failed, Finished, Record, Started

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "lightmould_batch.py"


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    return importlib.import_module("lightmould_batch")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    ball(tmp_path / "a dataset", cameras(6))
    return tmp_path / "a dataset"


@pytest.fixture
def pdg_says(monkeypatch: pytest.MonkeyPatch) -> Callable[[Event], list[str]]:
    """Has the fake's cook leave what a work item would, ended by an event."""
    cooked: list[str] = []

    def set_scene(end: Event) -> list[str]:
        def cook(top: Any, **how: bool) -> None:
            assert how == {"block": True, "tops_only": True, "save_prompt": False}
            cooked.append(top.path())
            folder = Path(top.evalParm("folder"))
            folder.mkdir(parents=True)
            job = {"name": "a job", "folder": str(folder), "steps": [], "versions": {}}
            (folder / "job.json").write_text(json.dumps(job))
            with log.Log(folder / log.NAME) as told:
                told.append(Record(10.0, "", Started("a job")))
                told.append(Record(12.5, "", end))
            if isinstance(end, Finished):
                write_asset(folder / "asset" / "mesh")

        monkeypatch.setattr(hou.TopNode, "cookWorkItems", cook)
        return cooked

    return set_scene


def process(*arguments: str, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(
        argv, env={**os.environ, **environ}, capture_output=True, check=False, encoding="utf-8"
    )


def test_a_network_is_built_cooked_imported_and_saved(
    batch: ModuleType, dataset: Path, tmp_path: Path, pdg_says: Callable[[Event], list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    cooked = pdg_says(Finished())
    scene = tmp_path / "scenes" / "done.hip"
    out = str(tmp_path / "out")
    assert batch.main(["run", str(dataset), "--out", out, "--save", str(scene), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert cooked == ["/obj/reconstruct/reconstruct"] == list(told["tops"])
    assert told["outcomes"][0]["state"] == "finished"
    assert told["outcomes"][0]["seconds"] == 2.5
    assert told["asset"] == f"{out}/reconstruct/asset/mesh/mesh.obj"
    assert hou.node(told["imported"]).evalParm("file") == told["asset"]
    assert (told["saved"], scene.is_file()) == (str(scene), True)


def test_a_work_items_failure_is_the_scripts(
    batch: ModuleType, dataset: Path, tmp_path: Path, pdg_says: Callable[[Event], list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    pdg_says(Failed("dataset: found nothing; wanted pictures. Render it again.", 5))
    assert batch.main(["run", str(dataset), "--out", str(tmp_path / "out")]) == 5
    assert "found nothing; wanted pictures" in capsys.readouterr().err
    assert len(hou.node("/obj").children()) == 1  # nothing is imported


def test_a_scene_is_loaded_cooked_and_saved(
    batch: ModuleType, dataset: Path, tmp_path: Path, pdg_says: Callable[[Event], list[str]]
) -> None:
    scene = str(tmp_path / "scene.hip")
    argv = ["build", str(dataset), "--out", str(tmp_path / "out"), "--name", "mine"]
    assert batch.main([*argv, "--save", scene]) == 0
    cooked = pdg_says(Finished())
    assert batch.main(["cook", scene, "--network", "/obj/mine", "--save", scene]) == 0
    assert cooked == ["/obj/mine/reconstruct"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "absent.obj", "--out", "out"), "found no such file or folder"),
        (("cook", "absent.hip"), "Unable to open file"),
        (("run", "{dataset}", "--out", "out", "--hip", "absent.hip"), "Unable to open file"),
        (("cook", "{scene}", "--network", "/obj/no"), "found no node"),
        (("cook", "{scene}", "--network", "/obj"), "found no TOP of lightmould"),
    ],
)
def test_what_can_not_be_done_is_said_by_an_exit_code(
    batch: ModuleType, dataset: Path, tmp_path: Path, arguments: tuple[str, ...], words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "scene.hip").touch()
    named = {"dataset": dataset, "scene": tmp_path / "scene.hip"}
    assert batch.main([one.format(**named) for one in arguments]) == 4
    assert words in capsys.readouterr().err


def test_an_asset_is_brought_into_a_scene_and_saved(
    batch: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh, scene = write_asset(tmp_path / "asset" / "mesh"), tmp_path / "shots" / "done.hip"
    argv = ["import", str(mesh), "--save", str(scene), "--json"]
    assert batch.main([*argv, "--dry-run"]) == 0
    assert not scene.exists()
    assert batch.main(argv) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert hou.node(told["imported"]).evalParm("file") == str(mesh)
    assert (told["saved"], scene.is_file()) == (str(scene), True)
    assert batch.main(["import", str(tmp_path / "absent.obj")]) == 4


def test_a_cook_that_does_nothing_is_no_success(
    batch: ModuleType, dataset: Path, tmp_path: Path
) -> None:
    assert batch.main(["run", str(dataset), "--out", str(tmp_path / "out")]) == 7


def test_a_dry_run_needs_no_houdini_and_makes_nothing(tmp_path: Path) -> None:
    model = tmp_path / "model.obj"
    model.touch()
    argv = ("run", str(model), "--out", str(tmp_path / "out"), "--cameras", "12")
    done = process(*argv, "--dry-run", "--json", environ={})
    assert (done.returncode, done.stderr) == (0, "")
    asked = json.loads(done.stdout)["tops"]
    assert list(asked) == ["camera_rig", "blender_render", "assemble_dataset", "reconstruct"]
    assert asked["camera_rig"]["count"] == 12
    assert not (tmp_path / "out").exists()
    told = process(*argv, environ={})
    assert told.returncode == 6
    assert "wanted hython. Run this by hython, or give --no-houdini" in told.stderr


def test_a_process_builds_the_example_network(dataset: Path, tmp_path: Path) -> None:
    places = (ROOT / "tests" / "fakes", ROOT / "tests")  # where `import hou` finds the fake
    environ = {"PYTHONPATH": os.pathsep.join(map(str, places))}
    scene = tmp_path / "example.hip"
    argv = ("build", str(dataset), "--out", str(tmp_path / "out"), "--save", str(scene), "--json")
    done = process(*argv, environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["saved"] == str(scene)
    assert scene.is_file()


def test_without_houdini_the_same_work_is_done(dataset: Path, tmp_path: Path) -> None:
    for view in ("color", "mask"):
        for path in (dataset / view).iterdir():
            path.write_bytes(b"")  # so that the engine refuses it, at once
    done = process("run", str(dataset), "--out", str(tmp_path / "out"), "--no-houdini", environ={})
    assert done.returncode == 5
    assert "wanted" in done.stderr
    assert (tmp_path / "out" / "events.jsonl").is_file()


def test_help_tells_the_exit_codes(batch: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        batch.main(["--help"])
    assert "Exit codes: 0 done" in capsys.readouterr().out
