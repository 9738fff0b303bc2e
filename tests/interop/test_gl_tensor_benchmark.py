"""benchmarks/gl_tensor.py is ready: all its ways run here, and it says what it lacks."""

import subprocess
import sys
from pathlib import Path

import pytest
from fakes.drawing import Drawing

from lightmould.errors import ToolError
from lightmould.interop.egl import egl_device_of

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "gl_tensor.py"
WAYS = (
    "render_only", "cpu_python", "cpu_pinned", "interop_texture", "interop_renderbuffer",
    "interop_ring3", "batch", "pbo", "shared_memory",
)  # fmt: skip


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = (sys.executable, str(BENCHMARK), *arguments)
    return subprocess.run(argv, capture_output=True, encoding="utf-8", timeout=300, check=False)


def test_every_way_gives_the_bytes_of_read_pixels(drawing: Drawing) -> None:
    assert drawing.context
    said = run("--dry", "--size", "16", "--frames", "2", "--batch", "2", "--reps", "1")
    assert said.returncode == 0, said.stderr
    rows = [line.split() for line in said.stdout.splitlines()[3:]]
    assert [row[0] for row in rows] == [*WAYS]
    assert all(len(row) >= 5 and "not here" not in " ".join(row) for row in rows)


def test_without_a_gpu_it_says_what_is_missing(drawing: Drawing) -> None:
    assert drawing.context
    with pytest.raises(ToolError, match="wanted device 99") as raised:
        egl_device_of(99)
    if "devices []" not in raised.value.found:
        pytest.skip("this machine has a GPU with EGL")
    said = run("--frames", "60")
    assert said.returncode == 1
    assert "device 0" in said.stderr
    assert "--dry" in said.stderr
    assert "Traceback" not in said.stderr
