"""Running a job: real programs, real files."""

import platform
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.jobs import MAKER, events_of, failure, job, printing, python, step, views

from lightmould.errors import DatasetError, JobError, ToolError
from lightmould.jobs import log
from lightmould.jobs.run import run
from lightmould.model import (
    Command,
    Failed,
    Finished,
    Progress,
    Record,
    Started,
    Wrote,
)


def test_a_job_tells_what_its_programs_tell(tmp_path: Path) -> None:
    expected = [
        ("", Started("a job", platform.node())),
        ("work", Started("work")),
        ("work", Wrote("a.png", "view")),
        ("work", Progress(0.5, "a.png")),
        ("work", Wrote("b.png", "view")),
        ("work", Progress(1.0, "b.png")),
        ("work", Finished()),
        ("", Finished()),
    ]
    both = views(tmp_path, "a.png", "b.png")
    assert events_of(both) == expected
    logged = log.read(both.folder / "events.jsonl").records
    assert [(record.step, record.event) for record in logged] == expected


def test_a_record_has_the_time_of_the_clock(tmp_path: Path) -> None:
    records: list[Record] = []
    run(views(tmp_path, "a.png"), records.append, clock=lambda: 12.5)
    assert {record.time for record in records} == {12.5}


def test_a_failed_command_is_told_with_its_exit_code_and_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    code = "for i in range(40): print('line', i)\nraise SystemExit(5)"
    one = job(tmp_path, step(tmp_path, python(code, tmp_path, title="count up")))
    error = failure(one)
    assert isinstance(error, ToolError)
    assert error.exit_code == 6
    text = str(error)
    assert "work: count up: found exit code 5" in text
    assert "line 39" in text
    assert "line 25" in text
    assert "line 24" not in text
    records = log.read(one.folder / "events.jsonl").records
    assert [record.event for record in records[-2:]] == [Failed(text, 5), Failed(text, 6)]


def test_a_program_that_says_why_it_failed_is_quoted(tmp_path: Path) -> None:
    code = """
import sys
from lightmould.formats.events import line
from lightmould.model import Failed
sys.stdout.write(line(Failed("views: found 1; wanted 8. Render more.", 5)))
print("and noise")
sys.exit(5)
"""
    error = failure(job(tmp_path, step(tmp_path, python(code, tmp_path))))
    assert str(error) == "views: found 1; wanted 8. Render more."
    assert error.exit_code == DatasetError.exit_code


def test_success_without_the_manifest_is_a_failure(tmp_path: Path) -> None:
    one = job(tmp_path, step(tmp_path, python("print('fine')", tmp_path)))
    (tmp_path / "out" / "manifest.json").write_text("from an earlier life")
    error = failure(one)
    assert isinstance(error, ToolError)
    assert "exit code 0, but it did not write" in str(error)
    assert "manifest.json" in str(error)
    assert "fine" in str(error)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    absent = Command("render", (str(tmp_path / "no-such-blender"), "-b"), tmp_path)
    error = failure(job(tmp_path, step(tmp_path, absent)))
    assert isinstance(error, ToolError)
    assert "no-such-blender: No such file or directory" in str(error)


def test_a_missing_working_folder_is_named(tmp_path: Path) -> None:
    error = failure(job(tmp_path, step(tmp_path, python("", tmp_path / "nowhere"))))
    assert isinstance(error, ToolError)
    assert "nowhere" in str(error)


def test_a_missing_input_is_named_before_the_step_starts(tmp_path: Path) -> None:
    error = failure(views(tmp_path, "a.png", inputs=[tmp_path / "absent.obj"]))
    assert isinstance(error, JobError)
    assert "absent.obj: found no such file" in str(error)
    assert not (tmp_path / "out" / "a.png").exists()


def test_a_folder_that_can_not_be_written_is_named_before_anything_starts(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    bad = replace(step(tmp_path, python("", tmp_path)), name="last", folder=tmp_path / "file" / "x")
    one = job(tmp_path, step(tmp_path, python(MAKER, tmp_path / "out", "a.png")), bad)
    error = failure(one)
    assert isinstance(error, JobError)
    assert str(tmp_path / "file" / "x") in str(error)
    assert not (tmp_path / "out" / "a.png").exists()
    assert not (one.folder / "events.jsonl").exists()


def test_commands_run_side_by_side_but_no_more_than_asked(tmp_path: Path) -> None:
    code = """
import sys, time, pathlib
me = pathlib.Path(sys.argv[1])
me.touch()
time.sleep(0.3)
print("together", len(list(pathlib.Path(".").glob("[0-9]"))))
me.unlink()
pathlib.Path("manifest.json").write_text("{}")
"""
    out = tmp_path / "out"
    commands = [python(code, out, str(i), title=f"part {i}") for i in range(4)]
    one = job(tmp_path, step(tmp_path, *commands))
    records: list[Record] = []
    run(one, records.append, limit=2)
    text = (one.folder / "logs" / "work.log").read_text()
    assert "together 2" in text
    assert "together 3" not in text
    fractions = [record.event.fraction for record in records if isinstance(record.event, Progress)]
    assert fractions == [0.25, 0.5, 0.75, 1.0]


def test_a_failure_ends_the_commands_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    slow = python("import time; time.sleep(60)", out)
    quick = python("raise SystemExit(3)", out)
    start = time.monotonic()
    with pytest.raises(ToolError, match="exit code 3"):
        run(job(tmp_path, step(tmp_path, slow, quick, slow)), lambda _: None, limit=2)
    assert time.monotonic() - start < 10


def test_garbage_is_logged_and_is_no_event(tmp_path: Path) -> None:
    code = r"""
import sys
out = sys.stdout.buffer
out.write(b"\xff\xfe\x00 not UTF-8\n")
out.write(b"10 %\r20 %\r\n@lightmould {broken\n\n")
sys.stderr.write("to stderr\n")
sys.stderr.flush()
out.write(b"no line break at the end")
"""
    one = printing(tmp_path, code)
    assert [event for _, event in events_of(one)] == [
        Started("a job", platform.node()),
        Started("work"),
        Finished(),
        Finished(),
    ]
    text = (one.folder / "logs" / "work.log").read_text()
    assert "\ufffd\ufffd\0 not UTF-8\n" in text
    assert "\n10 %\n20 %\n@lightmould {broken\n" in text
    assert "to stderr\n" in text
    assert text.endswith("no line break at the end\n")


def test_a_line_of_ten_megabytes_is_logged_whole(tmp_path: Path) -> None:
    one = printing(tmp_path, "print('x' * 10_000_000)")
    events_of(one)
    assert (one.folder / "logs" / "work.log").read_text().count("x") >= 10_000_000


def test_a_program_that_floods_both_pipes_does_not_hang(tmp_path: Path) -> None:
    code = "import sys\nfor i in range(20000): print('out', i); print('err', i, file=sys.stderr)"
    one = printing(tmp_path, code)
    events_of(one)
    assert "err 19999\n" in (one.folder / "logs" / "work.log").read_text()


def test_programs_do_not_see_houdini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/opt/hfs/python")
    monkeypatch.setenv("HOUDINI_PATH", "/opt/hfs")
    one = printing(tmp_path, "import os; print(*sorted(os.environ), sep='\\n')")
    events_of(one)
    seen = (one.folder / "logs" / "work.log").read_text().split()
    assert not {"PYTHONPATH", "HOUDINI_PATH"} & set(seen)
    assert {"PATH", "PYTHONUNBUFFERED"} <= set(seen)


def test_a_sink_that_raises_ends_the_programs(tmp_path: Path) -> None:
    told = "from lightmould.formats.events import line; from lightmould.model import Started\n"
    told += "print(line(Started('x')), flush=True)\nimport time; time.sleep(60)"
    one = job(tmp_path, step(tmp_path, python(told, tmp_path)))

    def sink(record: Record) -> None:
        if record.event == Started("x"):
            raise ValueError("the screen is gone")

    start = time.monotonic()
    with pytest.raises(ValueError, match="the screen is gone"):
        run(one, sink)
    assert time.monotonic() - start < 10
    assert not (one.folder / "run.claim").exists()
