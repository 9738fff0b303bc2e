"""nvdiffrec under supervision, played by a program that says its lines and fails in its ways."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import datasets
from fakes.nvdiffrec import Fake, installed

from lightmould.errors import LightmouldError, ReconstructionError, ToolError
from lightmould.formats import codec
from lightmould.formats.nvdiffrec import Config
from lightmould.jobs import plan, processes
from lightmould.jobs.run import run
from lightmould.model import Event, Job, Metric, Progress, Record, Warned, Wrote
from lightmould.settings import Settings
from lightmould.settings.presets import training
from lightmould.supervisor import locks, watched
from lightmould.supervisor.prepare import prepare
from lightmould.supervisor.training import supervise
from lightmould.tools.nvdiffrec import PrepareRequest, TrainRequest, command
from lightmould.tools.nvdiffrec.files import Run, Views

WISHES = replace(training("draft"), iter=50, save_interval=25, texture_res=(32, 32), validate=True)


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared folder of views."""
    folder = tmp_path_factory.mktemp("views")
    datasets.ball(folder / "dataset", datasets.cameras(12))
    asked = PrepareRequest(folder / "dataset" / "manifest.json", folder / "views", 2.1)
    list(prepare(asked))
    return folder / "views" / "views.json"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    found = installed(tmp_path / "nvdiffrec")
    monkeypatch.setenv("PATH", found.path)
    monkeypatch.delenv("CUDA_HOME", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return found


class Runs:
    """Runs of one installation; what was said is kept."""

    def __init__(self, fake: Fake, views: Path, out: Path) -> None:
        self.asked = TrainRequest(views, WISHES, out, fake.setup, fake.settings)
        self.fake, self.said = fake, list[Event]()

    def run(self, **patience: float) -> Run:
        how = replace(self.fake.settings, **patience)  # type: ignore[arg-type]
        supervise(replace(self.asked, how=how), self.said.append)
        return codec.read(Run, (self.asked.out / "run.json").read_bytes(), "run.json")

    def failure(self, fault: str, **patience: float) -> LightmouldError:
        self.fake.plan(fault=fault)
        with pytest.raises(LightmouldError) as caught:
            self.run(**patience)
        assert not (self.asked.out / "run.json").exists()
        assert processes.having(locks.VARIABLE, str(self.fake.extensions)) == []
        assert list((self.fake.checkout / "out").iterdir()) == []
        return caught.value

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.said if isinstance(one, kind)]


@pytest.fixture
def runs(fake: Fake, views: Path, tmp_path: Path) -> Runs:
    return Runs(fake, views, tmp_path / "run")


def test_a_run_ends_with_verified_files_and_leaves_nothing_in_the_checkout(runs: Runs) -> None:
    done = runs.run()
    out = runs.asked.out
    for name in ("mesh/mesh.obj", "mesh/texture_kd.png", "mesh/probe.hdr", "dmtet_mesh/mesh.obj"):
        assert (out / name).is_file()
        assert name in done.hashes
    assert done.psnr == 29.101
    assert done.versions["GPU"].startswith("Fake GPU")
    assert list((runs.fake.checkout / "out").iterdir()) == []
    fractions = [one.fraction for one in runs.of(Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {one.name for one in runs.of(Metric)} >= {"img_loss", "psnr", "found_faces"}
    assert [one.path for one in runs.of(Wrote) if one.kind == "preview"]
    assert not runs.of(Warned)


def test_nvdiffrec_is_told_everything_by_one_file_in_a_clean_environment(
    fake: Fake, tmp_path: Path
) -> None:
    made = command.train(replace(fake.setup, gpu="1"), tmp_path / "config.json", "/usr/bin")
    assert made.argv == (str(fake.python), "-u", "train.py", "--config", f"{tmp_path}/config.json")
    assert made.cwd == fake.checkout
    assert made.env["CUDA_VISIBLE_DEVICES"] == "1"
    assert made.env["TORCH_EXTENSIONS_DIR"] == str(fake.extensions)
    assert made.env["PYTHONUNBUFFERED"] == "1"
    assert str(made.env["PATH"]).startswith(f"{fake.python.parent}:")
    assert "PYTHONHOME" not in made.env


def test_the_derived_configuration_is_the_pictures_and_the_jobs_own(runs: Runs) -> None:
    done = runs.run().config
    views = codec.read(Views, runs.asked.views.read_bytes(), "views.json")
    assert done.train_res == views.size[::-1] == done.display_res
    assert done.ref_mesh == str(runs.asked.views.parent)
    assert done.out_dir.startswith("lightmould-")
    assert (done.display_interval, done.multi_gpu) == (0, False)


def test_previews_are_there_while_it_still_runs(runs: Runs) -> None:
    runs.fake.plan(pace=0.02)
    runs.run()
    first = next(
        i for i, one in enumerate(runs.said) if isinstance(one, Wrote) and "img_" in one.path
    )
    later = [one.fraction for one in runs.said[first:] if isinstance(one, Progress)]
    assert later[0] < 0.9


FAILURES = {
    "oom": (ToolError, r"the GPU's memory is used up.*Lower batch \(4 now; try 2\)"),
    "empty mesh": (ReconstructionError, "the shape vanished in the first pass"),
    "killed": (ToolError, "killed from outside, as the system does when memory is used up"),
    "egl": (ToolError, "OpenGL can't start without a display.*nvdiffrast 0.4"),
    "usage": (ToolError, "exit code 2"),
    "build fails": (ToolError, "no ninja.*pip install ninja"),
    "crash in pass 2": (ToolError, "an illegal memory access"),
    "nan": (ReconstructionError, "not a number for 10 steps.*poses"),
    "no hdr backend": (ToolError, r"probe\.hdr.*no.*opencv"),
    "damaged texture": (ToolError, r"texture_ks\.png: found"),
    "exit 0 without a mesh": (ToolError, "exit code 0"),
}


@pytest.mark.parametrize("fault", FAILURES)
def test_a_failure_has_its_cause_and_leaves_nothing_behind(runs: Runs, fault: str) -> None:
    kind, said = FAILURES[fault]
    error = runs.failure(fault)
    assert isinstance(error, kind)
    assert re.search(said, str(error)), error


SILENCES = {
    "hangs": ("quiet_minutes", r"nothing said for .* min \(first pass"),
    "endless atlas": ("atlas_minutes", r"unwrapping \(xatlas\).*sdf_regularizer"),
    "slow build": ("build_minutes", "while it starts and compiles"),
}


@pytest.mark.parametrize("fault", SILENCES)
def test_silence_ends_with_its_own_cause(runs: Runs, fault: str) -> None:
    patience, said = SILENCES[fault]
    error = runs.failure(fault, **{patience: 0.02})
    assert re.search(said, str(error)), error


@pytest.mark.parametrize("preset", ["nerf_lego", "nerd_gold"])
def test_a_published_configuration_is_taken_as_it_is_told(runs: Runs, preset: str) -> None:
    short = {"iter": 10, "save_interval": 0, "texture_res": (32, 32), "dmtet_grid": 64}
    runs.asked = replace(runs.asked, wishes=replace(training(preset), **short))
    assert runs.run().config.learning_rate == training(preset).learning_rate
    assert not runs.of(Warned)


def test_steps_that_are_no_multiple_of_ten_are_finished_too(runs: Runs) -> None:
    runs.asked = replace(runs.asked, wishes=replace(WISHES, iter=25, save_interval=0))
    runs.run()
    assert runs.of(Progress)[-1].fraction == 1.0


def test_a_run_after_a_failure_begins_anew_and_succeeds(runs: Runs) -> None:
    runs.failure("oom")
    runs.fake.plan()
    assert runs.run().psnr == 29.101


def test_a_key_that_is_taken_otherwise_is_told(runs: Runs) -> None:
    runs.fake.plan(fault="ignores a key")
    runs.run()
    assert [one.message for one in runs.of(Warned)] == ["nvdiffrec took batch as 99, not as 4."]


@pytest.fixture
def lock(fake: Fake) -> Path:
    """A lock as torch leaves it."""
    path = fake.extensions / "py311_cu124" / "renderutils_plugin" / "lock"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_stale_lock_is_removed_and_told(runs: Runs, lock: Path) -> None:
    age(lock, 2 * locks.OLD)
    runs.run()
    (warning,) = runs.of(Warned)
    assert f"Removed the stale lock {lock}" in warning.message


@pytest.fixture
def builder(fake: Fake) -> Iterator[subprocess.Popen[bytes]]:
    """Somebody else who compiles in the same folder."""
    env = {locks.VARIABLE: str(fake.extensions)}
    process = subprocess.Popen((sys.executable, "-S", "-c", "import time; time.sleep(60)"), env=env)
    yield process
    process.kill()
    process.wait()


def test_a_living_builders_lock_is_waited_for_and_never_removed(
    runs: Runs, lock: Path, builder: "subprocess.Popen[bytes]"
) -> None:
    age(lock, 2 * locks.OLD)
    with pytest.raises(ToolError, match=f"a lock that process {builder.pid} holds"):
        runs.run(build_minutes=0.02)
    assert lock.exists()
    assert any(f"process {builder.pid}" in one.status for one in runs.of(Progress))


def test_a_young_lock_is_left_until_it_is_old(
    runs: Runs, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "OLD", 1.0)
    made = time.time() + 3  # so that it is young however long it takes to be looked at
    os.utime(lock, (made, made))
    runs.run()
    told = [one.message for one in runs.of(Warned)]
    assert "a lock whose holder is dead" in told[0]
    assert "Removed the stale lock" in told[1]
    assert not lock.exists()


def test_a_lock_that_goes_stale_meanwhile_is_removed_and_the_run_begun_again(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "_HEARTBEAT", 0.2)
    runs.fake.plan(fault="a builder dies meanwhile")
    assert runs.run().psnr == 29.101
    told = [one.message for one in runs.of(Warned)]
    assert "torch waits for another compiler's lock" in told[0]
    assert "Removed the stale lock" in told[1]
    assert "began again" in told[1]


def job(fake: Fake, folder: Path, dataset: Path, wishes: Config = WISHES) -> Job:
    settings = Settings(nvdiffrec=fake.settings)
    return plan.reconstruct(dataset, folder, settings, wishes, os.environ)


def test_a_killed_runner_leaves_no_orphan_and_the_job_runs_again(
    fake: Fake, views: Path, tmp_path: Path
) -> None:
    fake.plan(pace=0.2)
    planned = job(fake, tmp_path / "out", views.parent.parent / "dataset")
    argv = (sys.executable, "-m", "lightmould", "run", str(tmp_path / "out" / "job.json"))
    runner = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log = tmp_path / "out" / "logs" / "train.log"
    wait(lambda: log.exists() and "iter=   10" in log.read_text())
    runner.send_signal(signal.SIGKILL)
    runner.communicate()
    wait(lambda: processes.having(locks.VARIABLE, str(fake.extensions)) == [])
    fake.plan()
    records: list[Record] = []
    run(replace(planned, steps=planned.steps[:2]), records.append)
    assert (tmp_path / "out" / "nvdiffrec" / "run" / "run.json").is_file()


def wait(there: Any) -> None:
    give_up = time.monotonic() + 120
    while not there():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_request_to_end_ends_nvdiffrec_at_once(fake: Fake, views: Path, tmp_path: Path) -> None:
    fake.plan(pace=0.2)
    job(fake, tmp_path / "out", views.parent.parent / "dataset")
    argv = (sys.executable, "-m", "lightmould", "run", str(tmp_path / "out" / "job.json"))
    runner = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log = tmp_path / "out" / "logs" / "train.log"
    wait(lambda: log.exists() and "iter=   10" in log.read_text())
    runner.send_signal(signal.SIGTERM)
    runner.communicate(timeout=120)
    assert runner.returncode == 143
    assert processes.having(locks.VARIABLE, str(fake.extensions)) == []


def test_what_is_missing_is_told_when_the_job_is_planned(fake: Fake, tmp_path: Path) -> None:
    datasets.ball(tmp_path / "dataset", datasets.cameras(3))
    shutil.rmtree(fake.checkout / "data" / "tets")
    with pytest.raises(LightmouldError, match="dmtet_grid: found 64, without"):
        job(fake, tmp_path / "out", tmp_path / "dataset")
