"""Our TOPs that make assets of datasets: subnets around a pythonprocessor, as all of ours."""

from lightmould.formats.hda.dialog import Parm
from lightmould.settings.presets import PRESETS
from otls import parameters as p
from otls.declaration import Declaration
from otls.job import ASSET, DATASET, JOB, MODULE, job
from otls.sops import SHADERS

_PRESETS = tuple((name, name.capitalize()) for name in PRESETS)


def reconstruct() -> Declaration:
    """An asset by our engine."""
    supervisions = (
        ("none", "Colors and Masks"),
        ("depth", "Depth, Too"),
        ("depth,normal", "Depth and Normals, Too"),
    )
    devices = (("cpu", "CPU"), ("cuda", "GPU (CUDA)"))
    return Declaration(
        table="Top",
        name="reconstruct",
        label="Reconstruct",
        summary="Finds mesh, PBR textures and light from a dataset with lightmould's own engine.",
        text=_RECONSTRUCT_TEXT,
        module=MODULE,
        inputs=(("Datasets", "Items with a dataset: one asset each."),),
        parms=(
            p.box("source", "Source", _dataset()),
            p.box(
                "how",
                "Reconstruction",
                p.choice("preset", "Preset", _PRESETS, "How long to try."),
                p.choice("supervision", "Learn From", supervisions, "What the shape begins with."),
                p.file(
                    "settings",
                    "Settings",
                    "",
                    "*.json",
                    "Differences from the preset. Empty is none.",
                ),
                p.integer("seed", "Seed", 0, "0! 100", "Of the order in which pictures are seen."),
                p.choice("device", "Device", devices, "What it runs on."),
            ),
            job(),
        ),
        outputs=(JOB, DATASET, ASSET),
        related=("Top/assemble_dataset", "Top/import_asset", "Sop/import"),
    )


def nvdiffrec() -> Declaration:
    """An asset by nvdiffrec."""
    return Declaration(
        table="Top",
        name="nvdiffrec",
        label="nvdiffrec",
        summary="Finds mesh, PBR textures and light from a dataset with your own nvdiffrec.",
        text=_NVDIFFREC_TEXT,
        module=MODULE,
        inputs=(("Datasets", "Items with a dataset: one asset each."),),
        parms=(
            p.box("source", "Source", _dataset()),
            p.box(
                "how",
                "nvdiffrec",
                p.choice("preset", "Preset", _PRESETS, "How long to try."),
                p.file(
                    "config",
                    "Configuration",
                    "",
                    "*.json",
                    "Differences from the preset, in nvdiffrec's own keys. Empty is none.",
                ),
                p.folder_path(
                    "checkout",
                    "Checkout",
                    "$LIGHTMOULD_NVDIFFREC",
                    "Folder of nvdiffrec, which has `train.py`.",
                ),
                p.file(
                    "interpreter",
                    "Interpreter",
                    "",
                    "*",
                    "Its environment's Python. Empty is that of lightmould.toml or the variable.",
                ),
                p.integer("gpu", "GPU", 0, "0! 15!", "Number of the GPU it runs on."),
            ),
            job(),
        ),
        outputs=(JOB, DATASET, ASSET),
        related=("Top/reconstruct", "Top/import_asset"),
    )


def import_asset() -> Declaration:
    """An asset in the scene."""
    return Declaration(
        table="Top",
        name="import_asset",
        label="Import Asset",
        summary="Puts a reconstructed asset into the scene, with its material and its light.",
        text=_IMPORT_TEXT,
        module=MODULE,
        inputs=(("Assets", "Items with an asset: one object each."),),
        parms=(
            p.box(
                "asset",
                "Asset",
                p.file(
                    "file",
                    "Asset",
                    "",
                    "*.obj",
                    "The asset's mesh.obj. Empty takes it from above: the item's `lm_asset`.",
                ),
                p.node_path(
                    "parent",
                    "Network",
                    "/obj",
                    "!!OBJ!!",
                    "Where the object with the asset is put.",
                ),
                p.string("object_name", "Object", "$OS", "What the object is called."),
            ),
            p.box(
                "look",
                "Material and Light",
                p.toggle(
                    "material", "Build Material", default=True, text="Build its material, too."
                ),
                p.choice("shader", "Shader", SHADERS, "What the material is built of."),
                p.toggle("light", "Build Light", default=False, text="Put its light, too."),
            ),
        ),
        outputs=(ASSET, ("lm_node", "the Import SOP that reads the asset")),
        related=("Sop/import", "Top/reconstruct"),
        cooks_in_houdini=True,
    )


def _dataset() -> Parm:
    return p.folder_path(
        "dataset",
        "Dataset",
        "",
        "The dataset's folder. Empty takes it from above: the item's `lm_dataset`.",
    )


_RECONSTRUCT_TEXT = """\
Each dataset above becomes one asset: `mesh.obj`, `mesh.mtl`, textures and `probe.hdr`, with scores
and a report beside them. It runs outside Houdini and tells percent, step and log as it goes.
Cancelling ends every process of it; cooking again goes on from the last checkpoint.
"""

_NVDIFFREC_TEXT = """\
The same as Reconstruct, by nvdiffrec, which needs a GPU, and whose license forbids commercial work.
It is not a part of lightmould: name your own checkout and its interpreter.
"""

_IMPORT_TEXT = """\
Work items cook in Houdini itself, one after the other. An object that is there already is brought
up to date instead of made again.
"""
