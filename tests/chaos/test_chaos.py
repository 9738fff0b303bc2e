"""A handful of what `benchmarks/chaos.py` does: a small rendering is harmed in every way."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.programs import program

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FAKES = Path(__file__).parents[1]
ACTOR = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(FAKES)!r})
from fakes.blender import Actor
Actor(Path(sys.argv[-1])).play()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
def test_every_kind_of_harm_ends_in_a_whole_job_or_a_named_cause(tmp_path: Path) -> None:
    blender = program(tmp_path / "blender", ACTOR)
    argv = [sys.executable, str(BENCHMARKS / "chaos.py"), "--dataset", "--size", "8", "--each"]
    argv += ["--faults", "13", "--blender", str(blender), "--out", str(tmp_path / "out")]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "13 faults, 0 wrong" in done.stdout
    names = set(re.findall(r"^ +\d+ (\S+(?: \S+)*)", done.stdout, re.MULTILINE))
    assert len(names) > 5
