"""What the TOPs of ours call; which of them it is, the name of the asset's type tells.

Every work item runs one small job (`jobs.parts`) in a process of its own (`tools.pdg`) and carries
`lm_job`, and what its kind makes: `lm_rig`, `lm_model`, `lm_views`, `lm_dataset`, `lm_asset`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hou

from lightmould.errors import SettingsError
from lightmould.houdini import nodes, telling, top_assets, top_views
from lightmould.houdini import parameters as p
from lightmould.houdini.top_items import Generation

if TYPE_CHECKING:
    import pdg

KINDS: Mapping[str, Callable[[Generation], None]] = {
    "camera_rig": top_views.camera_rig,
    "blender_render": top_views.blender_render,
    "assemble_dataset": top_views.assemble_dataset,
    "reconstruct": top_assets.reconstruct,
    "nvdiffrec": top_assets.nvdiffrec,
    "import_asset": top_assets.import_asset,
}
"""What makes the work items of an asset, by its name."""


def generate(
    node: pdg.Node, holder: pdg.WorkItemHolder, above: Sequence[pdg.WorkItem] | None
) -> None:
    """Make the work items of a TOP.

    Args:
        node: the pdg.Node of the pythonprocessor.
        holder: the pdg.WorkItemHolder.
        above: the items of the TOP above.

    Raises:
        hou.NodeError: they can't be made; it says what is wrong and what to do.
    """
    with telling.on_node():
        wanted = Generation.of(node, holder, above)
        name = wanted.asset.type().nameComponents()[2]
        KINDS[name](wanted)


def cook_task(node: pdg.Node, item: pdg.WorkItem) -> None:
    """Cook a work item of Import Asset, in Houdini itself.

    Raises:
        hou.NodeError: the asset can't be read, or the scene not be changed.
    """
    with telling.on_node():
        top_assets.into_scene(node, item)


def open_folder(kwargs: Mapping[str, Any]) -> None:
    """Show the folder of a TOP's job."""
    with telling.in_window("Open Folder"):
        asset = nodes.operator(kwargs["node"], "node")
        folder = p.path(asset, "folder")
        if folder is None or not folder.is_dir():
            where = f"{asset.path()}: folder"
            raise SettingsError(where, f"no folder {folder}", "one", "Cook the node first.")
        hou.ui.showInFileBrowser(str(Path(folder)))
