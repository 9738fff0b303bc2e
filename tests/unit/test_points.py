from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightmould.errors import FormatError
from lightmould.formats import points

SOURCE = Path("points.txt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"1 2 3\n4 5 6", [[1, 2, 3], [4, 5, 6]]),
        (b"\xef\xbb\xbfx,y,z\r\n1, 2;3\r\n\r\n4\t5 -6e-1 # the last", [[1, 2, 3], [4, 5, -0.6]]),
        (b"# with directions\n0 0 0 0 1 0\n", [[0, 0, 0, 0, 1, 0]]),
        (b"P.x P.y P.z o.x o.y o.z o.w\n0 0 0 0 0 0 1\n", [[0, 0, 0, 0, 0, 0, 1]]),
    ],
)
def test_rows_of_numbers_are_points(text: bytes, expected: list[list[float]]) -> None:
    np.testing.assert_array_equal(points.read(text, SOURCE), expected)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "no points"),
        (b"x y z\n", "no points"),
        (b"1 2\n", r"txt:1: found 2 numbers; wanted 3 or 6 or 7"),
        (b"1 2 3\n\n1 2 3 4 5 6\n", r"txt:3: found 6 numbers; wanted 3"),
        (b"1 2 3\n1 two 3\n", r"txt:2: found 'two'"),
        (b"1 2 nan\n", r"txt:1: found 'nan'"),
        (b"1 2 1e999\n", r"txt:1: found '1e999'"),
        (b"1 2 \xff\n", "byte 4"),
    ],
)
def test_other_rows_are_refused_with_their_line(text: bytes, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        points.read(text, SOURCE)


def test_a_line_of_an_obj_is_read_in_its_order_and_may_be_closed() -> None:
    text = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nl 3 2 1\n"
    found, closed = points.read_line(text, SOURCE)
    np.testing.assert_array_equal(found, [(1, 1, 0), (1, 0, 0), (0, 0, 0)])
    assert not closed
    found, closed = points.read_line(text.replace(b"3 2 1", b"1/1 2/2 -1 1"), SOURCE)
    np.testing.assert_array_equal(found, [(0, 0, 0), (1, 0, 0), (1, 1, 0)])
    assert closed
    found, closed = points.read_line(text.replace(b"l 3 2 1", b""), SOURCE)
    assert (len(found), closed) == (3, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"l 1 2\n", "no vertices"),
        (b"v 1 2\n", "txt:1: found 2 numbers"),
        (b"v 1 2 3\nl 1 2\n", r"txt:2: found vertex '2'; wanted 1 to 1"),
        (b"v 1 2 3\nl 0 x\n", r"txt:2: found vertex '0'"),
        (b"v 1 2 3\nl 1\nl 1\n", "txt:3: found a second line"),
    ],
)
def test_other_lines_are_refused_with_their_place(text: bytes, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        points.read_line(text, SOURCE)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60) | st.text("0123456789.,;eE+-#vlnaif \n/", max_size=60).map(str.encode)
)
def test_any_bytes_are_points_or_a_format_error(data: bytes) -> None:
    for read in (points.read, points.read_line):
        try:
            found = read(data, SOURCE)
        except FormatError:
            continue
        assert np.isfinite(found[0] if isinstance(found, tuple) else found).all()
