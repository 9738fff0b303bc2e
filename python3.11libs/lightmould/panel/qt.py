"""Qt, from whichever binding there is: PySide6 (Houdini 21), else PySide2 (Houdini 20.5).

A binding that the program has loaded already is taken, whatever else is installed: two versions
of Qt in one process end it. What moved between the two is named here; everything else is
written so that both understand it: scoped enums, signals instead of `exec`.
"""

import sys
from importlib import util
from typing import TYPE_CHECKING

from lightmould.errors import ToolError

try:
    if TYPE_CHECKING:
        from PySide6 import QtCore, QtGui, QtWidgets
        from PySide6.QtGui import QAction, QActionGroup, QShortcut
    elif "PySide2" in sys.modules or not util.find_spec("PySide6"):
        from PySide2 import QtCore, QtGui, QtWidgets
        from PySide2.QtWidgets import QAction, QActionGroup, QShortcut
    else:
        from PySide6 import QtCore, QtGui, QtWidgets
        from PySide6.QtGui import QAction, QActionGroup, QShortcut
except ImportError as error:
    fix = 'Install it, pip install "lightmould[gui]", and the system libraries that it names.'
    raise ToolError("Qt", str(error), "PySide6 or PySide2", fix) from error

__all__ = ["QAction", "QActionGroup", "QShortcut", "QtCore", "QtGui", "QtWidgets", "loop"]


def loop(application: QtCore.QCoreApplication) -> int:
    """Run a program's event loop until it ends; returns the exit code."""
    begin = getattr(application, "exec", None) or application.exec_  # PySide2 has only the latter
    return int(begin())
