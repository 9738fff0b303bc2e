"""Producers that need no Blender: the same launcher, the same wire, another program."""

import sys
from collections.abc import Callable

import pytest

from lightmould.stream import BlenderLauncher, Launch, Own
from lightmould.tools.blender import Blender

# Small items of several dtypes; parameters make it misbehave.
SCRIPT = """
import os, sys, time
from pathlib import Path
import numpy as np
import publisher

def frame(item):
    asked = item.parameters
    if asked.get("once") and not Path(asked["once"]).exists():
        Path(asked["once"]).touch()
        asked = {**asked, **asked["first"]}
    if "raise" in asked:
        raise ValueError(asked["raise"])
    if "die" in asked:
        os._exit(9)
    while "hang" in asked:
        pass
    time.sleep(asked.get("sleep", 0))
    side = asked.get("side", 4)
    arrays = {
        "color": item.rng().integers(0, 255, (side, side, 4), np.uint8),
        "depth": item.rng().random((side, side), np.float32),
        "mask": item.rng().random((side, side)) < 0.5,
        "none": np.zeros((0, 3)),
    }
    said = {"pid": os.getpid(), "arguments": sys.argv[1:], "env": os.environ.get("OWN")}
    return arrays, {"index": item.index, "epoch": item.epoch, **said}

publisher.serve(frame)
"""


Producers = Callable[..., BlenderLauncher]


@pytest.fixture(scope="module")
def producers(tmp_path_factory: pytest.TempPathFactory) -> Producers:
    """Launches plain Python programs; logs are kept."""

    def launch(count: int | list[Own] = 1, code: str = SCRIPT) -> BlenderLauncher:
        folder = tmp_path_factory.mktemp("größer #1 %d")
        script = folder / "ein skript.py"
        script.write_text(code, encoding="utf-8")
        how = Launch(Blender(sys.executable, is_python=True), folder=folder / "logs")
        return BlenderLauncher(None, script, count, how)

    return launch
