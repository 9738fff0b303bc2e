"""What a job was asked for, beside what another one was."""

from collections.abc import Mapping
from pathlib import Path

from lightmould.jobs import asked
from lightmould.jobs.asked import Plain
from lightmould.jobs.overview import Overview
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets
from lightmould.panel.reader import Reader

Qt = QtCore.Qt
_NOBODY = "nothing: show all"


def words(value: Plain) -> str:
    """A setting's value for people."""
    match value:
        case None:
            return "unset"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case _:
            return str(value)


class SettingsPage(QtWidgets.QWidget):
    """Every setting of a job; compared with another job, those that differ."""

    def __init__(self, reader: Reader, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._folder: Path | None = None
        self._mine: Mapping[str, Plain] = {}
        self.other = QtWidgets.QComboBox()
        self.other.setMinimumContentsLength(24)
        self.other.currentIndexChanged.connect(lambda _: self._read())
        self.only = QtWidgets.QCheckBox("Differences alone")
        self.only.setChecked(True)
        self.only.toggled.connect(lambda _: self._read())
        self.search = QtWidgets.QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._filter())
        self.tree = QtWidgets.QTreeWidget()
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.note = look.faint()
        bar = QtWidgets.QHBoxLayout()
        bar.addWidget(QtWidgets.QLabel("Compare with"))
        bar.addWidget(self.other, 1)
        bar.addWidget(self.only)
        bar.addWidget(self.search, 1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(bar)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.note)

    def show_job(self, folder: Path | None, jobs: tuple[Overview, ...]) -> None:
        """Show a job's settings, and offer the others to compare with."""
        self._folder = folder
        chosen = self.other.currentData()
        self.other.blockSignals(True)
        self.other.clear()
        self.other.addItem(_NOBODY, None)
        for job in sorted(jobs, key=lambda job: -job.time):
            if job.folder != folder and job.state != "unreadable":
                self.other.addItem(f"{job.name}   ({job.folder})", str(job.folder))
        self.other.setCurrentIndex(max(0, self.other.findData(chosen)))
        self.other.blockSignals(False)
        self._read()

    def compare_with(self, folder: Path) -> None:
        """Choose the other job."""
        self.other.setCurrentIndex(max(0, self.other.findData(str(folder))))

    def _read(self) -> None:
        folder, other = self._folder, self.other.currentData()
        if folder is None:
            self.tree.clear()
            return

        def act() -> tuple[dict[str, Plain], dict[str, Plain] | None]:
            return asked.asked(folder), None if other is None else asked.asked(Path(other))

        self._reader.ask("settings", act, lambda found: self._fill(folder, other, found))

    def _fill(self, folder: Path, other: str | None, found: object) -> None:
        if folder != self._folder or not isinstance(found, tuple):
            return
        mine, yours = found
        different = set(mine) | set(yours or ())
        if yours is not None and other is not None:
            different = set(asked.differences(mine, yours, (folder, Path(other))))
        self.only.setEnabled(yours is not None)
        headings = ["Setting", "This job"] + (["The other"] if yours is not None else [])
        self.tree.clear()
        self.tree.setColumnCount(len(headings))
        self.tree.setHeaderLabels(headings)
        for name in {**mine, **(yours or {})}:
            if yours is None or name in different or not self.only.isChecked():
                cells = [
                    words(side[name]) if name in side else "absent" for side in (mine, yours or {})
                ]
                item = QtWidgets.QTreeWidgetItem([name, *cells[: len(headings) - 1]])
                if yours is not None and name in different:
                    for column in range(len(headings)):
                        item.setForeground(column, QtGui.QColor(look.ACCENT))
                self.tree.addTopLevelItem(item)
        line = look.unit(self)
        self.tree.setColumnWidth(0, 24 * line)
        self.tree.setColumnWidth(1, 16 * line)
        self._mine = mine
        many = len(different)
        self.note.setText(
            f"{len(mine)} settings"
            if yours is None
            else "No difference"
            if not many
            else f"{many} differ"
        )
        self._filter()

    def _filter(self) -> None:
        wanted = self.search.text().lower()
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            text = " ".join(item.text(column) for column in range(self.tree.columnCount())).lower()
            item.setHidden(wanted not in text)
