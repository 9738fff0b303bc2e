"""The TOP network of a reconstruction: our TOPs in a row, from a source to an asset in a scene."""

from graphlib import TopologicalSorter

import hou

from lightmould.houdini import nodes
from lightmould.houdini.wanted import Wanted

COMMENTS = {
    "camera_rig": "Where the cameras stand",
    "blender_render": "Blender's pictures, a batch per work item",
    "assemble_dataset": "One dataset, checked",
    "reconstruct": "Mesh, textures and light",
    "nvdiffrec": "Mesh, textures and light, by nvdiffrec",
    "import_asset": "Into the scene",
}
"""What each TOP is there for."""

_BLUE, _GREEN = (0.35, 0.5, 0.75), (0.4, 0.65, 0.45)
_APART = 1.5  # units of the network editor between two nodes


def build(parent: hou.Node, name: str, wanted: Wanted) -> hou.OpNode:
    """A new TOP network that does it, tidy and with comments; one step to undo.

    Args:
        parent: network for it, as a rule `/obj` or `/tasks`.
        name: of the network.
        wanted: what it is to do.

    Raises:
        ToolError: this Houdini has not our assets, or assets of another version.
    """
    with hou.undos.group("Build Reconstruction"):
        network = nodes.made(parent, "topnet", name, {})
        nodes.claim(network, "a reconstruction")
        above: hou.OpNode | None = None
        for place, kind in enumerate(wanted.row()):
            values = wanted.parameters(kind)
            top = nodes.made(network, f"lightmould::{kind}::1.0", kind, values)
            if above is not None:
                top.setInput(0, above)
            top.setPosition((0.0, -_APART * place))
            top.setColor(hou.Color(_GREEN if kind == "import_asset" else _BLUE))
            top.setComment(COMMENTS[kind])
            top.setGenericFlag(hou.nodeFlag.DisplayComment, True)  # noqa: FBT003
            above = top
        if isinstance(above, hou.TopNode):
            above.setDisplayFlag(True)
        note = network.createStickyNote("about")
        note.setText(_about(wanted))
        note.setSize((4.5, 2.5))
        note.setPosition((-6.0, -2.0))
        network.moveToGoodPosition()
    return network


def tops(network: hou.Node) -> tuple[hou.OpNode, ...]:
    """Our TOPs of a network, in the order in which they cook."""
    ours = {
        one.path(): one
        for one in network.children()
        if one.type().nameComponents()[1] == "lightmould"
    }
    above = {
        path: [each.path() for each in nodes.inputs(one) if each.path() in ours]
        for path, one in ours.items()
    }
    order = TopologicalSorter(above).static_order()
    return tuple(nodes.operator(ours[path], path) for path in order)


def _about(wanted: Wanted) -> str:
    return (
        f"Reconstruct {wanted.source.name}\n\n"
        f"Work is done in {wanted.folder.as_posix()}, outside Houdini. Cook the last node; "
        "cancelled or interrupted, cook it again: it goes on where it was."
    )
