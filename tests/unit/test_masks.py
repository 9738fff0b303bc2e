"""Where the object is: alpha wins over a mask, and there has to be one of them."""

from pathlib import Path

import numpy as np
import pytest

from lightmould.dataset import images, masks
from lightmould.errors import DatasetError

COLOR = np.ones((2, 3, 3), np.float32)
LEFT = np.array([[1, 0, 0], [1, 0, 0]], np.float32)
RIGHT = 1 - LEFT


def test_alpha_wins_over_a_mask_in_files_and_in_arrays(tmp_path: Path) -> None:
    cut = np.concatenate([COLOR, LEFT[..., None]], axis=2)
    images.write_png(tmp_path / "cut.png", cut)
    images.write_png(tmp_path / "plain.png", COLOR)
    images.write_png(tmp_path / "mask.png", RIGHT[..., None])
    mask = tmp_path / "mask.png"
    assert np.array_equal(masks.of_files(tmp_path / "cut.png", mask), LEFT == 1)
    assert np.array_equal(masks.of_files(tmp_path / "plain.png", mask), RIGHT == 1)
    assert np.array_equal(masks.of_arrays(cut, RIGHT, "here"), LEFT == 1)
    assert np.array_equal(masks.of_arrays(COLOR, RIGHT, "here"), RIGHT == 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_half_of_whole_numbers_is_half_of_their_most(dtype: type[np.integer]) -> None:
    most = np.iinfo(dtype).max
    shares = np.array([[0, most // 2, most // 2 + 1, most]], dtype)
    color = np.zeros((1, 4, 3), dtype)
    assert masks.of_arrays(color, shares, "here").tolist() == [[False, False, True, True]]


def test_a_picture_without_alpha_and_without_a_mask_is_no_silhouette(tmp_path: Path) -> None:
    images.write_png(tmp_path / "plain.png", COLOR)
    with pytest.raises(DatasetError, match=r"plain\.png: found neither alpha nor a mask"):
        masks.of_files(tmp_path / "plain.png", None)
    with pytest.raises(DatasetError, match="here: found neither alpha nor a mask"):
        masks.of_arrays(COLOR, None, "here")
