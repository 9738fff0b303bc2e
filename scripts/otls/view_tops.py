"""Our TOPs that make views: subnets around a pythonprocessor whose one callback is ours."""

from lightmould.formats.hda.dialog import Folder, Parm
from lightmould.model.dataset import PASSES
from otls import parameters as p
from otls import rig
from otls.declaration import Declaration
from otls.job import DATASET, JOB, MODULE, VIEWS, job

_ENGINES = (
    ("auto", "Automatic"),
    ("cycles", "Cycles"),
    ("eevee", "EEVEE"),
    ("workbench", "Workbench"),
)
_DEVICES = (("auto", "GPU If It Renders a Test"), ("cpu", "Processor"), ("gpu", "GPU"))


def camera_rig() -> Declaration:
    """A rig's file."""
    return Declaration(
        table="Top",
        name="camera_rig",
        label="Camera Rig",
        summary="Places cameras around a model and writes them as a rig.",
        text=_RIG_TEXT,
        module=MODULE,
        inputs=(("Models", "Items with a model's file: one rig each."),),
        parms=(p.box("model", "Model", _model(), *_placing()), *rig.parms(), job(_blender())),
        outputs=(JOB, ("lm_rig", "the rig's file"), ("lm_model", "the model as an OBJ")),
        related=("Object/camera_rig", "Top/blender_render"),
    )


def blender_render() -> Declaration:
    """Views of a model."""
    return Declaration(
        table="Top",
        name="blender_render",
        label="Blender Render",
        summary="Renders a model from the cameras of a rig in Blender, a batch of views per item.",
        text=_RENDER_TEXT,
        module=MODULE,
        inputs=(("Rigs", "Items with a rig and a model: each is cut into batches."),),
        parms=(p.box("model", "Model", _model(), _rig()), _render(), job(_blender())),
        outputs=(JOB, VIEWS),
        related=("Top/camera_rig", "Top/assemble_dataset"),
    )


def _model() -> Parm:
    return p.file(
        "model",
        "Model",
        "",
        "*.obj *.fbx *.gltf *.glb *.ply *.stl *.usd *.usdc *.usda *.usdz *.blend",
        "The model's file. Empty takes it from above: the item's `lm_model`, else its output file.",
    )


def _rig() -> Parm:
    return p.file(
        "rig",
        "Rig",
        "",
        "*.json",
        "Cameras. Empty takes them from above, the item's `lm_rig`; else they are placed all "
        "around.",
    )


def _placing() -> tuple[Parm, ...]:
    axes = (("auto", "As the Format Has It"), ("y", "Y"), ("z", "Z"))
    return (
        p.choice("up", "Up Axis", axes, "Axis that points up in an OBJ, PLY or STL."),
        p.number(
            "unit", "Unit", 1, "0.0001! 100", "Metres that 1 stands for in an OBJ, PLY or STL."
        ),
        p.toggle(
            "normalize",
            "Normalize",
            default=False,
            text="Scale the model to a longest side of 1 metre around the origin.",
        ),
    )


def _render() -> Folder:
    passes = ", ".join(PASSES)
    return p.box(
        "render",
        "Render",
        p.choice("engine", "Engine", _ENGINES, "What draws the pictures; data is always Cycles'."),
        p.choice("device", "Device", _DEVICES, "Where Cycles renders."),
        p.integer("batch", "Views per Item", 16, "1! 200", "How many views a work item renders."),
        p.size(
            "size",
            "Size",
            (256, 256),
            "16! 8192!",
            "Width and height, pixels, where no rig says otherwise.",
        ),
        p.integer(
            "views_train",
            "Training Views",
            60,
            "1! 500",
            "Pictures to learn from, where there is no rig.",
        ),
        p.integer(
            "views_test", "Test Views", 8, "1! 100", "Pictures held out, where there is no rig."
        ),
        p.integer("samples", "Samples", 12, "1! 1024", "Paths a pixel, of pictures to learn from."),
        p.integer(
            "test_samples", "Test Samples", 32, "1! 1024", "Paths a pixel, of pictures held out."
        ),
        p.integer("bounces", "Bounces", 3, "0! 64!", "Of light."),
        p.toggle(
            "denoise", "Denoise", default=True, text="Clean pictures of noise, where Blender can."
        ),
        p.file(
            "light",
            "Light",
            "",
            "*.hdr *.exr",
            "Lat-long picture that lights the model. Empty is a soft studio.",
        ),
        p.string(
            "passes",
            "Passes",
            "",
            f"Data pictures beside mask, depth and normal, with blanks: of {passes}.",
        ),
        p.integer("seed", "Seed", 0, "0! 100", "Of noise, and of cameras where there is no rig."),
    )


def _blender() -> Parm:
    return p.file(
        "blender",
        "Blender",
        "$LIGHTMOULD_BLENDER",
        "*",
        "Blender's program. Empty is the one on PATH, else the worker's bpy package.",
    )


def assemble_dataset() -> Declaration:
    """Rendered views, or photos, as a dataset."""
    photos = p.folder_path(
        "photos",
        "Photos",
        "",
        "Folder of photos with poses of any format. Empty takes the views rendered above.",
    )
    longest = p.integer(
        "longest_side",
        "Longest Side",
        1024,
        "16! 8192!",
        "Of photos, pixels; longer ones are made smaller by a whole factor.",
    )
    check = p.toggle(
        "check",
        "Check",
        default=True,
        text="Look for what is broken, odd or not seen, and warn of it.",
    )
    return Declaration(
        table="Top",
        name="assemble_dataset",
        label="Assemble Dataset",
        summary="Makes one dataset of rendered views, or of photos with poses.",
        text=_DATASET_TEXT,
        module=MODULE,
        inputs=(("Views", "Items with rendered views of one dataset or more."),),
        parms=(p.box("source", "Source", photos, longest, check), job()),
        outputs=(JOB, DATASET, VIEWS),
        related=("Top/blender_render", "Top/reconstruct"),
        waits=True,
    )


_RIG_TEXT = """\
Each item above, or one of its own where there is none, becomes one rig. A model that is no OBJ, or
is to be placed otherwise, is made one beside it. Coverage is worked out by the worker, outside
Houdini.
"""

_RENDER_TEXT = """\
Each rig is cut into batches, and each batch is one work item with a folder of its own, so that a
farm renders them side by side. A view that is finished is never rendered again. Cancelling ends
Blender, and cooking again goes on where it was. The model is an OBJ; Camera Rig makes one of any
other.
"""

_DATASET_TEXT = """\
Waits for every view above, then checks them and describes them in one manifest. Photos are looked
at, straightened and moved into the hull of their masks.
"""
