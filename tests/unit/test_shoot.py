"""Whatever happens to Blender: what it handed over is kept, and who kills it is named."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import fakes.blender
import numpy as np
import pytest
from fakes.shooting import VIEWS, Set

from lightmould.dataset import images, manifest, quarantine, records
from lightmould.errors import DatasetError, JobError, ToolError
from lightmould.jobs.shoot.shoot import Means, shoot
from lightmould.model import Command, Progress
from lightmould.settings import Render


@pytest.fixture
def wanted(tmp_path: Path) -> Set:
    return Set(tmp_path, Render(samples=1))


def test_one_blender_renders_all_data_then_all_color(wanted: Set) -> None:
    wanted.destine(copies="right")
    wanted.shoot()
    names = [f"{number:06d}" for number in range(VIEWS)]
    assert wanted.story == [
        "started", "auto auto", "memory",
        *(f"view {name} (data)" for name in names),
        *(f"view {name} (color)" for name in names),
    ]  # fmt: skip
    wanted.check_whole()
    last = [event for event in wanted.said if isinstance(event, Progress)][-1]
    assert (last.fraction, last.status) == (1, f"view {VIEWS} of {VIEWS}")
    wanted.shoot()
    assert wanted.story[-1] == "started"  # and asked for nothing


def test_a_blender_that_dies_costs_no_view(wanted: Set) -> None:
    deaths = {"000001": 1, "000003": 1, "000004": 1}
    wanted.destine(deaths=deaths)
    wanted.shoot()
    wanted.check_whole()
    for name in deaths:
        (told,) = (words for words in wanted.warnings if f"died at view {name}" in words)
        assert "SIGABRT" in told
        assert f"out of luck at {name}" in told
    assert wanted.story.count("started") == 1 + 2 * len(deaths)


def test_a_view_that_kills_blender_again_is_named_and_the_others_are_done(wanted: Set) -> None:
    wanted.destine(deaths={"000001": 2, "000004": 2})
    with pytest.raises(ToolError) as caught:
        wanted.shoot()
    text = str(caught.value)
    assert "found no picture of 2 views, at which Blender died 2 times: 000001, 000004" in text
    assert "\n  out of luck at 000004" in text
    assert "Read the log, render.log," in text
    assert len({name for name in wanted.wrote if name.startswith("color/")}) == VIEWS - 2
    assert not (wanted.plan.folder / records.LIST).exists()
    quarantine.clear(wanted.plan.folder)
    wanted.shoot()  # by now the fake's deaths are used up
    wanted.check_whole()


def test_a_blender_that_always_dies_is_given_up(wanted: Set) -> None:
    wanted.destine(deaths=dict.fromkeys((f"{number:06d}" for number in range(VIEWS)), 9))
    with pytest.raises(ToolError, match="out of luck"):
        wanted.shoot()
    assert wanted.story.count("started") == 3


def test_an_engine_that_kills_blender_gives_way_to_cycles(tmp_path: Path) -> None:
    wanted = Set(tmp_path, Render(samples=1, engine="eevee"))
    wanted.destine(engines=["eevee"])
    wanted.shoot()
    wanted.check_whole()
    assert wanted.story[:4] == ["started", "eevee auto", "started", "cycles cpu"]
    (told,) = wanted.warnings
    assert "the next one uses Cycles on the processor" in told
    assert "no eevee here" in told
    described = manifest.read(wanted.plan.folder / manifest.NAME)
    assert {(view.engine, view.device) for view in described.views} == {("CYCLES", "CPU")}


def test_pictures_of_another_engine_are_made_again_and_data_is_not(tmp_path: Path) -> None:
    wanted = Set(tmp_path, Render(samples=1, engine="eevee"))
    wanted.destine(engines=["eevee"])
    wanted.shoot()
    wanted.destine()
    (wanted.plan.folder / "color/000002.png").unlink()
    wanted.said.clear()
    wanted.shoot()
    assert set(wanted.wrote) == {f"color/{number:06d}.png" for number in range(VIEWS)}
    found = records.read(wanted.plan.folder, fakes.blender.Frame("000000", "color"))
    assert found is not None
    assert found.engine == "EEVEE"


def test_pixels_that_are_not_what_the_file_has_are_not_taken_from_memory(wanted: Set) -> None:
    wanted.destine(copies="wrong")
    wanted.shoot()
    assert wanted.story[:3] == ["started", "auto auto", "file"]
    wanted.check_whole()


def test_blender_is_started_anew_after_some_views(tmp_path: Path) -> None:
    wanted = Set(tmp_path, Render(samples=1, recycle=4))
    wanted.shoot()
    assert wanted.story.count("started") == 2
    wanted.check_whole()


def test_of_two_runs_on_one_folder_the_second_is_refused(wanted: Set) -> None:
    wanted.destine(waits="go")
    first = threading.Thread(target=wanted.shoot)
    first.start()
    story = wanted.folder / "story.txt"
    deadline = time.monotonic() + 30
    while not story.exists() or "file" not in wanted.story:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(JobError, match="a runner at work, process"):
        shoot(wanted.asked, wanted.plan, Means(Command("b", ("false",), Path())), print)
    (wanted.folder / "go").touch()
    first.join()
    wanted.check_whole()


def test_what_can_not_fit_on_the_disk_is_refused_with_both_numbers(
    wanted: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(JobError, match=r"found 1e-06 GB free; wanted 2.88e-06 GB for 6 views"):
        wanted.shoot()
    assert wanted.story == ["started"]


@pytest.mark.parametrize("name", ["write_exr", "write_png_codes"])
def test_a_file_that_does_not_hold_what_was_written_is_found_out(
    wanted: Set, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write: Callable[[Path, np.ndarray], None] = getattr(images, name)
    monkeypatch.setattr(images, name, lambda path, pixels: write(path, np.zeros_like(pixels)))
    with pytest.raises(DatasetError, match="found other pixels than were written"):
        wanted.shoot()


def test_a_dataset_moved_elsewhere_keeps_what_is_done(wanted: Set, tmp_path: Path) -> None:
    wanted.shoot()
    moved = wanted.plan.folder.rename(tmp_path / "moved")
    wanted.asked = replace(wanted.asked, folder=moved)
    wanted.said.clear()
    wanted.shoot()
    assert wanted.wrote == Counter()
