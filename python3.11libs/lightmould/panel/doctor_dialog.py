"""What is installed and what is missing, as `lightmould doctor` says it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lightmould.jobs.asking import Answer, ask
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtGui, QtWidgets
from lightmould.panel.reader import Reader
from lightmould.tools import own

Qt = QtCore.Qt
SECONDS = 60.0
"""After which the worker is waited for no more."""
_DRAIN = 150  # ms between looks whether there is an answer


class DoctorDialog(QtWidgets.QDialog):
    """The worker's answer, and a button to ask again.

    Args:
        python: finds the worker's interpreter; may raise a LightmouldError.
        environ: the variables that the settings are taken from.
        parent: the panel.
    """

    def __init__(
        self, python: Callable[[], str], environ: Mapping[str, str], parent: QtWidgets.QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Doctor")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._python, self._environ = python, environ
        self._reader = Reader()
        self.destroyed.connect(self._reader.end)
        self.verdict = look.heading()
        self.text = QtWidgets.QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(look.fixed_font())
        self.text.setLineWrapMode(QtWidgets.QPlainTextEdit.LineWrapMode.NoWrap)
        self.again = QtWidgets.QPushButton("Look again")
        self.again.setShortcut(QtGui.QKeySequence("F5"))
        self.again.clicked.connect(self.look_around)
        close = QtWidgets.QPushButton("Close")
        close.clicked.connect(self.accept)
        end = QtWidgets.QHBoxLayout()
        end.addWidget(self.again)
        end.addStretch(1)
        end.addWidget(close)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.verdict)
        layout.addWidget(self.text, 1)
        layout.addLayout(end)
        line = look.unit(self)
        self.resize(52 * line, 26 * line)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._reader.drain)
        self._timer.start(_DRAIN)
        self.look_around()

    def look_around(self) -> None:
        """Ask the worker."""
        self.again.setEnabled(False)
        self.verdict.setText("Looking…")
        self.text.clear()
        self._reader.ask("doctor", self._asked, self._tell)

    def _asked(self) -> Answer:
        command = own.doctor(self._python(), Path.cwd(), self._environ)
        return ask((command,), SECONDS)[0]

    def _tell(self, answer: Any) -> None:
        self.again.setEnabled(True)
        if not isinstance(answer, Answer):
            self.verdict.setText("The worker can't be asked")
            self.text.setPlainText(str(answer))
            return
        whole = "Everything is there" if answer.code == 0 else "Something is missing"
        self.verdict.setText(whole if answer.lines else "The worker said nothing")
        self.text.setPlainText("\n".join(answer.lines))
