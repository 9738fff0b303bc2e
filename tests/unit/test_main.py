"""`python -m lightmould`, as Houdini, a farm or a shell starts it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lightmould.jobs import job_file, log
from lightmould.model import Command, Job, Step

WORK = """
import sys
from pathlib import Path
from lightmould.formats.events import line
from lightmould.model import Metric, Progress, Warned, Wrote
for event in (
    Progress(0.5, "view 1 of 2", 3.0),
    Metric("loss", 7, 0.125),
    Wrote("a.png", "color"),
    Warned("it is dark"),
):
    sys.stdout.write(line(event))
Path("manifest.json").write_text("{}")
"""


def lightmould(*arguments: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "lightmould", *arguments]
    return subprocess.run(argv, capture_output=True, encoding="utf-8", timeout=30, check=False)


def write_job(folder: Path, code: str = WORK) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = Command("work", (sys.executable, "-c", code), folder)
    step = Step("work", (command,), (), folder, folder / "manifest.json")
    return job_file.write(Job("töpfern", folder, (step,)))


def without_times(text: str) -> list[str]:
    return [line.partition(" ")[2] for line in text.splitlines()]


def test_run_prints_one_plain_line_per_event_and_tail_prints_them_again(tmp_path: Path) -> None:
    path = write_job(tmp_path / "a jöb")
    ran = lightmould("run", str(path))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert without_times(ran.stdout) == [
        "job: started töpfern",
        "work: started work",
        "work:  50% view 1 of 2, 3 s left",
        "work: loss 0.125 at 7",
        "work: wrote color a.png",
        "work: warning: it is dark",
        "work: finished",
        "job: finished",
    ]
    tailed = lightmould("tail", str(path.parent))
    assert (tailed.returncode, tailed.stdout, tailed.stderr) == (0, ran.stdout, "")


def test_json_prints_the_lines_of_the_log(tmp_path: Path) -> None:
    path = write_job(tmp_path / "a jöb")
    ran = lightmould("run", str(path), "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == (path.parent / "events.jsonl").read_text(encoding="utf-8")


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    ran = lightmould("run", str(write_job(tmp_path)), "--quiet")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_failure_is_one_message_and_a_documented_exit_code(tmp_path: Path) -> None:
    path = write_job(tmp_path, "print('out of paint'); raise SystemExit(1)")
    ran = lightmould("run", str(path))
    assert ran.returncode == 6
    assert ran.stderr.startswith("work: work: found exit code 1; wanted")
    assert ran.stderr.count("out of paint") == 1
    assert "Traceback" not in ran.stderr
    assert without_times(ran.stdout)[-2:] == [
        "work: failed, exit code 1",
        "job: failed, exit code 6",
    ]
    assert lightmould("tail", str(tmp_path)).returncode == 6


def test_a_screen_that_lacks_letters_does_not_end_a_job(tmp_path: Path) -> None:
    path = write_job(tmp_path)
    argv = [sys.executable, "-m", "lightmould", "run", str(path)]
    ascii_only = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(argv, capture_output=True, timeout=30, check=False, env=ascii_only)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"t?pfern" in ran.stdout


@pytest.mark.parametrize(
    ("damage", "code", "words"),
    [
        (lambda path: path.unlink(), 7, "No such file"),
        (lambda path: path.write_text("{"), 3, "job.json:1: found Expecting"),
        (lambda path: path.write_bytes(b'{"\xff": 1}'), 3, "wanted JSON in UTF-8"),
        (lambda path: path.write_text('{"name": "x"}'), 3, "Job.folder"),
        (lambda path: path.write_text(path.read_text().replace("work", "no word")), 3, "no word"),
    ],
    ids=["missing", "cut short", "not UTF-8", "incomplete", "wrong"],
)
def test_a_bad_job_file_is_refused_before_anything_starts(
    tmp_path: Path, damage: Callable[[Path], object], code: int, words: str
) -> None:
    path = write_job(tmp_path)
    damage(path)
    ran = lightmould("run", str(path))
    assert ran.returncode == code
    assert words in ran.stderr
    assert str(path) in ran.stderr
    assert "Traceback" not in ran.stderr
    assert {entry.name for entry in tmp_path.iterdir()} <= {"job.json"}


def test_a_full_disk_is_told_and_the_log_stays_readable(tmp_path: Path) -> None:
    path = write_job(tmp_path, 30 * WORK)
    small_files = "import resource, sys\nfrom lightmould.__main__ import main\n"
    small_files += "resource.setrlimit(resource.RLIMIT_FSIZE, (7000, 7000))\nsys.exit(main())"
    argv = [sys.executable, "-c", small_files, "run", str(path)]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "work.log").symlink_to("/dev/null")
    ran = subprocess.run(argv, capture_output=True, encoding="utf-8", timeout=30, check=False)
    assert ran.returncode == 7, ran.stderr
    assert ran.stderr.startswith(f"{tmp_path / 'events.jsonl'}: found the disk is full")
    assert lightmould("run", str(path)).returncode == 0
    assert log.read(tmp_path / "events.jsonl").torn == 1


def test_a_job_whose_folder_was_moved_is_refused(tmp_path: Path) -> None:
    path = write_job(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    ran = lightmould("run", str(tmp_path / "there" / path.name))
    assert ran.returncode == 7
    assert "Write the job again" in ran.stderr


def test_a_folder_without_a_job_has_nothing_to_tail(tmp_path: Path) -> None:
    tailed = lightmould("tail", str(tmp_path))
    assert tailed.returncode == 7
    assert "events.jsonl" in tailed.stderr


def test_a_runner_that_died_without_a_word_is_told(tmp_path: Path) -> None:
    path = write_job(tmp_path)
    lightmould("run", str(path))
    events = tmp_path / "events.jsonl"
    events.write_text("".join(events.read_text().splitlines(keepends=True)[:3]))
    tailed = lightmould("tail", str(tmp_path))
    assert tailed.returncode == 7
    assert "resume" in tailed.stderr


def test_a_wrong_command_line_is_exit_code_2() -> None:
    assert lightmould("ruin").returncode == 2
    assert lightmould("run").returncode == 2
