"""What a table of jobs says of folders of every kind."""

import os
import platform
from itertools import count
from pathlib import Path

import pytest
from fakes.jobs import job, printing, python, step, views

from lightmould.errors import LightmouldError
from lightmould.formats import codec
from lightmould.jobs import claim, job_file, lease, log
from lightmould.jobs.overview import Watch, found_in
from lightmould.jobs.run import run
from lightmould.jobs.snapshot import fold
from lightmould.jobs.tail import gist
from lightmould.model import Event, Failed, Finished, Job, Metric, Progress, Record, Started, Warned


def written(folder: Path, *events: tuple[str, Event], begin: float = 1e9) -> Path:
    """A job folder whose log holds these events, a second apart."""
    folder.mkdir(parents=True, exist_ok=True)
    planned = job(folder.parent, step(folder.parent, python("", folder)))
    job_file.write(Job("vase", folder, planned.steps))
    with log.Log(folder / log.NAME) as opened:
        for time, (name, event) in zip(count(begin), events, strict=False):
            opened.append(Record(time, name, event))
    return folder


def test_a_job_is_what_its_files_say(tmp_path: Path) -> None:
    planned = views(tmp_path, "a.png", "b.png")
    job_file.write(planned)
    watch = Watch(planned.folder)
    before = watch.look()
    assert before is not None
    assert (before.state, before.name, before.fraction) == ("waiting", "a job", 0.0)
    run(planned, lambda _: None)
    after = watch.look()
    assert after is not None
    assert (after.state, after.fraction, after.host) == ("finished", 1.0, platform.node())
    assert Watch(planned.folder).look() == after  # what attaches later sees the same


def test_a_failed_job_carries_its_cause(tmp_path: Path) -> None:
    planned = printing(tmp_path, "raise SystemExit(3)")
    job_file.write(planned)
    with pytest.raises(LightmouldError):
        run(planned, lambda _: None)
    found = Watch(planned.folder).look()
    assert found is not None
    assert found.state == "failed"
    assert "exit code 3" in found.trouble


def test_a_job_whose_runner_is_gone_is_lost_and_one_on_another_machine_runs(tmp_path: Path) -> None:
    said = [
        ("", Started("vase", "farm7")),
        ("work", Started("work")),
        ("work", Progress(0.5, "half")),
    ]
    lost = Watch(written(tmp_path / "lost", *said)).look()
    assert lost is not None
    assert lost.state == "lost"
    assert "farm7" in lost.trouble
    runs = written(tmp_path / "runs", *said)
    owner = lease.Owner("farm7", "boot", 1, "birth", "token")
    (runs / claim.NAME).write_text(codec.write(owner))
    found = Watch(runs).look()
    assert found is not None
    assert (found.state, found.fraction, found.host) == ("running", 0.5, "farm7")


def test_a_run_that_begins_again_is_read_on(tmp_path: Path) -> None:
    folder = written(tmp_path / "job", ("", Started("vase")), ("", Failed("why", 7)))
    (folder / claim.NAME).write_text(codec.write(lease.Owner("farm7", "b", 1, "b", "t")))
    watch = Watch(folder)
    assert (first := watch.look()) is not None
    assert first.state == "failed"
    with log.Log(folder / log.NAME) as opened:
        opened.append(Record(2e9, "", Started("vase")))
        opened.append(Record(2e9 + 1, "work", Progress(0.25, "a quarter")))
    assert (second := watch.look()) is not None
    assert (second.state, second.fraction, second.trouble) == ("running", 0.25, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "JSON"),
        ('{"name": "half', "JSON"),
        ('{"name": "of another program", "tasks": []}', "tasks"),
        ("[" * 100_000, "JSON"),
        ('"\\ud800"', "object"),
    ],
)
def test_what_is_no_job_of_ours_is_shown_as_such(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / job_file.NAME).write_text(text)
    found = Watch(tmp_path).look()
    assert found is not None
    assert found.state == "unreadable"
    assert said in found.trouble


def test_a_folder_that_vanishes_is_gone_and_one_that_comes_back_is_there(tmp_path: Path) -> None:
    folder = written(tmp_path / "job", ("", Started("vase")), ("", Finished()))
    watch = Watch(folder)
    assert watch.look() is not None
    folder.rename(tmp_path / "away")
    assert watch.look() is None
    (tmp_path / "away").rename(folder)
    assert watch.look() is not None


def test_a_job_that_was_moved_can_be_looked_at_but_says_so(tmp_path: Path) -> None:
    folder = written(tmp_path / "job", ("", Started("vase")), ("", Finished()))
    folder.rename(tmp_path / "moved")
    found = Watch(tmp_path / "moved").look()
    assert found is not None
    assert found.state == "finished"
    assert "not run" in found.trouble


def test_clocks_that_jump_give_no_nonsense(tmp_path: Path) -> None:
    said = [("", Started("vase")), ("work", Started("work")), ("work", Progress(0.5, "half", -7.0))]
    folder = written(tmp_path / "job", *said)
    with log.Log(folder / log.NAME) as opened:
        opened.append(Record(3.0, "work", Progress(0.6, "long before")))
        opened.append(Record(-1e300, "work", Progress(0.7, "before all times")))
    (folder / claim.NAME).write_text(codec.write(lease.Owner("farm7", "b", 1, "b", "t")))
    found = Watch(folder).look()
    assert found is not None
    assert found.eta is None or found.eta >= 0


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    folder = written(tmp_path / "job", ("", Started("vase")), ("work", Progress(0.5, "half")))
    with (folder / log.NAME).open("ab") as file:
        file.write(b'\0\xff\n{"time": 1, "is": "failed"}\n' + b"x" * 3_000_000 + b"\n{torn")
    with log.Log(folder / log.NAME) as opened:
        opened.append(Record(2e9, "", Finished()))
    found = Watch(folder).look()
    assert found is not None
    assert found.state == "finished"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path / "job", ("", Started("vase")))
    folder.chmod(0)
    try:
        found = Watch(folder).look()
    finally:
        folder.chmod(0o755)
    assert found is not None
    assert found.state == "unreadable"


def test_a_read_only_folder_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    folder = written(tmp_path / "job", ("", Started("vase")), ("work", Progress(0.5, "half")))
    (folder / claim.NAME).write_text('{"host": "half')
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert Watch(folder).look() is not None
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_jobs_are_found_up_to_three_levels_below_and_not_within_jobs(tmp_path: Path) -> None:
    for name in ("a", "b/c", "d/e/f", "a/inner", "d/e/g/too deep", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / job_file.NAME).write_text("{}")
    found = {path.relative_to(tmp_path).as_posix() for path in found_in(tmp_path)}
    assert found == {"a", "b/c", "d/e/f"}
    assert found_in(tmp_path / "a") == [tmp_path / "a"]
    with pytest.raises(OSError, match="nowhere"):
        found_in(tmp_path / "nowhere")


def test_the_gist_of_a_long_log_tells_the_same_as_all_of_it(tmp_path: Path) -> None:
    events: list[tuple[str, Event]] = [("", Started("vase")), ("", Failed("before", 3))]
    events += [
        ("", Started("vase", "here")),
        ("one", Started("one")),
        ("one", Progress(0.3, "found")),
    ]
    events += [("one", Progress(0.5, "half")), ("one", Finished()), ("two", Started("two"))]
    for i in range(6_000):
        events += [("two", Metric("loss", i, 1 / (i + 1))), ("two", Progress(i / 6_000, f"{i}"))]
    events += [("two", Metric("preview", 6_000, 31.5)), ("two", Warned("dark"))]
    folder = written(tmp_path / "job", *events)
    shares = {"one": 1.0, "two": 3.0}
    whole = fold(shares, log.read(folder / log.NAME).records)
    short = fold(shares, gist(folder / log.NAME).records)
    assert len(gist(folder / log.NAME).records) < 20
    for name in ("state", "began", "host", "done", "found", "status", "warnings", "message"):
        assert getattr(short, name) == getattr(whole, name), name
    assert short.metrics["preview"] == 31.5
    assert short.fraction == whole.fraction
    assert short.eta == pytest.approx(whole.eta)


def test_numbers_of_another_kind_are_no_quality(tmp_path: Path) -> None:
    folder = written(tmp_path / "job", ("", Started("vase")), ("", Finished()))
    out = tmp_path / "out"
    for text, quality in (
        ('{"psnr": 31.5}', 31.5),
        ("[]", None),
        ("{", None),
        ('{"psnr": "x"}', None),
    ):
        (out / "metrics.json").write_text(text)
        found = Watch(folder).look()
        assert found is not None
        assert found.quality == quality
