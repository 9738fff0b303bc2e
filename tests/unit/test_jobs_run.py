"""Running a job: real programs, real files."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lightmould.errors import DatasetError, JobError, LightmouldError, ToolError
from lightmould.jobs import log
from lightmould.jobs.run import run
from lightmould.model import (
    Command,
    Event,
    Failed,
    Finished,
    Job,
    Progress,
    Record,
    Started,
    Step,
    Wrote,
)

# Makes the files named on its command line that are not there yet, then the manifest.
MAKER = """
import sys
from pathlib import Path
from lightmould.formats.events import line
from lightmould.model import Progress, Wrote

for i, name in enumerate(sys.argv[1:]):
    if not Path(name).exists():
        with open("made.txt", "a") as made:
            made.write(name + "\\n")
        Path(name).write_text("content of " + name)
    sys.stdout.write(line(Wrote(name, "view")))
    sys.stdout.write(line(Progress((i + 1) / len(sys.argv[1:]), name)))
Path("manifest.json").write_text("{}")
"""


def python(code: str, cwd: Path, *arguments: str, title: str = "work") -> Command:
    return Command(title, (sys.executable, "-c", code, *arguments), cwd)


def step(tmp_path: Path, *commands: Command, inputs: Sequence[Path] = ()) -> Step:
    folder = tmp_path / "out"
    folder.mkdir(exist_ok=True)
    return Step("work", commands, tuple(inputs), folder, folder / "manifest.json")


def job(tmp_path: Path, *steps: Step) -> Job:
    return Job("a job", tmp_path / "job", steps, {"maker": "1"})


def views(tmp_path: Path, *names: str, inputs: Sequence[Path] = ()) -> Job:
    return job(tmp_path, step(tmp_path, python(MAKER, tmp_path / "out", *names), inputs=inputs))


def printing(tmp_path: Path, code: str) -> Job:
    """A job whose one command prints and then succeeds."""
    out = tmp_path / "out"
    end = "\nimport pathlib; pathlib.Path('manifest.json').write_text('{}')"
    return job(tmp_path, step(tmp_path, python(code + end, out)))


def events_of(job: Job) -> list[tuple[str, Event]]:
    records: list[Record] = []
    run(job, records.append)
    return [(record.step, record.event) for record in records]


def made(tmp_path: Path) -> list[str]:
    return (tmp_path / "out" / "made.txt").read_text().split()


def failure(job: Job) -> LightmouldError:
    with pytest.raises(LightmouldError) as caught:
        run(job, lambda _: None)
    return caught.value


def test_a_job_tells_what_its_programs_tell(tmp_path: Path) -> None:
    expected = [
        ("", Started("a job")),
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


def test_what_is_done_is_skipped(tmp_path: Path) -> None:
    events_of(views(tmp_path, "a.png"))
    assert events_of(views(tmp_path, "a.png"))[1:3] == [
        ("work", Started("work")),
        ("work", Finished(skipped=True)),
    ]
    assert made(tmp_path) == ["a.png"]


def remove(path: Path) -> None:
    path.unlink()


def change(path: Path) -> None:
    path.write_text("somebody else's")


def touch(path: Path) -> None:
    path.write_bytes(path.read_bytes())


@pytest.mark.parametrize("harm", [remove, change])
def test_a_missing_or_damaged_output_is_made_again_and_no_other(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    both = views(tmp_path, "a.png", "b.png")
    events_of(both)
    harm(tmp_path / "out" / "a.png")
    events_of(both)
    assert made(tmp_path) == ["a.png", "b.png", "a.png"]
    assert (tmp_path / "out" / "a.png").read_text() == "content of a.png"


@pytest.mark.parametrize("harm", [remove, change])
def test_a_missing_or_damaged_manifest_is_made_again(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    one = views(tmp_path, "a.png")
    events_of(one)
    harm(tmp_path / "out" / "manifest.json")
    events_of(one)
    assert (tmp_path / "out" / "manifest.json").read_text() == "{}"
    assert made(tmp_path) == ["a.png"]


def test_content_decides_not_the_time_of_a_file(tmp_path: Path) -> None:
    source = tmp_path / "source.obj"
    source.write_text("v 0 0 0")
    one = views(tmp_path, "a.png", inputs=[source])
    events_of(one)
    touch(source)
    touch(tmp_path / "out" / "a.png")
    assert ("work", Finished(skipped=True)) in events_of(one)


def test_a_changed_input_makes_everything_again(tmp_path: Path) -> None:
    source = tmp_path / "source.obj"
    source.write_text("v 0 0 0")
    one = views(tmp_path, "a.png", inputs=[source])
    events_of(one)
    source.write_text("v 1 0 0")
    events_of(one)
    assert made(tmp_path) == ["a.png", "a.png"]


def test_a_step_that_checks_itself_finds_what_other_inputs_made(tmp_path: Path) -> None:
    both = views(tmp_path, "a.png", "b.png")
    careful = replace(both, steps=(replace(both.steps[0], checks_itself=True),))
    events_of(careful)
    remove(tmp_path / "out" / "b.png")
    told = events_of(replace(careful, versions={"maker": "2"}))
    assert ("work", Finished()) in told
    assert made(tmp_path) == ["a.png", "b.png", "b.png"]


def test_another_version_of_a_program_makes_everything_again(tmp_path: Path) -> None:
    one = views(tmp_path, "a.png")
    events_of(one)
    events_of(replace(one, versions={"maker": "2"}))
    assert made(tmp_path) == ["a.png", "a.png"]


def test_work_of_an_interrupted_run_with_other_inputs_is_not_taken_for_ours(
    tmp_path: Path,
) -> None:
    broken = python(MAKER + "\nraise SystemExit(1)", tmp_path / "out", "a.png")
    failure(job(tmp_path, step(tmp_path, broken)))
    events_of(views(tmp_path, "a.png"))
    assert made(tmp_path) == ["a.png", "a.png"]


def test_a_failed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    once = "\nimport os\nif not os.path.exists('tried'): open('tried', 'w'); raise SystemExit(1)"
    one = job(tmp_path, step(tmp_path, python(MAKER + once, tmp_path / "out", "a.png")))
    failure(one)
    events_of(one)
    assert made(tmp_path) == ["a.png"]


def test_a_damaged_stamp_only_costs_a_look(tmp_path: Path) -> None:
    one = views(tmp_path, "a.png")
    events_of(one)
    (one.folder / "steps" / "work.json").write_text("{")
    assert ("work", Finished()) in events_of(one)
    assert made(tmp_path) == ["a.png"]


def test_files_outside_a_steps_folder_are_never_removed(tmp_path: Path) -> None:
    source = tmp_path / "precious.txt"
    source.write_text("v 0 0 0")
    for version in "12":
        one = replace(views(tmp_path, str(source), "../precious.txt"), versions={"m": version})
        events_of(one)
    assert source.read_text() == "v 0 0 0"


def test_a_later_step_runs_again_only_if_its_inputs_changed(tmp_path: Path) -> None:
    source, between = tmp_path / "source", tmp_path / "first" / "even"
    halve = "import sys, pathlib as p; n = int(p.Path(sys.argv[1]).read_text()); "
    first = Step(
        "first",
        (python(halve + "p.Path('even').write_text(str(n // 2))", between.parent, str(source)),),
        (source,),
        between.parent,
        between,
    )
    after = "p.Path('made').open('a').write('x'); p.Path('manifest').write_text('')"
    second = Step(
        "second",
        (python(halve + after, tmp_path, str(between)),),
        (between,),
        tmp_path,
        tmp_path / "manifest",
    )
    for number in (6, 7, 8):
        source.write_text(str(number))
        events_of(job(tmp_path, first, second))
    assert (tmp_path / "made").read_text() == "xx"


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
        Started("a job"),
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
    start = time.monotonic()
    events_of(one)
    assert time.monotonic() - start < 10
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
