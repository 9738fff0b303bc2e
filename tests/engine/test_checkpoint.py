import logging
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightmould.engine import reconstruct
from lightmould.engine.checkpoint import Arrays, Checkpoints
from lightmould.engine.journal import Journal
from lightmould.engine.stages import Stage, Tell
from lightmould.model import Event, Progress, Warned

DAMAGES = ("truncated", "empty", "flipped", "zeros", "an array less")


def spoil(path: Path, damage: str) -> None:
    """Damage a checkpoint in one of many ways."""
    data = path.read_bytes()
    half = len(data) // 2
    match damage:
        case "truncated":
            path.write_bytes(data[:half])
        case "empty":
            path.write_bytes(b"")
        case "flipped":
            path.write_bytes(data[:half] + bytes([data[half] ^ 0x40]) + data[half + 1 :])
        case "zeros":
            path.write_bytes(bytes(len(data)))
        case "an array less":
            with np.load(path) as file:
                kept = {name: file[name] for name in file.files if name != "a"}
            np.savez(path, **kept)


def test_what_was_saved_comes_back_bit_for_bit(tmp_path: Path) -> None:
    kept = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(7, np.int32)}
    checkpoints = Checkpoints(tmp_path / "deep", "key")
    checkpoints.save("10_shape", kept)
    found = checkpoints.load("10_shape")
    assert found is not None
    assert set(found) == {"a", "b"}
    np.testing.assert_array_equal(found["a"], kept["a"])


def test_another_key_makes_it_absent(tmp_path: Path) -> None:
    Checkpoints(tmp_path, "old").save("10_shape", {"a": np.zeros(1)})
    assert Checkpoints(tmp_path, "new").load("10_shape") is None


@pytest.mark.parametrize("bits", [0x01, 0x40, 0xFF])
def test_no_flipped_byte_anywhere_brings_other_arrays_or_another_exception(
    tmp_path: Path, bits: int
) -> None:
    checkpoints = Checkpoints(tmp_path, "key")
    checkpoints.save("10_shape", {"a": np.arange(6.0), "b": np.array(7, np.int32)})
    path = checkpoints.path("10_shape")
    good, damaged = path.read_bytes(), 0
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ bits]) + good[place + 1 :])
        try:
            found = checkpoints.load("10_shape")
        except ValueError:
            damaged += 1
            continue
        # What is left is what zip files hold twice, and dates.
        assert found is not None
        assert set(found) == {"a", "b"}
        np.testing.assert_array_equal(found["a"], np.arange(6.0))
        assert found["b"] == 7
    assert damaged > len(good) // 2


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_told_as_damaged(tmp_path: Path, damage: str) -> None:
    checkpoints = Checkpoints(tmp_path, "key")
    checkpoints.save("10_shape", {"a": np.zeros(1000), "b": np.ones(10)})
    spoil(checkpoints.path("10_shape"), damage)
    with pytest.raises(ValueError, match=r"."):
        checkpoints.load("10_shape")


class Work:
    """A plan of four stages that adds up, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.checkpoints = Checkpoints(folder / "checkpoints", "key")
        self.folder, self.ran, self.said = folder, list[str](), list[Event]()

    def stage(self, name: str) -> Stage:
        def add(arrays: Arrays, _tell: Tell) -> Arrays:
            self.ran.append(name)
            return {"a": 2 * arrays.get("a", np.zeros(1000)) + int(name), "b": np.ones(10)}

        return Stage(name, name, 1.0, 1, add)

    def run(self) -> Arrays:
        """The last stage's arrays."""
        self.ran.clear()
        self.said.clear()
        plan = tuple(self.stage(name) for name in "1234")
        journal = Journal(self.folder / "metrics.jsonl", plan, self.said.append)
        return reconstruct.run_stages(plan, self.checkpoints, journal)[1]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_checkpoint_is_told_and_the_one_before_it_goes_on(
    tmp_path: Path, damage: str
) -> None:
    work = Work(tmp_path)
    whole = work.run()
    assert work.ran == ["1", "2", "3", "4"]
    spoil(work.checkpoints.path("4"), damage)
    again = work.run()
    assert work.ran == ["4"]
    (warning,) = [one.message for one in work.said if isinstance(one, Warned)]
    assert str(work.checkpoints.path("4")) in warning
    np.testing.assert_array_equal(again["a"], whole["a"])
    assert work.run()["a"].tobytes() == whole["a"].tobytes()
    assert not work.ran


def test_a_stage_that_ended_before_its_picture_was_drawn_is_run_and_drawn_again(
    tmp_path: Path,
) -> None:
    work, drawn = Work(tmp_path), list[int]()
    plan = tuple(work.stage(name) for name in "12")
    journal = Journal(tmp_path / "metrics.jsonl", plan, work.said.append)

    def ends_at_the_second(index: int, _arrays: Arrays) -> None:
        if index == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconstruct.run_stages(plan, work.checkpoints, journal, ends_at_the_second)
    reconstruct.run_stages(plan, work.checkpoints, journal, lambda index, _: drawn.append(index))
    assert work.ran == ["1", "2", "2"]
    assert drawn == [1]


def test_a_stage_with_nothing_to_do_leaves_no_trace_and_takes_no_time(tmp_path: Path) -> None:
    work, drawn = Work(tmp_path), list[int]()
    idle = replace(work.stage("2"), skips=lambda _: True, weight=8.0, steps=100)
    plan = (work.stage("1"), idle, work.stage("3"), work.stage("4"))
    for ran in (["1", "3", "4"], []):
        work.ran.clear()
        work.said.clear()
        journal = Journal(tmp_path / "metrics.jsonl", plan, work.said.append)
        _, arrays = reconstruct.run_stages(
            plan, work.checkpoints, journal, lambda index, _: drawn.append(index)
        )
        assert work.ran == ran
        assert [bool(seconds) for seconds in arrays["seconds"]] == [True, False, True, True]
        assert journal.steps(3) == 3
    assert drawn == [0, 2, 3]
    assert not work.checkpoints.path("2").exists()
    assert [one.fraction for one in work.said if isinstance(one, Progress)] == [1.0]


def test_what_a_stage_warns_of_is_said_and_an_infinite_loss_is_no_point(tmp_path: Path) -> None:
    said = list[Event]()

    def run(arrays: Arrays, tell: Tell) -> Arrays:
        logging.getLogger("lightmould.engine.geometry.shape").warning("%d trouble", 1)
        tell(0, math.nan)
        tell(10, 0.5)
        return arrays

    plan = (Stage("1", "1", 1.0, 20, run),)
    journal = Journal(tmp_path / "metrics.jsonl", plan, said.append)
    reconstruct.run_stages(plan, Checkpoints(tmp_path, "key"), journal)
    assert [one for one in said if isinstance(one, Warned)] == [Warned("1 trouble")]
    assert journal.curves() == {"1": {10: 0.5}}
    assert not logging.getLogger("lightmould.engine").handlers


def test_checkpoints_of_other_settings_are_not_gone_on_from(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.run()
    Checkpoints(work.checkpoints.folder, "other").save("4", {"a": np.zeros(1000)})
    work.run()
    assert work.ran == ["4"]


def test_with_every_checkpoint_damaged_it_begins_again(tmp_path: Path) -> None:
    work = Work(tmp_path)
    whole = work.run()
    for name, damage in zip("1234", DAMAGES, strict=False):
        spoil(work.checkpoints.path(name), damage)
    np.testing.assert_array_equal(work.run()["a"], whole["a"])
    assert work.ran == ["1", "2", "3", "4"]
    assert sum(isinstance(one, Warned) for one in work.said) == 4
