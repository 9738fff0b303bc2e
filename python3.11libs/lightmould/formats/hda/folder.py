"""A whole asset as the files of its expanded folder."""

from collections.abc import Mapping
from dataclasses import dataclass

from lightmould.formats.hda import contents, dialog_write, options, sections, shelf
from lightmould.formats.hda.contents import Part
from lightmould.formats.hda.dialog import Dialog
from lightmould.formats.hda.names import Operator, escape
from lightmould.formats.hda.sections import Entry

CONTENTS = "Contents.gz"
"""How lists name the nodes inside, which lie in the folder `Contents.dir`."""

SCRIPTS = frozenset({
    "OnCreated", "OnDeleted", "OnInputChanged", "OnLoaded", "OnNameChanged", "OnUpdated",
    "PythonModule",
})  # fmt: skip
"""Sections that Houdini takes for hscript unless `ExtraFileOptions` call them Python."""

_NETWORK = (
    "DialogScript", "CreateScript", "TypePropertiesOptions", "Help", "Tools.shelf",
    "InternalFileOptions", CONTENTS, "EditableNodes", "IconSVG", "PythonModule", "ExtraFileOptions",
)  # fmt: skip
_PYTHON = (
    "DialogScript", "PythonCook", "TypePropertiesOptions", "Help", "Tools.shelf", "FunctionName",
    "CreateScript", "IconSVG", "PythonModule", "ExtraFileOptions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asset:
    """One operator, in a library of its own.

    Attributes:
        operator: its name.
        dialog: its parameters.
        inputs: fewest and most.
        texts: what else it holds: Help, IconSVG, PythonModule, EditableNodes; PythonCook.
        parts: the nodes inside; none for a node that cooks Python.
        submenu: of the Tab menu.
        modified: a date as C's `ctime` has it; a constant one makes the same bytes every time.
    """

    operator: Operator
    dialog: Dialog
    inputs: tuple[int, int]
    texts: Mapping[str, str]
    parts: tuple[Part, ...]
    submenu: str
    modified: str


def files(asset: Asset) -> dict[str, str]:
    """The text of every file of an asset's folder, by path with slashes."""
    operator = asset.operator
    texts = _texts(asset)
    listed = [name for name in (_NETWORK if asset.parts else _PYTHON) if name in texts]
    found = {name: text for name, text in texts.items() if name != CONTENTS}
    found["Sections.list"] = sections.write_list({escape(name): name for name in listed})
    if asset.parts:
        found["Contents.dir/Contents.mime"] = texts[CONTENTS]
        found["Contents.dir/Sections.list"] = sections.write_list(
            {"Contents.mime": "Contents.mime"}
        )
    top = {escape(name): name for name in ("INDEX_SECTION", "houdini.hdalibrary")}
    return {
        "INDEX__SECTION": sections.write_index([_entry(asset)]),
        "Sections.list": sections.write_list({**top, operator.folder: operator.path}),
        "houdini.hdalibrary": "",
        **{f"{operator.folder}/{name}": text for name, text in found.items()},
    }


def _texts(asset: Asset) -> dict[str, str]:
    texts = {
        "DialogScript": dialog_write.write(asset.dialog),
        "CreateScript": sections.create_script(asset.operator.type_name, asset.operator.path),
        "TypePropertiesOptions": sections.write_type_options(),
        "Tools.shelf": shelf.write(asset.operator.table, asset.submenu),
        **asset.texts,
    }
    if asset.parts:
        texts["InternalFileOptions"] = options.write(options.INTERNAL)
        texts[CONTENTS] = contents.write(asset.parts)
    else:
        texts["FunctionName"] = asset.operator.type_name
    texts["ExtraFileOptions"] = options.write(options.of_scripts(SCRIPTS & texts.keys()))
    return texts


def _entry(asset: Asset) -> Entry:
    operator = asset.operator
    return Entry(
        operator=operator.type_name,
        label=asset.dialog.label,
        path=operator.path,
        icon=f"opdef:/{operator.path}?IconSVG",
        table=operator.table,
        inputs=asset.inputs,
        is_subnet=bool(asset.parts),
        is_python=not asset.parts,
        modified=asset.modified,
    )
