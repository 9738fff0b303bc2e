"""The panel's doctor: what the worker says of itself."""

from pathlib import Path
from typing import Any

import pytest
from fakes.panel import Shown

from lightmould.panel.doctor_dialog import DoctorDialog
from lightmould.panel.qt import QtWidgets


def test_the_doctor_is_asked_in_the_worker_and_told_what_to_look_at(
    qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHTMOULD_BLENDER", str(tmp_path / "no blender"))
    shown = Shown.of(qtbot, tmp_path / "jobs")
    (button,) = (
        one
        for one in shown.panel.list.findChildren(QtWidgets.QToolButton)
        if one.text() == "Doctor"
    )
    shown.click(button)
    dialog = shown.panel.findChild(DoctorDialog)
    shown.until(dialog.again.isEnabled)
    assert dialog.verdict.text() == "Something is missing"
    rows = dialog.text.toPlainText().splitlines()
    assert any("FAIL" in row and "Blender" in row for row in rows)
    dialog.accept()
