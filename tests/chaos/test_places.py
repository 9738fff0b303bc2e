"""Folders that are taken away, or that no file can have."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.jobs import python, step

from lightmould.cli import main
from lightmould.errors import JobError
from lightmould.jobs import job_file, log
from lightmould.model import Failed, Job

# Takes its job's folder away, as a drive that is unmounted does, and leaves another in its place.
TAKEN = """
import sys
from pathlib import Path
job, away = Path(sys.argv[1]), Path(sys.argv[2])
if not Path("taken").exists():
    Path("taken").touch()
    job.rename(away)
    if sys.argv[3] == "empty":
        job.mkdir()
Path("manifest.json").write_text("{}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="folders in use can't be renamed there")
@pytest.mark.parametrize("left", ["empty", "nothing"])
def test_a_folder_that_is_taken_away_is_told_and_its_job_goes_on_once_it_is_back(
    tmp_path: Path, left: str
) -> None:
    here, away = tmp_path / "job", tmp_path / "away"
    command = python(TAKEN, tmp_path / "out", str(here), str(away), left)
    job = Job("a job", here, (step(tmp_path, command),))
    path = job_file.write(job)
    told = lightmould_run(path)
    assert told.returncode == JobError.exit_code
    assert "wanted the folder that this run began in" in told.stderr
    assert not (here / "steps" / "work.json").exists()  # the step was not called done
    if here.exists():
        here.rename(tmp_path / "not ours")
    away.rename(here)
    failed = log.read(here / log.NAME).records[-1].event
    assert isinstance(failed, Failed)
    assert failed.cause == "drive gone"
    assert lightmould_run(path).returncode == 0


def lightmould_run(path: Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "lightmould", "run", str(path), "--quiet"]
    return subprocess.run(argv, stderr=subprocess.PIPE, encoding="utf-8", check=False)


def test_a_name_that_is_too_long_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    out = tmp_path / ("x" * 300)
    code = main(["render", str(tmp_path / "model.obj"), "--out", str(out)])
    said = capsys.readouterr().err
    assert code == JobError.exit_code, said
    assert os.strerror(errno.ENAMETOOLONG).lower() in said.lower()
