"""Bad configurations: whatever is wrong with a file, one error says so, and names the file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lightmould import settings
from lightmould.errors import LightmouldError
from lightmould.formats import codec, nvdiffrec
from lightmould.jobs import job_file
from lightmould.settings.presets import reconstruction

JSON = {
    "unknown name": b'{"texture_sise": 512}',
    "wrong type": b'{"texture_size": "512"}',
    "not a number": b'{"texture_size": NaN}',
    "infinite": b'{"texture_size": 1e999}',
    "negative": b'{"texture_size": -512}',
    "huge": b'{"texture_size": 1' + b"0" * 5000 + b"}",
    "twice": b'{"texture_size": 512, "texture_size": 256}',
    "trailing comma": b'{"texture_size": 512,}',
    "comment": b'{"texture_size": 512} // half of it',
    "not text": b"\xff\xfe\x00\x80",
    "cut short": b'{"texture_size"',
    "empty": b"",
    "no object": b"[512]",
    "deep": b'{"texture_size":' + b"[" * 100_000,
    "refers to itself": b'{"$ref": "#"}',
}


def read_reconstruction(path: Path) -> object:
    return reconstruction("draft", path)


def read_nvdiffrec(path: Path) -> object:
    return nvdiffrec.read(path.read_bytes(), path)


@pytest.mark.parametrize("read", [read_reconstruction, read_nvdiffrec, job_file.look])
@pytest.mark.parametrize("what", JSON)
def test_a_bad_configuration_is_one_error_that_names_the_file(
    tmp_path: Path, read: Callable[[Path], object], what: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(JSON[what])
    with pytest.raises(LightmouldError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 5000


@pytest.mark.parametrize(
    "text",
    [
        b"[render]\nsize = 1e999",
        b"[render]\nsamples = 99999999999999999999999",
        b"[render]\nsamples = 1\nsamples = 2",
        b"[patience]\ntransient = -1",
        b"[patience]\npause = nan",
        b"[patience]\nquiet_minutes = inf",
        "[render]".encode("utf-16"),
        b"[render",
        b"x = " + b"[" * 10_000,
    ],
)
def test_bad_settings_are_one_error_that_names_the_file(tmp_path: Path, text: bytes) -> None:
    (tmp_path / settings.FILE_NAME).write_bytes(text)
    with pytest.raises(LightmouldError) as caught:
        settings.load(tmp_path, {})
    assert settings.FILE_NAME in str(caught.value)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(b'\xef\xbb\xbf{"texture_size": 512}')
    assert reconstruction("draft", path).texture_size == 512
    assert codec.parse(path.read_bytes(), path) == {"texture_size": 512}
