"""Whoever is killed: the same command again completes the job, repeats no view, gives the same."""

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lightmould.model import Job

if TYPE_CHECKING:
    from benchmarks import resume as resume_module

pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]


def check(resume: "resume_module", aftermath: "resume_module.Aftermath", undisturbed: Job) -> None:
    """Nothing was lost, repeated or left behind."""
    assert aftermath.codes[1] == 0
    assert aftermath.repeated == ()
    assert set(aftermath.pictures.values()) <= {1}
    assert aftermath.left == ()
    assert aftermath.asset == resume.asset_hashes(undisturbed)


def test_after_a_killed_runner(
    resume: "resume_module", work: "resume_module.Work", finished: Job
) -> None:
    chance = np.random.default_rng(11)
    kill = resume.at_any_time(resume.records(finished), "runner", chance)
    job = work.planned(work.model.parent / "killed runner")
    aftermath = resume.disturb(job, kill)
    assert aftermath.codes[0] == -9
    check(resume, aftermath, finished)


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
    check(resume, aftermath, finished)
