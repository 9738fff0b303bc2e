"""Estimates are near what was measured, and grow with what is asked."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.datasets import ball, cameras

from lightmould.errors import DatasetError, SettingsError
from lightmould.jobs import estimate as estimates
from lightmould.jobs.estimate import Choice, estimate, told
from lightmould.settings import Render, Settings

MODEL = Choice(Path("model.obj"), Path("out"))


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates.os, "cpu_count", lambda: 2)


def test_the_demo_is_estimated_near_its_measured_time() -> None:
    found = estimate(MODEL, Settings())
    assert found.views == 68
    assert 83 / 2 < found.rendering < 83 * 2  # measured, README
    assert 12 / 2 < found.finding < 12 * 2
    assert 40e6 / 2 < found.disk - estimates.ASSET < 40e6 * 2


@pytest.mark.parametrize(("preset", "measured"), [("draft", 18), ("standard", 53)])
def test_bob_is_estimated_near_its_measured_time(preset: str, measured: float) -> None:
    render = Render(size=(512, 512), views_train=80, views_test=20)
    found = estimate(replace(MODEL, preset=preset), Settings(render=render))
    assert measured / 2 < found.finding < measured * 2
    assert 280e6 / 2 < found.disk - estimates.ASSET < 280e6 * 2


@pytest.mark.parametrize(("side", "measured"), [(512, 1.7e9), (1024, 6.3e9)])
def test_memory_is_estimated_near_what_was_measured(side: int, measured: float) -> None:
    render = Render(size=(side, side), views_train=92, views_test=8)
    assert measured / 1.3 < estimate(MODEL, Settings(render=render)).memory < measured * 1.3


def test_more_patience_and_more_pixels_take_longer() -> None:
    small, large = Settings(), Settings(render=Render(size=(1024, 1024)))
    for settings in (small, large):
        times = [
            estimate(replace(MODEL, preset=preset), settings).finding
            for preset in ("draft", "standard", "hero")
        ]
        assert times == sorted(times)
    assert estimate(MODEL, small).minutes < estimate(MODEL, large).minutes


def test_a_dataset_has_its_own_views_and_nothing_to_render(tmp_path: Path) -> None:
    ball(tmp_path, cameras(5))
    found = estimate(Choice(tmp_path, tmp_path / "out"), Settings())
    assert (found.views, found.rendering) == (5, 0)


def test_nvdiffrec_has_a_time_of_its_own() -> None:
    assert estimate(replace(MODEL, engine="nvdiffrec"), Settings()).finding == 250


def test_what_can_not_be_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no file of poses"):
        estimate(Choice(tmp_path, tmp_path), Settings())
    with pytest.raises(SettingsError, match="draft"):
        Choice(tmp_path, tmp_path, "haste")


def test_people_are_told_round_numbers() -> None:
    rows = dict(told(estimate(MODEL, Settings())))
    assert set(rows) == {"Views", "Time", "Disk", "Memory"}
    assert rows["Time"] == "about 90 s" or rows["Time"].endswith(" s")
    hero = estimate(replace(MODEL, preset="hero"), Settings(render=Render(size=(1024, 1024))))
    assert dict(told(hero))["Time"].endswith(" min")
    assert dict(told(hero))["Memory"].endswith(" GB")
