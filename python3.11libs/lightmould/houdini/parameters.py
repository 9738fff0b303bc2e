"""What a node is asked, read as what it is."""

from pathlib import Path

import hou

from lightmould.errors import SettingsError


def parameter(node: hou.OpNode, name: str) -> hou.Parm:
    """A parameter of a node.

    Raises:
        SettingsError: it has none of that name.
    """
    found = node.parm(name)
    if found is None:
        raise _missing(node, name)
    return found


def text(node: hou.OpNode, name: str) -> str:
    """A line of text, variables replaced, without blanks at its ends."""
    return parameter(node, name).evalAsString().strip()


def number(node: hou.OpNode, name: str) -> float:
    """A real number."""
    return parameter(node, name).evalAsFloat()


def whole(node: hou.OpNode, name: str) -> int:
    """A whole number."""
    return parameter(node, name).evalAsInt()


def switched(node: hou.OpNode, name: str) -> bool:
    """Whether a check box is on."""
    return parameter(node, name).evalAsInt() != 0


def numbers(node: hou.OpNode, name: str) -> tuple[float, ...]:
    """The components of a vector."""
    found = node.parmTuple(name)
    if found is None:
        raise _missing(node, name)
    return tuple(component.evalAsFloat() for component in found)


def pair(node: hou.OpNode, name: str) -> tuple[float, float]:
    """The two components of a span."""
    low, high = numbers(node, name)
    return low, high


def path(node: hou.OpNode, name: str) -> Path | None:
    """A file or a folder; None where nothing is named."""
    found = text(node, name)
    return Path(found) if found else None


def _missing(node: hou.OpNode, name: str) -> SettingsError:
    found, wanted = f"no parameter {name!r}", "an asset of this version"
    return SettingsError(node.path(), found, wanted, "Make the node anew from the Lightmould menu.")
