"""Deleting a job: what it made goes, nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.jobs import MAKER, python

from lightmould.errors import FormatError, JobError
from lightmould.formats import codec
from lightmould.jobs import claim, job_file, lease, processes, removal
from lightmould.jobs.run import run
from lightmould.model import Job, Step


def made(folder: Path, out: Path, *names: str) -> Job:
    """A job that was run: its step makes files in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    step = Step("work", (python(MAKER, out, *names),), (), out, out / "manifest.json")
    job = Job("vase", folder, (step,))
    job_file.write(job)
    run(job, lambda _: None)
    return job


def test_all_that_a_job_made_goes_and_what_it_did_not_make_stays(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    made(folder, folder / "asset", "a.png", "b.png")
    (folder / "notes.txt").write_text("mine")
    planned = removal.plan(folder)
    assert planned.staying == ("notes.txt",)
    assert {one.path.name for one in planned.going} >= {
        "asset",
        "job.json",
        "events.jsonl",
        "steps",
    }
    assert planned.size > 0
    removal.remove(planned)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_the_folder_goes_too_when_nothing_stays(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    made(folder, folder / "asset", "a.png")
    removal.remove(removal.plan(folder))
    assert not folder.exists()


def test_in_a_folder_that_a_job_shares_only_its_own_files_go(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    (folder / "textures").mkdir(parents=True)
    (folder / "textures" / "mine.png").write_text("mine")
    (folder / "model.obj").write_text("mine")
    made(folder, folder, "textures/made.png", "made.obj")
    removal.remove(removal.plan(folder))
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {"textures/mine.png", "model.obj", "made.txt"}


def test_files_outside_and_behind_links_stay(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "job", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious.png").write_text("mine")
    made(folder, folder / "asset", "a.png", "../../elsewhere/b.png")
    (folder / "asset" / "link").symlink_to(elsewhere, target_is_directory=True)
    removal.remove(removal.plan(folder))
    assert (elsewhere / "precious.png").exists()
    assert (elsewhere / "b.png").exists()
    assert not folder.exists()


def test_a_job_that_runs_or_is_none_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    made(folder, folder / "asset", "a.png")
    planned = removal.plan(folder)
    with subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE) as runner:
        birth = processes.birth(runner.pid) or ""
        owner = lease.Owner(os.uname().nodename, processes.boot(), runner.pid, birth, "token")
        (folder / claim.NAME).write_text(codec.write(owner))
        with pytest.raises(JobError, match="a runner at work"):
            removal.remove(planned)
        with pytest.raises(JobError, match="a runner at work"):
            removal.plan(folder)
        runner.kill()
    assert (folder / "asset" / "a.png").exists()
    with pytest.raises(JobError, match="a job file"):
        removal.plan(tmp_path)
    (tmp_path / "job.json").write_text("{}")
    with pytest.raises(FormatError):
        removal.plan(tmp_path)
