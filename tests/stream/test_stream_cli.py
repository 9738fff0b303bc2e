"""`lightmould stream`, as one types it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lightmould.cli import main
from lightmould.jobs.stop import TERMINATED
from lightmould.stream import Connection, Request, Terms, endpoint
from lightmould.stream.replay import Recording

SCRIPT = """
import os, sys
import publisher

def frame(item):
    with open(sys.argv[1], "a") as file:
        file.write(f"{item.index}\\n")
    return {"color": item.rng().integers(0, 255, (4, 6, 4), "u1")}, {"seed": item.seed}

publisher.serve(frame)
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scene that needs no Blender, and a Python that runs it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIGHTMOULD_PYTHON", sys.executable)
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.delenv("LIGHTMOULD_BLENDER", raising=False)
    (tmp_path / "scene.py").write_text(SCRIPT, encoding="utf-8")
    return tmp_path / "scene.py"


def asked(tmp_path: Path) -> list[str]:
    return (tmp_path / "asked").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("flags", [(), ("--tcp",)])
def test_bench_tells_what_frames_take(
    script: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    arguments = ("--items", "20", "--instances", "2", "--json", *flags)
    assert main(["stream", "bench", str(script), "--arguments", "asked", *arguments]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["items"], said["bytes"], said["again"]) == (20, 4 * 6 * 4, 0)
    assert (said["shared"] > 0) == (flags == ())
    assert min(said[name] for name in ("items_per_s", "render_ms", "transfer_ms")) > 0
    assert said["in_flight"] + said["unread"] <= 2 * Terms().ahead


@pytest.mark.usefixtures("script")
def test_bench_without_a_script_measures_transport_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["stream", "bench", "--items", "10"]) == 0
    assert "10 of 1.23 MB" in capsys.readouterr().out


def test_record_goes_on_where_it_was(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["stream", "record", str(script), "--arguments", "asked", "--out", "it", "--seed", "3"]
    assert main([*common, "--items", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layout"] == 1
    first = Recording(tmp_path / "it").item(Request(2, 0, 3))
    assert main([*common, "--items", "5", "--epochs", "2"]) == 0
    found = Recording(tmp_path / "it")
    assert len(found) == 10
    assert sorted(asked(tmp_path)) == sorted(["0", "1", "2", "3", "4", *"01234"])
    assert np.array_equal(found.item(Request(2, 0, 3)).arrays["color"], first.arrays["color"])
    assert first.metadata == {"seed": 3}
    assert main([*common[:-1], "4", "--items", "1"]) == 7  # another seed is another recording


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX's signals")
def test_serve_lets_others_have_frames_until_it_is_ended(script: Path, tmp_path: Path) -> None:
    argv = ("stream", "serve", str(script), "--arguments", "asked", "--out", "served")
    command = (sys.executable, "-m", "lightmould.cli", *argv, "--address", "127.0.0.1")
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("serving ")
        (tmp_path / "served").rename(tmp_path / "copied")
        endpoints = endpoint.read(tmp_path / "copied" / "endpoints.json")
        with Connection(endpoints) as source:
            (item,) = source.ask([Request(0, 0, 5)])
        assert item.metadata == {"seed": 5}
        (tmp_path / "copied").rename(tmp_path / "served")
        process.terminate()
    assert process.returncode == TERMINATED
    assert not (tmp_path / "served" / "token").exists()
