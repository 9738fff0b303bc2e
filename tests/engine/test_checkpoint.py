from pathlib import Path

import numpy as np
import pytest

from lightmould.engine.checkpoint import Checkpoints


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


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_a_truncated_file_is_told_as_damaged(tmp_path: Path, cut: int) -> None:
    checkpoints = Checkpoints(tmp_path, "key")
    checkpoints.save("10_shape", {"a": np.zeros(100)})
    path = checkpoints.path("10_shape")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"."):
        checkpoints.load("10_shape")


def test_a_flipped_bit_is_told_as_damaged(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, "key")
    checkpoints.save("10_shape", {"a": np.zeros(1000)})
    path = checkpoints.path("10_shape")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(bytes(data))
    with pytest.raises(ValueError, match=r"."):
        checkpoints.load("10_shape")
