"""Files on a drive that loses replies, forgets handles and makes no links."""

import errno
import os
from pathlib import Path

import pytest

from lightmould.jobs.disk import Disk


class Link:
    """`os.link` on a drive with a fault."""

    def __init__(self, fault: OSError, *, after: bool) -> None:
        self._real, self._fault, self._after = os.link, fault, after

    def __call__(self, source: Path, target: Path) -> None:
        if self._after:
            self._real(source, target)
        raise self._fault


def test_one_of_two_makes_a_file(tmp_path: Path) -> None:
    assert Disk().create(tmp_path / "a", b"first")
    assert not Disk().create(tmp_path / "a", b"second")
    assert Disk().read(tmp_path / "a") == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_lost_reply_is_no_defeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = FileExistsError(errno.EEXIST, "File exists")
    monkeypatch.setattr(os, "link", Link(told, after=True))
    assert Disk().create(tmp_path / "a", b"ours")
    monkeypatch.setattr(os, "link", Link(told, after=False))
    assert not Disk().create(tmp_path / "a", b"late")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV])
def test_a_drive_without_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "link", Link(OSError(number, "no links"), after=False))
    assert Disk().create(tmp_path / "a", b"first")
    assert not Disk().create(tmp_path / "a", b"second")
    assert Disk().read(tmp_path / "a") == b"first"


def test_a_drive_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", Link(OSError(errno.EIO, "broken"), after=False))
    with pytest.raises(OSError, match="broken"):
        Disk().create(tmp_path / "a", b"")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        Disk().create(tmp_path / "gone" / "a", b"")


def test_a_stale_handle_is_looked_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"12")
    real, stale = Path.read_bytes, [True, True, False]

    def read(path: Path) -> bytes:
        if stale.pop(0):
            raise OSError(errno.ESTALE, "Stale file handle", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    assert Disk().read(tmp_path / "a") == b"12"
    assert stale == []


def test_a_handle_that_stays_stale_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path) -> bytes:
        raise OSError(errno.ESTALE, "Stale file handle", str(path))

    monkeypatch.setattr(Path, "read_bytes", read)
    with pytest.raises(OSError, match="Stale"):
        Disk().read(tmp_path / "a")


def test_only_what_is_there_is_overwritten(tmp_path: Path) -> None:
    assert not Disk().overwrite(tmp_path / "a", b"1")
    (tmp_path / "a").write_bytes(b"0")
    assert Disk().overwrite(tmp_path / "a", b"1")
    assert Disk().read(tmp_path / "a") == b"1"
    assert Disk().read(tmp_path / "a" / "b") is None
