"""The dialog Reconstruct, clicked through: what it asks, and what it tells before."""

import os
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytest.importorskip(
    "PySide6.QtWidgets", reason="needs PySide6 and what it links to", exc_type=ImportError
)

from lightmould.errors import DatasetError
from lightmould.jobs import estimate
from lightmould.jobs.estimate import Choice, Question
from lightmould.panel.qt import QtCore, QtWidgets
from lightmould.panel.reconstruct_dialog import ReconstructDialog, ask
from lightmould.settings import Settings

LEFT = QtCore.Qt.MouseButton.LeftButton


def told(choice: Choice) -> Any:
    return estimate.told(estimate.estimate(choice, Settings()))


def opened(qtbot: Any, question: Question, then: list[Choice], ways: Any = told) -> Any:
    dialog = ask(question, ways, then.append)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    return dialog


def question(tmp_path: Path, **more: Any) -> Question:
    choice = Choice(tmp_path / "vase.obj", tmp_path / "out")
    return Question(choice, str(choice.source), **more)


def preset(dialog: ReconstructDialog, name: str) -> QtWidgets.QAbstractButton:
    (found,) = (one for one in dialog.presets.buttons() if one.property("preset") == name)
    return found


def test_what_it_will_take_is_told_before_anything_is_done(qtbot: Any, tmp_path: Path) -> None:
    dialog = opened(qtbot, question(tmp_path), [])
    numbers = {name: label.text() for name, label in dialog.numbers.items()}
    assert numbers["Views"] == "68"
    assert numbers["Time"].startswith("about ")
    assert numbers["Disk"].endswith("MB")
    assert numbers["Memory"].endswith("MB")


def test_patience_changes_the_time(qtbot: Any, tmp_path: Path) -> None:
    dialog = opened(qtbot, question(tmp_path), [])
    before = dialog.numbers["Time"].text()
    qtbot.mouseClick(preset(dialog, "hero"), LEFT)
    assert dialog.numbers["Time"].text() != before
    assert "minutes become an hour" in dialog.about_preset.text()


def test_what_was_chosen_is_told_once_and_only_if_it_was(qtbot: Any, tmp_path: Path) -> None:
    chosen: list[Choice] = []
    dialog = opened(qtbot, question(tmp_path), chosen)
    qtbot.mouseClick(preset(dialog, "standard"), LEFT)
    dialog.engine.setCurrentIndex(1)
    dialog.folder.setText(str(tmp_path / "elsewhere"))
    qtbot.mouseClick(dialog.go, LEFT)
    assert chosen == [
        Choice(tmp_path / "vase.obj", tmp_path / "elsewhere", "standard", "nvdiffrec")
    ]
    cancelled: list[Choice] = []
    dialog = opened(qtbot, question(tmp_path), cancelled)
    dialog.reject()
    assert cancelled == []


def test_a_folder_that_is_no_dataset_is_said_and_can_not_be_asked_for(
    qtbot: Any, tmp_path: Path
) -> None:
    chosen: list[Choice] = []
    first = Question(Choice(tmp_path, tmp_path / "out"), str(tmp_path), is_photos=True)
    dialog = opened(qtbot, first, chosen)
    assert "no file of poses" in dialog.trouble.text()
    assert not dialog.go.isEnabled()
    dialog.accept()
    assert chosen == []
    assert dialog.numbers["Views"].text() == "…"


def test_nothing_named_is_no_error_but_asked_for(qtbot: Any, tmp_path: Path) -> None:
    dialog = opened(qtbot, Question(Choice(Path(), tmp_path), ""), [])
    assert "Name a source" in dialog.trouble.text()
    qtbot.keyClicks(dialog.source, "/models/vase.obj")
    qtbot.waitUntil(dialog.go.isEnabled, timeout=2000)
    assert dialog.choice.source == Path("/models/vase.obj")


def test_a_source_that_is_a_node_can_not_be_typed_over(qtbot: Any, tmp_path: Path) -> None:
    choice = Choice(tmp_path / "model.obj", tmp_path / "out")
    dialog = opened(qtbot, Question(choice, "/obj/vase/out", is_fixed=True), [])
    assert dialog.source.isReadOnly()
    assert dialog.source.text() == "/obj/vase/out"
    assert dialog.choice.source == tmp_path / "model.obj"


def test_trouble_that_comes_late_keeps_it_open(qtbot: Any, tmp_path: Path) -> None:
    troubles: list[DatasetError] = []

    def ways(choice: Choice) -> Any:
        if troubles:
            raise troubles[0]
        return told(choice)

    chosen: list[Choice] = []
    dialog = opened(qtbot, question(tmp_path), chosen, ways)
    troubles.append(DatasetError(tmp_path, "nothing", "a dataset", "Look again."))
    qtbot.mouseClick(dialog.go, LEFT)
    assert chosen == []
    assert dialog.isVisible()
    assert "Look again." in dialog.trouble.text()
