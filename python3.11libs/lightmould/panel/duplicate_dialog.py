"""Asks where a job like another is to lie and what is to be different in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lightmould.jobs.asked import RECONSTRUCT, Plain
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt


@dataclass(frozen=True, slots=True)
class Wish:
    """What a duplicate is to be.

    Attributes:
        folder: where it lies.
        changes: setting to value.
        again: whether pictures are made again.
        start: whether it is run at once.
    """

    folder: Path
    changes: Mapping[str, Plain]
    again: bool
    start: bool


def value_of(text: str, before: Plain) -> Plain:
    """What a person typed, as the kind of value that was there; as it is where that can't be."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(before, str) and not isinstance(found, str):
        return text
    return found if isinstance(found, str | int | float | bool | None) else text


def fresh_folder(folder: Path) -> Path:
    """A neighbor of a folder that does not exist yet."""
    number = 2
    while (free := folder.with_name(f"{folder.name}_{number}")).exists():
        number += 1
    return free


class DuplicateDialog(QtWidgets.QDialog):
    """Folder, settings that may be typed over, and two choices."""

    wished = QtCore.Signal(object)  # a Wish

    def __init__(
        self, name: str, folder: Path, settings: Mapping[str, Plain], parent: QtWidgets.QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Duplicate {name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = {
            key: value for key, value in settings.items() if key.startswith(f"{RECONSTRUCT}.how.")
        }
        self.folder = QtWidgets.QLineEdit(str(folder))
        browse = QtWidgets.QToolButton()
        browse.setText("…")
        browse.clicked.connect(self._browse)
        self.search = QtWidgets.QLineEdit()
        self.search.setPlaceholderText("Search settings")
        self.search.textChanged.connect(self._filter)
        self.table = self._table()
        self.again = QtWidgets.QCheckBox("Make the pictures again, rather than read the other's")
        self.start = QtWidgets.QCheckBox("Start it now")
        self.start.setChecked(True)
        self.count = look.faint("No changes yet: double-click a value.")
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.StandardButton.Cancel)
        self.accept_button = buttons.addButton(
            "Duplicate", QtWidgets.QDialogButtonBox.ButtonRole.AcceptRole
        )
        buttons.accepted.connect(self._wish)
        buttons.rejected.connect(self.reject)
        place = QtWidgets.QHBoxLayout()
        place.addWidget(QtWidgets.QLabel("Folder"))
        place.addWidget(self.folder, 1)
        place.addWidget(browse)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(place)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.count)
        layout.addWidget(self.again)
        layout.addWidget(self.start)
        layout.addWidget(buttons)
        line = look.unit(self)
        self.resize(42 * line, 36 * line)

    @property
    def changes(self) -> dict[str, Plain]:
        """The settings that were typed over."""
        found: dict[str, Plain] = {}
        for row, (name, before) in enumerate(self._settings.items()):
            value = value_of(self.table.item(row, 1).text(), before)
            if value != before or type(value) is not type(before):
                found[name] = value
        return found

    def _table(self) -> QtWidgets.QTableWidget:
        table = QtWidgets.QTableWidget(len(self._settings), 2)
        table.setHorizontalHeaderLabels(["Setting", "Value"])
        table.verticalHeader().hide()
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.horizontalHeader().setStretchLastSection(True)
        table.setColumnWidth(0, 20 * look.unit(self))
        for row, (name, value) in enumerate(self._settings.items()):
            label = QtWidgets.QTableWidgetItem(name.removeprefix(f"{RECONSTRUCT}.how."))
            label.setFlags(Qt.ItemFlag.ItemIsEnabled)
            table.setItem(row, 0, label)
            text = value if isinstance(value, str) else json.dumps(value)
            table.setItem(row, 1, QtWidgets.QTableWidgetItem(text))
        table.itemChanged.connect(lambda _: self._show_changes())
        return table

    def _show_changes(self) -> None:
        changes = self.changes
        for row, name in enumerate(self._settings):
            color = QtGui.QColor(look.ACCENT) if name in changes else self.palette().text().color()
            for column in range(2):
                if self.table.item(row, column).foreground().color() != color:
                    self.table.item(row, column).setForeground(color)
        self.count.setText(f"{len(changes)} changed" if changes else "No changes yet.")

    def _filter(self, text: str) -> None:
        for row in range(self.table.rowCount()):
            self.table.setRowHidden(row, text.lower() not in self.table.item(row, 0).text().lower())

    def _browse(self) -> None:
        dialog = QtWidgets.QFileDialog(
            self, "Folder of the new job", str(Path(self.folder.text()).parent)
        )
        dialog.setFileMode(QtWidgets.QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()

    def _wish(self) -> None:
        again, start = self.again.isChecked(), self.start.isChecked()
        self.wished.emit(Wish(Path(self.folder.text()), self.changes, again, start))
        self.accept()
