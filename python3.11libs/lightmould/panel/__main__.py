"""`python -m lightmould.panel [FOLDER...]`: the panel in a window of its own."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lightmould import settings
from lightmould.errors import LightmouldError
from lightmould.panel import create, look
from lightmould.panel.qt import QtWidgets, loop


def show(folders: Sequence[Path]) -> int:
    """Show the panel until its window is closed; returns the exit code.

    Args:
        folders: of jobs; none means those of last time.
    """
    found = settings.load(Path.cwd(), os.environ)
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["lightmould"])
    if isinstance(application, QtWidgets.QApplication):
        look.dress(application)
    shown = create.panel(lambda: found.worker.python or sys.executable, folders=folders)
    shown.show()
    return loop(application)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lightmould.panel", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    try:
        return show(parser.parse_args(arguments).folders)
    except LightmouldError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
