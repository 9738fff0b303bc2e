"""Our SOPs, which are Python: they have no network inside."""

from lightmould.formats.poses.registry import FORMATS
from otls import parameters as p
from otls.declaration import Declaration
from otls.parameters import only_if

SHADERS = (("materialx", "MaterialX (Karma)"), ("principled", "Principled Shader"))


def camera_points() -> Declaration:
    """A rig or poses as points."""
    poses = tuple((one.name, one.title) for one in FORMATS.values())
    splits = (("all", "All"), ("train", "Train"), ("val", "Validation"), ("test", "Test"))
    frusta = p.toggle("frusta", "Frusta", default=True, text="Draw what each camera sees.")
    length = p.number(
        "frusta_size", "Frusta Size", 0.2, "0.001! 10", "How far the frusta reach, metres."
    )
    colored = p.toggle(
        "coverage",
        "Coverage",
        default=False,
        text="Write on the faces of the second input how well they are seen.",
    )
    measured = p.file(
        "coverage_file",
        "Coverage File",
        "",
        "*.npz",
        "What `lightmould rig --coverage` has measured, of the same model.",
    )
    return Declaration(
        table="Sop",
        name="camera_points",
        label="Camera Points",
        summary="Reads a camera rig or a file of poses as points with frusta.",
        text=_POINTS_TEXT,
        module="camera_points",
        inputs=(
            ("Geometry", "Passed on, with the points beside it."),
            ("Model", "Its faces are told how well they are seen."),
        ),
        parms=(
            p.box(
                "source",
                "Source",
                p.file(
                    "rig",
                    "Rig or Poses",
                    "",
                    "*",
                    "A rig of ours, or poses of any format: a file of it, or its folder.",
                ),
                p.choice(
                    "format", "Format", (("auto", "By the File"), *poses), "What the file holds."
                ),
                p.choice("split", "Views", splits, "Which of the cameras are read."),
                p.button("reload", "Reload", "camera_points.reload", "Read the file again."),
            ),
            p.box("draw", "Draw", frusta, only_if(length, "frusta", "1")),
            p.box("seen", "Coverage", colored, only_if(measured, "coverage", "1")),
        ),
        outputs=(
            ("orient", "quaternion of the camera, which looks along -Z with +Y up"),
            ("fov", "horizontal field of view, degrees"),
            ("focal", "focal length, millimetres"),
            ("aperture", "width of the film, millimetres"),
            ("res", "width and height, pixels"),
            ("name", "the camera's name"),
            ("near", "nearer than this nothing is drawn, metres"),
            ("far", "farther than this nothing is drawn, metres"),
            ("split", "train, val or test"),
            ("views", "how many cameras see it; this and the next on faces of the second input"),
            ("incidence", "smallest angle from its normal that a camera sees it at, radians"),
            ("density", "most pixels per metre that a camera sees it with"),
            ("Cd", "heat map of the views"),
        ),
        related=("Object/camera_rig", "Top/camera_rig"),
    )


def import_asset() -> Declaration:
    """A reconstruction as geometry."""
    return Declaration(
        table="Sop",
        name="import",
        label="Import",
        summary="Reads a reconstructed asset: mesh and groups, and on a button material and light.",
        text=_IMPORT_TEXT,
        module="import_asset",
        parms=(
            p.box(
                "asset",
                "Asset",
                p.file(
                    "file",
                    "Asset",
                    "",
                    "*.obj",
                    "The asset's `mesh.obj`, or the folder that `lightmould reconstruct` got.",
                ),
                p.button("reload", "Reload", "import_asset.reload", "Read the files again."),
                p.toggle(
                    "groups",
                    "Groups",
                    default=True,
                    text="Make a group of each of the OBJ's groups.",
                ),
                p.number(
                    "keep_percent",
                    "Keep Percent",
                    100,
                    "0! 100!",
                    "A hint for a PolyReduce after this node: how many faces to keep. Written as "
                    "the detail attribute `keep_percent`; the mesh itself stays whole.",
                ),
            ),
            p.box(
                "look",
                "Material and Light",
                p.choice("shader", "Shader", SHADERS, "What the material is built of."),
                p.node_path(
                    "material_parent",
                    "Material Network",
                    "/mat",
                    "!!VOP!!",
                    "Where the material is built.",
                ),
                p.button(
                    "make_material",
                    "Build Material",
                    "import_asset.make_material",
                    "Build the asset's material, or build it again.",
                ),
                p.node_path(
                    "light_parent", "Light's Network", "/obj", "!!OBJ!!", "Where the light is put."
                ),
                p.button(
                    "make_light",
                    "Build Light",
                    "import_asset.make_light",
                    "Put the light that was found, `probe.hdr`, around the asset.",
                ),
            ),
        ),
        outputs=(
            ("uv", "texture coordinates, on vertices"),
            ("N", "normals, on vertices"),
            ("shop_materialpath", "the material, on faces"),
            ("lightmould_flip", "1 where a shader has to mirror green, on faces"),
            ("lightmould_asset", "the file that it is of, on the detail"),
            ("keep_percent", "the hint, on the detail"),
        ),
        related=("Top/reconstruct", "Top/import_asset"),
    )


_POINTS_TEXT = """\
One point stands for each camera, with what Houdini's cameras are made of, so that a Copy to Points
or a wrangle goes on from there. The first input is passed on. How well each face is seen is worked
out by `lightmould rig --coverage`, outside Houdini; this node reads it.
"""

_IMPORT_TEXT = """\
The mesh is read as it lies in the file: it overlays what was reconstructed without any transform.
Cooking makes no nodes; the buttons do.

Color is sRGB; occlusion, roughness and metalness are the linear channels of one texture; the normal
map is brought to Houdini's convention.
"""
