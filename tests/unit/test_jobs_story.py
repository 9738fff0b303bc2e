"""The story of one job."""

from pathlib import Path

import pytest
from fakes.jobs import job, printing, python, step, views
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.errors import LightmouldError
from lightmould.jobs import job_file, log
from lightmould.jobs.run import run
from lightmould.jobs.story import Curve, Teller
from lightmould.model import Event, Finished, Job, Metric, Progress, Record, Started, Warned


def append(folder: Path, *events: tuple[str, Event]) -> None:
    with log.Log(folder / log.NAME) as opened:
        for i, (name, event) in enumerate(events):
            opened.append(Record(1e9 + i, name, event))


def planned(tmp_path: Path) -> Job:
    one = job(tmp_path, step(tmp_path, python("", tmp_path)))
    job_file.write(one)
    return one


def test_a_story_is_told_again_only_when_something_happened(tmp_path: Path) -> None:
    folder = planned(tmp_path).folder
    teller = Teller(folder)
    first = teller.tell()
    assert first is not None
    assert [one.state for one in first.steps] == ["waiting"]
    assert teller.tell() is None
    append(
        folder, ("", Started("vase")), ("work", Started("work")), ("work", Progress(0.5, "half"))
    )
    second = teller.tell()
    assert second is not None
    assert [(one.state, one.fraction, one.began) for one in second.steps] == [
        ("running", 0.5, 1e9 + 1)
    ]
    assert teller.tell() is None
    append(folder, ("work", Warned("dark")), ("work", Finished()), ("", Finished()))
    third = teller.tell()
    assert third is not None
    assert third.steps[0].state == "finished"
    assert third.snapshot.warnings == ("dark",)


def test_a_story_attached_to_late_is_the_same(tmp_path: Path) -> None:
    folder = planned(tmp_path).folder
    early = Teller(folder)
    early.tell()
    told: list[tuple[str, Event]] = [("", Started("vase")), ("work", Started("work"))]
    told += [("work", Metric("10_shape", i, 1 / (i + 1))) for i in range(50)]
    told += [("work", Metric("preview", 7, 30.0)), ("work", Progress(0.5, "half"))]
    append(folder, *told)
    one, other = early.tell(), Teller(folder).tell()
    assert one is not None
    assert other is not None
    assert one.curves == other.curves
    assert one.steps == other.steps
    assert one.curves["10_shape"][0] == tuple(range(50))


def test_a_failed_step_says_why_and_a_skipped_one_that_it_was_done(tmp_path: Path) -> None:
    broken = printing(tmp_path, "raise SystemExit(3)")
    job_file.write(broken)
    with pytest.raises(LightmouldError):
        run(broken, lambda _: None)
    told = Teller(broken.folder).tell()
    assert told is not None
    assert told.steps[0].state == "failed"
    assert "exit code 3" in told.steps[0].message


def test_a_step_that_was_done_already_is_told_as_such(tmp_path: Path) -> None:
    whole = views(tmp_path, "a.png")
    job_file.write(whole)
    for _ in range(2):
        run(whole, lambda _: None)
    told = Teller(whole.folder).tell()
    assert told is not None
    assert told.steps[0].state == "skipped"


def test_damaged_lines_are_counted_and_a_replaced_log_is_told_anew(tmp_path: Path) -> None:
    folder = planned(tmp_path).folder
    append(folder, ("", Started("vase")), ("work", Metric("loss", 1, 1.0)))
    teller = Teller(folder)
    teller.tell()
    with (folder / log.NAME).open("a") as file:
        file.write("no record\n")
    append(folder, ("work", Metric("loss", 2, 0.5)))
    told = teller.tell()
    assert told is not None
    assert told.torn == 1
    (folder / log.NAME).unlink()
    append(folder, ("", Started("vase")))
    anew = teller.tell()
    assert anew is not None
    assert dict(anew.curves) == {}


def test_work_that_is_done_again_replaces_its_part_of_a_curve() -> None:
    curve = Curve()
    for number, value in ((1, 9.0), (2, 8.0), (3, 7.0), (2, 6.0), (4, 5.0)):
        curve.add(number, value)
    assert (curve.steps, curve.values) == ([1, 2, 4], [9.0, 6.0, 5.0])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30_000))
def test_a_curve_of_any_length_keeps_its_ends_and_few_points(length: int) -> None:
    curve = Curve()
    for number in range(length):
        curve.add(number, float(number))
    assert len(curve.steps) <= 4097
    assert curve.steps == sorted(set(curve.steps))
    assert curve.steps[0] <= length / 1000
    assert curve.steps[-1] >= length - 1 - length / 1000
