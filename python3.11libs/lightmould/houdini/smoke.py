"""What only a real Houdini can tell, one check each; `scripts/houdini_smoke.py` runs them.

A check returns a few words, or raises what is wrong. Nothing here is run by an asset.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import hou
import numpy as np

from lightmould.houdini import (
    camera_rig,
    cameras,
    geometry,
    import_asset,
    light,
    models,
    nodes,
    smoke_tops,
)
from lightmould.houdini.smoke_scene import imported, network, write_asset
from lightmould.model import Camera, Mesh
from lightmould.model.camera import project
from lightmould.rigs import look_at

ASSETS = {
    "Object": ("camera_rig",),
    "Sop": ("camera_points", "import"),
    "Top": (
        *("camera_rig", "blender_render", "assemble_dataset"),
        *("reconstruct", "nvdiffrec", "import_asset"),
    ),
}
"""Ours, by their networks."""
BY_HAND = (
    "Karma's picture of an imported asset looks like previews/ of its report, in both shaders",
    "a ball under the imported light is bright on the same side as in the report",
    "cancelling a cooking TOP leaves no process (the scheduler may kill the wrapper, or its group)",
    "the package loads from HOUDINI_PACKAGE_DIR on Windows and macOS",
    "a farm's scheduler finds the wrapper and the worker's Python",
)
"""What a person has to look at, or a farm."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to find out.

    Attributes:
        title: what is true where it passes.
        run: returns what was found in a few words; raises where it is not true.
    """

    title: str
    run: Callable[[], str]


def checks() -> tuple[Check, ...]:
    """Every check, from what the others stand on."""
    loaded = tuple(
        Check(f"{table} lightmould::{name} loads and its node is made", _loads(table, name))
        for table, names in ASSETS.items()
        for name in names
    )
    return (
        Check("the package has set LIGHTMOULD", _package),
        *loaded,
        Check("an asset's PythonModule runs", _module),
        Check("expanded assets collapse", _collapses),
        Check("Import cooks: points, groups, attributes are the file's", _imports),
        Check("Import's polygons face as the File SOP's do", _winding),
        Check("Build Material makes a principled shader with channels by their names", _principled),
        Check("Build Material makes Karma's MaterialX", _materialx),
        Check("Build Light makes an environment light", _light),
        Check("geometry goes out with its topology", _exports),
        Check("a locked Camera Rig makes cameras inside itself", _rig),
        Check("a camera's transform is the rig's: rows, -Z forward", _transform),
        Check("a camera's picture is ours: aspect, window, aperture", _picture),
        Check("Camera Points cooks", _points),
        *(Check(title, run) for title, run in smoke_tops.checks()),
    )


def _package() -> str:
    found = hou.getenv("LIGHTMOULD")
    _wants(found is not None, "LIGHTMOULD is not set: was package.json read?")
    return str(found)


def _loads(table: str, name: str) -> Callable[[], str]:
    def check() -> str:
        with network(table) as parent:
            made = nodes.made(parent, f"lightmould::{name}::1.0", name, {})
            parms = len(made.parms())
            _wants(parms > 0, "no parameters")
            return f"{parms} parameters"

    return check


def _module() -> str:
    with network("Object") as parent:
        rig = nodes.made(parent, "lightmould::camera_rig::1.0", "rig", {"count": 3, "test": 0})
        button = rig.parm("create")
        _wants(button is not None, "no button Create Cameras")
        if button is not None:
            button.pressButton()
        _wants(len(camera_rig.made(rig)) == 3, f"{len(camera_rig.made(rig))} cameras instead of 3")
        return "a button's callback made 3 cameras"


def _collapses() -> str:
    root = Path(__file__).parents[3] / "otls"
    with tempfile.TemporaryDirectory() as folder:
        for asset in sorted(root.glob("*.hda")):
            target = Path(folder) / asset.name
            hou.hda.collapseFromDirectory(str(target), str(asset))
            _wants(target.is_file(), f"{asset.name} did not collapse")
    return f"{len(list(root.glob('*.hda')))} of them"


def _imports() -> str:
    with imported() as (node, mesh):
        found = node.geometry()
        _wants(found is not None, "nothing cooked")
        if found is None:
            return ""
        away = np.abs(models.points(found) - mesh.positions).max()
        _wants(away < 1e-6, f"points are {away} away")
        for name in ("uv", "N"):
            _wants(found.findVertexAttrib(name) is not None, f"no vertex attribute {name}")
        _wants(found.findPrimAttrib(geometry.FLIP) is not None, f"no attribute {geometry.FLIP}")
        groups = [group.name() for group in found.primGroups()]
        _wants(groups == ["half"], f"groups {groups}")
        return f"{geometry.face_count(found)} faces"


def _winding() -> str:
    with imported() as (node, _), tempfile.TemporaryDirectory() as folder:
        path = write_asset(Path(folder))
        holder = nodes.operator(node.parent(), "object")
        loader = nodes.made(holder, "file", "loader", {"file": path.as_posix()})
        volumes = []
        for one in (node, loader):
            shown = one.geometry() if isinstance(one, hou.SopNode) else None
            _wants(shown is not None, f"{one.path()} shows nothing")
            if shown is not None:
                volumes.append(_volume(models.read(shown, one.path()).mesh))
        ours, theirs = volumes
        _wants(ours * theirs > 0, f"signed volumes {ours:.3f} of ours, {theirs:.3f} of theirs")
        return "both alike"


def _principled() -> str:
    with imported({"shader": "principled"}) as (node, _):
        (made,) = import_asset.build_materials(node)
        channel = made.parm("rough_monoChannel")
        labels = channel.menuLabels() if channel is not None else ()
        made.destroy()
        _wants(labels[2:4] == ("Green", "Blue"), f"channels are {labels}")
        return "all parameters are there"


def _materialx() -> str:
    with imported({"shader": "materialx"}) as (node, _):
        (made,) = import_asset.build_materials(node)
        surface = made.node("mtlxstandard_surface")
        errors = [text for child in made.children() for text in child.errors()]
        wired = 0 if surface is None else len(surface.inputConnections())
        made.destroy()
        _wants(not errors, "; ".join(errors))
        _wants(wired >= 5, f"{wired} inputs of the surface are wired")
        return f"{wired} inputs wired"


def _light() -> str:
    with imported() as (node, _):
        made = import_asset.build_light(node)
        turned = made.parmTuple("r")
        found = () if turned is None else tuple(one.evalAsFloat() for one in turned)
        made.destroy()
        _wants(found == light.TURN, f"turned by {found}")
        return "turned half around"


def _exports() -> str:
    with imported() as (node, mesh):
        shown = node.geometry()
        _wants(shown is not None, "nothing cooked")
        if shown is None:
            return ""
        back = models.read(shown, node.path())
        _wants(np.array_equal(back.mesh.faces, mesh.faces), "faces are not the same")
        _wants(list(back.groups) == ["half"], f"groups {list(back.groups)}")
        return f"{len(back.mesh.faces)} triangles"


def _rig() -> str:
    with network("Object") as parent:
        rig = nodes.made(parent, "lightmould::camera_rig::1.0", "rig", {"count": 4, "test": 1})
        camera_rig.create({"node": rig})
        found = list(camera_rig.made(rig).values())
        _wants(len(found) == 4, f"{len(found)} cameras")
        return found[0].path()


def _camera(parent: hou.OpNode) -> tuple[Camera, hou.ObjNode]:
    """One that is off in every way, and Houdini's of it."""
    pose = look_at((2.0, 1.5, 3.0), (0.3, -0.2, 0.1))
    camera = Camera("smoke", (640, 360), (700.0, 770.0), (290.0, 200.0), pose, 0.1, 100.0)
    values = cameras.parms_of(camera, 36.0).values()
    made = nodes.made(parent, "cam", "smoke", values)
    if not isinstance(made, hou.ObjNode):
        raise TypeError(f"a cam is a {type(made).__name__}")
    return camera, made


def _transform() -> str:
    with network("Object") as parent:
        camera, made = _camera(parent)
        rows = np.array(made.worldTransform().asTupleOfTuples())
        away = np.abs(rows.T - camera.world_from_camera).max()
        _wants(away < 1e-5, f"{away} away")
        return "as ours, transposed"


def _picture() -> str:
    with network("Object") as parent:
        camera, made = _camera(parent)
        holder = nodes.made(parent, "geo", "probe", {})
        source = nodes.made(holder, "add", "point", {"points": 1})
        source.setParms({"usept0": 1, "pt0": (0.5, 0.4, -0.3)})
        snippet = f'v@ndc = toNDC("{made.path()}", v@P);'
        wrangle = nodes.made(holder, "attribwrangle", "ndc", {"snippet": snippet})
        wrangle.setInput(0, source)
        shown = wrangle.geometry() if isinstance(wrangle, hou.SopNode) else None
        _wants(shown is not None, "toNDC did not cook")
        if shown is None:
            return ""
        data = shown.pointFloatAttribValuesAsString("ndc", hou.numericData.Float32)
        x, y, _ = np.frombuffer(data, np.float32)
        wanted = project(camera, np.array([[0.5, 0.4, -0.3]]))[0]
        found = np.array([x * 640, (1 - y) * 360])
        _wants(np.abs(found - wanted).max() < 0.1, f"pixel {found}, ours {wanted}")
        return "the same pixel"


def _points() -> str:
    with network("Sop") as parent, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.txt"
        path.write_text("0 0 3\n3 0 0\n")
        with network("Object") as above:
            values = {"kind": "points", "points": path.as_posix(), "test": 0}
            rig = nodes.made(above, "lightmould::camera_rig::1.0", "rig", values)
            rig.setParms({"out": (Path(folder) / "rig.json").as_posix()})
            camera_rig.export({"node": rig})
        read = {"rig": (Path(folder) / "rig.json").as_posix(), "frusta": 0}
        made = nodes.made(parent, "lightmould::camera_points::1.0", "points", read)
        shown = made.geometry() if isinstance(made, hou.SopNode) else None
        _wants(shown is not None and len(shown.points()) == 2, "not 2 points")
        return "2 points"


def _volume(mesh: Mesh) -> float:
    a, b, c = (mesh.positions[mesh.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def _wants(truth: bool, otherwise: str) -> None:  # noqa: FBT001  # reads as an assertion
    if not truth:
        raise AssertionError(otherwise)
