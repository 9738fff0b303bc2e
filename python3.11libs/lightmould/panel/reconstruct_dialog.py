"""Asks what to reconstruct, with what patience and where, and tells before what it will take."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

from lightmould.errors import LightmouldError
from lightmould.jobs.estimate import Choice, Engine, Question, Rows
from lightmould.panel import look
from lightmould.panel.qt import QtCore, QtWidgets

PRESETS = {
    "draft": "A quick look: is it seen from all sides, is the light right?",
    "standard": "What most work wants: dents, fine silhouettes, textures of 1024.",
    "hero": "As good as the pictures allow; minutes become an hour.",
}
ENGINES: dict[Engine, str] = {
    "lightmould": "lightmould",
    "nvdiffrec": "nvdiffrec (your own; needs a GPU, not for commercial work)",
}
_GLOW = f"color: #ffffff; background: #6b5426; border: 1px solid {look.ACCENT};"
_CHECKED = f"QPushButton:checked {{ {_GLOW} }}"
_STRONG = f"QPushButton:enabled {{ {_GLOW} font-weight: bold; }}"
_PAUSE = 150  # milliseconds between the last key and the next estimate


def ask(
    question: Question,
    estimate: Callable[[Choice], Rows],
    then: Callable[[Choice], None],
    parent: QtWidgets.QWidget | None = None,
) -> "ReconstructDialog":
    """Show the dialog, and go on at once.

    Args:
        question: what it begins with.
        estimate: what a choice will take; raises LightmouldError where it can't be.
        then: called with what was chosen, and not where it was called off.
        parent: the window that it belongs to.
    """
    dialog = ReconstructDialog(question, estimate, parent)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.chosen.connect(then)
    dialog.open()
    return dialog


class ReconstructDialog(QtWidgets.QDialog):
    """A source, a preset, an engine, a folder; below, what they will take."""

    chosen = QtCore.Signal(object)

    def __init__(
        self,
        question: Question,
        estimate: Callable[[Choice], Rows],
        parent: QtWidgets.QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._question, self._estimate = question, estimate
        self.setWindowTitle("Reconstruct from Photos" if question.is_photos else "Reconstruct")
        self.source, self.folder = QtWidgets.QLineEdit(), QtWidgets.QLineEdit()
        self.presets = QtWidgets.QButtonGroup(self)
        self.engine = QtWidgets.QComboBox()
        self.buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.StandardButton.Cancel)
        role = QtWidgets.QDialogButtonBox.ButtonRole.AcceptRole
        self.go = self.buttons.addButton("Reconstruct", role)
        self.go.setDefault(True)
        self.go.setStyleSheet(_STRONG)
        self.go.setFocus()
        self.about_preset = look.faint()
        self.trouble = QtWidgets.QLabel()
        self.numbers: dict[str, QtWidgets.QLabel] = {}
        self._later = QtCore.QTimer(self)
        self._lay_out()
        self._fill()
        self._wire()
        self._tell()

    @property
    def choice(self) -> Choice:
        """What the fields say."""
        first = self._question.choice
        source = first.source if self._question.is_fixed else Path(self.source.text().strip())
        return replace(
            first,
            source=source,
            folder=Path(self.folder.text().strip()),
            preset=self.presets.checkedButton().property("preset"),
            engine=cast(Engine, self.engine.currentData()),
        )

    def _lay_out(self) -> None:
        unit = look.unit(self)
        whole = QtWidgets.QVBoxLayout(self)
        whole.setContentsMargins(unit, unit, unit, unit)
        whole.setSpacing(unit)
        form = QtWidgets.QFormLayout()
        form.setLabelAlignment(QtCore.Qt.AlignmentFlag.AlignRight)
        form.setHorizontalSpacing(unit)
        form.setVerticalSpacing(unit * 2 // 3)
        form.addRow("Photos" if self._question.is_photos else "Source", self._path(self.source))
        form.addRow("Preset", self._preset_row())
        form.addRow("", self.about_preset)
        form.addRow("Engine", self.engine)
        form.addRow("Output", self._path(self.folder))
        whole.addLayout(form)
        whole.addWidget(self._numbers_box())
        whole.addWidget(self.trouble)
        whole.addWidget(self.buttons)
        self.trouble.setWordWrap(True)
        self.trouble.setStyleSheet(f"color: {look.COLORS['failed']}")
        self.setMinimumWidth(unit * 38)

    def _path(self, field: QtWidgets.QLineEdit) -> QtWidgets.QWidget:
        row = QtWidgets.QWidget()
        inside = QtWidgets.QHBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(field, 1)
        if field is self.source and self._question.is_fixed:
            field.setReadOnly(True)
            field.setFocusPolicy(QtCore.Qt.FocusPolicy.NoFocus)
            return row
        browse = QtWidgets.QPushButton("Browse…")
        browse.setAutoDefault(False)
        browse.clicked.connect(lambda: self._browse(field))
        inside.addWidget(browse)
        return row

    def _preset_row(self) -> QtWidgets.QWidget:
        row = QtWidgets.QWidget()
        inside = QtWidgets.QHBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        for name in PRESETS:
            button = QtWidgets.QPushButton(name.capitalize())
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setProperty("preset", name)
            button.setStyleSheet(_CHECKED)
            self.presets.addButton(button)
            inside.addWidget(button, 1)
        return row

    def _numbers_box(self) -> QtWidgets.QWidget:
        box = QtWidgets.QFrame()
        box.setObjectName("numbers")
        box.setStyleSheet("#numbers { background: #2c2c2c; border-radius: 4px; }")
        inside = QtWidgets.QHBoxLayout(box)
        unit = look.unit(self)
        inside.setContentsMargins(unit, unit * 2 // 3, unit, unit * 2 // 3)
        inside.setSpacing(unit)
        for name in ("Views", "Time", "Disk", "Memory"):
            column = QtWidgets.QVBoxLayout()
            self.numbers[name] = look.heading()
            column.addWidget(look.faint(name))
            column.addWidget(self.numbers[name])
            inside.addLayout(column, 1)
        return box

    def _fill(self) -> None:
        choice = self._question.choice
        self.source.setText(self._question.source)
        self.folder.setText(choice.folder.as_posix())
        for name, said in ENGINES.items():
            self.engine.addItem(said, name)
        self.engine.setCurrentIndex(self.engine.findData(choice.engine))
        for button in self.presets.buttons():
            button.setChecked(button.property("preset") == choice.preset)

    def _wire(self) -> None:
        self._later.setSingleShot(True)
        self._later.setInterval(_PAUSE)
        self._later.timeout.connect(self._tell)
        self.source.textEdited.connect(self._typed)
        self.folder.textEdited.connect(self._typed)
        self.engine.currentIndexChanged.connect(self._picked)
        self.presets.buttonClicked.connect(self._picked)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _typed(self, _text: str) -> None:
        self._later.start()

    def _picked(self, _what: object) -> None:
        self._tell()

    def _tell(self) -> None:
        """What the choice will take, or why it can't be."""
        self.about_preset.setText(PRESETS[self.choice.preset])
        try:
            rows = dict(self._estimate(self.choice)) if self._named() else {}
            trouble = "" if rows else "Name a source and a folder for what comes of it."
        except LightmouldError as error:
            rows, trouble = {}, str(error)
        for name, label in self.numbers.items():
            label.setText(rows.get(name, "…"))
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
        self.go.setEnabled(not trouble)

    def _named(self) -> bool:
        return bool(self.source.text().strip() and self.folder.text().strip())

    def _browse(self, field: QtWidgets.QLineEdit) -> None:
        choose = QtWidgets.QFileDialog
        if field is self.folder or self._question.is_photos:
            found = choose.getExistingDirectory(self, "Choose a folder", field.text())
        else:
            found = choose.getOpenFileName(self, "Choose a model", field.text())[0]
        if found:
            field.setText(found)
            self._tell()

    def accept(self) -> None:
        """Close, and tell the choice, unless it can't be."""
        self._tell()
        if self.go.isEnabled():
            choice = self.choice
            super().accept()
            self.chosen.emit(choice)
