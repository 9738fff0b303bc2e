"""A job's steps, and on failure the cause and the fix."""

import time

from lightmould.formats.numbers import duration
from lightmould.jobs.story import StepStory, Story
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
_WORDS = {
    "waiting": "waits",
    "running": "at work",
    "finished": "done",
    "skipped": "was done already",
    "failed": "failed",
    "stopped": "was stopped",
}
_SHOWN = 20  # warnings


def took(step: StepStory, now: float) -> str:
    """How long a step took, or has taken so far."""
    if not step.began:
        return ""
    seconds = (step.ended or now) - step.began
    return duration(seconds) if seconds >= 0 else "the clock jumped"


class StepsPage(QtWidgets.QWidget):
    """A row for each step; below it warnings."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree = QtWidgets.QTreeWidget()
        self.tree.setHeaderLabels(["Step", "State", "How far", "Time", "What it says"])
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setSelectionMode(QtWidgets.QAbstractItemView.SelectionMode.NoSelection)
        self.tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = look.unit(self)
        for column, width in enumerate((10, 9, 6, 8)):
            self.tree.setColumnWidth(column, width * line)
        self.warnings = QtWidgets.QPlainTextEdit()
        self.warnings.setReadOnly(True)
        self.warnings.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.title = look.faint()
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.tree, 2)
        layout.addWidget(self.title)
        layout.addWidget(self.warnings, 1)
        self.show_story(None)

    def show_story(self, story: Story | None) -> None:
        """Show a job's steps as they are now."""
        steps = story.steps if story else ()
        if self.tree.topLevelItemCount() != len(steps):
            self.tree.clear()
            self.tree.addTopLevelItems([QtWidgets.QTreeWidgetItem() for _ in steps])
        for row, step in enumerate(steps):
            said = story.snapshot.status if story and story.snapshot.step == step.name else ""
            cells = [step.name, _WORDS[step.state], f"{step.fraction:.0%}", took(step, time.time())]
            item = self.tree.topLevelItem(row)
            for column, text in enumerate([*cells, step.message.partition("\n")[0] or said]):
                item.setText(column, text)
            item.setIcon(0, look.dot(step.state))
            item.setToolTip(4, step.message or said)
            for column in (2, 3):
                item.setData(column, Qt.ItemDataRole.TextAlignmentRole, look.RIGHT)
        warnings = list(story.snapshot.warnings) if story else []
        if story is not None and story.torn:
            warnings.append(f"{story.torn} lines of the log are damaged and were left out.")
        text = "\n".join(warnings[-_SHOWN:])
        if self.warnings.toPlainText() != text:
            self.warnings.setPlainText(text)
        many = "A warning" if len(warnings) == 1 else f"{len(warnings)} warnings"
        self.title.setText(many)
        self.title.setVisible(bool(warnings))
        self.warnings.setVisible(bool(warnings))


class Trouble(QtWidgets.QFrame):
    """What went wrong and what to do, so that nobody has to look for it."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trouble")
        self.title = QtWidgets.QLabel()
        self.cause = QtWidgets.QPlainTextEdit()
        self.cause.setReadOnly(True)
        self.cause.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.cause.setStyleSheet("background: transparent")
        copy = QtWidgets.QToolButton()
        copy.setText("Copy")
        copy.setToolTip("Copy the message, to search for it or to send it")
        copy.clicked.connect(self._copy)
        head = QtWidgets.QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(copy)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self.cause)
        self.hide()

    def tell(self, title: str, message: str, color: str) -> None:
        """Show a message; an empty one hides everything."""
        self.setVisible(bool(message))
        if self.cause.toPlainText() == message and self.title.text() == title:
            return
        self.title.setText(title)
        self.title.setStyleSheet(f"color: {color}; font-weight: bold")
        self.setStyleSheet(
            f"#trouble {{ border: 1px solid {color}; border-left: 4px solid {color};"
            " border-radius: 3px; background: #2b2626 }"
        )
        self.cause.setPlainText(message)
        lines = min(8, 1 + message.count("\n") + len(message) // 120)
        self.cause.setFixedHeight(int((lines + 1) * look.unit(self) * 1.1))

    def _copy(self) -> None:
        QtGui.QGuiApplication.clipboard().setText(self.cause.toPlainText())
