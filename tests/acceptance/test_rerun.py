"""A second run makes what is missing, damaged or no longer what was asked for, and no more."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lightmould.formats.files import file_hash
from lightmould.jobs import job_file, recipe, stamp
from lightmould.model import Job

if TYPE_CHECKING:
    from benchmarks import resume as resume_module
    from tests.acceptance.conftest import Told

    Run = Callable[[Job], Told]
    Change = Callable[[resume_module.Work], resume_module.Work]

pytestmark = pytest.mark.blender


def contents(job: Job) -> dict[str, str]:
    """Hash of every file of the dataset, but for the records of what is done."""
    folder = job.folder / "dataset"
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {
        name: file_hash(path)
        for name, path in files.items()
        if path.is_file() and not name.startswith("views")
    }


def remove(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("harm", [remove, truncate])
@pytest.mark.parametrize(
    ("names", "pictures"),
    [
        (["depth/000003.exr", "normal/000004.exr", "mask/000005.png", "transforms_test.json"], 0),
        (["color/000002.png", "color/000007.png", "depth/000007.exr"], 2),
    ],
    ids=["data", "pictures"],
)
def test_a_damaged_dataset_is_mended_in_one_run(
    finished: Job, run: "Run", names: list[str], pictures: int, harm: Callable[[Path], None]
) -> None:
    before = contents(finished)
    for name in names:
        harm(finished.folder / "dataset" / name)
    told = run(finished)
    assert contents(finished) == before
    assert told.pictures == pictures
    assert told.skipped["reconstruct"]
    assert run(finished).wrote == []


@pytest.mark.parametrize("harm", [remove, truncate])
@pytest.mark.parametrize("name", ["mesh/texture_kd.png", "previews/000010_found.png"])
def test_a_damaged_asset_is_mended_without_repeating_a_stage(
    finished: Job, run: "Run", name: str, harm: Callable[[Path], None]
) -> None:
    asset = finished.folder / "asset"
    names = (name, "metrics.jsonl")
    before = [file_hash(asset / each) for each in names]
    harm(asset / name)
    assert run(finished).skipped["assemble"]
    assert [file_hash(asset / each) for each in names] == before


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda work: replace(work, how=replace(work.how, seed=5)), ["reconstruct"]),
        (lambda work: replace(work, render=replace(work.render, samples=3)), ["render"]),
        (lambda work: replace(work, render=replace(work.render, views_test=3)), ["render"]),
    ],
    ids=["seed", "samples", "views"],
)
def test_a_setting_undoes_only_what_depends_on_it(
    finished: Job, work: "resume_module.Work", change: "Change", again: list[str]
) -> None:
    changed = change(work).planned(finished.folder)
    undone = [
        step.name
        for step in changed.steps
        if not stamp.is_done(changed, step, recipe.key(changed, step))
    ]
    assert work.planned(finished.folder) == finished
    assert [name for name in undone if name != "assemble"] == again


def rendering(job: Job) -> Job:
    """The job without its reconstruction."""
    alone = replace(job, steps=job.steps[:2])
    job_file.write(alone)
    return alone


def test_other_settings_repeat_no_view_that_they_leave_as_it_was(
    work: "resume_module.Work", run: "Run", tmp_path: Path
) -> None:
    def pictures(**changes: object) -> int:
        other = replace(work, render=replace(work.render, **changes))
        return run(rendering(other.planned(tmp_path))).pictures

    assert pictures(views_train=4, views_test=2) == 6
    before = contents(rendering(work.planned(tmp_path)))
    assert pictures(views_train=4, views_test=2, test_samples=5) == 2
    assert pictures(views_train=4, views_test=1) == 1
    assert sorted(set(before) - set(contents(work.planned(tmp_path)))) == [
        f"{folder}/000005.{suffix}"
        for folder, suffix in (
            ("color", "png"),
            ("depth", "exr"),
            ("mask", "png"),
            ("normal", "exr"),
        )
    ]
