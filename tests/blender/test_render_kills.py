"""Blender is killed again and again: every view comes, none comes twice, and each death is told."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lightmould.dataset import manifest
from lightmould.dataset.assemble import assemble
from lightmould.formats import events
from lightmould.model import Event, Warned, Wrote
from lightmould.rigs import Lens, around_sphere
from lightmould.settings import Render

if TYPE_CHECKING:
    from tests.blender.conftest import Booth

pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc"),
]

VIEWS, KILLS = 60, 10


class Killer:
    """Kills ten Blenders, each at some time after a color picture."""

    def __init__(self, chance: np.random.Generator) -> None:
        self.chance = chance
        self.killed: set[int] = set()

    def run(self, argv: tuple[str, ...], environment: dict[str, str]) -> list[Event]:
        """Every event of a run that ends well."""
        told: list[Event] = []
        with subprocess.Popen(
            argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8",
        ) as run:  # fmt: skip
            for line in run.stdout or ():
                event = events.parse(line)
                assert event is not None
                told.append(event)
                if isinstance(event, Wrote) and event.kind == "color":
                    self.perhaps_kill(run.pid)
        assert run.returncode == 0
        return told

    def perhaps_kill(self, runner: int) -> None:
        children = Path(f"/proc/{runner}/task/{runner}/children").read_text().split()
        new = {int(child) for child in children} - self.killed
        if new and len(self.killed) < KILLS and self.chance.random() < 0.4:
            self.killed |= new
            for child in new:
                os.kill(child, signal.SIGKILL)


def test_ten_kills_lose_nothing_repeat_nothing_and_are_told(booth: "Booth") -> None:
    chance = np.random.default_rng(5)
    corners = np.array([[-1.0, -1, -1], [1, 1, 1]])
    rig, _ = around_sphere(corners, Lens((32, 32), 0.7), VIEWS, 0, chance)
    plan = booth.plan(rig.cameras)
    command = booth.command(booth.ask(booth.model(booth.ball(8)), plan, Render(samples=1)))
    killer = Killer(chance)
    told = killer.run(command.argv, booth.environment(command))
    assert len(killer.killed) == KILLS
    wrote = Counter(event.path for event in told if isinstance(event, Wrote))
    assert wrote == Counter(path.as_posix() for view in plan.views for path in view.paths)
    warnings = [event.message for event in told if isinstance(event, Warned)]
    deaths = [words for words in warnings if "died" in words]
    assert len(deaths) == KILLS
    assert all("SIGKILL" in words for words in deaths)
    # A kill may come so early that no view is to blame.
    assert sum("Blender died at view " in words for words in deaths) > KILLS // 2
    for _ in assemble(plan):
        pass
    manifest.verify(manifest.read(plan.folder / manifest.NAME))
