"""Declarations as assets, which `lightmould.formats.hda` writes."""

from pathlib import Path

from lightmould.formats.hda.contents import Part
from lightmould.formats.hda.dialog import Dialog
from lightmould.formats.hda.folder import Asset
from lightmould.formats.hda.names import Operator
from lightmould.formats.hda.network import Node, parts
from lightmould.formats.hda.values import Setting
from otls.declaration import NAMESPACE, VERSION, Declaration

MODIFIED = "Sat Nov 21 12:00:00 2026"
"""The same in every asset, so that building one again changes no byte."""

CAMERAS = "cameras"
"""The network in the object `camera_rig` that cameras are made in, though the asset is locked."""

_EACH_HAS_COOKED = "0"
"""The pythonprocessor's token for making work items when an item above has cooked."""

_GENERATE = """\
from lightmould.houdini import tops

tops.generate(self, item_holder, upstream_items)
"""
_COOK_TASK = """\
from lightmould.houdini import tops

tops.cook_task(self, work_item)
"""


def operator(one: Declaration) -> Operator:
    """The name of the declared node type."""
    return Operator(one.table, one.name, NAMESPACE, VERSION)


def asset(one: Declaration, icons: Path) -> Asset:
    """The declared asset.

    Args:
        one: what is declared.
        icons: folder of icons.
    """
    name = operator(one)
    inputs = tuple(enumerate((label for label, _ in one.inputs), start=1))
    label = f"Lightmould {one.label}"
    dialog = Dialog(name.type_name, name.type_name, label, inputs, parms=one.parms)
    texts = {
        "Help": "",
        "IconSVG": (icons / f"LM_{one.name}.svg").read_text(encoding="utf-8"),
        "PythonModule": f"from lightmould.houdini import {one.module}\n",
    }
    if one.table == "Sop":
        texts["PythonCook"] = (
            f"from lightmould.houdini import {one.module}\n\n{one.module}.cook(hou.pwd())\n"
        )
    if one.table == "Object":
        texts["EditableNodes"] = CAMERAS
    return Asset(name, dialog, (0, len(one.inputs)), texts, _contents(one), "Lightmould", MODIFIED)


def _contents(one: Declaration) -> tuple[Part, ...]:
    if one.table == "Sop":
        return ()
    nodes = _cameras() if one.table == "Object" else _processor(one)
    return parts(one.table, operator(one).type_name, len(one.inputs), nodes)


def _cameras() -> tuple[Node, ...]:
    return (Node(CAMERAS, "subnet", is_shown=True, is_network=True),)


def _processor(one: Declaration) -> tuple[Node, ...]:
    settings = [
        Setting("pdg_workitemgeneration", (_EACH_HAS_COOKED,)),
        Setting("generate", (_GENERATE,)),
    ]
    if one.cooks_in_houdini:
        settings.append(Setting("cooktask", (_COOK_TASK,)))
    waiting = (Node("waitforall1", "waitforall", ("0", "2"), "(0)"),) if one.waits else ()
    generator = Node(
        "generator",
        "pythonprocessor",
        source=waiting[0].name if waiting else "(0)",
        settings=tuple(settings),
        is_built_in=False,
    )
    output = Node("output0", "output", ("0", "-2"), "generator", has_output=False, is_shown=True)
    return *waiting, generator, output
