"""`lightmould bundle`: what it takes, and what it refuses before anything is written."""

import json
import math
from pathlib import Path

import pytest
from fakes.datasets import ball, cameras
from fakes.farms import HOW, task

from lightmould.cli import main
from lightmould.dataset import manifest
from lightmould.farm import bundle, prepared, units
from lightmould.jobs import plan
from lightmould.settings import Settings


@pytest.fixture
def views(tmp_path: Path) -> Path:
    ball(tmp_path / "views", cameras(6))
    return tmp_path / "views"


def test_a_job_that_was_planned_before_is_bundled_as_it_was_asked(
    views: Path, tmp_path: Path
) -> None:
    job = plan.reconstruct(views, tmp_path / "job", Settings(), HOW, {})
    out = tmp_path / "bundle"
    assert main(["bundle", str(job.folder), "--out", str(out), "--seeds", "0,7"]) == 0
    found = prepared.read(out / bundle.JOB)
    assert [wedge.name for wedge in found.division.wedges] == ["own-0", "own-7"]
    assert found.division.wedges[0].how == HOW
    assert found.division.dataset == views / "manifest.json"


def test_photos_of_another_machine_are_taken_in_where_they_lie_here(
    views: Path, tmp_path: Path
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "bundle"
    taken = manifest.read(views / manifest.NAME)
    camera = taken.views[0].camera
    frames = [
        {
            "file_path": f"./{view.color.with_suffix('')}",
            "transform_matrix": view.camera.world_from_camera.tolist(),
        }
        for view in taken.views
    ]
    angle = 2 * math.atan(camera.size[0] / 2 / camera.focal[0])
    poses = json.dumps({"camera_angle_x": angle, "frames": frames})
    photos.mkdir()
    (views / "color").rename(photos / "color")
    (photos / "transforms_train.json").write_text(poses)
    assert main(["bundle", str(photos), "--out", str(out)]) == 0
    photos.rename(tmp_path / "here")
    rules = tmp_path / "lightmould.toml"
    rules.write_text(f'[paths]\nrules = [["{photos}", "{tmp_path / "here"}"]]\n')
    moved = out.rename(tmp_path / "moved")
    done = task(moved / bundle.JOB, "assemble", cwd=tmp_path)
    assert done.returncode == 0, done
    made = manifest.read(moved / bundle.JOB / "dataset" / manifest.NAME)
    assert len(made.views) == len(taken.views)
    manifest.verify(made)


@pytest.mark.parametrize("flags", [("--preset", "hero"), ("--unit", "0.01")])
def test_what_a_planned_job_has_settled_is_not_asked_again(
    views: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    job = plan.reconstruct(views, tmp_path / "job", Settings(), HOW, {})
    assert main(["bundle", str(job.folder), "--out", str(tmp_path / "bundle"), *flags]) == 4
    assert flags[0] in capsys.readouterr().err


def test_a_dataset_is_bundled_with_every_seed_of_every_preset(
    views: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    asked = ["--presets", "draft, standard", "--seeds", "1,2", "--chunk", "3", "--json"]
    assert main(["bundle", str(views), "--out", str(out), *asked]) == 0
    found = prepared.read(out / bundle.JOB)
    names = [wedge.name for wedge in found.division.wedges]
    assert names == ["draft-1", "draft-2", "standard-1", "standard-2"]
    assert len(units.units(found)) == 5
    told = json.loads(capsys.readouterr().out)
    assert told["tasks"] == {"Reconstruct": 4, "Best": 1}
    assert Path(told["template"]).is_file()
    assert Path(told["folder"]) == found.folder


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--chunk", "0"), "a view or more"),
        (("--seeds", "0,one"), "whole numbers"),
        (("--presets", "fast"), "one of: draft"),
        (("--import", "absent.hip"), "no such file"),
        (("--hours", "0"), "more than 0"),
        (("--engine", "nvdiffrec", "--seeds", "1,2"), "no seed"),
    ],
)
def test_what_no_farm_could_do_is_refused(
    views: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...],
    words: str,
) -> None:  # fmt: skip
    assert main(["bundle", str(views), "--out", str(tmp_path / "bundle"), *flags]) == 4
    assert words in capsys.readouterr().err
    assert not (tmp_path / "bundle" / bundle.TEMPLATE).exists()
