"""The TOPs that make assets of datasets, and bring them into the scene."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hou

from lightmould.errors import SettingsError, ToolError
from lightmould.formats.nvdiffrec import Config
from lightmould.houdini import import_asset as importing
from lightmould.houdini import nodes
from lightmould.houdini import parameters as p
from lightmould.houdini import top_parameters as asked
from lightmould.houdini.top_items import GEOMETRY, Generation, enclosing
from lightmould.jobs import parts, plan
from lightmould.settings import Settings
from lightmould.settings.presets import training
from lightmould.settings.reconstruction import Reconstruction

if TYPE_CHECKING:
    import pdg

MESH = "asset/mesh/mesh.obj"
"""Where a reconstruction has its mesh."""


def reconstruct(wanted: Generation) -> None:
    """An asset of each dataset above, or of the one that is named; `lm_asset` is its mesh."""
    _reconstruct(wanted, asked.settings(wanted.asset), asked.how(wanted.asset))


def nvdiffrec(wanted: Generation) -> None:
    """The same by the user's nvdiffrec."""
    settings = asked.settings(wanted.asset)
    settings = replace(settings, nvdiffrec=asked.nvdiffrec(wanted.asset, settings.nvdiffrec))
    how = training(p.text(wanted.asset, "preset"), p.path(wanted.asset, "config"))
    _reconstruct(wanted, settings, how)


def import_asset(wanted: Generation) -> None:
    """An item that cooks in Houdini itself for each asset above, or for the one that is named."""
    for source in wanted.sources():
        mesh = wanted.path("file", source, "lm_asset")
        if mesh is None:
            where, fix = f"{wanted.asset.path()}: file", "Name one, or put a Reconstruct above."
            raise SettingsError(where, "none", "an asset's mesh.obj", fix)
        item = wanted.holder.addWorkItem(parent=source.item, index=source.index, inProcess=True)
        item.setStringAttrib("lm_asset", mesh.as_posix())


def into_scene(node: pdg.Node, item: pdg.WorkItem) -> None:
    """Put an item's asset into the scene, or bring up to date what was put there; `lm_node`.

    Work items cook on threads of PDG's; the scene is changed on Houdini's own.
    """
    mesh = Path(item.stringAttribValue("lm_asset"))
    readers: list[str] = []  # what runOnMainThread returns is not documented

    def place() -> None:
        readers.append(_placed(enclosing(node), mesh, item.index))

    node.scheduler.runOnMainThread(True, place)  # noqa: FBT003  # wait for it
    if not readers:
        where, wanted = enclosing(node).path(), "the asset in the scene"
        raise ToolError(where, "an error on Houdini's main thread", wanted, "See the console.")
    item.setStringAttrib("lm_node", readers[0])
    item.addOutputFile(mesh.as_posix(), GEOMETRY)


def _placed(asset: hou.OpNode, mesh: Path, index: int) -> str:
    """The path of the Import SOP that reads an asset; made if it is not there."""
    parent, name = nodes.at(p.text(asset, "parent")), p.text(asset, "object_name")
    name = name if index == 0 else f"{name}_{index}"
    with hou.undos.group("Import Asset"):
        holder = nodes.ours(parent, name)
        if holder is None:
            reader = importing.into_scene(mesh, parent)
            holder = nodes.operator(reader.parent(), name)
            holder.setName(name)
            nodes.claim(holder, "an asset")
        else:
            reader = nodes.operator(holder.node("asset"), f"{holder.path()}/asset")
            nodes.set_all(reader, {"file": mesh.as_posix()})
            importing.reload({"node": reader})
        nodes.set_all(reader, {"shader": p.text(asset, "shader")})
        if p.switched(asset, "material"):
            importing.build_materials(reader)
        if p.switched(asset, "light"):
            importing.build_light(reader)
    return reader.path()


def _reconstruct(wanted: Generation, settings: Settings, how: Reconstruction | Config) -> None:
    for source in wanted.sources():
        dataset = wanted.path("dataset", source, "lm_dataset")
        if dataset is None:
            where, fix = f"{wanted.asset.path()}: dataset", "Name one, or put a TOP above."
            raise SettingsError(where, "none", "a dataset's folder, or photos", fix)
        folder = wanted.folder(source)
        parts.await_free(folder)
        job = plan.reconstruct(dataset, folder, settings, how, os.environ)
        item = wanted.add(source, job, source.index, settings)
        of_photos = any(step.name == "import" for step in job.steps)
        made = job.folder / "dataset" if of_photos else dataset
        item.setStringAttrib("lm_dataset", made.as_posix())
        item.setStringAttrib("lm_asset", (job.folder / MESH).as_posix())
        wanted.expect(item, job.folder / MESH, GEOMETRY)
