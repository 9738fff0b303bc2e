"""Batches of random views by a real Blender: one dataset, the same bytes however it came about."""

import json
from pathlib import Path

import numpy as np
import pytest

from lightmould.cli import main
from lightmould.dataset import manifest
from lightmould.dataset.opening import open_views
from lightmould.formats.files import file_hash
from lightmould.model import Dataset
from lightmould.tools import blender

pytestmark = pytest.mark.blender

MODEL = (
    "v -1 -1 -1\nv 1 -1 -1\nv 0 -1 1\nv 0 1 0\n"
    "o sides\nf 1 4 2\nf 2 4 3\nf 3 4 1\no floor\nf 1 2 3\n"
)  # fmt: skip
SETTINGS = """
[render]
size = [32, 32]
samples = 2
denoise = false
[batches]
test = 1
[batches.cameras]
focal_mm = [30, 60]
[batches.look]
light_turn = [-3, 3]
sun_strength = [1, 2]
hue = [-1, 1]
"""


def render(folder: Path, *flags: str) -> int:
    line = ["batches", str(folder / "model.obj"), "--config", str(folder / "mine.toml"), *flags]
    return main([*line, "--json"])


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, some_blender: blender.Blender) -> Path:
    folder = tmp_path_factory.mktemp("größer #2")
    (folder / "model.obj").write_text(MODEL)
    named = "" if some_blender.is_python else f'[worker]\nblender = "{some_blender.program}"\n'
    (folder / "mine.toml").write_text(named + SETTINGS)
    flags = ("--out", str(folder / "two"), "--batches", "2", "--images", "3", "--jobs", "2")
    assert render(folder, *flags) == 0
    return folder


@pytest.fixture
def two(studio: Path) -> Dataset:
    return manifest.read(studio / "two" / manifest.NAME)


def test_all_batches_are_one_dataset_and_each_is_one_of_its_own(two: Dataset) -> None:
    manifest.verify(two)
    assert [view.split for view in two.views] == ["train", "train", "test"] * 2
    parts = [manifest.read(two.folder / f"batches/00000{i}" / manifest.NAME) for i in range(2)]
    assert [v.camera.name for part in parts for v in part.views] == [
        view.camera.name for view in two.views
    ]
    for part in parts:
        manifest.verify(part)
        assert (part.folder / "views.csv").is_file()
    assert len((two.folder / "views.csv").read_text().splitlines()) == 7
    views = open_views(two.folder)
    assert all(views.array(index, "rgb")[..., 3].max() == 255 for index in range(6))
    assert len({views.array(index, "rgb").tobytes() for index in range(6)}) == 6


def test_fewer_batches_of_fewer_images_one_by_one_are_the_same_pictures(
    studio: Path, two: Dataset
) -> None:
    flags = ("--out", str(studio / "one"), "--batches", "1", "--images", "2", "--jobs", "1")
    assert render(studio, *flags) == 0
    one = manifest.read(studio / "one" / manifest.NAME)
    # Held-out pictures have more samples, so the last one of a batch differs.
    same = [name for name in one.hashes if "000000-000000" in name]
    assert len(same) == 4
    assert {name: two.hashes[name] for name in same} == {name: one.hashes[name] for name in same}


def test_a_second_run_renders_what_is_gone_and_nothing_else(
    studio: Path, two: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = two.folder / two.views[4].color
    before = file_hash(gone)
    gone.unlink()
    flags = ("--out", str(two.folder), "--batches", "2", "--images", "3", "--jobs", "1")
    assert render(studio, *flags) == 0
    said = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    drawn = [event["path"] for event in said if event["is"] == "wrote" and event["kind"] == "color"]
    assert drawn == [str(gone)]
    assert file_hash(gone) == before
    assert render(studio, *flags) == 0
    said = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert [event["skipped"] for event in said if event["is"] == "finished"] == [True, True, False]


def test_the_check_lets_it_be_and_draws_it(two: Dataset, tmp_path: Path) -> None:
    assert main(["check", str(two.folder), "--preview", str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").is_file()
    assert np.isfinite(two.views[0].camera.world_from_camera).all()
