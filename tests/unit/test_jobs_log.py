"""The log: whole lines, whoever dies."""

import threading
from pathlib import Path

import pytest

from lightmould.jobs import log
from lightmould.model import Metric, Progress, Record, Started


def metric(step: int) -> Record:
    return Record(1700000000.0 + step, "train", Metric("loss", step, 0.5))


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    records = (Record(1.5, "", Started("töpfern")), metric(1), metric(2))
    with log.Log(path) as opened:
        for record in records:
            opened.append(record)
    assert log.read(path) == log.History(records, 0)


def test_an_absent_log_is_empty(tmp_path: Path) -> None:
    assert log.read(tmp_path / "events.jsonl") == log.History((), 0)


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_torn_last_line_costs_that_line_alone(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "events.jsonl"
    with log.Log(path) as opened:
        opened.append(metric(1))
        whole = path.stat().st_size
        opened.append(metric(2))
    path.write_bytes(path.read_bytes()[: whole + kept])
    with log.Log(path) as opened:
        opened.append(metric(3))
    assert log.read(path) == log.History((metric(1), metric(3)), 1)


def test_a_name_that_is_not_utf8_leaves_the_log_readable(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with log.Log(path) as opened:
        opened.append(Record(1.0, "", Started("caf\udce9")))
    assert log.read(path).records == (Record(1.0, "", Started("caf?")),)


def test_writers_side_by_side_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"

    def write() -> None:
        with log.Log(path) as opened:
            for step in range(200):
                opened.append(metric(step))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = log.read(path)
    assert history.torn == 0
    assert sorted(record.time for record in history.records) == sorted(
        metric(step).time for step in list(range(200)) * 4
    )


def test_a_follower_sees_old_and_new_records_until_the_writer_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    opened = log.Log(path)
    opened.append(metric(0))
    left = [metric(1), metric(2), Record(9.0, "train", Progress(1.0, "done"))]

    def running() -> bool:
        if left:
            opened.append(left.pop(0))
        return bool(left)

    with opened:
        followed = list(log.follow(path, running, pause=0.001))
    assert followed == [
        metric(0),
        metric(1),
        metric(2),
        Record(9.0, "train", Progress(1.0, "done")),
    ]


def test_a_follower_waits_for_the_rest_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with log.Log(path) as opened:
        opened.append(metric(1))
    line = path.read_bytes()
    path.write_bytes(line[:20])
    pieces = [line[20:30], line[30:]]

    def running() -> bool:
        if pieces:
            with path.open("ab") as file:
                file.write(pieces.pop(0))
        return bool(pieces)

    assert list(log.follow(path, running, pause=0.001)) == [metric(1)]
