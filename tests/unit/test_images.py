import time
from pathlib import Path

import numpy as np
import pytest

from lightmould.dataset import images
from lightmould.errors import FormatError, JobError

RNG = np.random.default_rng(5)


def noise(channels: int) -> images.Pixels:
    return RNG.random((13, 17, channels), dtype=np.float32)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_exr_keeps_every_bit_even_infinity(tmp_path: Path, channels: int) -> None:
    pixels = noise(channels) * 1e5 - 3
    pixels[3, 4, 0] = np.inf
    images.write_exr(tmp_path / "ü 1.exr", pixels)
    np.testing.assert_array_equal(images.read(tmp_path / "ü 1.exr", channels), pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["ü 1.exr"]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_keeps_whole_steps_and_straight_alpha(
    tmp_path: Path, channels: int, bits: images.Literal[8, 16]
) -> None:
    top = 2**bits - 1
    pixels = (RNG.integers(0, top, (13, 17, channels), endpoint=True) / top).astype(np.float32)
    if channels == 4:
        pixels[..., 3] *= pixels[..., 3] > 0.5  # color survives where alpha is 0
        pixels[..., 3] = np.rint(pixels[..., 3] * top) / top
    images.write_png(tmp_path / "a.png", pixels, bits)
    np.testing.assert_allclose(images.read(tmp_path / "a.png", channels), pixels, atol=1e-6)


def test_png_clips_what_it_cannot_hold(tmp_path: Path) -> None:
    images.write_png(tmp_path / "a.png", np.array([[[-1.0], [2.0], [0.5]]], np.float32))
    np.testing.assert_allclose(images.read(tmp_path / "a.png", 1).ravel(), [0, 1, 128 / 255])


def test_hdr_keeps_color_to_its_shared_exponent(tmp_path: Path) -> None:
    pixels = noise(3) * np.float32(40) + 1
    images.write_hdr(tmp_path / "a.hdr", pixels)
    read = images.read(tmp_path / "a.hdr", 3)
    assert np.abs(read - pixels).max() <= 40 / 128


def test_the_first_row_is_on_top_and_the_same_pixels_give_the_same_bytes(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 3), np.float32)
    pixels[0, 1] = (1, 0.5, 0)
    writers = {"png": images.write_png, "exr": images.write_exr, "hdr": images.write_hdr}
    for name in ("a", "b"):
        for suffix, write in writers.items():
            write(tmp_path / f"{name}.{suffix}", pixels)
        time.sleep(1.1)  # dates in files count seconds
    for suffix in writers:
        one, other = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert images.read(one, 3)[0, 1, 0] == pytest.approx(1, abs=0.01)
        assert one.read_bytes() == other.read_bytes()


def test_gray_becomes_color_and_alpha_comes_and_goes(tmp_path: Path) -> None:
    gray, color = np.full((2, 3, 1), 0.2, np.float32), np.full((2, 3, 4), 0.4, np.float32)
    images.write_png(tmp_path / "gray.png", gray)
    images.write_png(tmp_path / "color.png", color)
    assert images.read(tmp_path / "gray.png", 4)[0, 0] == pytest.approx([0.2, 0.2, 0.2, 1])
    assert images.read(tmp_path / "color.png", 3).shape == (2, 3, 3)
    with pytest.raises(FormatError, match=r"4 channels \(R, G, B, A\); wanted a picture with 1"):
        images.read(tmp_path / "color.png", 1)


@pytest.mark.parametrize("name", ["a.png", "a.exr", "a.hdr"])
def test_a_file_cut_short_is_an_error_with_its_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write = {"png": images.write_png, "exr": images.write_exr, "hdr": images.write_hdr}[name[-3:]]
    write(path, np.tile(noise(3), (10, 10, 1)))
    data = path.read_bytes()
    for share in (0.0, 0.1, 0.5, 0.99):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(FormatError, match=r"a\.\w+: found .*; wanted a picture"):
            images.read(path, 3)


@pytest.mark.parametrize("name", ["a.png", "a.exr"])
def test_a_damaged_file_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write = images.write_png if name.endswith("png") else images.write_exr
    write(path, np.tile(noise(3), (10, 10, 1)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = b"\0" * 40
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"a\.\w+: found"):
        images.read(path, 3)


def test_a_missing_or_foreign_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.png: found no file"):
        images.read(tmp_path / "none.png", 3)
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(FormatError, match=r"text\.png"):
        images.read(tmp_path / "text.png", 3)


def test_an_unwritable_place_or_an_unknown_suffix_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match=r"a\.png"):
        images.write_png(tmp_path / "file" / "a.png", noise(3))
    with pytest.raises(FormatError, match=r"suffix '\.what'"):
        images.write_png(tmp_path / "a.what", noise(3))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
