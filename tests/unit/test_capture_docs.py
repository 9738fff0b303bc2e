"""docs/capture.md is so: its code is run."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "capture.md"


def test_the_pages_code_prints_what_it_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    said = [line.split("  # ")[1] for line in code.splitlines() if line.startswith("print")]
    out = StringIO()
    with redirect_stdout(out):
        exec(code, {})  # noqa: S102 - our own page
    printed = out.getvalue().splitlines()
    assert len(said) == len(printed)
    assert all(text.startswith(found) for text, found in zip(said, printed, strict=True))
