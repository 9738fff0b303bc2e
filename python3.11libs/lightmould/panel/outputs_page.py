"""What a job made: files to open, and the asset to bring into the scene."""

from dataclasses import dataclass
from pathlib import Path

from lightmould.formats.numbers import size
from lightmould.jobs import story
from lightmould.jobs.overview import place
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets
from lightmould.panel.reader import Reader

Qt = QtCore.Qt
_MOST = 2000  # files


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a job made.

    Attributes:
        path: absolute.
        name: relative to the job's folder.
        size: bytes.
    """

    path: Path
    name: str
    size: int


def outputs(folder: Path, told: story.Story) -> list[Output]:
    """The files in the folder of a job's result, pictures of single views and checkpoints apart."""
    made = place(told.job, folder)
    found: list[Output] = []
    for path in sorted(made.rglob("*")):
        inside = path.relative_to(made).parts
        if inside[0] in ("checkpoints", "previews", "raw", "steps", "logs") or not path.is_file():
            continue
        within = path.relative_to(folder) if path.is_relative_to(folder) else path
        found.append(Output(path, within.as_posix(), path.stat().st_size))
        if len(found) == _MOST:
            break
    return found


class OutputsPage(QtWidgets.QWidget):
    """A list of files; a double click opens one."""

    def __init__(self, reader: Reader, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._key: object = None
        self.tree = QtWidgets.QTreeWidget()
        self.tree.setHeaderLabels(["File", "Size"])
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setColumnWidth(0, 32 * look.unit(self))
        self.tree.itemActivated.connect(self._open)
        self.note = look.faint("Nothing was made yet.")
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.note)

    def show_story(self, folder: Path | None, told: story.Story | None) -> None:
        """Show what a job has made so far; looks again when its state has changed."""
        key = None if folder is None or told is None else (folder, told.snapshot.state, told.job)
        if key == self._key:
            return
        self._key = key
        self.tree.clear()
        self.note.setText("Nothing was made yet.")
        if folder is not None and told is not None:
            self._reader.ask(
                "outputs", lambda: outputs(folder, told), lambda found: self._fill(key, found)
            )

    def _fill(self, key: object, found: object) -> None:
        if key != self._key or not isinstance(found, list):
            return
        for one in found:
            item = QtWidgets.QTreeWidgetItem([one.name, size(one.size)])
            item.setData(0, Qt.ItemDataRole.UserRole, str(one.path))
            item.setData(1, Qt.ItemDataRole.TextAlignmentRole, look.RIGHT)
            self.tree.addTopLevelItem(item)
        whole = size(sum(one.size for one in found))
        self.note.setText(f"{len(found)} files, {whole}" if found else "Nothing was made yet.")

    def _open(self, item: QtWidgets.QTreeWidgetItem) -> None:
        path = item.data(0, Qt.ItemDataRole.UserRole)
        QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(path))
