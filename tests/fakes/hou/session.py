"""What is asked of the whole session: nodes by path, the selection, undo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fakes.hou.nodes import Node
from fakes.hou.scene import SCENE


class undos:
    @staticmethod
    @contextmanager
    def group(label: str, editor: Any = None) -> Iterator[None]:
        SCENE.undo.append(SCENE.undo[0] if SCENE.undo else f"{label} {len(SCENE.undo_labels)}")
        if len(SCENE.undo) == 1:
            SCENE.undo_labels.append(label)
        try:
            yield
        finally:
            SCENE.undo.pop()


def node(path: str) -> Node | None:
    return SCENE.root.node(path)


def selectedNodes(include_hidden: bool = False) -> tuple[Any, ...]:
    return tuple(one for one in SCENE.selected if isinstance(one, Node))
