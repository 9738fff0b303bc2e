"""docs/stream.md is so: its first scene and its first training are run; its names are there."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lightmould import stream
from lightmould.cli import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "stream.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.blender
def test_the_pages_scene_trains_in_the_pages_training(tmp_path: Path) -> None:
    for name in ("scene.py", "train.py"):
        (code,) = (block for block in BLOCKS if block.startswith(f"# {name}"))
        (tmp_path / name).write_text(code, encoding="utf-8")
    argv = (sys.executable, "train.py")
    said = subprocess.check_output(argv, cwd=tmp_path, encoding="utf-8", timeout=600)
    shape = "torch.Size([4, 48, 64, 4]) torch.float32"
    assert said.splitlines() == [
        f"{epoch} {numbers} {shape}" for epoch in (0, 1) for numbers in ([0, 1, 2, 3], [4, 5, 6, 7])
    ]


@pytest.mark.parametrize("code", BLOCKS)
def test_what_the_page_imports_is_there(code: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "lightmould.stream":
            assert [one.name for one in node.names if one.name not in stream.__all__] == []


def test_every_example_is_listed() -> None:
    listed = re.findall(r"^\| (`.*`) \|", PAGE.partition("## Examples")[2], re.MULTILINE)
    names = {name for row in listed for name in re.findall(r"`(.*?)`", row)}
    assert names == {path.name for path in (ROOT / "examples" / "stream").glob("*.py")}


@pytest.mark.parametrize("line", re.findall(r"^\| `lightmould (.*?)` \|", PAGE, re.MULTILINE))
def test_the_pages_commands_are_commands(line: str) -> None:
    app.parse_args(line.split(), print_error=False, exit_on_error=False)
