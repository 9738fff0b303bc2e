"""Several processes share work: each unit is done once, whoever dies, sleeps or comes twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from lightmould.jobs import stop
from lightmould.jobs.lease import Pace, Watch
from lightmould.jobs.shares import Unit, shares

# Does units 0 to 11; of each it notes in a file of all that it began, and when it is done.
WORKER = """
import os, sys, time
from functools import partial
from pathlib import Path
from lightmould.jobs.lease import LostError, Pace, Watch
from lightmould.jobs.shares import Unit, shares

top, seconds, patience = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])

def note(word, unit):
    with (top / "notes").open("a") as file:
        file.write(f"{word} {unit.number} {os.getpid()}\\n")

units = [Unit(n, top / str(n), (top / str(n) / "done").exists) for n in range(12)]
for unit, lease in shares(units, Watch(Pace(0.05, patience)), lambda: None):
    note("began", unit)
    time.sleep(seconds)
    try:
        lease.check()
    except LostError:
        note("lost", unit)
        continue
    (unit.folder / "done").touch()
    note("did", unit)
"""


class Crew:
    """Workers on one folder."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self.workers: list[subprocess.Popen[bytes]] = []

    def hire(self, seconds: float, patience: float = 100.0) -> "subprocess.Popen[bytes]":
        argv = (sys.executable, "-c", WORKER, str(self._top), str(seconds), str(patience))
        self.workers.append(subprocess.Popen(argv))
        return self.workers[-1]

    def notes(self, word: str) -> list[tuple[int, int]]:
        """(unit, process) of each note with this word."""
        path = self._top / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        found = [line.split() for line in lines]
        return [(int(unit), int(pid)) for said, unit, pid in found if said == word]

    def until(self, ready: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 60
        while not ready():
            assert time.monotonic() < give_up
            time.sleep(0.01)


def test_workers_who_start_together_do_each_unit_once(tmp_path: Path) -> None:
    crew = Crew(tmp_path)
    for _ in range(4):
        crew.hire(0.02)
    assert [worker.wait(120) for worker in crew.workers] == [0] * 4
    assert Counter(unit for unit, _ in crew.notes("began")) == Counter(range(12))
    assert sorted(unit for unit, _ in crew.notes("did")) == [*range(12)]


def test_the_unit_of_a_worker_who_was_killed_is_done_by_another(tmp_path: Path) -> None:
    crew = Crew(tmp_path)
    first = crew.hire(60)
    crew.until(lambda: crew.notes("began") != [])
    other = crew.hire(0.01)
    crew.until(lambda: len(crew.notes("did")) == 11)
    first.kill()
    first.wait(60)
    assert other.wait(120) == 0
    assert {unit for unit, _ in crew.notes("did")} == {*range(12)}
    assert {pid for _, pid in crew.notes("did")} == {other.pid}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP on Windows")
def test_a_worker_who_slept_too_long_leaves_its_unit_to_whoever_took_it(tmp_path: Path) -> None:
    crew = Crew(tmp_path)
    first = crew.hire(0.5)
    crew.until(lambda: crew.notes("began") != [])
    os.kill(first.pid, signal.SIGSTOP)
    other = crew.hire(0.01, patience=1.0)
    assert other.wait(120) == 0
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait(120) == 0
    assert crew.notes("lost") == [(0, first.pid)]
    assert Counter(unit for unit, _ in crew.notes("did")) == Counter(range(12))


def test_who_waits_for_others_can_be_stopped(tmp_path: Path) -> None:
    unit = Unit(0, tmp_path / "0", (tmp_path / "0" / "done").exists)
    watch = Watch(Pace(0.05, 1.0))

    def ended() -> None:
        raise stop.Stopped(stop.TERMINATED)

    ours = shares([unit], watch, ended)
    next(ours)  # and keep it
    with pytest.raises(stop.Stopped):
        next(shares([unit], watch, ended))
    ours.close()
    assert [path.name for path in unit.folder.iterdir()] == []


def test_what_is_done_is_not_even_claimed(tmp_path: Path) -> None:
    units = [Unit(n, tmp_path / str(n), lambda: True) for n in range(3)]
    assert [*shares(units, Watch(), lambda: None)] == []
    assert [*tmp_path.iterdir()] == []
