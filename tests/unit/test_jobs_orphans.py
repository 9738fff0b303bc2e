"""Whoever is killed, however: no program is left behind, and the job can go on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import numpy as np
import pytest
from fakes.jobs import ONCE

from lightmould.jobs import claim, job_file, log, processes
from lightmould.model import Command, Failed, Finished, Job, Step

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

# Says its number and a grandchild's, then works until there is a file "enough".
WORKER = """
import os, signal, subprocess, sys, time
from pathlib import Path

stubborn, asked = "stubborn" in sys.argv, Path("asked")
signal.signal(signal.SIGTERM, lambda *_: (asked.touch(), stubborn or sys.exit(1)))
sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(99)"
grandchild = subprocess.Popen([sys.executable, "-c", sleeper])
Path("pids.new").write_text(f"{os.getpid()} {grandchild.pid} {os.getppid()}")
Path("pids.new").rename("pids")
while not Path("enough").exists():
    time.sleep(0.02)
Path("manifest.json").write_text("{}")
"""

# Makes ten views, one by one, each aside and renamed; skips those that are there.
VIEWS = """
import time
from pathlib import Path

for i in range(10):
    view = Path(f"view{i}.txt")
    if not view.exists():
        time.sleep(0.05)
        aside = view.with_suffix(".new")
        aside.write_text(str(time.time_ns()))
        aside.rename(view)
Path("manifest.json").write_text("{}")
"""


class Scene:
    """A job folder, and runners of the job as processes of their own."""

    def __init__(self, folder: Path, code: str, *arguments: str) -> None:
        self.out = folder / "out"
        self.out.mkdir()
        command = Command("work", (sys.executable, "-c", code, *arguments), self.out)
        step = Step("work", (command,), (), self.out, self.out / "manifest.json")
        self.job = Job("a job", folder / "job", (step,), patience=ONCE)
        self.path = job_file.write(self.job)
        self.runners: list[subprocess.Popen[str]] = []

    def start(self) -> "subprocess.Popen[str]":
        argv = [sys.executable, "-m", "lightmould", "run", str(self.path)]
        runner = subprocess.Popen(
            argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
        )
        self.runners.append(runner)
        return runner

    def work(self) -> tuple[int, int, int]:
        """The numbers of the worker, its child and its guard, once they are at work."""
        pids = self.out / "pids"
        assert eventually(pids.exists), "the worker did not start"
        worker, grandchild, guard = map(int, pids.read_text().split())
        pids.unlink()
        return worker, grandchild, guard

    def finish(self) -> None:
        """Run the job to its end."""
        (self.out / "enough").touch()
        runner = self.start()
        assert runner.wait(20) == 0, runner.communicate()
        assert (self.out / "manifest.json").exists()
        assert list(self.job.folder.glob("run.claim*")) == []

    def close(self) -> None:
        (self.out / "enough").touch()
        for runner in self.runners:
            runner.kill()
            runner.communicate()


def eventually(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    give_up = time.monotonic() + seconds
    while not true() and time.monotonic() < give_up:
        time.sleep(0.02)
    return true()


def gone(*pids: int) -> bool:
    return all(processes.birth(pid) is None for pid in pids)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Sets the scene for a program."""
    with ExitStack() as cleanup:

        def set_scene(code: str, *arguments: str) -> Scene:
            return cleanup.enter_context(closing(Scene(tmp_path, code, *arguments)))

        yield set_scene


@pytest.fixture
def scene(stage: Callable[..., Scene]) -> Scene:
    return stage(WORKER)


@pytest.fixture
def stubborn(stage: Callable[..., Scene]) -> Scene:
    """The worker does not end when told to."""
    return stage(WORKER, "stubborn")


def test_a_killed_runner_leaves_nobody(scene: Scene) -> None:
    runner = scene.start()
    pids = scene.work()
    runner.kill()
    assert eventually(lambda: gone(*pids))
    assert (scene.out / "asked").exists()
    scene.finish()


def test_a_killed_runner_leaves_nobody_even_if_told_politely_in_vain(stubborn: Scene) -> None:
    runner = stubborn.start()
    pids = stubborn.work()
    runner.kill()
    assert eventually(lambda: gone(*pids))


def test_the_next_runner_first_ends_what_a_dead_one_left(stubborn: Scene) -> None:
    runner = stubborn.start()
    pids = stubborn.work()
    # All at once, so that nobody is there to tidy up.
    os.kill(pids[2], signal.SIGSTOP)
    runner.kill()
    runner.wait()
    os.kill(pids[2], signal.SIGKILL)
    assert not gone(pids[0])
    second = stubborn.start()
    newer = stubborn.work()
    assert gone(*pids)
    assert not gone(*newer)
    second.terminate()
    assert second.wait(10) == 143


def test_a_killed_program_is_a_failure_that_can_be_resumed(scene: Scene) -> None:
    runner = scene.start()
    worker, grandchild, guard = scene.work()
    os.kill(worker, signal.SIGKILL)
    _, message = runner.communicate(timeout=10)
    assert runner.returncode == 6
    assert "its end by signal 9 (SIGKILL)" in message
    assert eventually(lambda: gone(worker, grandchild, guard))
    records = log.read(scene.job.folder / log.NAME).records
    assert [record.event.exit_code for record in records if isinstance(record.event, Failed)] == [
        -9,
        6,
    ]
    scene.finish()


def test_a_crashed_program_is_told_by_its_signal(stage: Callable[..., Scene]) -> None:
    scene = stage("import os; os.abort()")
    runner = scene.start()
    _, message = runner.communicate(timeout=10)
    assert runner.returncode == 6
    assert "signal 6 (SIGABRT)" in message


def test_a_killed_guard_takes_its_program_along(scene: Scene) -> None:
    runner = scene.start()
    pids = scene.work()
    os.kill(pids[2], signal.SIGKILL)
    assert runner.wait(10) == 6
    assert eventually(lambda: gone(*pids))
    scene.finish()


def test_a_program_that_left_its_group_does_not_outlive_the_run(
    stage: Callable[..., Scene],
) -> None:
    daemon = """
import subprocess, sys
from pathlib import Path
sleeper = [sys.executable, "-c", "import time; time.sleep(99)"]
Path("pid").write_text(str(subprocess.Popen(sleeper, start_new_session=True).pid))
Path("manifest.json").write_text("{}")
"""
    scene = stage(daemon)
    assert scene.start().wait(20) == 0
    assert eventually(lambda: gone(int((scene.out / "pid").read_text())))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_stops_the_job_and_it_can_be_resumed(
    scene: Scene, number: signal.Signals, code: int
) -> None:
    runner = scene.start()
    pids = scene.work()
    runner.send_signal(number)
    _, message = runner.communicate(timeout=10)
    assert runner.returncode == code
    assert message.count("\n") == 1
    assert "run the same command again to resume" in message
    assert gone(*pids)
    assert (scene.out / "asked").exists()
    assert not (scene.out / "manifest.json").exists()
    last = log.read(scene.job.folder / log.NAME).records[-1].event
    assert isinstance(last, Failed)
    assert last.exit_code == code
    scene.finish()


def test_a_second_signal_stops_it_at_once(stubborn: Scene) -> None:
    runner = stubborn.start()
    pids = stubborn.work()
    runner.send_signal(signal.SIGINT)
    assert eventually((stubborn.out / "asked").exists)
    start = time.monotonic()
    runner.send_signal(signal.SIGINT)
    assert runner.wait(10) == 130
    assert time.monotonic() - start < 1.5
    assert gone(*pids)


def test_a_file_named_cancel_stops_the_job(scene: Scene) -> None:
    cancel = scene.job.folder / "cancel"
    cancel.touch()  # an old one does not count
    runner = scene.start()
    pids = scene.work()
    assert not cancel.exists()
    cancel.touch()
    assert eventually((scene.out / "asked").exists, 1.0)
    assert runner.wait(10) == 143
    assert gone(*pids)
    scene.finish()


def test_a_second_runner_is_sent_away_and_disturbs_nobody(scene: Scene) -> None:
    first = scene.start()
    pids = scene.work()
    second = scene.start()
    _, message = second.communicate(timeout=10)
    assert second.returncode == 7
    assert f"process {first.pid} on " in message
    assert f"kill {first.pid}" in message
    assert not gone(pids[0])
    (scene.out / "enough").touch()
    assert first.wait(10) == 0


def test_of_many_runners_after_a_dead_one_exactly_one_works(scene: Scene) -> None:
    dead = scene.start()
    scene.work()
    dead.kill()
    dead.wait()
    many = [scene.start() for _ in range(6)]
    scene.work()
    assert eventually(lambda: sum(runner.poll() == 7 for runner in many) == 5, 20)
    (scene.out / "enough").touch()
    assert sorted(runner.wait(10) for runner in many) == [0, 7, 7, 7, 7, 7]
    assert list(scene.job.folder.glob("run.claim*")) == []


def test_a_job_killed_at_any_moment_completes_and_repeats_no_finished_view(
    stage: Callable[..., Scene],
) -> None:
    scene = stage(VIEWS)
    chance = np.random.default_rng(7)
    seen: dict[Path, str] = {}
    for _ in range(6):
        runner = scene.start()
        with suppress(subprocess.TimeoutExpired):
            runner.wait(chance.uniform(0.05, 0.6))
        runner.kill()
        runner.wait()
        seen.update((view, view.read_text()) for view in scene.out.glob("view*.txt"))
    scene.finish()
    assert len(list(scene.out.glob("view*.txt"))) == 10
    assert {view: view.read_text() for view in seen} == seen
    history = log.read(scene.job.folder / log.NAME)
    assert history.records[-1].event == Finished()
    assert claim.holder(scene.job.folder) is None
