"""A view that kills its renderer again and again is set aside, and tried when somebody says so."""

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.shooting import VIEWS, Set

from lightmould.dataset import gather, manifest, quarantine, records
from lightmould.dataset.assemble import assemble
from lightmould.errors import ToolError
from lightmould.model import Warned
from lightmould.settings import Render

BAD = "000002"


@pytest.fixture
def shot(tmp_path: Path) -> Callable[..., Set]:
    """Makes a dataset with a view that always kills Blender."""

    def make(**how: float) -> Set:
        wanted = Set(tmp_path, Render(samples=1, **how))  # type: ignore[arg-type]  # ints are floats
        wanted.destine(deaths={BAD: 99})
        return wanted

    return make


def test_a_view_that_is_set_aside_has_its_cause_and_its_last_words(
    shot: Callable[..., Set],
) -> None:
    wanted = shot()
    with pytest.raises(ToolError) as caught:
        wanted.shoot()
    assert caught.value.cause == "bad views"
    ((name, why),) = quarantine.read(wanted.plan.folder).items()
    assert (name, why.cause, why.host) == (BAD, "crashed", platform.node())
    assert why.lines[-1] == f"out of luck at {BAD}"
    assert why.versions["blender"] == "9.9"


def test_a_view_that_is_set_aside_is_not_tried_again_before_somebody_says_so(
    shot: Callable[..., Set],
) -> None:
    wanted = shot()
    with pytest.raises(ToolError):
        wanted.shoot()
    tried = wanted.story.count("started")
    with pytest.raises(ToolError, match=rf"{BAD}(?s:.*)out of luck at {BAD}"):
        wanted.shoot()
    assert wanted.story.count("started") == tried + 1  # to say hello
    assert quarantine.clear(wanted.folder) == (BAD,)
    wanted.destine()
    wanted.shoot()
    wanted.check_whole()
    assert not (wanted.plan.folder / quarantine.NAME).exists()


def test_a_view_that_is_asked_for_differently_is_tried(shot: Callable[..., Set]) -> None:
    wanted = shot()
    with pytest.raises(ToolError):
        wanted.shoot()
    wanted.destine()
    views = tuple(replace(view, key=f"{view.key}2") for view in wanted.asked.views)
    wanted.asked = replace(wanted.asked, views=views)
    wanted.shoot()
    assert not (wanted.plan.folder / quarantine.NAME).exists()


@pytest.mark.parametrize("deaths", [1, 2, 4])
def test_a_view_is_set_aside_after_as_many_deaths_as_may_be(
    shot: Callable[..., Set], deaths: int
) -> None:
    wanted = shot(deaths=deaths)
    with pytest.raises(ToolError, match=f"died {deaths} times"):
        wanted.shoot()
    assert len((wanted.folder / f"died at {BAD}").read_text()) == deaths


def test_with_views_that_may_be_missing_the_others_become_a_dataset(
    shot: Callable[..., Set],
) -> None:
    wanted = shot(allow_missing=1)
    wanted.shoot()
    assert any(f"are missing: {BAD}" in words for words in wanted.warnings)
    for _ in assemble(wanted.plan):
        pass
    made = manifest.read(wanted.plan.folder / manifest.NAME)
    manifest.verify(made)
    names = [view.camera.name for view in made.views]
    assert (len(names), BAD in names) == (VIEWS - 1, False)


def test_when_they_are_tried_again_and_come_nothing_is_missing(shot: Callable[..., Set]) -> None:
    wanted = shot(allow_missing=1)
    wanted.shoot()
    assert quarantine.clear(wanted.folder) == (BAD,)
    assert not (wanted.plan.folder / records.LIST).exists()  # so that the step is not done
    wanted.destine()
    wanted.shoot()
    wanted.check_whole()


def test_a_dataset_of_parts_lacks_what_its_parts_lack(
    shot: Callable[..., Set], tmp_path: Path
) -> None:
    wanted = shot(allow_missing=1)
    wanted.shoot()
    whole = replace(wanted.plan, folder=tmp_path / "whole")
    for _ in gather.gather((wanted.plan.folder,), whole.folder):
        pass
    for _ in assemble(whole):
        pass
    assert len(manifest.read(whole.folder / manifest.NAME).views) == VIEWS - 1


def test_all_views_may_not_be_missing(tmp_path: Path) -> None:
    wanted = Set(tmp_path, Render(samples=1, allow_missing=99))
    wanted.asked = replace(wanted.asked, views=wanted.asked.views[:1])
    wanted.destine(deaths={"000000": 99})
    with pytest.raises(ToolError, match="no picture of 1 views"):
        wanted.shoot()


def test_a_damaged_list_sets_nothing_aside(shot: Callable[..., Set]) -> None:
    wanted = shot()
    with pytest.raises(ToolError):
        wanted.shoot()
    (wanted.plan.folder / quarantine.NAME).write_text("{")
    wanted.destine()
    wanted.shoot()
    wanted.check_whole()


def test_a_blender_that_hangs_is_ended_and_its_view_set_aside(tmp_path: Path) -> None:
    wanted = Set(tmp_path, Render(samples=1, frame_minutes=0.1, deaths=1))
    wanted.destine(hangs=BAD)
    with pytest.raises(ToolError, match=r"not a word for 0\.1 minutes"):
        wanted.shoot()
    assert quarantine.read(wanted.plan.folder)[BAD].cause == "silent"


def test_where_a_gpu_has_too_little_memory_the_processor_renders(tmp_path: Path) -> None:
    wanted = Set(tmp_path, Render(samples=1))
    wanted.destine(deaths={BAD: 1}, words="CUDA error: Out of memory in cuMemAlloc")
    wanted.shoot()
    wanted.check_whole()
    orders = [line for line in wanted.story if line.startswith("auto ")]
    assert (orders[0], orders[-1]) == ("auto auto", "auto cpu")
    (told,) = [event.message for event in wanted.said if isinstance(event, Warned)]
    assert "on the processor" in told


def test_views_of_another_blender_are_made_again(tmp_path: Path) -> None:
    wanted = Set(tmp_path, Render(samples=1))
    wanted.shoot()
    wanted.destine(version="9.10")
    wanted.said.clear()
    wanted.shoot()
    wanted.check_whole()  # every file was written anew
    made = manifest.read(wanted.plan.folder / manifest.NAME)
    assert made.versions["blender"] == "9.10"
