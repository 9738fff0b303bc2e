import os
from pathlib import Path

import pytest

from lightmould.errors import JobError
from lightmould.formats.files import aside, file_hash, write_atomically


def test_a_file_appears_whole_in_a_folder_that_was_missing(tmp_path: Path) -> None:
    path = tmp_path / "größer" / "a b.json"
    write_atomically(path, "ü\n")
    assert path.read_bytes() == "ü\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["a b.json"]


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
