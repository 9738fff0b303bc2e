"""What went wrong, told to whoever asked: on the node that cooks, or in a window."""

from collections.abc import Iterator
from contextlib import contextmanager

import hou

from lightmould.errors import LightmouldError


@contextmanager
def on_node() -> Iterator[None]:
    """An error of ours becomes one that Houdini shows on the node that cooks."""
    try:
        yield
    except LightmouldError as error:
        raise hou.NodeError(str(error)) from error


@contextmanager
def in_window(title: str) -> Iterator[None]:
    """An error of ours becomes a window, where there is somebody to see it."""
    try:
        yield
    except LightmouldError as error:
        if not hou.isUIAvailable():
            raise
        hou.ui.displayMessage(str(error), severity=hou.severityType.Error, title=title)
