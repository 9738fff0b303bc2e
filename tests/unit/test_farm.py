"""What farms are told, what they are given, and how a job's work is divided."""

import errno
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from fakes.farms import HOW, of_ball, task
from hypothesis import given
from hypothesis import strategies as st

from lightmould.errors import JobError, LightmouldError, SettingsError
from lightmould.farm import bundle, prepared, units, verdict, wedge
from lightmould.farm.dialect import DIALECTS, spoken
from lightmould.farm.prepared import Division
from lightmould.farm.template import Needs
from lightmould.jobs import claim
from lightmould.jobs.failure import CommandError, cause_of
from lightmould.model import PathMap
from lightmould.model.path_map import rule
from lightmould.settings.presets import training

OPENJD = re.compile(r"openjd_progress: (\d+\.\d)|openjd_(status|fail): (.*)")


@given(st.floats(), st.text())
def test_a_farm_is_told_in_single_lines_that_it_understands(fraction: float, text: str) -> None:
    for dialect in DIALECTS.values():
        for line in (dialect.progress(fraction), dialect.doing(text), dialect.failed(text)):
            assert len((line + "x").splitlines()) == 1
            (number,) = re.findall(r"\d+\.?\d*", dialect.progress(fraction))
            assert 0 <= float(number) <= 100
    openjd = DIALECTS["openjd"]
    for line in (openjd.progress(fraction), openjd.doing(text), openjd.failed(text)):
        assert OPENJD.fullmatch(line)


def test_the_environment_tells_which_farm_it_is() -> None:
    assert spoken({"DEADLINE_SESSION_ID": "session-1"}) == "openjd"
    assert spoken({"HQROOT": "/mnt/hq"}) == "tractor"
    assert spoken({"HOME": "/"}) == "plain"


def test_an_exit_code_tells_whether_to_try_again() -> None:
    full = JobError("/out", "No space left on device", "room", "Free some.")
    full.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    locked = JobError("/out", "Permission denied", "a folder", "Allow it.")
    locked.__cause__ = OSError(errno.EACCES, "Permission denied")
    assert verdict.exit_code(full) == verdict.RETRY == 75
    busy = JobError("/out", "a runner at work", "none", "Wait.", "busy")
    killed = CommandError("render", "killed", "See the log.", -9, cause_of(-9, ()))
    assert verdict.exit_code(busy) == verdict.exit_code(killed) == verdict.RETRY
    assert verdict.exit_code(locked) == JobError.exit_code
    kinds = LightmouldError.__subclasses__()
    told = {verdict.exit_code(kind("a", "b", "c", "d")) for kind in kinds if kind is not JobError}
    assert verdict.RETRY not in told
    assert 0 not in told


def test_wedges_are_every_seed_of_every_preset() -> None:
    found = wedge.every(("draft", "standard"), (3, 1), lambda _: HOW)
    assert [one.name for one in found] == ["draft-3", "draft-1", "standard-3", "standard-1"]
    assert [getattr(one.how, "seed", None) for one in found] == [3, 1, 3, 1]
    (alone,) = wedge.every(("draft",), (), lambda _: HOW)
    assert alone.how == HOW


@pytest.mark.parametrize(
    ("presets", "seeds", "said"),
    [
        (("draft", "draft"), (), "no two the same"),
        (("draft",), (1, 1), "no two the same"),
        (("../draft",), (), "letters"),
    ],
)
def test_wedges_that_would_meet_or_escape_are_refused(
    presets: tuple[str, ...], seeds: tuple[int, ...], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        wedge.every(presets, seeds, lambda _: HOW)


def test_nvdiffrec_has_presets_and_no_seeds() -> None:
    config = training("draft")
    assert [one.name for one in wedge.every(("bob",), (), lambda _: config)] == ["bob"]
    with pytest.raises(SettingsError, match="no seed"):
        wedge.every(("bob",), (0,), lambda _: config)


def test_a_bundle_may_be_moved_and_still_finds_its_files(tmp_path: Path) -> None:
    moved = Path(shutil.move(of_ball(tmp_path, 0, 1).parent, tmp_path / "móved"))
    (tmp_path / "views").symlink_to(tmp_path / "views of a ball")
    there = PathMap((rule(str(tmp_path / "views of a ball"), str(tmp_path / "views")),))
    found = prepared.read(moved / bundle.JOB, there)
    assert found.folder == moved / bundle.JOB
    assert found.division.dataset.parent == tmp_path / "views"
    work = units.units(found)
    assert [(one.step, one.part) for one in work] == [
        ("reconstruct", 0), ("reconstruct", 1), ("best", 0)
    ]  # fmt: skip
    assert units.chosen(found, "reconstruct", "draft-1") == work[1:2]
    assert units.chosen(found, "reconstruct", "1") == work[1:2]
    assert units.chosen(found, "reconstruct", None) == work[:2]
    assert units.chosen(found, None, None) == work


@pytest.mark.parametrize(
    ("step", "part"), [("reconstruct", "draft-7"), ("render", "0"), ("import", None), (None, "0")]
)
def test_a_part_that_there_is_not_is_an_error_that_names_those_there_are(
    tmp_path: Path, step: str | None, part: str | None
) -> None:
    found = prepared.read(of_ball(tmp_path, 0, 1).parent / bundle.JOB)
    with pytest.raises(SettingsError, match=r"one of draft-0, draft-1|a step"):
        units.chosen(found, step, part)


def test_a_folder_that_is_not_prepared_is_refused_in_the_farms_words(tmp_path: Path) -> None:
    job = of_ball(tmp_path, 0).parent / bundle.JOB
    (job / prepared.NAME).unlink()
    done = task(job, "best", "--progress", "openjd")
    assert done.returncode == JobError.exit_code
    assert done.stdout.startswith("openjd_fail: ")
    assert "lightmould bundle" in done.stdout


def test_a_part_that_somebody_is_at_is_refused_for_now(tmp_path: Path) -> None:
    job = of_ball(tmp_path, 0).parent / bundle.JOB
    place = job / units.WEDGES / "draft-0"
    place.mkdir(parents=True)
    with claim.claimed(place):
        done = task(job, "reconstruct", "--part", "draft-0", "--progress", "openjd")
    assert done.returncode == verdict.RETRY
    assert done.stdout.startswith("openjd_fail: ")
    assert f"process {os.getpid()}" in done.stdout


def test_a_bundle_is_written_over_nothing_that_was_made(tmp_path: Path) -> None:
    bundle.check_new(tmp_path / "absent")
    bundle.check_new(of_ball(tmp_path, 0).parent)
    with pytest.raises(JobError, match="something else"):
        bundle.check_new(tmp_path)
    (tmp_path / "the bundle" / bundle.JOB / units.WEDGES).mkdir()
    with pytest.raises(JobError, match="that was run: wedges"):
        bundle.check_new(tmp_path / "the bundle")


def test_a_name_that_looks_like_a_format_stays_a_name(tmp_path: Path) -> None:
    pytest.importorskip("openjd.model", reason="needs openjd-cli")
    from openjd.model import decode_job_template  # noqa: PLC0415  # optional

    path = of_ball(tmp_path, 0, 1, name='x{{Param.Secret}}\n`id` $(id); "it\'s" ünï' + "y" * 300)
    template = decode_job_template(template=json.loads(path.read_bytes()))
    assert "Param" in template.name
    assert "{" not in template.name
    assert len(template.steps) == 2


def test_needs_are_host_requirements(tmp_path: Path) -> None:
    needs = Needs(cores=16, memory_gb=64, gpu=True, hours=0.5)
    template = json.loads(of_ball(tmp_path, 0, needs=needs).read_bytes())
    reconstruct, best = template["steps"]
    least = {one["name"]: one["min"] for one in reconstruct["hostRequirements"]["amounts"]}
    assert least == {
        "amount.worker.vcpu": 16, "amount.worker.memory": 61035, "amount.worker.gpu": 1
    }  # fmt: skip
    assert reconstruct["script"]["actions"]["onRun"]["timeout"] == 1800
    assert best["dependencies"] == [{"dependsOn": "Reconstruct"}]
    with pytest.raises(SettingsError, match="--memory-gb"):
        Needs(memory_gb=0)


def test_what_lies_outside_of_a_bundle_is_listed_for_farms_without_a_shared_disk(
    tmp_path: Path,
) -> None:
    path = of_ball(tmp_path, 0)
    told = json.loads((path.parent / bundle.ASSETS).read_bytes())["assetReferences"]
    assert told["inputs"]["directories"] == [str(tmp_path / "views of a ball")]
    assert told["outputs"] == {"directories": []}


def test_a_division_survives_its_file(tmp_path: Path) -> None:
    of_ball(tmp_path, 0, 1)
    folder = tmp_path / "the bundle" / bundle.JOB
    found = prepared.read(folder).division
    assert found.wedges == wedge.every(("draft",), (0, 1), lambda _: HOW)
    prepared.write(folder, Division(3, found.dataset, found.wedges, tmp_path / "a.hip"))
    steps = [unit.step for unit in units.units(prepared.read(folder))]
    assert steps[-1] == "import"


def test_deadline_clouds_own_reader_takes_a_bundle(tmp_path: Path) -> None:
    pytest.importorskip("deadline.client", reason="needs deadline, which CI has not")
    from deadline.client.job_bundle import loader, parameters, submission  # noqa: PLC0415

    folder = of_ball(tmp_path, 0, 1).parent
    assert loader.is_job_bundle_dir(str(folder))
    loader.validate_directory_symlink_containment(str(folder))
    found = {one["name"]: one for one in parameters.read_job_bundle_parameters(str(folder))}
    assert Path(found["Folder"]["value"]) == folder / bundle.JOB
    assert found["deadline:maxRetriesPerTask"]["value"] == bundle.RETRIES
    listed = loader.read_yaml_or_json_object(str(folder), "asset_references", required=True)
    references = submission.AssetReferences.from_dict(listed)
    assert references.input_directories == {str(tmp_path / "views of a ball")}
