"""What a step was made from is the same wherever a machine has mounted it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.farms import of_ball

from lightmould.farm import bundle, planning, prepared, units
from lightmould.farm.planning import Machine
from lightmould.formats import codec
from lightmould.jobs import recipe, stamp
from lightmould.model import Command, Job, PathMap, Step
from lightmould.model.path_map import rule
from lightmould.settings import Settings


def wedge(home: Path, python: str = "/usr/bin/python3") -> Job:
    """A job in a folder of its own below the home, about a dataset in another one."""
    folder, dataset = home / "wedges" / "one", home / "views" / "manifest.json"
    request = folder / "requests" / "reconstruct.json"
    request.parent.mkdir(parents=True)
    dataset.parent.mkdir()
    dataset.write_text("the dataset")
    asked = {"dataset": str(dataset), "out": str(folder / "asset"), "light": "/lights/a.hdr"}
    request.write_text(codec.write(asked))
    argv = (python, "-m", "lightmould.engine", "run", str(request))
    env: dict[str, str | None] = {"PYTHONPATH": f"{python} library", "OMP_WAIT_POLICY": "PASSIVE"}
    command = Command("Reconstruct", argv, request.parent, env)
    made = folder / "asset" / "manifest.json"
    step = Step("reconstruct", (command,), (request, dataset), folder / "asset", made)
    return Job("a wedge", folder, (step,), {"lightmould": "1"}, home=home)


def key(job: Job) -> str:
    return recipe.key(job, job.steps[0])


def test_the_same_work_has_one_key_on_every_mount_and_by_every_interpreter(tmp_path: Path) -> None:
    ours = wedge(tmp_path / "mnt a")
    theirs = wedge(tmp_path / "völumes" / "b", "/opt/worker/bin/python")
    assert key(ours) == key(theirs)


def _other_content(job: Job) -> Job:
    job.steps[0].inputs[1].write_text("another dataset")
    return job


def _other_light(job: Job) -> Job:
    request = job.steps[0].inputs[0]
    request.write_text(request.read_text().replace("/lights/a.hdr", "/lights/b.hdr"))
    return job


def _other_version(job: Job) -> Job:
    return replace(job, versions={"lightmould": "2"})


def _other_words(job: Job) -> Job:
    (command,) = job.steps[0].commands
    changed = replace(command, argv=(*command.argv, "--more"))
    return replace(job, steps=(replace(job.steps[0], commands=(changed,)),))


@pytest.mark.parametrize("change", [_other_content, _other_light, _other_version, _other_words])
def test_all_else_that_decides_what_is_made_changes_the_key(
    tmp_path: Path, change: Callable[[Job], Job]
) -> None:
    job = wedge(tmp_path)
    before = key(job)
    assert key(change(job)) != before


def test_a_damaged_request_is_left_to_the_program_that_reads_it(tmp_path: Path) -> None:
    job = wedge(tmp_path)
    job.steps[0].inputs[0].write_text("{")
    assert key(job) == key(job)


def test_what_one_machine_finished_is_done_for_another_with_another_mount(tmp_path: Path) -> None:
    nas = tmp_path / "nas"
    nas.mkdir()
    of_ball(nas, 0)
    there = prepared.read(nas / "the bundle" / bundle.JOB)
    (unit,) = units.chosen(there, "reconstruct", None)
    machine = Machine(Settings(), os.environ)
    job = planning.job(there, unit, machine)
    job.steps[0].manifest.parent.mkdir(parents=True, exist_ok=True)
    job.steps[0].manifest.write_text("{}")
    assert not units.is_done(there, unit)
    made_from = key(job)
    stamp.write(job, job.steps[0], made_from, ())
    assert units.is_done(there, unit)

    nas.rename(tmp_path / "mnt")
    rules = PathMap((rule(str(nas), str(tmp_path / "mnt")),))
    here = prepared.read(tmp_path / "mnt" / "the bundle" / bundle.JOB, rules)
    assert units.is_done(here, unit)
    assert key(planning.job(here, unit, machine)) == made_from
    assert units.is_done(here, unit)
    here.division.dataset.write_text(here.division.dataset.read_text() + "\n")
    assert not units.is_done(here, unit)
