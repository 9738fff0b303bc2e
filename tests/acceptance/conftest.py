"""One undisturbed run of a small real job, which many tests look at."""

import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lightmould.jobs import log
from lightmould.model import Finished, Job, Wrote
from lightmould.tools import blender

if TYPE_CHECKING:
    from benchmarks import resume as resume_module

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@dataclass(frozen=True)
class Told:
    """What one run of a job told.

    Attributes:
        skipped: step to whether there was nothing to do.
        wrote: every file.
    """

    skipped: dict[str, bool]
    wrote: list[Wrote]

    @property
    def pictures(self) -> int:
        """How many were rendered."""
        return sum(event.kind == "color" for event in self.wrote)


def execute(job: Job) -> Told:
    """Run a job as a process of its own, to its end."""
    before = len(log.read(job.folder / log.NAME).records)
    argv = [sys.executable, "-m", "lightmould", "run", str(job.folder / "job.json")]
    done = subprocess.run(argv, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    records = log.read(job.folder / log.NAME).records[before:]
    return Told(
        {each.step: each.event.skipped for each in records if isinstance(each.event, Finished)},
        [each.event for each in records if isinstance(each.event, Wrote)],
    )


@pytest.fixture(scope="session")
def resume() -> "Iterator[resume_module]":
    """The benchmark whose tiny job is ours too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("resume")


def skip_without_blender() -> None:
    found = blender.find(None, os.environ, sys.executable)
    if found.is_python and importlib.util.find_spec("bpy") is None:
        pytest.skip("no Blender: neither LIGHTMOULD_BLENDER, nor blender on PATH, nor bpy")


@pytest.fixture
def needs_blender() -> None:
    """Skips the test where there is none."""
    skip_without_blender()


@pytest.fixture(scope="session")
def work(resume: "resume_module", tmp_path_factory: pytest.TempPathFactory) -> "resume_module.Work":
    """A ring with stripes, in a folder whose name is no plain word."""
    skip_without_blender()
    return resume.Work(resume.ring(tmp_path_factory.mktemp("größer ring #1 %d")))


@pytest.fixture(scope="session")
def finished(work: "resume_module.Work") -> Job:
    """The ring's job, run once and undisturbed."""
    job = work.planned(work.model.parent / "out")
    execute(job)
    return job


@pytest.fixture
def run() -> Callable[[Job], Told]:
    """Runs a job as a process of its own, to its end."""
    return execute
