"""Making nodes: found or made by name, theirs told from ours."""

from collections.abc import Mapping, Sequence
from typing import Any

import hou

from lightmould.errors import SettingsError, ToolError

_MARK = "lightmould"  # user data of nodes that we made, and may make again


def operator(node: object, where: str) -> hou.OpNode:
    """The node, if it is one with parameters.

    Raises:
        SettingsError: naming `where`: there is none, or it is something else.
    """
    if not isinstance(node, hou.OpNode):
        raise SettingsError(where, "no node", "the path of a node", "Correct the path.")
    return node


def at(path: str) -> hou.OpNode:
    """The node of a path.

    Raises:
        SettingsError: there is none.
    """
    return operator(hou.node(path), path)


def made(parent: hou.Node, kind: str, name: str, values: Mapping[str, Any]) -> hou.OpNode:
    """A new node with these parameters.

    Args:
        parent: network that it is put into.
        kind: name of its type.
        name: of the node; Houdini adds a number where it is taken.
        values: parameters and tuples of them by name.

    Raises:
        ToolError: this Houdini has no such type, or the type no such parameter.
    """
    try:
        node = operator(parent.createNode(kind, name), kind)
        set_all(node, values)
    except (hou.OperationFailed, hou.PermissionError) as error:
        found = f"no {kind} in {parent.path()}: {error.instanceMessage()}"
        fix = "Run scripts/houdini_smoke.py, and report what it prints."
        raise ToolError("Houdini", found, "a node type of Houdini 20.5 or later", fix) from error
    return node


def set_all(node: hou.OpNode, values: Mapping[str, Any]) -> None:
    """Set parameters, and tuples of them, by name.

    Raises:
        ToolError: the node has no such parameter.
    """
    for name, value in values.items():
        found = node.parmTuple(name) if isinstance(value, tuple) else node.parm(name)
        if found is None:
            kind = node.type().name()
            fix = "Run scripts/houdini_smoke.py, and report what it prints."
            wanted = "one that Houdini 20.5 has"
            raise ToolError(kind, f"no parameter {name!r}", wanted, fix)
        found.set(value)


def connect(target: hou.OpNode, name: str, source: hou.OpNode, output: str = "out") -> None:
    """Wire an output into an input, both by name.

    Raises:
        ToolError: one of them has no such connector.
    """
    try:
        target.setNamedInput(name, source, output)
    except hou.OperationFailed as error:
        found = f"no wire from {output} of {source.path()} to {name}"
        fix = "Run scripts/houdini_smoke.py, and report what it prints."
        raise ToolError(target.path(), found, "connectors of those names", fix) from error


def inputs(node: hou.Node) -> list[hou.Node]:
    """What is wired into a node; what is not wired is left out."""
    wires: Sequence[hou.Node | None] = node.inputs()  # Houdini 20.5's stubs know of no None
    return [one for one in wires if one is not None]


def ours(parent: hou.Node, name: str) -> hou.OpNode | None:
    """What we made by that name; None where nothing is.

    Raises:
        SettingsError: somebody else's node has that name.
    """
    found = parent.node(name)
    if found is None:
        return None
    if found.userData(_MARK) is None:
        where, wanted = found.path(), "a node that lightmould made"
        raise SettingsError(where, "a node of another making", wanted, "Rename it.")
    return operator(found, name)


def claim(node: hou.OpNode, what: str) -> None:
    """Mark a node as made by us; `what` says for what."""
    node.setUserData(_MARK, what)


def claimed(node: hou.Node) -> str | None:
    """For what we made a node; None for one of somebody else's."""
    return node.userData(_MARK)
