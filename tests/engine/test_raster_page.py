"""What docs/raster.md says is so: its code is run."""

import os
import re
import subprocess
import sys
from pathlib import Path

from lightmould.engine import differentiable

PAGE = Path(__file__).parents[2] / "docs" / "raster.md"


def test_the_pages_python_prints_what_it_says(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    promised = re.findall(r"^print\(.*\)  # (.+)$", code, re.MULTILINE)
    assert len(promised) == code.count("print(") > 0
    argv = (sys.executable, "-c", code)
    # Torch's threads wait for one another on a busy machine.
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    said = subprocess.check_output(argv, cwd=tmp_path, env=alone, encoding="utf-8", timeout=300)
    assert said.splitlines() == promised


def test_the_page_lists_the_operations_with_their_arguments() -> None:
    rows = re.findall(r"^\| `(\w+)\((.*?)\)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name: [word.strip(" =") for word in said.split(",")] for name, said in rows}
    public = {*differentiable.__all__} - {"Boundary", "Fragments", "Indices", "adjacency"}
    assert {*told} == public
    for name, arguments in told.items():
        code = getattr(differentiable, name).__code__
        count = code.co_argcount + code.co_kwonlyargcount
        assert tuple(arguments) == code.co_varnames[:count], name
