"""Scenes that are built, cooked and saved with nobody looking on: for scripts that hython runs."""

from dataclasses import replace
from pathlib import Path

import hou

from lightmould.errors import JobError, SettingsError
from lightmould.houdini import import_asset, nodes
from lightmould.houdini import network as networks
from lightmould.houdini import parameters as p
from lightmould.houdini.outcome import Outcome, Result, outcome
from lightmould.houdini.wanted import Wanted
from lightmould.jobs import job_file

SHOWN = ("model", "photos", "dataset", "folder")
"""Parameters of our TOPs that tell what comes in and where work is done."""


def load(scene: Path) -> None:
    """Load a scene in place of the one that is open.

    Raises:
        SettingsError: it can't be read.
    """
    try:
        hou.hipFile.load(str(scene), ignore_load_warnings=True)
    except hou.OperationFailed as error:
        fix = "Correct the path, or save it again."
        raise SettingsError(scene, error.instanceMessage(), "a scene", fix) from error


def save(result: Result, scene: Path) -> Result:
    """Save the open scene."""
    scene.parent.mkdir(parents=True, exist_ok=True)
    hou.hipFile.save(str(scene.absolute()))
    return replace(result, saved=scene.absolute().as_posix())


def build(wanted: Wanted, name: str) -> hou.OpNode:
    """A network in the open scene's /obj."""
    return networks.build(nodes.at("/obj"), name, wanted)


def cook(network: hou.OpNode) -> Result:
    """Cook a network, wait for it, and see what became of it.

    Raises:
        SettingsError: none of its TOPs is ours.
        JobError: it can't be cooked, or makes no work items.
    """
    *_, last = networks.tops(network) or (None,)
    if not isinstance(last, hou.TopNode):
        fix = "Build one: lightmould_batch.py build."
        raise SettingsError(network.path(), "no TOP of lightmould", "some", fix)
    try:
        last.cookWorkItems(block=True, tops_only=True, save_prompt=False)
    except hou.OperationFailed as error:
        fix = "See the errors on its nodes."
        raise JobError(network.path(), error.instanceMessage(), "a cook", fix) from error
    result = describe(network)
    if not result.outcomes:
        fix = "See the errors on its nodes."
        raise JobError(network.path(), "no work items", "a network that cooks", fix)
    return result


def describe(network: hou.OpNode) -> Result:
    """What a network is asked, and what became of its work items so far."""
    found: dict[str, dict[str, str]] = {}
    outcomes: list[Outcome] = []
    asset = None
    for top in networks.tops(network):
        asked = {name: p.text(top, name) for name in SHOWN if top.parm(name) is not None}
        found[top.path()] = asked
        if not asked.get("folder"):
            continue
        folder = Path(asked["folder"])
        for path in sorted((*folder.glob("job.json"), *folder.glob("[0-9]*/job.json"))):
            outcomes.append(outcome(top.path(), job_file.read(path)))
            mesh = path.parent / "asset" / "mesh" / "mesh.obj"
            asset = mesh.as_posix() if mesh.is_file() else asset
    return Result(found, tuple(outcomes), asset)


def bring_in(result: Result) -> Result:
    """Put the asset into the scene, with its material and its light, if there is one."""
    if result.asset is None or result.failure is not None:
        return result
    node = import_asset.into_scene(Path(result.asset))
    import_asset.build_materials(node)
    import_asset.build_light(node)
    return replace(result, imported=node.path())
