"""Nodes of the fake: a tree by names, wires, parameters, undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from fakes.hou.geometry import Geometry
from fakes.hou.items import NetworkMovableItem, NodeConnection, NodeType, StickyNote
from fakes.hou.parms import Declared, Parm, ParmTuple
from fakes.hou.scene import SCENE
from fakes.hou.values import Matrix4, OperationFailed, PermissionError, Vector2
from fakes.hou.world import rows_of_transform


class Node(NetworkMovableItem):
    category = "Manager"

    def __init__(self, parent: Node | None, name: str, kind: str) -> None:
        super().__init__(parent, name)
        self._kind = kind
        self._children: dict[str, Node] = {}
        self._notes: list[StickyNote] = []
        self._comment = ""
        self._flags: list[Any] = []
        self._user_data: dict[str, str] = {}
        self._wires: dict[int | str, tuple[Node, int | str]] = {}
        self.laid_out = False

    def type(self) -> NodeType:
        return NodeType(self.category, self._kind)

    def children(self) -> tuple[Node, ...]:
        return tuple(self._children.values())

    def node(self, node_path: str) -> Node | None:
        here: Node | None = SCENE.root if node_path.startswith("/") else self
        for part in node_path.split("/"):
            if here is None or part in ("", "."):
                continue
            here = here._parent if part == ".." else here._children.get(part)
        return here

    def free_name(self, name: str) -> str:
        stem, number, free = name.rstrip("0123456789"), 1, name
        while free in self._children:
            number += 1
            free = f"{stem}{number}"
        return free

    def child_category(self) -> str:
        kind = self._kind.partition("::")[0]
        by_kind = {"topnet": "Top", "matnet": "Vop", "geo": "Sop", "obj": "Object", "mat": "Vop"}
        return by_kind.get(kind, self.category)

    def createNode(
        self,
        node_type_name: str,
        node_name: str | None = None,
        run_init_scripts: bool = True,
        load_contents: bool = True,
        exact_type_name: bool = False,
        force_valid_node_name: bool = False,
    ) -> Any:
        if self._kind.startswith("lightmould::"):
            raise PermissionError(f"{self.path()} is locked")
        category = self.child_category()
        declared = SCENE.declared(category, node_type_name)
        if declared is None:
            raise OperationFailed(f"Invalid node type name: {category}/{node_type_name}")
        name = self.free_name(node_name or f"{node_type_name.split('::', maxsplit=1)[0]}1")
        if not name.replace(".", "_").isidentifier():
            raise OperationFailed(f"invalid node name {name!r}")
        return self._made(category, node_type_name, name, declared)

    def _made(self, category: str, kind: str, name: str, parms: tuple[Declared, ...]) -> Node:
        made: Node = CLASSES[category](self, name, kind, parms)
        self._children[name] = made
        SCENE.edits.append(("create", made.path(), SCENE.undo[-1] if SCENE.undo else None))
        for child_kind, child_name in SCENE.contents(category, kind):
            child = CLASSES[category](made, child_name, child_kind, ())
            made._children[child_name] = child
        return made

    def destroy(self, disable_safety_checks: bool = False) -> None:
        assert self._parent is not None
        SCENE.edits.append(("destroy", self.path(), SCENE.undo[-1] if SCENE.undo else None))
        del self._parent._children[self._name]

    def setInput(
        self, input_index: int, item_to_become_input: Node | None, output_index: int = 0
    ) -> None:
        if item_to_become_input is None:
            self._wires.pop(input_index, None)
        else:
            self._wires[input_index] = (item_to_become_input, output_index)

    def setNamedInput(
        self, input_name: str, item_to_become_input: Node, output_name_or_index: str | int
    ) -> None:
        if input_name not in self.inputNames():
            raise OperationFailed(f"{self.path()} has no input {input_name}")
        if isinstance(output_name_or_index, str):
            names = item_to_become_input.outputNames()
            if output_name_or_index not in names:
                found = item_to_become_input.path()
                raise OperationFailed(f"{found} has no output {output_name_or_index}")
        self._wires[input_name] = (item_to_become_input, output_name_or_index)

    def inputNames(self) -> tuple[str, ...]:
        return SCENE.connectors(self.category, self._kind)[0]

    def outputNames(self) -> tuple[str, ...]:
        return SCENE.connectors(self.category, self._kind)[1]

    def inputs(self) -> tuple[Any, ...]:
        return tuple(node for node, _ in self._wires.values())

    def inputIndex(self, input_name: str) -> int:
        names = self.inputNames()
        return names.index(input_name) if input_name in names else -1

    def input(self, input_index: int) -> Any:
        found = self._wires.get(input_index)
        if found is None and 0 <= input_index < len(self.inputNames()):
            found = self._wires.get(self.inputNames()[input_index])
        return found[0] if found else None

    def inputConnections(self) -> tuple[NodeConnection, ...]:
        return tuple(NodeConnection(self, name, *wire) for name, wire in self._wires.items())

    def wire(self, name: int | str) -> tuple[Node, int | str] | None:
        return self._wires.get(name)

    def layoutChildren(
        self,
        items: Sequence[NetworkMovableItem] = (),
        horizontal_spacing: float = -1,
        vertical_spacing: float = -1,
    ) -> None:
        self.laid_out = True

    def moveToGoodPosition(
        self,
        relative_to_inputs: bool = True,
        move_inputs: bool = True,
        move_outputs: bool = True,
        move_unconnected: bool = True,
    ) -> Vector2:
        return self._position

    def comment(self) -> str:
        return self._comment

    def setComment(self, comment: str) -> None:
        self._comment = comment

    def setGenericFlag(self, flag: Any, value: bool) -> None:
        self._flags.append((flag, value))

    def createStickyNote(self, name: str | None = None) -> StickyNote:
        note = StickyNote(self, name or "__stickynote1")
        self._notes.append(note)
        return note

    def stickyNotes(self) -> tuple[StickyNote, ...]:
        return tuple(self._notes)

    def setUserData(self, name: str, value: str) -> None:
        self._user_data[name] = value

    def userData(self, name: str) -> str | None:
        return self._user_data.get(name)

    def setCurrent(self, on: bool, clear_all_selected: bool = False) -> None:
        self.setSelected(on, clear_all_selected)

    def allSubChildren(
        self,
        top_down: bool = True,
        recurse_in_locked_nodes: bool = True,
        sync_delayed_definition: bool = False,
    ) -> Iterator[Node]:
        for child in self.children():
            yield child
            yield from child.allSubChildren()


class OpNode(Node):
    def __init__(
        self, parent: Node | None, name: str, kind: str, parms: tuple[Declared, ...] = ()
    ) -> None:
        super().__init__(parent, name, kind)
        self._tuples: dict[str, ParmTuple] = {}
        self._parms: dict[str, Parm] = {}
        self.presses: list[str] = []
        self.cooks = 0
        for one in parms:
            pairs = zip(one.components, one.defaults, strict=True)
            made = [Parm(self, component, default) for component, default in pairs]
            self._parms |= {parm.name(): parm for parm in made}
            self._tuples[one.name] = ParmTuple(one.name, made)

    def expanded(self, text: str) -> str:
        hip = str(PurePosixPath(SCENE.hip).parent)
        return SCENE.expand(text.replace("$OS", self._name).replace("$HIP", hip))

    def press(self, parm: Parm) -> None:
        SCENE.press(parm)

    def parms(self) -> tuple[Parm, ...]:
        return tuple(self._parms.values())

    def errors(self) -> tuple[str, ...]:
        return ()

    def parm(self, parm_path: str) -> Parm | None:
        return self._parms.get(parm_path)

    def parmTuple(self, parm_path: str) -> ParmTuple | None:
        return self._tuples.get(parm_path)

    def evalParm(self, parm_path: str) -> Any:
        return self._parms[parm_path].eval()

    def setParms(self, parm_dict: Mapping[str, Any]) -> None:
        for name, value in parm_dict.items():
            if name in self._parms:
                self._parms[name].set(value)
            elif name in self._tuples:
                self._tuples[name].set(value)
            else:
                raise OperationFailed(f"{self.path()} has no parameter {name}")

    def cook(self, force: bool = False, frame_range: Sequence[float] = ()) -> None:
        self.cooks += 1
        SCENE.cook(self)


class ObjNode(OpNode):
    category = "Object"

    def displayNode(self) -> Any:
        shown = [child for child in self.children() if getattr(child, "displayed", False)]
        return shown[-1] if shown else None

    def setDisplayFlag(self, on: bool) -> None:
        self._flags.append(("display", on))

    def worldTransform(self) -> Matrix4:
        rows = rows_of_transform(self)
        above = self._parent
        while isinstance(above, ObjNode):
            rows = rows @ rows_of_transform(above)
            above = above._parent
        return Matrix4(rows)


class SopNode(OpNode):
    category = "Sop"
    displayed = False

    def __init__(
        self, parent: Node | None, name: str, kind: str, parms: tuple[Declared, ...] = ()
    ) -> None:
        super().__init__(parent, name, kind, parms)
        self._geometry = Geometry()

    def geometry(self, output_index: int = 0) -> Geometry | None:
        if not self.cooks:
            self.cook()
        return self._geometry

    def inputGeometry(self, index: int) -> Geometry | None:
        wire = self._wires.get(index)
        return wire[0].geometry() if wire and isinstance(wire[0], SopNode) else None

    def setDisplayFlag(self, on: bool) -> None:
        if on and self._parent is not None:
            for other in self._parent.children():
                other.displayed = other is self  # type: ignore[attr-defined]

    def setRenderFlag(self, on: bool) -> None:
        self._flags.append(("render", on))


class VopNode(OpNode):
    category = "Vop"

    def setMaterialFlag(self, on: bool) -> None:
        self._flags.append(("material", on))


class TopNode(OpNode):
    category = "Top"

    def cookWorkItems(
        self,
        block: bool = False,
        generate_only: bool = False,
        tops_only: bool = False,
        save_prompt: bool = False,
        nodes: Sequence[TopNode] = (),
    ) -> None:
        SCENE.top_cooks.append((self.path(), block))

    def setDisplayFlag(self, on: bool) -> None:
        self._flags.append(("display", on))


CLASSES: dict[str, Any] = {"Object": ObjNode, "Sop": SopNode, "Vop": VopNode, "Top": TopNode}
