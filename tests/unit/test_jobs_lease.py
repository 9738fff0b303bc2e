"""One owner at a time: among processes, and among machines that see one another's files late."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lightmould.formats import codec
from lightmould.jobs import lease
from lightmould.jobs.disk import Disk
from lightmould.jobs.lease import Lease, LostError, Owner, Pace, Watch

BASE = Path("/drive/part")
NEVER = Pace(beat=3600.0, patience=7200.0)  # no heart beats in a test, but for `check`


class Server:
    """The files of a network drive, and the seconds that have passed."""

    def __init__(self) -> None:
        self.files: dict[Path, bytes] = {}
        self.seconds = 0.0


class Machine(Disk):
    """One of several machines that use the drive: that a name is not there, it believes for long.

    What goes to the server counts at once: making a name, and opening a file that is known.
    """

    AGE = 3600.0

    def __init__(self, server: Server) -> None:
        self._server = server
        self._absent: dict[Path, float] = {}

    def create(self, path: Path, data: bytes) -> bool:
        if path in self._server.files:
            return False
        self._server.files[path] = data
        self._absent.pop(path, None)
        return True

    def read(self, path: Path) -> bytes | None:
        if self._server.seconds - self._absent.get(path, -self.AGE) < self.AGE:
            return None
        if path not in self._server.files:
            self._absent[path] = self._server.seconds
        return self._server.files.get(path)

    def overwrite(self, path: Path, data: bytes) -> bool:
        if path in self._server.files:
            self._server.files[path] = data
        return path in self._server.files

    def remove(self, path: Path) -> None:
        self._server.files.pop(path, None)

    def names(self, folder: Path, beginning: str) -> list[str]:
        found = (path for path in self._server.files if path.parent == folder)
        return [path.name for path in found if path.name.startswith(beginning)]


class Worker:
    """A process on one of the machines."""

    def __init__(self, server: Server) -> None:
        self._watch = Watch(NEVER, Machine(server), lambda: server.seconds)
        self.lease: Lease | None = None
        self.losses = 0

    def step(self, *, leave: bool) -> bool:
        """Try to get the lease; or use it, and perhaps leave it; whether it may be used now."""
        if self.lease is None:
            self.lease = lease.take(BASE, self._watch)
            if self.lease is None:
                return False
            self.lease.__enter__()
        try:
            self.lease.check()
        except LostError:
            self.losses += 1
            self.leave()
            return False
        if leave:
            self.leave()
        return not leave

    def leave(self) -> None:
        if self.lease is not None:
            self.lease.__exit__(None, None, None)
        self.lease = None


def test_machines_that_sleep_at_random_and_see_names_late_never_have_the_lease_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lease, "is_gone", lambda _owner: None)
    rng = np.random.default_rng(7)
    losses = 0
    for _ in range(25):
        server = Server()
        workers = [Worker(server) for _ in range(4)]
        for _ in range(150):
            server.seconds += float(rng.choice((60.0, 600.0, 3000.0)))
            # Now and then one sleeps for long: the first is woken less than the others.
            worker = workers[min(rng.integers(8), 3)]
            if worker.step(leave=rng.random() < 0.05):
                chain, _ = lease.walk(BASE, Machine(server))
                assert worker.lease is not None
                assert chain[-1][1] == worker.lease.owner
        for worker in workers:
            worker.leave()
        losses += sum(worker.losses for worker in workers)
        assert server.files == {}
    assert losses > 20


def test_a_counter_that_stands_still_is_believed_after_enough_looks_alone(tmp_path: Path) -> None:
    now = 0.0
    watch = Watch(Pace(1.0, 5.0), clock=lambda: now)
    base = tmp_path / "part"
    owner = Owner("farm-07", "boot", 1, "birth", "a" * 32)
    beat = tmp_path / f"part.beat.{owner.token}"
    beat.write_bytes(b"1")
    assert watch.verdict(base, owner) == "unknown"
    now = 1000.0  # we slept; so may the owner have
    assert watch.verdict(base, owner) == "unknown"
    beat.write_bytes(b"2")
    assert watch.verdict(base, owner) == "alive"
    for _ in range(5):
        assert watch.verdict(base, owner) == "alive"
        now += 1.0
    assert watch.verdict(base, owner) == "dead"


def test_a_container_beside_ours_with_our_name_is_watched_not_looked_up() -> None:
    me = lease.this_process("a" * 32)
    start = me.boot.partition(" ")[0]
    assert lease.is_gone(me) is False
    assert lease.is_gone(Owner(me.host, f"{start} pid:[1]", 999_999_999, "1", me.token)) is None
    assert lease.is_gone(Owner("farm-07", me.boot, 999_999_999, "1", me.token)) is None
    assert lease.is_gone(Owner(me.host, me.boot, 999_999_999, "1", me.token)) is True


def test_what_an_owner_left_to_its_successor_stays(tmp_path: Path) -> None:
    base = tmp_path / "part"
    with taken(base) as first:
        later = Owner("farm-07", "boot", 1, "birth", "b" * 32)
        (tmp_path / f"part.{first.owner.token}").write_text(codec.write(later))
        with pytest.raises(LostError, match="took over"):
            first.check()
    assert [owner for _, owner in lease.walk(base, Disk())[0]] == [first.owner, later]


def test_silly_renamed_files_and_strangers_are_left_alone(tmp_path: Path) -> None:
    for name in (".nfs000000000012", "party", "other.beat.x"):
        (tmp_path / name).touch()
    with taken(tmp_path / "part"):
        pass
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".nfs000000000012", "party", "other.beat.x"}


def taken(base: Path) -> Lease:
    ours = lease.take(base, Watch(NEVER))
    assert ours is not None
    return ours


RACER = """
import sys, time
from pathlib import Path
from lightmould.jobs.lease import Watch, take
folder, watch = Path(sys.argv[1]), Watch()
for _ in range(20):
    while (lease := take(folder / "part", watch)) is None:
        time.sleep(0.001)
    with lease:
        lease.check()
        count = int((folder / "count").read_text())
        time.sleep(0.0005)
        (folder / "count").write_text(str(count + 1))
"""


def test_processes_that_race_for_a_lease_have_it_one_after_another(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    racers = [subprocess.Popen((sys.executable, "-c", RACER, str(tmp_path))) for _ in range(4)]
    assert [racer.wait(120) for racer in racers] == [0] * 4
    assert (tmp_path / "count").read_text() == "80"
    assert [path.name for path in tmp_path.iterdir()] == ["count"]


SLEEPER = """
import sys, time
from pathlib import Path
from lightmould.jobs.lease import LostError, Pace, Watch, take
lease = take(Path(sys.argv[1]), Watch(Pace(0.05, 0.5)))
with lease:
    print("mine", flush=True)
    try:
        while True:
            time.sleep(0.01)
            lease.check()
    except LostError as error:
        print(error, flush=True)
"""


def until(ready: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP on Windows")
def test_an_owner_that_was_stopped_finds_out_when_it_wakes(tmp_path: Path) -> None:
    argv = (sys.executable, "-c", SLEEPER, str(tmp_path / "part"))
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as sleeper:
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline() == "mine\n"
        os.kill(sleeper.pid, signal.SIGSTOP)
        watch, won = Watch(Pace(0.05, 0.5)), list[Lease]()

        def tried() -> bool:
            won.extend(filter(None, [lease.take(tmp_path / "part", watch)]))
            return bool(won)

        until(tried)
        with won[0]:
            os.kill(sleeper.pid, signal.SIGCONT)
            assert "another process took over" in sleeper.stdout.readline()
            assert sleeper.wait(60) == 0
            won[0].check()
    assert list(tmp_path.iterdir()) == []
