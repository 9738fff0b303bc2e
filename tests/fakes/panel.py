"""The panel with jobs in it, driven as a person would."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lightmould.errors import ToolError
from lightmould.formats import codec
from lightmould.jobs import claim, job_file, lease, log
from lightmould.model import Command, Event, Job, Record, Step

try:
    from lightmould.panel.qt import QtCore, QtWidgets
except ToolError as error:
    pytest.skip(str(error), allow_module_level=True)
from lightmould.panel.actions import Powers
from lightmould.panel.window import JobPanel

PATIENCE = 30_000  # ms
ELSEWHERE = lease.Owner("farm7", "boot", 1, "birth", "token")


def settings(folder: Path) -> QtCore.QSettings:
    """A file of settings of the test's own."""
    return QtCore.QSettings(str(folder / "panel.ini"), QtCore.QSettings.Format.IniFormat)


def job(folder: Path, *events: tuple[str, Event], name: str = "", time: float = 1.7e9) -> Path:
    """A job folder whose log holds events, a second apart."""
    folder.mkdir(parents=True, exist_ok=True)
    asset = folder / "asset"
    command = Command("Reconstruct", (sys.executable, "-m", "lightmould.engine"), folder)
    step = Step("reconstruct", (command,), (), asset, asset / "manifest.json")
    job_file.write(Job(name or folder.name, folder, (step,)))
    append(folder, *events, time=time)
    return folder


def append(folder: Path, *events: tuple[str, Event], time: float = 1.7e9) -> None:
    """More events."""
    with log.Log(folder / log.NAME) as opened:
        for i, (step, event) in enumerate(events):
            opened.append(Record(time + i, step, event))


def running_elsewhere(folder: Path) -> Path:
    """The same folder, claimed by a runner on another machine."""
    (folder / claim.NAME).write_text(codec.write(ELSEWHERE))
    return folder


@dataclass
class Shown:
    """A panel on the screen.

    Attributes:
        bot: pytest-qt's.
        panel: itself.
        brought: the folders that were brought into the scene.
    """

    bot: Any
    panel: JobPanel
    brought: list[Path] = field(default_factory=list)

    @classmethod
    def of(cls, bot: Any, root: Path, *folders: Path) -> "Shown":
        """Show the jobs below a folder, and wait until they are there."""
        brought: list[Path] = []
        python = os.environ.get("LIGHTMOULD_PYTHON", sys.executable)
        powers = Powers(lambda: python, dict(os.environ), brought.append)
        panel = JobPanel(folders or (root,), powers, settings(root.parent))
        bot.addWidget(panel, before_close_func=lambda shown: shown.end())
        panel.show()
        return cls(bot, panel, brought)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        self.bot.waitUntil(holds, timeout=PATIENCE)

    def names(self) -> list[str]:
        """The jobs in the table, from top to bottom."""
        model = self.panel.list.model
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def has(self, *names: str) -> None:
        """Wait until the table holds exactly these, in any order."""
        self.until(lambda: sorted(self.names()) == sorted(names))

    def cell(self, name: str, column: int) -> str:
        """What stands in a job's row."""
        return str(self.panel.list.model.index(self.names().index(name), column).data())

    def choose(self, name: str) -> None:
        """Click a job's row."""
        table = self.panel.list.table
        place = table.visualRect(self.panel.list.model.index(self.names().index(name), 0)).center()
        left = QtCore.Qt.MouseButton.LeftButton
        self.bot.mouseClick(table.viewport(), left, pos=place)
        self.until(
            lambda: self.panel.details.job is not None and self.panel.details.job.name == name
        )

    def click(self, widget: QtWidgets.QWidget) -> None:
        """Click the middle of a widget."""
        self.bot.mouseClick(widget, QtCore.Qt.MouseButton.LeftButton)

    def press(self, key: QtCore.Qt.Key, *modifiers: QtCore.Qt.KeyboardModifier) -> None:
        """Press a key while the table has the focus."""
        self.panel.activateWindow()
        self.until(self.panel.isActiveWindow)
        table = self.panel.list.table
        table.setFocus()
        whole = QtCore.Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            whole |= modifier
        self.bot.keyClick(table, key, whole)

    def box(self) -> QtWidgets.QMessageBox:
        """The question that is open."""
        self.until(lambda: bool(self._boxes()))
        return self._boxes()[0]

    def answer(self, text: str) -> None:
        """Click a button of the open question."""
        box = self.box()
        (button,) = (one for one in box.buttons() if one.text().replace("&", "") == text)
        self.click(button)

    def _boxes(self) -> list[QtWidgets.QMessageBox]:
        return [box for box in self.panel.findChildren(QtWidgets.QMessageBox) if box.isVisible()]
