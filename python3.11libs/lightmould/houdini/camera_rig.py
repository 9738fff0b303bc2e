"""The object Lightmould Camera Rig: real cameras inside it, which follow its parameters."""

import hashlib
from collections.abc import Mapping
from math import degrees
from pathlib import Path
from typing import Any

import hou

from lightmould.errors import SettingsError
from lightmould.formats import codec
from lightmould.formats import coverage as coverage_file
from lightmould.formats.files import write_atomically
from lightmould.houdini import cameras, models, nodes, rig, telling, worker
from lightmould.houdini import parameters as p
from lightmould.jobs import parts
from lightmould.model import CameraRig, Mesh
from lightmould.model.coverage import Summary

INSIDE = "cameras"
"""The network in the asset that cameras are made in; it alone can be edited."""
COVERAGE = "coverage"
"""Folder beside the rig's file for what the cameras see."""
_STALE = "The rig has changed since its cameras were made: press Create Cameras."


def create(kwargs: Mapping[str, Any]) -> None:
    """Make a camera object for each camera of the rig; one step to undo."""
    node = nodes.operator(kwargs["node"], "node")
    with telling.in_window("Create Cameras"), hou.undos.group("Create Cameras"):
        mesh = model(node)
        found = rig.place(node, mesh)
        if p.whole(node, "cover"):
            found, _ = _looked_at(node, found, mesh)
        show(node, found)


def remove(kwargs: Mapping[str, Any]) -> None:
    """Remove the cameras that were made; one step to undo."""
    node = nodes.operator(kwargs["node"], "node")
    with telling.in_window("Remove Cameras"), hou.undos.group("Remove Cameras"):
        for camera in made(node).values():
            camera.destroy()


def sync(kwargs: Mapping[str, Any]) -> None:
    """Let cameras that were made follow the parameters, if that is wanted."""
    node = nodes.operator(kwargs["node"], "node")
    if not p.switched(node, "sync") or not made(node):
        return
    with telling.in_window("Camera Rig"), hou.undos.group("Change Cameras"):
        if p.whole(node, "cover"):  # looking at faces takes seconds: not while a slider moves
            _say(node, _STALE)
        else:
            show(node, rig.place(node, model(node)))


def measure(kwargs: Mapping[str, Any]) -> None:
    """Find out how many cameras see each face of the model, outside Houdini, and say it."""
    node = nodes.operator(kwargs["node"], "node")
    with telling.in_window("Measure Coverage"):
        mesh = model(node)
        _, summary = _looked_at(node, rig.place(node, mesh), mesh)
        _say(node, told(summary))


def export(kwargs: Mapping[str, Any]) -> None:
    """Write the rig's file."""
    node = nodes.operator(kwargs["node"], "node")
    with telling.in_window("Write Rig"):
        mesh = model(node)
        found = rig.place(node, mesh)
        if p.whole(node, "cover"):
            found, _ = _looked_at(node, found, mesh)
        write_atomically(_file(node), codec.write(found))


def show(node: hou.OpNode, found: CameraRig) -> list[hou.OpNode]:
    """Make, change and remove cameras until there is one for each of the rig's, and no other."""
    network, prefix = _network(node), p.text(node, "prefix")
    aperture = p.number(node, "aperture_mm")
    old = made(node)
    current = []
    for camera in found.cameras:
        name = f"{prefix}{camera.name}"
        one = old.pop(name, None)
        if one is None:
            one = nodes.made(network, "cam", name, {})
            nodes.claim(one, "camera")
        nodes.set_all(one, cameras.parms_of(camera, aperture).values())
        current.append(one)
    for left in old.values():
        left.destroy()
    network.layoutChildren()
    return current


def made(node: hou.OpNode) -> dict[str, hou.OpNode]:
    """The cameras that were made of a rig, by name."""
    return {
        child.name(): child
        for child in _network(node).children()
        if nodes.claimed(child) == "camera"
    }


def model(node: hou.OpNode) -> Mesh | None:
    """What the cameras are for, in world space; None where nothing is chosen.

    Raises:
        SettingsError: the object shows no polygons.
    """
    path = p.text(node, "object")
    if not path:
        return None
    target = node.node(path)
    if not isinstance(target, hou.ObjNode):
        raise SettingsError(node.path(), f"no object {path!r}", "an object", "Choose another.")
    shown = target.displayNode()
    geometry = shown.geometry() if isinstance(shown, hou.SopNode) else None
    if geometry is None:
        raise SettingsError(path, "no geometry that is shown", "a model", "Show its geometry.")
    return models.transformed(models.read(geometry, path), target.worldTransform()).mesh


def told(found: Summary) -> str:
    """A coverage in one line."""
    parts_said = [
        f"{found.cameras} cameras",
        f"every face in {found.views_min} at least, {found.views_median:g} in the median",
        f"{found.unseen} of {found.faces} faces unseen ({found.unseen_share:.2%} of the area)",
    ]
    if found.incidence_worst is not None:
        parts_said.append(f"{degrees(found.incidence_worst):.0f}° from a normal at worst")
    return "; ".join(parts_said)


def _looked_at(node: hou.OpNode, found: CameraRig, mesh: Mesh | None) -> tuple[CameraRig, Summary]:
    """The rig, with the cameras that were missing if that is asked, and what they see."""
    if mesh is None:
        raise SettingsError(node.path(), "no model", "one to look at", "Choose the object.")
    folder = _file(node).parent / COVERAGE
    text = codec.write(found)
    # Named by what is in it, so that another rig is another job.
    asked = folder / "asked" / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    write_atomically(asked, text)
    seen = folder / "coverage.npz"
    angle = f"{p.number(node, 'angle_deg'):g}"
    cover = ("--cover", str(p.whole(node, "cover")), "--angle-deg", angle)
    request = parts.RigRequest(
        kind="file",
        flags=(str(asked), "--coverage", str(seen), *cover),
        model=models.write_mesh(mesh, folder),
    )
    worker.run(parts.rig(request, folder, worker.load(), {}), "Looking at the model")
    rig_file = folder / "rig.json"
    whole = codec.read(CameraRig, rig_file.read_bytes(), rig_file)
    return whole, coverage_file.read(seen.read_bytes(), seen).summary()


def _network(node: hou.OpNode) -> hou.OpNode:
    return nodes.operator(node.node(INSIDE), f"{node.path()}/{INSIDE}")


def _file(node: hou.OpNode) -> Path:
    found = p.path(node, "out")
    if found is None:
        where, fix = f"{node.path()}/out", "Choose where the rig is written."
        raise SettingsError(where, "no file", "one to write", fix)
    return found


def _say(node: hou.OpNode, text: str) -> None:
    p.parameter(node, "summary").set(text)
