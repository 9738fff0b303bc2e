"""`lightmould panel`: the jobs of some folders in a window, as Houdini shows them in a pane."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def panel(
    *folders: Annotated[Path, Parameter(help="Folders of jobs; none: those of last time.")],
) -> int:
    """Show what runs, how far, how good, what broke and why, until the window is closed."""
    from lightmould.panel.__main__ import show  # noqa: PLC0415  # no other verb needs Qt

    return show(folders)
