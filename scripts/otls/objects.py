"""Our objects."""

from dataclasses import replace

from lightmould.formats.hda.dialog import Folder, Parm
from otls import parameters as p
from otls import rig
from otls.declaration import Declaration
from otls.object_base import HIDDEN

MODULE = "camera_rig"


def camera_rig() -> Declaration:
    """A rig of cameras that stand around a model."""
    return Declaration(
        table="Object",
        name="camera_rig",
        label="Camera Rig",
        summary="Places cameras around a model and makes real cameras of them.",
        text=_TEXT,
        module=MODULE,
        parms=(_model(), *(_synced(one) for one in rig.parms()), _make(), *HIDDEN),
        related=("Sop/camera_points", "Top/camera_rig"),
    )


def _model() -> Folder:
    geometry = p.node_path(
        "object",
        "Object",
        "",
        "!!OBJ/GEOMETRY!!",
        "What the cameras are for: the object whose displayed geometry is the model.",
    )
    return p.box("model", "Model", p.called(geometry, f"{MODULE}.sync"))


def _make() -> Folder:
    sync = p.toggle(
        "sync",
        "Keep in Sync",
        default=True,
        text="Whether cameras that were made follow the parameters above.",
    )
    summary = p.string("summary", "Coverage", "", "What the cameras see of the model.")
    return p.box(
        "make",
        "Make",
        p.string("prefix", "Prefix", "cam_", "What the names of made cameras begin with."),
        sync,
        p.button(
            "create",
            "Create Cameras",
            f"{MODULE}.create",
            "Make a camera object for each camera of the rig, in `cameras` inside this object.",
        ),
        p.button(
            "remove", "Remove Cameras", f"{MODULE}.remove", "Remove the cameras that were made."
        ),
        p.button(
            "measure",
            "Measure Coverage",
            f"{MODULE}.measure",
            "Find out how many cameras see each face of the model, and write it below.",
        ),
        replace(summary, disable_when="{ summary != never }"),
        p.new_file(
            "out",
            "Rig File",
            "$HIP/lightmould/$OS/rig.json",
            "*.json",
            "Where the rig is written, for `lightmould render` and for TOPs.",
        ),
        p.button("export", "Write Rig", f"{MODULE}.export", "Write the rig's file."),
    )


def _synced(one: Parm | Folder) -> Parm | Folder:
    """The parameters, each of which changes the cameras that were made."""
    if isinstance(one, Folder):
        return replace(one, parms=tuple(_synced(inner) for inner in one.parms))
    return p.called(one, f"{MODULE}.sync")


_TEXT = """\
Cameras are placed in world space: on rings, spheres, domes, spirals and paths, at random, around a
surface, or where a file says. The button Create Cameras makes real camera objects of them inside
this object, with resolution, focal length, aperture and clipping planes; they follow the parameters
from then on, unless Keep in Sync is off.

TIP:
    Measure Coverage tells which faces of the model no camera sees. Cover adds cameras for them.
"""
