"""One runner per folder; a dead one's claim is taken over, anybody else's is respected."""

import os
import platform
from dataclasses import replace
from pathlib import Path

import pytest

from lightmould.errors import JobError
from lightmould.formats import codec
from lightmould.jobs import claim, processes


def me() -> claim.Owner:
    birth = processes.birth(os.getpid())
    assert birth is not None
    return claim.Owner(platform.node(), processes.boot(), os.getpid(), birth, "a" * 32)


def leave(folder: Path, owner: claim.Owner, name: str = "run.claim") -> None:
    (folder / name).write_text(codec.write(owner))


def test_a_folder_is_claimed_while_the_block_lasts(tmp_path: Path) -> None:
    with claim.claimed(tmp_path) as token:
        holder = claim.holder(tmp_path)
        assert holder is not None
        assert (holder.pid, holder.token) == (os.getpid(), token)
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
    with claim.claimed(tmp_path):
        assert len(list(tmp_path.iterdir())) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_claim_from_before_the_machine_started_again_is_taken_over(tmp_path: Path) -> None:
    leave(tmp_path, replace(me(), boot="another"))
    with claim.claimed(tmp_path):
        pass


def test_a_chain_of_dead_runners_ends_with_us(tmp_path: Path) -> None:
    dead = replace(me(), birth="1")
    leave(tmp_path, dead)
    leave(tmp_path, replace(dead, token="b" * 32), f"run.claim.{dead.token}")
    with claim.claimed(tmp_path) as token:
        assert claim.holder(tmp_path) == replace(me(), token=token)
    assert list(tmp_path.iterdir()) == []


def test_a_living_runner_at_the_end_of_the_chain_is_respected(tmp_path: Path) -> None:
    dead = replace(me(), birth="1")
    leave(tmp_path, dead)
    leave(tmp_path, replace(me(), token="b" * 32), f"run.claim.{dead.token}")
    with pytest.raises(JobError), claim.claimed(tmp_path):
        pass


def test_a_claim_from_another_machine_is_respected_and_named(tmp_path: Path) -> None:
    leave(tmp_path, replace(me(), host="farm-07"))
    with pytest.raises(JobError, match=r"on farm-07.*delete .*run\.claim"), claim.claimed(tmp_path):
        pass
    assert claim.holder(tmp_path) == replace(me(), host="farm-07")


@pytest.mark.parametrize("content", ["", '{"host": "x'])
def test_a_claim_that_was_cut_short_belongs_to_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.claim").write_text(content)
    with claim.claimed(tmp_path):
        pass


def test_links_of_an_old_chain_are_swept_away(tmp_path: Path) -> None:
    leave(tmp_path, replace(me(), birth="1"), "run.claim." + "c" * 32)
    with claim.claimed(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["run.claim"]
