"""Chooses the folders whose jobs are shown."""

from collections.abc import Sequence
from pathlib import Path

from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtWidgets

Qt = QtCore.Qt


class FoldersDialog(QtWidgets.QDialog):
    """A list of folders, to add to and to take from."""

    added = QtCore.Signal(object)  # a Path
    removed = QtCore.Signal(object)

    def __init__(self, folders: Sequence[Path], parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Folders of jobs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QtWidgets.QListWidget()
        self.list.addItems([str(folder) for folder in folders])
        self.path = QtWidgets.QLineEdit()
        self.path.setPlaceholderText("A folder, in which or below which jobs are")
        self.path.returnPressed.connect(self._add)
        browse = QtWidgets.QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        add = QtWidgets.QPushButton("Add")
        add.clicked.connect(self._add)
        remove = QtWidgets.QPushButton("Show no more")
        remove.clicked.connect(self._remove)
        close = QtWidgets.QPushButton("Close")
        close.clicked.connect(self.accept)
        for button in (browse, add, remove, close):
            button.setAutoDefault(False)
        row, end = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        row.addWidget(add)
        end.addWidget(remove)
        end.addStretch(1)
        end.addWidget(close)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        layout.addLayout(end)
        line = look.unit(self)
        self.resize(36 * line, 18 * line)

    def _add(self) -> None:
        text = self.path.text().strip()
        known = {self.list.item(row).text() for row in range(self.list.count())}
        if text and text not in known:
            self.list.addItem(text)
            self.path.clear()
            self.added.emit(Path(text))

    def _remove(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self.removed.emit(Path(self.list.takeItem(row).text()))

    def _browse(self) -> None:
        dialog = QtWidgets.QFileDialog(self, "Folder of jobs")
        dialog.setFileMode(QtWidgets.QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.path.setText)
        dialog.open()
