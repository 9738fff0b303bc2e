import errno
import os
import tempfile
from pathlib import Path
from typing import IO, Any

import pytest

from lightmould.errors import JobError
from lightmould.formats.files import aside, file_hash, place, write_atomically


def test_a_file_appears_whole_in_a_folder_that_was_missing(tmp_path: Path) -> None:
    path = tmp_path / "größer" / "a b.json"
    write_atomically(path, "ü\n")
    assert path.read_bytes() == "ü\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["a b.json"]


def test_writers_of_one_file_never_share_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with aside(path) as ours, aside(path) as theirs:  # as on two machines, with equal numbers
        ours.write_text("ours")
        theirs.write_text("theirs")
    assert path.read_text() == "ours"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_gets_a_second_place_on_another_disk(tmp_path: Path) -> None:
    other = Path("/dev/shm")  # noqa: S108  # on Linux a disk of its own
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no other disk here")
    with tempfile.TemporaryDirectory(dir=other) as name:
        source = Path(name) / "a.png"
        source.write_bytes(b"pixels")
        place(source, tmp_path / "color" / "a.png")
        place(source, Path(name) / "color" / "a.png")
    assert (tmp_path / "color" / "a.png").read_bytes() == b"pixels"
    assert [path.name for path in (tmp_path / "color").iterdir()] == ["a.png"]


def test_a_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(b"old")

    def fail_halfway() -> None:
        with aside(path) as temporary:
            assert temporary.suffix == ".png"
            temporary.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_wrote_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"image\.png"), aside(tmp_path / "image.png"):
        pass


def test_a_path_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JobError, match=r"inside\.json.*Choose another folder"):
        write_atomically(tmp_path / "file" / "inside.json", "{}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_an_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(JobError, match="Permission denied"):
        write_atomically(tmp_path / "inside.json", "{}")


def test_a_hash_is_that_of_the_content(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", "abc")
    assert file_hash(tmp_path / "a").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_a_file_that_a_network_drive_lost_hold_of_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomically(tmp_path / "a", "abc")
    real, stale = Path.open, [True, True]

    def opened(path: Path, mode: str) -> IO[Any]:
        if stale and stale.pop():
            raise OSError(errno.ESTALE, "Stale file handle", str(path))
        return real(path, mode)

    monkeypatch.setattr(Path, "open", opened)
    assert file_hash(tmp_path / "a").startswith("ba7816bf")
    assert stale == []
