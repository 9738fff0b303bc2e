"""What is done is not done again, and what is missing, damaged or out of date is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.jobs import MAKER, events_of, failure, job, made, python, step, views

from lightmould.model import Finished, Started, Step


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
