"""Runners that are started and left alone."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import jobs

from lightmould.errors import JobError, ToolError
from lightmould.jobs import claim, job_file, launch, log
from lightmould.model import Failed, Finished, Record

PATIENCE = 30  # seconds

STARTER = """
import os, sys
from pathlib import Path
from lightmould.jobs.launch import launch
print(launch(Path(sys.argv[1]), sys.executable, os.environ))
"""


def wait_for(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def last_record(folder: Path) -> Record | None:
    records = log.read(folder / log.NAME).records
    return records[-1] if records else None


def has_ended(folder: Path) -> bool:
    last = last_record(folder)
    done = last is not None and not last.step and isinstance(last.event, Failed | Finished)
    return done and claim.holder(folder) is None


def test_a_launched_job_goes_on_after_its_starter_has_ended(tmp_path: Path) -> None:
    job = jobs.views(tmp_path, "a.png", "b.png")
    job_file.write(job)
    argv = (sys.executable, "-c", STARTER, str(job.folder))
    subprocess.run(argv, check=True, timeout=PATIENCE)
    wait_for(lambda: has_ended(job.folder))
    assert jobs.made(tmp_path) == ["a.png", "b.png"]
    last = last_record(job.folder)
    assert last is not None
    assert last.event == Finished()


def test_a_launched_job_that_is_cancelled_ends_and_goes_on_when_launched_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "out").mkdir()
    waiting = jobs.python(
        "import pathlib, time\nif not pathlib.Path('go').exists(): time.sleep(60)\n"
        "pathlib.Path('manifest.json').write_text('{}')",
        tmp_path / "out",
    )
    job = jobs.job(tmp_path, jobs.step(tmp_path, waiting))
    job_file.write(job)
    launch.launch(job.folder, sys.executable, os.environ)
    wait_for(lambda: last_record(job.folder) is not None)
    with pytest.raises(JobError, match="a runner at work"):
        launch.launch(job.folder, sys.executable, os.environ)
    launch.cancel(job.folder)
    wait_for(lambda: has_ended(job.folder))
    last = last_record(job.folder)
    assert last is not None
    assert isinstance(last.event, Failed)
    assert last.event.exit_code == 143
    (tmp_path / "out" / "go").touch()
    launch.launch(job.folder, sys.executable, os.environ)
    wait_for(lambda: (last := last_record(job.folder)) is not None and last.event == Finished())


def test_what_cannot_be_launched_is_told(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="a job file"):
        launch.launch(tmp_path, sys.executable, os.environ)
    job = jobs.views(tmp_path, "a.png")
    job_file.write(job)
    with pytest.raises(ToolError, match="LIGHTMOULD_PYTHON"):
        launch.launch(job.folder, str(tmp_path / "no python"), os.environ)
    with pytest.raises(JobError, match="a folder that can be written"):
        launch.cancel(tmp_path / "nowhere")
