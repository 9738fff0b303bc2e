"""What networks hold besides nodes, and what tells one kind of node from another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fakes.hou.scene import SCENE
from fakes.hou.values import Color, Vector2

if TYPE_CHECKING:
    from fakes.hou.nodes import Node


class NodeType:
    def __init__(self, category: str, name: str) -> None:
        self._category, self._name = category, name

    def name(self) -> str:
        return self._name

    def nameComponents(self) -> tuple[str, ...]:
        parts = self._name.split("::")
        namespace = parts.pop(0) if len(parts) > 2 else ""
        return ("", namespace, parts[0], parts[1] if len(parts) > 1 else "")

    def category(self) -> NodeTypeCategory:
        return NodeTypeCategory(self._category)


class NodeTypeCategory:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name


class NetworkMovableItem:
    def __init__(self, parent: Node | None, name: str) -> None:
        self._parent, self._name = parent, name
        self._position, self._color = Vector2(0.0, 0.0), Color((0.8, 0.8, 0.8))

    def name(self) -> str:
        return self._name

    def parent(self) -> Any:
        return self._parent

    def path(self) -> str:
        if self._parent is None:
            return "/"
        return f"{self._parent.path().rstrip('/')}/{self._name}"

    def setName(self, name: str, unique_name: bool = False) -> None:
        assert self._parent is not None
        siblings = self._parent._children
        if siblings.get(self._name) is self:
            del siblings[self._name]
            self._name = self._parent.free_name(name)
            siblings[self._name] = self  # type: ignore[assignment]

    def position(self) -> Vector2:
        return self._position

    def setPosition(self, position: Sequence[float] | Vector2) -> None:
        self._position = Vector2(position)

    def setColor(self, color: Color) -> None:
        self._color = color

    def color(self) -> Color:
        return self._color

    def setSelected(
        self,
        on: bool,
        clear_all_selected: bool = False,
        show_asset_if_selected: bool = False,
    ) -> None:
        if clear_all_selected:
            SCENE.selected.clear()
        if on:
            SCENE.selected.append(self)


class StickyNote(NetworkMovableItem):
    _text, _size = "", Vector2(0.0, 0.0)

    def text(self) -> str:
        return self._text

    def setText(self, new_text: str) -> None:
        self._text = new_text

    def setSize(self, size: Sequence[float] | Vector2) -> None:
        self._size = Vector2(size)

    def size(self) -> Vector2:
        return self._size


class NodeConnection:
    def __init__(self, node: Node, name: int | str, source: Node, output: int | str) -> None:
        self._node, self._name, self._source, self._output = node, name, source, output

    def inputName(self) -> str:
        return str(self._name)

    def outputIndex(self) -> int:
        names = self._source.outputNames()
        return self._output if isinstance(self._output, int) else names.index(self._output)
