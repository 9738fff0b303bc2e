"""What failed is tried again where that can help, as often as asked, and no oftener."""

import errno
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from fakes.jobs import failure, job, python, step

from lightmould.errors import KINDS, Cause, JobError
from lightmould.formats import events
from lightmould.jobs import job_file, plan, processes
from lightmould.jobs.failure import cause_of
from lightmould.jobs.retry import Tries
from lightmould.jobs.run import run
from lightmould.model import Command, Event, Failed, Finished, Job, Patience, Record, Step, Warned
from lightmould.settings import load

AT_ONCE = Patience(transient=2, resource=4, pause=0.0)

# Fails as often as it is told, in the way that it is told, then succeeds.
UNLUCKY = """
import os, signal, sys
from pathlib import Path

tries = Path("tries")
count = len(tries.read_text()) if tries.exists() else 0
tries.write_text("x" * (count + 1))
if count < int(sys.argv[1]):
    exec(sys.argv[2])
Path("manifest.json").write_text("{}")
"""
CRASH = "os.abort()"
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
FULL = "sys.exit('OSError: [Errno 28] No space left on device')"


def unlucky(tmp_path: Path, times: int, how: str) -> Job:
    code = python(UNLUCKY, tmp_path / "out", str(times), how)
    return replace(job(tmp_path, step(tmp_path, code)), patience=AT_ONCE)


def tries(tmp_path: Path) -> int:
    return len((tmp_path / "out" / "tries").read_text())


def told(job: Job) -> list[Event]:
    records: list[Record] = []
    run(job, records.append)
    return [record.event for record in records]


def test_every_cause_has_a_kind() -> None:
    assert set(get_args(Cause)) == set(KINDS)


@pytest.mark.parametrize(
    ("code", "said", "cause"),
    [
        (-11, "", "crashed"),
        (139, "", "crashed"),
        (-9, "", "killed"),
        (137, "", "killed"),
        (-15, "", "ended"),
        (143, "", "ended"),
        (75, "", "try again"),
        (127, "", "missing program"),
        (1, "", "failed"),
        (1, "OSError: [Errno 28] No space left on device: 'a.png'", "disk full"),
        (1, "OSError: [Errno 116] Stale file handle", "input/output error"),
        (1, "numpy._core._exceptions._ArrayMemoryError: MemoryError", "memory"),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'", "memory"),
        (1, "torch.cuda.OutOfMemoryError: CUDA out of memory.", "GPU memory"),
        (1, "CUDA error: Out of memory in cuMemAlloc", "GPU memory"),
    ],
)
def test_how_a_program_ended_tells_why(code: int, said: str, cause: Cause) -> None:
    assert cause_of(code, ["something", said, "something else"]) == cause


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, "disk full"),
        (errno.EACCES, "forbidden"),
        (errno.ENOENT, "missing file"),
        (errno.ESTALE, "input/output error"),
        (errno.EIO, "input/output error"),
        (errno.EISDIR, "failed"),
    ],
)
def test_the_systems_error_behind_one_of_ours_tells_why(number: int, cause: Cause) -> None:
    with pytest.raises(JobError) as caught:
        raise JobError("a", "b", "c", "d") from OSError(number, os.strerror(number))
    assert caught.value.cause == cause


def test_a_cause_travels_with_the_words_of_the_program_that_failed() -> None:
    said = Failed("a.png: found no room", 7, "disk full")
    assert events.parse(events.line(said).rstrip()) == said


def test_a_crash_that_passes_is_told_and_the_job_succeeds(tmp_path: Path) -> None:
    heard = told(unlucky(tmp_path, 2, CRASH))
    assert tries(tmp_path) == 3
    warnings = [event.message for event in heard if isinstance(event, Warned)]
    assert len(warnings) == 2
    assert all(words.startswith("crashed: work is tried again in 0 s. ") for words in warnings)
    assert heard[-1] == Finished()


def test_a_crash_that_stays_is_given_up_after_as_many_tries_as_asked(tmp_path: Path) -> None:
    error = failure(unlucky(tmp_path, 9, CRASH))
    assert error.cause == "crashed"
    assert tries(tmp_path) == 3


@pytest.mark.parametrize(("how", "cause"), [("sys.exit(3)", "failed"), (FULL, "disk full")])
def test_what_trying_again_can_not_help_is_not_tried_again(
    tmp_path: Path, how: str, cause: Cause
) -> None:
    error = failure(unlucky(tmp_path, 1, how))
    assert error.cause == cause
    assert tries(tmp_path) == 1


def test_a_program_that_is_killed_alone_is_not_tried_again(tmp_path: Path) -> None:
    assert failure(unlucky(tmp_path, 1, KILLED)).cause == "killed"
    assert tries(tmp_path) == 1


@pytest.mark.parametrize(("times", "good"), [(2, True), (3, False)])
def test_programs_that_are_killed_side_by_side_are_tried_with_fewer_down_to_one(
    tmp_path: Path, times: int, *, good: bool
) -> None:
    out = tmp_path / "out"
    one = python(UNLUCKY, out, str(times), KILLED)
    crowd = replace(step(tmp_path, one, *(python("", out),) * 3), at_once=4)
    work = replace(job(tmp_path, crowd), patience=AT_ONCE)
    if good:
        warnings = [event.message for event in told(work) if isinstance(event, Warned)]
        assert [words.partition(":")[0] for words in warnings] == ["killed"] * 2
    else:
        assert failure(work).cause == "killed"
    assert tries(tmp_path) == 3


def test_pauses_double_and_programs_halve_until_there_is_one() -> None:
    work = Step("work", (Command("a", ("a",), Path()),) * 6, (), Path(), Path("m"))
    left = Tries(Patience(transient=2, resource=9, pause=1.5), 4, 99)
    assert left.at_once(work) == 4
    assert left.pause(work, "crashed") == 1.5
    assert left.pause(work, "killed") == 3.0
    assert left.at_once(work) == 2
    assert left.pause(work, "memory") == 6.0
    assert left.at_once(work) == 1
    assert left.pause(work, "killed") is None
    assert left.pause(work, "busy") == 12.0
    assert left.pause(work, "busy") is None


def test_a_program_that_says_nothing_for_too_long_is_ended_with_all_it_started(
    tmp_path: Path,
) -> None:
    code = """
import subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
Path("pid").write_text(str(child.pid))
time.sleep(99)
"""
    quiet = Patience(0, 0, quiet_minutes=0.02)
    error = failure(replace(job(tmp_path, step(tmp_path, python(code, tmp_path))), patience=quiet))
    assert error.cause == "silent"
    assert "found not a word for 0.02" in str(error)
    pid = tmp_path / "pid"
    if pid.exists():  # a slow machine may not have come so far
        give_up = time.monotonic() + 20
        while processes.birth(int(pid.read_text())) is not None:
            assert time.monotonic() < give_up
            time.sleep(0.01)


def test_what_an_earlier_step_made_and_a_later_one_found_damaged_is_made_again(
    tmp_path: Path,
) -> None:
    make = "from pathlib import Path; Path('made').write_text('x'); print('made')"
    look = """
import sys
from pathlib import Path
from lightmould.errors import DatasetError
from lightmould.formats import events

def look():
    if not Path("seen").exists():
        Path("seen").touch()
        Path("made").unlink()
        raise DatasetError("made", "damage", "none", "Run it again.", "damaged")
    assert Path("made").exists()
    Path("manifest.json").write_text("{}")

sys.exit(events.exit_code(look))
"""
    out = tmp_path / "out"
    last = step(tmp_path, python(look, out))
    first = Step("make", (python(make, out),), (), out, out / "made")
    heard = told(replace(job(tmp_path, first, last), patience=AT_ONCE))
    assert heard[-1] == Finished()
    assert sum(isinstance(event, Warned) for event in heard) == 1


def test_settings_say_how_patient_a_job_is(tmp_path: Path) -> None:
    text = "[patience]\ntransient = 7\nquiet_minutes = 5\n"
    (tmp_path / "lightmould.toml").write_text(text)
    written = plan.sample(tmp_path / "out", load(tmp_path, {}))
    assert written.patience == Patience(transient=7, quiet_minutes=5.0)
    assert job_file.read(tmp_path / "out" / "job.json") == written


def test_an_input_that_changes_while_a_step_reads_it_is_told(tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_text("one thing")
    code = "import sys; from pathlib import Path; Path(sys.argv[1]).write_text('another')"
    code += "; Path('manifest.json').write_text('{}')"
    changing = step(tmp_path, python(code, tmp_path / "out", str(asked)), inputs=[asked])
    error = failure(job(tmp_path, changing))
    assert error.cause == "damaged"
    assert not (tmp_path / "job" / "steps" / "work.json").exists()


def test_what_is_damaged_between_two_steps_is_made_again_before_it_is_read(tmp_path: Path) -> None:
    out = tmp_path / "out"
    make = "from pathlib import Path; Path('made').write_text('whole')"
    copy = "from pathlib import Path; Path('manifest.json').write_text(Path('made').read_text())"
    last = step(tmp_path, python(copy, out), inputs=[out / "made"])
    first = Step("make", (python(make, out),), (), out, out / "made")
    harmed: list[Record] = []

    def harm(record: Record) -> None:
        if record.step == "make" and isinstance(record.event, Finished) and not harmed:
            harmed.append(record)
            (out / "made").write_text("half")

    run(replace(job(tmp_path, first, last), patience=AT_ONCE), harm)
    assert harmed
    assert (out / "manifest.json").read_text() == "whole"
