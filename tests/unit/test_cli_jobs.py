"""`lightmould jobs`: folders of jobs from a terminal."""

from pathlib import Path

import pytest
from fakes.jobs import ONCE, python, step

from lightmould.cli import main
from lightmould.dataset import quarantine, records
from lightmould.dataset.quarantine import SetAside
from lightmould.jobs import job_file
from lightmould.model import Job

# Works unless the view is set aside.
CODE = """
from pathlib import Path
if Path("quarantine.json").exists():
    raise SystemExit("no picture of 1 views")
Path("manifest.json").write_text("{}")
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    one = step(tmp_path, python(CODE, tmp_path / "out"))
    made = Job("a job", tmp_path, (one,), patience=ONCE)
    job_file.write(made)
    aside = SetAside("key", "crashed", "it died", ("boom",), "farm-1", {"blender": "9.9"})
    quarantine.write(tmp_path / "out", {"000002": aside})
    (tmp_path / "out" / records.LIST).write_text("{}")
    return made


def test_retry_tries_views_again_that_were_set_aside_and_resume_does_not(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "resume", str(job.folder)]) == 6
    assert main(["jobs", "retry", str(job.folder)]) == 0
    assert capsys.readouterr().out == "tried again: 000002\n"
    assert not (job.folder / "out" / records.LIST).exists()


def test_list_tells_how_every_job_stands(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "resume", str(job.folder)]) == 6
    assert main(["jobs", "list", str(job.folder)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("failed")
    assert "exit code 1" in line


def test_cancel_asks_whoever_runs_the_job(job: Job) -> None:
    assert main(["jobs", "cancel", str(job.folder)]) == 0
    assert (job.folder / "cancel").exists()


def test_a_folder_without_a_job_is_named(tmp_path: Path) -> None:
    assert main(["jobs", "retry", str(tmp_path)]) == 7
