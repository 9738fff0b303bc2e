"""Files of arrays: whatever is wrong with one is one typed error, before anything is allocated."""

import io
import os
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lightmould.errors import FormatError, JobError
from lightmould.formats import npz

CAP = 1 << 20
GOOD = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
KINDS = ["|b1", "|u1", "<u2", "<i4", "<i8", "<f2", "<f4", "<f8"]
NUMBERS = st.sampled_from(KINDS).flatmap(
    lambda kind: arrays.arrays(
        np.dtype(kind), arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
    )
)
NAMES = st.text("abcXYZ_019", min_size=1, max_size=8).filter(str.isidentifier)


def saved(**given: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **given)  # type: ignore[arg-type]
    return buffer.getvalue()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def npy(header: str, elements: bytes = b"", version: bytes = b"\1\0") -> bytes:
    text = header.encode("latin-1")
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + elements


def described(descr: str, shape: str, fortran: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n"


def patched(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def listed(data: bytes, number: int = 0) -> int:
    """Where a member's entry in the directory begins."""
    place = -1
    for _ in range(number + 1):
        place = data.index(b"PK\1\2", place + 1)
    return place


class Bomb:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("echo pickled > pickled",)


ONE, TWO = saved(a=GOOD), saved(a=GOOD, b=GOOD)
INFLATED = described("'|u1'", f"({CAP},)")
HUGE = described("'<f4'", "(1099511627776,)")
# Name, bytes, and a part of what the message has to say was found.
CORPUS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty file"),
    "a word": (b"hello", "no zip directory"),
    "half": (ONE[: len(ONE) // 2], "no zip directory"),
    "without its last byte": (ONE[:-1], "no zip directory"),
    "without its first byte": (ONE[1:], "directory that is not"),
    "something before": (b"#!/bin/sh\n" + ONE, "directory that is not"),
    "something after": (ONE + b"more", "directory that is not"),
    "objects": (saved(a=np.array([Bomb()], object)), "'|O'"),
    "text": (saved(a=np.array(["x"])), "'<U1'"),
    "complex": (saved(a=np.ones(2, complex)), "'<c16'"),
    "big-endian": (saved(a=GOOD.astype(">f4")), "'>f4'"),
    "records": (saved(a=np.zeros(2, [("x", "<f4")])), "header"),
    "Fortran's order": (saved(a=np.asfortranarray(GOOD)), "Fortran"),
    "no array": (zipped(("a.npy", b"not an array")), "bytes b'not an a'"),
    "an empty member": (zipped(("a.npy", b"")), "bytes b''"),
    "not even named one": (zipped(("a.txt", b"text")), "'a.txt'"),
    "a path upwards": (zipped(("../a.npy", ONE)), "'../a.npy'"),
    "an absolute path": (zipped(("/etc/a.npy", ONE)), "'/etc/a.npy'"),
    "a drive": (zipped(("C:\\a.npy", ONE)), "a.npy'"),
    "4 TiB": (zipped(("a.npy", npy(HUGE))), "bytes"),
    "a negative side": (zipped(("a.npy", npy(described("'<f4'", "(-1,)")))), "(-1,)"),
    "two negative sides": (
        zipped(("a.npy", npy(described("'<f4'", "(-2, -3)"), bytes(24)))), "(-2, -3)",
    ),
    "a side too long to count": (
        zipped(("a.npy", npy(described("'<f4'", "(" + "9" * 40 + ",)")))), "header",
    ),
    "more elements than it has": (
        zipped(("a.npy", npy(described("'<f4'", "(9,)"), bytes(32)))), "bytes",
    ),
    "fewer elements than it has": (
        zipped(("a.npy", npy(described("'<f4'", "(7,)"), bytes(32)))), "bytes",
    ),
    "code for a header": (
        zipped(("a.npy", npy("{'descr': __import__('os').system('x'), }"))), "header",
    ),
    "deep brackets": (zipped(("a.npy", npy("(" * 9000))), "header"),
    "a header longer than the file": (
        zipped(("a.npy", b"\x93NUMPY\2\0" + b"\xff" * 4 + b"{}")), "header",
    ),
    "another version": (zipped(("a.npy", npy(HUGE, version=b"\x09\0"))), "bytes"),
    "much in little": (
        zipped(("a.npy", npy(INFLATED, bytes(CAP))), method=zipfile.ZIP_DEFLATED),
        "compressed",
    ),
    "a name twice": (
        patched(patched(TWO, TWO.index(b"b.npy"), b"a"), listed(TWO, 1) + 46, b"a"), "twice",
    ),
    "a name that its own header lacks": (patched(ONE, listed(ONE) + 46, b"x"), "another header"),
    "encrypted": (patched(ONE, listed(ONE) + 8, b"\1"), "encrypted"),
    "one member in the other": (
        patched(TWO, listed(TWO, 1) + 42, bytes(4)), "where something else lies",
    ),
    "a member beyond the end": (patched(ONE, listed(ONE) + 42, b"\xff\xff\xff\x7f"), "beyond"),
    "a member that reaches beyond the end": (
        patched(ONE, listed(ONE) + 20, struct.pack("<2L", 1 << 30, 1 << 30)), "beyond",
    ),
    "larger than it can say": (patched(ONE, listed(ONE) + 20, b"\xff" * 8), "without its size"),
    "a damaged directory": (patched(ONE, listed(ONE), b"XX"), "damaged zip directory"),
}  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_a_bad_file_is_one_error_and_allocates_nothing(tmp_path: Path, name: str) -> None:
    data, found = CORPUS[name]
    path = tmp_path / "bäd.npz"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError) as caught:
            npz.scan(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found in caught.value.found
    assert caught.value.where.startswith(str(path))
    assert len(str(caught.value)) < 600 + len(str(path))
    assert peak < CAP
    assert not Path("pickled").exists()


def test_a_damaged_bit_of_an_array_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    place = ONE.index(GOOD.tobytes()) + 5
    path.write_bytes(patched(ONE, place, bytes([ONE[place] ^ 4])))
    with pytest.raises(FormatError, match=r"a: found damaged bytes"):
        npz.scan(path)["a"].whole(CAP)


def large(data: bytes) -> bytes:
    """The same zip, told as one that is larger than 4 GiB has to be."""
    entry, end = listed(data), data.index(b"PK\5\6")
    extra = struct.pack("<2H2Q", 1, 16, *struct.unpack_from("<2L", data, entry + 20)[::-1])
    named = entry + 46 + len("a.npy")
    told = data[entry:named][:20] + b"\xff" * 8 + data[entry:named][28:30]
    told += struct.pack("<H", len(extra)) + data[entry:named][32:] + extra
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(told), entry)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, entry + len(told), 1)
    closing = data[end : end + 8] + b"\xff" * 12 + bytes(2)
    return data[:entry] + told + record + locator + closing


def test_a_zip_that_is_told_as_a_large_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(large(ONE))
    with np.load(path, allow_pickle=False) as loaded:
        np.testing.assert_array_equal(loaded["a"], GOOD)
    np.testing.assert_array_equal(npz.scan(path)["a"].whole(CAP), GOOD)
    path.write_bytes(large(ONE).replace(b"PK\6\6", b"PK\6\0"))
    with pytest.raises(FormatError, match="large zip's directory"):
        npz.scan(path)


def test_nothing_above_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(ONE)
    array = npz.scan(tmp_path / "a.npz")["a"]
    assert np.array_equal(array.whole(GOOD.nbytes), GOOD)
    with pytest.raises(FormatError, match="96 bytes; wanted 95 at most"):
        array.whole(GOOD.nbytes - 1)


def test_a_file_that_shrinks_after_it_was_scanned_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(ONE)
    array = npz.scan(path)["a"]
    path.write_bytes(ONE[: array.offset + 4])
    for read in (lambda: array.whole(CAP), lambda: array.row(3)):
        with pytest.raises(FormatError, match="ends within"):
            read()


@pytest.mark.parametrize("kind", ["folder", "pipe", "none"])
def test_what_is_no_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.npz"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(FormatError, match="no file"):
        npz.scan(path)


@settings(max_examples=60, deadline=None)
@given(given=st.dictionaries(NAMES, NUMBERS, max_size=4))
def test_what_numpy_saves_is_read_and_what_is_written_numpy_loads(
    given: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("npz")
    theirs, ours = folder / "theirs.npz", folder / "ours.npz"
    given = {
        name: np.ascontiguousarray(array).reshape(array.shape) for name, array in given.items()
    }
    np.savez(theirs, **given)
    with npz.writing(ours) as writer:
        for name, array in given.items():
            writer.add(name, array)
    with np.load(ours, allow_pickle=False) as loaded:
        for name, array in given.items():
            np.testing.assert_array_equal(loaded[name], array)
    for path in (theirs, ours):
        found = npz.scan(path)
        assert {*found} == {*given}
        for name, array in given.items():
            assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
            np.testing.assert_array_equal(found[name].whole(CAP), array)
            if array.ndim and len(array):
                np.testing.assert_array_equal(found[name].row(-1), array[-1])


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, len(TWO) - 1), bit=st.integers(0, 7))
def test_any_bit_turned_is_the_same_arrays_or_an_error(
    place: int, bit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bit") / "a.npz"
    path.write_bytes(patched(TWO, place, bytes([TWO[place] ^ (1 << bit)])))
    try:
        found = {name: array.whole(CAP) for name, array in npz.scan(path).items()}
    except FormatError:
        return
    for array in found.values():
        assert np.array_equal(array, GOOD)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_an_error_and_nothing_worse(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "a.npz"
    path.write_bytes(data)
    with pytest.raises(FormatError):
        npz.scan(path)
    path.write_bytes(zipped(("a.npy", data)))
    with pytest.raises(FormatError):
        npz.scan(path)


def test_equal_arrays_are_equal_files_and_a_stopped_writer_leaves_none(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        with npz.writing(tmp_path / name) as writer:
            with writer.array("a", np.float32, GOOD.shape) as put:
                crcs = [put(part) for part in GOOD]
            assert crcs == [zlib.crc32(part.tobytes()) for part in GOOD]
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with pytest.raises(TypeError), npz.writing(tmp_path / "c.npz") as writer:  # noqa: SIM117
        with writer.array("a", np.float32, GOOD.shape) as put:
            put(GOOD.astype(np.float64))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file")
    with pytest.raises(JobError, match="here"), npz.writing(tmp_path / "here" / "a.npz") as writer:
        writer.add("a", GOOD)
