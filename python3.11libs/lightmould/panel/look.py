"""Colors, sizes and small pictures. In Houdini its own style rules; elsewhere one much like it."""

from functools import cache

from lightmould.jobs.overview import State
from lightmould.panel.qt import QtCore, QtGui, QtWidgets

Qt = QtCore.Qt
COLORS: dict[str, str] = {
    "running": "#5aa9e6",
    "finished": "#74c07a",
    "failed": "#e8716a",
    "lost": "#e39a4f",
    "unreadable": "#cf8bc4",
    "stopped": "#a8a8a8",
    "waiting": "#8a8a8a",
    "skipped": "#74c07a",
}
"""Of each state; on a dark ground each is told from its neighbors by lightness, too."""

WORDS: dict[State, str] = {
    "running": "Running",
    "finished": "Done",
    "failed": "Failed",
    "lost": "Lost",
    "unreadable": "Unreadable",
    "stopped": "Stopped",
    "waiting": "Waiting",
}
RIGHT = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
"""Where numbers stand; the bindings agree on it as a plain number alone."""

ACCENT = "#e5a445"
SERIES = ("#e5a445", "#5aa9e6", "#74c07a", "#cf8bc4", "#e8716a", "#7fd1c7")
FAINT = "#9a9a9a"

_PALETTE = {
    "Window": "#393939",
    "WindowText": "#d6d6d6",
    "Base": "#272727",
    "AlternateBase": "#2c2c2c",
    "Text": "#d6d6d6",
    "Button": "#464646",
    "ButtonText": "#dedede",
    "BrightText": "#ffffff",
    "Highlight": "#6b5426",
    "HighlightedText": "#ffffff",
    "ToolTipBase": "#1f1f1f",
    "ToolTipText": "#e6e6e6",
    "PlaceholderText": "#8f8f8f",
    "Link": "#e5a445",
    "Light": "#555555",
    "Midlight": "#4c4c4c",
    "Mid": "#303030",
    "Dark": "#1e1e1e",
    "Shadow": "#141414",
}
_SHEET = """
QToolTip { color: #e6e6e6; background: #1f1f1f; border: 1px solid #555; padding: 4px; }
QHeaderView::section { background: #333; color: #b8b8b8; border: 0; padding: 5px 18px 5px 8px;
  border-right: 1px solid #2a2a2a; border-bottom: 1px solid #2a2a2a; }
QTreeView::item { padding: 3px 0; }
QTableView, QListView, QTreeView { border: 1px solid #2a2a2a; gridline-color: #303030; }
QLineEdit { background: #272727; border: 1px solid #1f1f1f; border-radius: 3px; padding: 4px 6px; }
QLineEdit:focus { border-color: #e5a445; }
QComboBox { background: #464646; border: 1px solid #2b2b2b; border-radius: 3px;
  padding: 4px 8px; }
QComboBox:focus { border-color: #e5a445; }
QComboBox::drop-down { border: 0; width: 20px; }
QComboBox QAbstractItemView { background: #303030; selection-background-color: #6b5426; }
QPushButton, QToolButton { background: #464646; border: 1px solid #2b2b2b; border-radius: 3px;
  padding: 4px 10px; }
QPushButton:hover, QToolButton:hover { background: #505050; }
QPushButton:pressed, QToolButton:pressed, QToolButton:checked { background: #5d4a22;
  border-color: #e5a445; }
QPushButton:focus, QToolButton:focus { border-color: #e5a445; }
QPushButton:disabled, QToolButton:disabled { color: #7c7c7c; background: #3e3e3e; }
QTabWidget::pane { border: 1px solid #2a2a2a; top: -1px; }
QTabBar::tab { background: #333; color: #b8b8b8; padding: 6px 14px; border: 1px solid #2a2a2a; }
QTabBar::tab:selected { background: #464646; color: #fff; border-bottom-color: #e5a445; }
QSplitter::handle { background: #2f2f2f; }
QSplitter::handle:hover { background: #e5a445; }
QMenu { background: #303030; border: 1px solid #1f1f1f; padding: 4px 0; }
QMenu::item { padding: 5px 24px; }
QMenu::item:selected { background: #6b5426; }
QMenu::item:disabled { color: #7c7c7c; }
"""


def dress(application: QtWidgets.QApplication) -> None:
    """Give a program of our own a dark look like Houdini's; never called in Houdini."""
    application.setStyle("Fusion")
    palette = QtGui.QPalette()
    for name, color in _PALETTE.items():
        palette.setColor(getattr(QtGui.QPalette.ColorRole, name), QtGui.QColor(color))
    for name in ("WindowText", "Text", "ButtonText"):
        role = getattr(QtGui.QPalette.ColorRole, name)
        palette.setColor(QtGui.QPalette.ColorGroup.Disabled, role, QtGui.QColor("#7c7c7c"))
    application.setPalette(palette)
    application.setStyleSheet(_SHEET)


def unit(widget: QtWidgets.QWidget) -> int:
    """The height of a line of text, pixels; what all distances are parts of."""
    return widget.fontMetrics().height()


def faint(text: str = "") -> QtWidgets.QLabel:
    """A label for what matters less."""
    label = QtWidgets.QLabel(text)
    label.setStyleSheet(f"color: {FAINT}")
    return label


def heading(text: str = "") -> QtWidgets.QLabel:
    """A label that is larger than the rest."""
    label = QtWidgets.QLabel(text)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * 1.35)
    label.setFont(font)
    return label


def fixed_font() -> QtGui.QFont:
    """For logs: letters of one width."""
    return QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)


@cache
def dot(state: str) -> QtGui.QIcon:
    """A state as a small picture: filled while there is something to look at, else a ring."""
    size = 32
    picture = QtGui.QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QtGui.QPainter(picture)
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    color = QtGui.QColor(COLORS.get(state, FAINT))
    painter.setPen(QtGui.QPen(color, 4))
    if state not in ("waiting", "stopped"):
        painter.setBrush(color)
    painter.drawEllipse(QtCore.QRectF(7, 7, size - 14, size - 14))
    painter.end()
    return QtGui.QIcon(picture)
