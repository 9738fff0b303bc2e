"""docs/interop.md is so: its code is run, and its table of formats is the code's."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from fakes.drawing import Drawing

import lightmould.interop
from lightmould.interop.parameters import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "interop.md").read_text(encoding="utf-8")


def test_the_pages_code_prints_what_it_says(drawing: Drawing) -> None:
    assert drawing.context
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (said,) = (line.split("  # ")[1] for line in code.splitlines() if "print(" in line)
    out = StringIO()
    with redirect_stdout(out):
        exec(code, {})  # noqa: S102 - our own page
    assert out.getvalue().splitlines() == said.split(" | ")


def test_the_page_names_every_format_and_every_way() -> None:
    rows = re.findall(r"^\| (\S.*?) \| (\w+) \| (yes|no) \| yes \|$", PAGE, re.MULTILINE)
    told = {
        (name, number, registered == "yes")
        for names, number, registered in rows
        for name in re.findall(r"[A-Z]+\d+[A-Z]*", names)
    }
    known = {
        (one.name.removeprefix("GL_"), one.number, one.registered)
        for one in FORMATS.values()
        if "DEPTH" not in one.name and one.name != "GL_RGBA"
    }
    assert told == known
    for name in lightmould.interop.__all__:
        assert f"`{name}(" in PAGE
