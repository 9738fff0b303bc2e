"""Producers that need no Blender: the same launcher, the same wire, another program."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lightmould.stream import BlenderLauncher, Launch, Own
from lightmould.tools.blender import Blender

FAKE = Path(__file__).parents[1] / "fakes" / "producer.py"

Producers = Callable[..., BlenderLauncher]


@pytest.fixture(scope="module")
def producers(tmp_path_factory: pytest.TempPathFactory) -> Producers:
    """Launches plain Python programs; logs are kept."""

    def launch(count: int | list[Own] = 1, code: str | None = None) -> BlenderLauncher:
        folder = tmp_path_factory.mktemp("größer #1 %d")
        script = folder / "ein skript.py"
        script.write_text(code or FAKE.read_text(encoding="utf-8"), encoding="utf-8")
        how = Launch(Blender(sys.executable, is_python=True), folder=folder / "logs")
        return BlenderLauncher(None, script, count, how)

    return launch
