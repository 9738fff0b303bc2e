"""The panel, ready to be shown: in a window of its own, or in a pane of Houdini's."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from lightmould import settings
from lightmould.panel.actions import Powers
from lightmould.panel.qt import QtCore
from lightmould.panel.window import JobPanel


def panel(
    python: Callable[[], str],
    bring_in: Callable[[Path], object] | None = None,
    folders: Sequence[Path] = (),
) -> JobPanel:
    """A panel of the jobs in some folders.

    Args:
        python: finds the interpreter that runs jobs; may raise a LightmouldError.
        bring_in: brings an asset's folder into the scene; None outside Houdini.
        folders: of jobs; none means those of last time, else those that LIGHTMOULD_JOBS names.

    Raises:
        SettingsError: lightmould.toml can't be read.
    """
    remembered = QtCore.QSettings("lightmould", "jobs")
    if not folders and remembered.value("folders") is None:
        named = settings.load(Path.cwd(), os.environ).worker.jobs or ""
        folders = [Path(name) for name in named.split(os.pathsep) if name]
    return JobPanel(folders, Powers(python, dict(os.environ), bring_in), remembered)
