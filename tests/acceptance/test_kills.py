"""Whoever is killed: the same command again completes the job, repeats no view, gives the same."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lightmould.errors import JobError
from lightmould.jobs import job_file
from lightmould.model import Job

if TYPE_CHECKING:
    from benchmarks import resume as resume_module

pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]

WAIT = 60  # seconds, at most


def interrupted(
    command: list[str], folder: Path, number: signal.Signals
) -> "subprocess.CompletedProcess[str]":
    """Give a command, and signal it as soon as the first picture is there."""
    argv = [sys.executable, "-m", "lightmould.cli", "reconstruct", *command]
    runner = subprocess.Popen(
        argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    deadline = time.monotonic() + WAIT
    while not list(folder.glob("*/dataset/views/*.json")):
        assert runner.poll() is None, runner.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    runner.send_signal(number)
    out, err = runner.communicate(timeout=WAIT)
    return subprocess.CompletedProcess(argv, runner.returncode, out, err)


def check(
    resume: "resume_module", aftermath: "resume_module.Aftermath", job: Job, undisturbed: Job
) -> None:
    """Nothing was lost, repeated, forgotten or left behind."""
    assert aftermath.codes[1] == 0
    assert aftermath.repeated == ()
    assert set(aftermath.pictures.values()) <= {1}
    assert aftermath.left == ()
    assert aftermath.asset == resume.asset_hashes(undisturbed)
    for step in job.steps:
        assert stamped(job, step.name) == stamped(undisturbed, step.name)


def stamped(job: Job, step: str) -> set[str]:
    """The files that a step answers for."""
    files = json.loads((job.folder / "steps" / f"{step}.json").read_bytes())["files"]
    return {name.removeprefix(str(job.folder)) for name in files}


@pytest.mark.parametrize(("victim", "seed"), [("runner", 6), ("everybody", 2)])
def test_after_a_kill_at_any_time(
    resume: "resume_module",
    work: "resume_module.Work",
    finished: Job,
    victim: "resume_module.Victim",
    seed: int,
) -> None:
    chance = np.random.default_rng(seed)
    kill = resume.at_any_time(resume.records(finished), victim, chance)
    job = work.planned(work.model.parent / f"killed {victim}")
    aftermath = resume.disturb(job, kill)
    assert aftermath.codes[0] == -9
    check(resume, aftermath, job, finished)


@pytest.mark.parametrize("step", ["render", "reconstruct"])
def test_after_a_killed_program(
    resume: "resume_module", work: "resume_module.Work", finished: Job, step: str
) -> None:
    chance = np.random.default_rng(12)
    kill = resume.during(resume.records(finished), step, "program", chance)
    job = work.planned(work.model.parent / f"killed {step}")
    aftermath = resume.disturb(job, kill)
    assert aftermath.codes[0] == 6
    assert aftermath.step == step
    assert aftermath.finished
    check(resume, aftermath, job, finished)


@pytest.mark.usefixtures("needs_blender")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_ends_the_command_at_once_with_one_sentence(
    resume: "resume_module", tmp_path: Path, number: signal.Signals, code: int
) -> None:
    resume.ring(tmp_path)
    (tmp_path / "lightmould.toml").write_text("[render]\nsize = [64, 64]\nsamples = 512\n")
    ended = interrupted(["ring.obj", "--out", "out"], tmp_path, number)
    assert ended.returncode == code
    assert ended.stdout == ""
    assert ended.stderr.count("lightmould: ") == 1
    assert ended.stderr.endswith("; run the same command again to resume\n")
    job = job_file.read(tmp_path / "out" / "job.json")
    assert resume.alive(job) == ()
    assert not (job.folder / "dataset" / "views.json").exists()


def test_a_job_at_work_is_not_planned_anew(
    resume: "resume_module", work: "resume_module.Work", tmp_path: Path
) -> None:
    job = work.planned(tmp_path / "out")
    before = {path: path.read_bytes() for path in job.folder.rglob("*.json")}
    runner = resume.start(job)
    while not (job.folder / "events.jsonl").exists():
        time.sleep(0.01)
    with pytest.raises(JobError, match=f"process {runner.pid}"):
        replace(work, how=replace(work.how, seed=9)).planned(job.folder)
    runner.terminate()
    runner.communicate()
    assert {path: path.read_bytes() for path in before} == before
