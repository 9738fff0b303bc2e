"""Whoever is killed, hangs or fails: no item is lost or doubled, nobody is left, and it is said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lightmould.errors import ToolError
from lightmould.jobs import processes
from lightmould.stream import BlenderLauncher, Connection, Request, StreamDataset, Terms, loader
from lightmould.tools.blender.inside import slots

Producers = Callable[..., BlenderLauncher]

FAKE = Path(__file__).parents[1] / "fakes" / "producer.py"

unix = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

LAUNCHES = """
import os, signal, sys, time
from pathlib import Path
from lightmould.stream import BlenderLauncher, Connection, Launch, Request
from lightmould.tools.blender import Blender

script, folder, end = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
how = Launch(Blender(sys.executable, is_python=True), folder=folder / "logs")
with BlenderLauncher(None, script, 2, how) as launcher, Connection(launcher.endpoints) as links:
    pids = set()
    for item in links.ask(Request(index, parameters={"sleep": 0.01}) for index in range(10**6)):
        pids.add(item.metadata["pid"])
        if len(pids) == 2:
            break
    if end == "killed after a fork" and os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    (folder / "pids.new").write_text(" ".join(map(str, pids)))
    (folder / "pids.new").rename(folder / "pids")
    if end == "exception":
        raise ValueError("of the training")
    if end == "exit":
        sys.exit(3)
    time.sleep(60)
"""


def eventually(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    give_up = time.monotonic() + seconds
    while not true() and time.monotonic() < give_up:
        time.sleep(0.02)
    return true()


def test_producers_that_are_killed_again_and_again_cost_no_item(producers: Producers) -> None:
    requests = [Request(index, parameters={"sleep": 0.005}) for index in range(90)]
    with producers(2) as launcher, Connection(launcher.endpoints) as connection:
        found, kills = [], 0
        for item in connection.ask(requests):
            found.append(item)
            if len(found) % 30 == 10:
                os.kill(item.metadata["pid"], signal.SIGKILL)
                kills += 1
        assert [item.metadata["index"] for item in found] == [*range(90)]
        assert eventually(lambda: sum(launcher.starts) >= 2 + kills // 2)
        stats = connection.stats()
        assert stats.again > 0
        assert stats.answered >= 90
    with producers(1) as launcher, Connection(launcher.endpoints) as connection:
        undisturbed = [item.arrays["color"].tobytes() for item in connection.ask(requests)]
    assert [item.arrays["color"].tobytes() for item in found] == undisturbed


def test_workers_do_not_notice_that_a_producer_is_killed(producers: Producers) -> None:
    with producers(2) as launcher:
        dataset = StreamDataset(launcher.endpoints, 60, transform=lambda item: item.metadata)
        found = []
        for batch in loader(dataset, 4, 1):
            found += batch["index"].tolist()
            if len(found) == 20:
                os.kill(int(batch["pid"][-1]), signal.SIGKILL)
    assert found == [*range(60)]


def test_an_item_that_hangs_is_ended_named_and_made_by_another(
    producers: Producers, tmp_path: Path
) -> None:
    parameters = {"once": str(tmp_path / "hung"), "first": {"hang": True}}
    with producers(2) as launcher:
        with Connection(launcher.endpoints, Terms(timeout_s=1.0)) as connection:
            requests = [Request(0), Request(1, parameters=parameters), Request(2)]
            found = [item.metadata["index"] for item in connection.ask(requests)]
        assert found == [0, 1, 2]
        logs = "".join(
            each.log.read_text(encoding="utf-8")
            for each in launcher.endpoints.instances
            if each.log is not None
        )
    assert "Timeout" in logs
    assert 'ein skript.py", line' in logs  # where it hung


def test_an_item_that_ends_every_producer_is_given_up_by_name(producers: Producers) -> None:
    with producers(2) as launcher, Connection(launcher.endpoints) as connection:
        found = connection.ask([Request(4), Request(5, 1, parameters={"die": True}), Request(6)])
        assert next(found).metadata["index"] == 4
        message = r"(?s)item 5 of epoch 1: found 3 producers that ended over it, blender-\d last"
        with pytest.raises(ToolError, match=message + r".*blender-\d\.log, ends:.*ended with 9"):
            next(found)
        assert [item.metadata["index"] for item in connection.ask([Request(7)])] == [7]


@pytest.mark.parametrize(
    ("code", "why"),
    [("raise KeyError('no cube')", "no cube"), ("'forgot to serve'", "ended with 0")],
)
def test_a_script_that_fails_at_once_is_named_and_not_waited_for(
    producers: Producers, code: str, why: str
) -> None:
    with producers(1, code) as launcher:
        with (
            Connection(launcher.endpoints, Terms(start_s=300)) as connection,
            pytest.raises(ToolError, match=f"(?s)producers: found none.*{why}"),
        ):
            next(connection.ask([Request(0)]))
        assert launcher.starts == (3,)
        with pytest.raises(ToolError, match="blender-0"):
            launcher.check()
        with pytest.raises(ToolError, match="blender-0"):
            launcher.wait()


def test_where_nobody_is_that_is_said_after_a_while(producers: Producers) -> None:
    with producers(1) as launcher:
        (place,) = launcher.endpoints.instances
        endpoints = replace(launcher.endpoints, instances=(replace(place, port=1, log=None),))
        with (
            Connection(endpoints, Terms(start_s=0.5)) as connection,
            pytest.raises(ToolError, match=r"none for \d+ s \(blender-0 at 127.0.0.1:1: "),
        ):
            next(connection.ask([Request(0)]))


@unix
@pytest.mark.parametrize("end", ["exception", "exit", "INT", "killed after a fork"])
def test_no_producer_outlives_its_launcher(tmp_path: Path, end: str) -> None:
    argv = (sys.executable, "-c", LAUNCHES, str(FAKE), str(tmp_path), end)
    with subprocess.Popen(argv, stderr=subprocess.PIPE) as launcher:
        try:
            assert eventually((tmp_path / "pids").exists)
            if end == "INT":
                launcher.send_signal(signal.SIGINT)
            if end == "killed after a fork":
                launcher.kill()
            launcher.wait(60)
            pids = [*map(int, (tmp_path / "pids").read_text().split())]
            assert eventually(lambda: all(processes.birth(pid) is None for pid in pids), 30)
        finally:
            launcher.kill()


def test_a_slow_consumer_makes_producers_wait_and_can_see_it(
    producers: Producers, tmp_path: Path
) -> None:
    parameters = {"made": str(tmp_path)}
    requests = (Request(index, parameters=parameters) for index in range(10**6))

    def made() -> int:
        return len([*tmp_path.iterdir()])

    with producers(1) as launcher, Connection(launcher.endpoints, Terms(ahead=3)) as connection:
        found = connection.ask(requests)
        next(found)
        assert eventually(lambda: made() == 3)
        time.sleep(0.2)
        assert made() == 3
        assert connection.stats().in_flight + connection.stats().unread == 2
        before = connection.stats().idle_s
        for _ in range(4):
            next(found)
        assert connection.stats().idle_s > before + 0.1


def test_memory_that_a_killed_consumer_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "FOLDER", tmp_path)
    _, old = slots.create(1, 4096)
    _, young = slots.create(1, 4096)
    os.utime(tmp_path / old.name, (0, 0))
    _, new = slots.create(1, 4096)
    assert {path.name for path in tmp_path.iterdir()} == {young.name, new.name}
    assert oct((tmp_path / new.name).stat().st_mode & 0o777) == "0o600"
    with pytest.raises(slots.SlotsError):
        slots.take(replace(new, key="00"))
    assert slots.take(new).size == 4096
