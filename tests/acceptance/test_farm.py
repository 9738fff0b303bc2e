"""A job on many machines makes the asset that one machine makes, byte by byte."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.assets import write_asset
from fakes.farms import HOW, of_ball, task
from fakes.pdg_server import processes_about
from fakes.programs import program

from lightmould.farm import bundle, wedge
from lightmould.farm.prepared import Division
from lightmould.farm.template import Needs
from lightmould.formats.files import file_hash
from lightmould.jobs import log, plan
from lightmould.model import Finished, Job
from lightmould.settings import Settings
from lightmould.settings.reconstruction import ShapeLevel

if TYPE_CHECKING:
    from benchmarks import resume as resume_module

TESTS = Path(__file__).parents[1]

TIMED = {"metrics.json", "report.html"}
"""Files of an asset that say how long it took."""


HYTHON = f"""
import runpy, sys
sys.path[:0] = [{str(TESTS / "fakes")!r}, {str(TESTS)!r}]  # where `import hou` finds the fake
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def scene(folder: Path) -> Path:
    """A scene's file."""
    path = folder / "shot 1.hip"
    path.write_text("a scene")
    return path


def openjd(template: Path, *arguments: str) -> "subprocess.Popen[str]":
    """The real thing, at work."""
    if importlib.util.find_spec("openjd.cli") is None:
        pytest.skip("needs openjd-cli")
    argv = (sys.executable, "-m", "openjd", "run", str(template), *arguments)
    return subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )


def rules(there: Path, here: Path) -> str:
    """Path mapping rules: one folder, as another machine calls it and as it is called here."""
    rule = {"source_path_format": "POSIX", "source_path": str(there), "destination_path": str(here)}
    return json.dumps({"version": "pathmapping-1.0", "path_mapping_rules": [rule]})


def bundled(work: "resume_module.Work", out: Path) -> Path:
    """A bundle of the small job; returns the template."""
    settings = Settings(render=work.render)
    _, dataset = plan.dataset(work.model, out / bundle.JOB, settings, os.environ)
    division = Division(6, dataset, wedge.every(("ring",), (), lambda _: work.how))
    return bundle.write(out, division, "a ring", sys.executable, Needs())


def hashes(asset: Path) -> dict[str, str]:
    """SHA-256 of the files of an asset that the same inputs give the same bytes of."""
    told: dict[str, str] = json.loads((asset / "manifest.json").read_bytes())["hashes"]
    assert {name: file_hash(asset / name) for name in told} == told
    return {name: content for name, content in told.items() if name not in TIMED}


def ends(job: Path) -> list[bool]:
    """Whether each step that ended in a job was skipped."""
    events = [(one.step, one.event) for one in log.read(job / log.NAME).records]
    return [event.skipped for step, event in events if step and isinstance(event, Finished)]


@pytest.mark.blender
def test_openjd_runs_a_bundle_to_the_asset_of_the_local_run(
    finished: Job, work: "resume_module.Work", tmp_path: Path
) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    for path in work.model.parent.iterdir():
        if path.is_file():
            shutil.copy(path, theirs)
    out = tmp_path / f"bün dle's `id` $(touch {tmp_path}/owned)"
    template = bundled(replace(work, model=theirs / work.model.name), out)
    theirs.rename(ours)
    runner = openjd(template, "--path-mapping-rules", rules(theirs, ours))
    said, _ = runner.communicate()
    assert runner.returncode == 0, said
    assert hashes(out / "job" / "asset") == hashes(finished.folder / "asset")
    assert "openjd_progress: 100.0" in said
    assert "ERROR" not in said
    assert not (tmp_path / "owned").exists()


@pytest.mark.blender
def test_four_workers_at_once_make_the_asset_of_the_local_run(
    finished: Job, work: "resume_module.Work", tmp_path: Path
) -> None:
    folder = bundled(work, tmp_path).parent / "job"
    with ThreadPoolExecutor(4) as workers:
        done = list(workers.map(lambda _: task(folder, "--progress", "openjd"), range(4)))
    assert [one.returncode for one in done] == [0, 0, 0, 0], done
    jobs = ("parts/000000", "parts/000001", "dataset", "wedges/ring-0", "best")
    assert {name: ends(folder / name) for name in jobs} == {name: [False] for name in jobs}
    assert hashes(folder / "asset") == hashes(finished.folder / "asset")
    again = task(folder, "render", "--part", "1", "--progress", "openjd")
    assert again.returncode == 0
    assert "openjd_progress: 100.0" in again.stdout
    assert ends(folder / "parts/000001") == [False, True]


def test_the_best_of_all_wedges_is_kept_once_all_are_there(tmp_path: Path) -> None:
    folder = of_ball(tmp_path, 4, 2).parent / "job"
    assert task(folder, "reconstruct", "--part", "draft-4").returncode == 0
    early = task(folder, "best")
    assert early.returncode == 7
    assert "draft-2" in early.stdout
    assert not (folder / "asset" / "manifest.json").exists()
    assert task(folder, "reconstruct", "--part", "draft-2").returncode == 0
    assert task(folder, "best").returncode == 0
    told = json.loads((folder / "asset" / "best.json").read_bytes())
    scores = {one["name"]: one["psnr"] for one in told["scores"]}
    assert set(scores) == {"draft-4", "draft-2"}
    assert scores[told["best"]] == max(scores.values())
    kept = folder / "wedges" / told["best"] / "asset"
    assert hashes(folder / "asset") == hashes(kept)
    page = (folder / "asset" / "wedges.html").read_text(encoding="utf-8")
    assert page.index(told["best"]) < page.index(told["scores"][1]["name"])
    targets = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len([one for one in targets if one.startswith("data:image/png")]) == 3
    linked = [folder / "asset" / one for one in targets if not one.startswith("data:")]
    assert [path.is_file() for path in linked] == [True, True]


def test_the_asset_is_brought_into_a_scene_where_hython_is(tmp_path: Path) -> None:
    folder = of_ball(tmp_path, 0, scene=scene(tmp_path)).parent / "job"
    write_asset(folder / "asset" / "mesh")
    (folder / "asset" / "manifest.json").write_text("{}")
    lacking = task(folder, "import", environ={"PATH": str(tmp_path)})
    assert lacking.returncode == 0
    assert "no hython here" in lacking.stdout
    wrong = task(folder, "import", environ={"LIGHTMOULD_HYTHON": str(tmp_path / "absent")})
    assert wrong.returncode == 6
    hython = program(tmp_path / "bin" / "hython", HYTHON)
    done = task(folder, "import", environ={"LIGHTMOULD_HYTHON": str(hython)})
    assert done.returncode == 0, done
    assert (folder / "import" / "shot 1.hip").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_a_bundle_that_is_cancelled_leaves_no_process_and_no_asset(tmp_path: Path) -> None:
    endless = replace(HOW, levels=(ShapeLevel(12, 1_000_000, 0, 2),))
    template = of_ball(tmp_path, 0, how=endless)
    runner = openjd(template)
    assert runner.stdout is not None
    for line in runner.stdout:
        if "openjd_status: level" in line or "openjd_status: shape" in line:
            break
    runner.send_signal(signal.SIGTERM)
    said, _ = runner.communicate()
    assert runner.returncode != 0, said
    assert "openjd_fail: stopped by request" in said
    assert processes_about(template.parent) == []
    assert not (template.parent / "job" / "wedges" / "draft-0" / "asset" / "manifest.json").exists()
