"""One runner per folder; a dead one's claim is taken over, anybody else's is respected."""

import os
import platform
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.jobs import job, python, step

from lightmould.errors import JobError
from lightmould.formats import codec
from lightmould.jobs import claim, lease, log, processes
from lightmould.jobs.run import run


def me() -> lease.Owner:
    birth = processes.birth(os.getpid())
    assert birth is not None
    return lease.Owner(platform.node(), processes.boot(), os.getpid(), birth, "a" * 32)


def leave(folder: Path, owner: lease.Owner, name: str = "run.claim") -> None:
    (folder / name).write_text(codec.write(owner))


def test_a_folder_is_claimed_while_the_block_lasts(tmp_path: Path) -> None:
    with claim.claimed(tmp_path) as ours:
        holder = claim.holder(tmp_path)
        assert holder is not None
        assert holder == ours.owner
        assert holder.pid == os.getpid()
    assert claim.holder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_nobody_claims_twice(tmp_path: Path) -> None:
    with (
        claim.claimed(tmp_path),
        pytest.raises(JobError, match=f"process {os.getpid()} on"),
        claim.claimed(tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_claim_of_an_earlier_process_with_our_number_is_taken_over(tmp_path: Path) -> None:
    leave(tmp_path, replace(me(), birth="1"))
    with claim.claimed(tmp_path) as ours:
        assert [owner.birth for owner in ours.before] == ["1"]
    assert list(tmp_path.iterdir()) == []


def test_a_claim_from_before_the_machine_started_again_is_taken_over(tmp_path: Path) -> None:
    leave(tmp_path, replace(me(), boot="another"))
    with claim.claimed(tmp_path):
        pass


def test_a_chain_of_dead_runners_ends_with_us(tmp_path: Path) -> None:
    dead = replace(me(), birth="1")
    leave(tmp_path, dead)
    leave(tmp_path, replace(dead, token="b" * 32), f"run.claim.{dead.token}")
    with claim.claimed(tmp_path) as ours:
        assert claim.holder(tmp_path) == replace(me(), token=ours.owner.token)
    assert list(tmp_path.iterdir()) == []


def test_a_living_runner_at_the_end_of_the_chain_is_respected(tmp_path: Path) -> None:
    dead = replace(me(), birth="1")
    leave(tmp_path, dead)
    leave(tmp_path, replace(me(), token="b" * 32), f"run.claim.{dead.token}")
    with pytest.raises(JobError), claim.claimed(tmp_path):
        pass


def test_a_claim_from_another_machine_is_respected_and_named(tmp_path: Path) -> None:
    far = replace(me(), host="farm-07")
    leave(tmp_path, far)
    beat = tmp_path / f"run.claim.beat.{far.token}"
    beat.write_bytes(b"0")
    stop = threading.Event()

    def live() -> None:
        while not stop.wait(0.01):
            beat.write_bytes(b"%d" % time.monotonic_ns())

    heart = threading.Thread(target=live)
    heart.start()
    try:
        with (
            pytest.raises(JobError, match=r"on farm-07.*delete .*run\.claim"),
            claim.claimed(tmp_path),
        ):
            pass
    finally:
        stop.set()
        heart.join()
    assert claim.holder(tmp_path) == far
    with pytest.raises(JobError, match="farm-07"):
        claim.check_free(tmp_path)


def test_a_claim_from_another_machine_that_stands_still_is_taken_over(tmp_path: Path) -> None:
    far = replace(me(), host="farm-07")
    leave(tmp_path, far)
    with claim.claimed(tmp_path, lease.Watch(lease.Pace(0.01, 0.1))) as ours:
        assert ours.before == (far,)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", '{"host": "x'])
def test_a_claim_that_was_cut_short_belongs_to_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.claim").write_text(content)
    with claim.claimed(tmp_path):
        pass


def test_links_of_an_old_chain_are_swept_away(tmp_path: Path) -> None:
    leave(tmp_path, replace(me(), birth="1"), "run.claim." + "c" * 32)
    (tmp_path / f".run.claim.{'d' * 32}").write_text("half a cl")
    with claim.claimed(tmp_path) as ours:
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"run.claim", f"run.claim.beat.{ours.owner.token}"}


SLOW = """
import pathlib, time
pathlib.Path("ready").touch()
time.sleep(60)
pathlib.Path("manifest.json").write_text("{}")
"""


def test_a_run_that_was_taken_over_ends_its_programs_and_says_nothing_more(tmp_path: Path) -> None:
    slow = job(tmp_path, step(tmp_path, python(SLOW, tmp_path / "out")))
    began = time.monotonic()

    def take_over() -> None:
        while not (tmp_path / "out" / "ready").exists() and time.monotonic() < began + 50:
            time.sleep(0.05)
        owner = claim.holder(slow.folder)
        assert owner is not None
        leave(slow.folder, replace(me(), host="farm-07"), f"run.claim.{owner.token}")

    other = threading.Thread(target=take_over)
    other.start()
    with pytest.raises(lease.LostError, match="took over"):
        run(slow, lambda _: None)
    other.join()
    assert not slow.steps[0].manifest.exists()
    told = log.read(slow.folder / log.NAME).records
    assert {type(record.event).__name__ for record in told} == {"Started"}
