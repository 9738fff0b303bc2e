"""Lines of texts of any length."""

import re
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lightmould.jobs.lines import Lines

LENGTHS = st.lists(st.one_of(st.integers(0, 60), st.integers(30_000, 150_000)), max_size=12)


@settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(LENGTHS)
def test_any_line_of_any_text_is_found_by_its_number(tmp_path_factory, lengths) -> None:  # type: ignore[no-untyped-def]
    whole = [bytes([97 + i]) * length for i, length in enumerate(lengths)]
    path = tmp_path_factory.mktemp("text") / "a.log"
    path.write_bytes(b"".join(line + b"\n" for line in whole) + b"torn")
    lines = Lines(path)
    assert not lines.grow()
    assert lines.count == len(whole)
    wanted = [line[:4096].decode() for line in whole]
    assert lines.read(range(lines.count)) == wanted
    assert [lines.read([i])[0] for i in range(lines.count)] == wanted
    found = list(lines.find(re.compile(b"[aceg]"), 3))
    assert found == [i for i in (4, 6) if i < len(whole) and whole[i]]


def test_a_text_that_grows_is_counted_on_and_another_text_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("one\ntwo\nthr")
    lines = Lines(path)
    lines.grow()
    assert lines.count == 2
    with path.open("a") as file:
        file.write("ee\n")
    assert not lines.grow()
    assert lines.read([2, 0]) == ["three", "one"]
    path.write_text("new\n")
    assert lines.grow()
    assert (lines.count, lines.read([0, 7])) == (1, ["new", ""])


def test_a_million_lines_cost_a_few_kilobytes(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(b"line %d of many, and a few words more\n" % i for i in range(10**6)))
    lines = Lines(path)
    lines.grow()
    assert lines.count == 10**6
    assert lines.read([999_999]) == ["line 999999 of many, and a few words more"]
    assert len(lines._before) < 1000
