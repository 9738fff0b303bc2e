"""What every TOP of ours is asked, and what its work items carry."""

from lightmould.formats.hda.dialog import Folder, Parm
from otls import parameters as p

MODULE = "tops"

JOB = ("lm_job", "folder of the job, its log and its events")
DATASET = ("lm_dataset", "folder of the dataset")
ASSET = ("lm_asset", "the asset's mesh.obj")
VIEWS = ("lm_views", "views that the item renders, or that the dataset has")


def job(*more: Parm) -> Folder:
    """Where and by whom the work is done; the same for every TOP."""
    caches = (
        ("automatic", "Where It Is Whole"),
        ("read", "Always"),
        ("write", "Never"),
    )
    return p.box(
        "job",
        "Job",
        p.folder_path(
            "folder",
            "Folder",
            "$HIP/lightmould/$OS",
            "Of the job and what comes of it. Cooking again goes on where it was.",
        ),
        p.button("open_folder", "Open Folder", f"{MODULE}.open_folder", "Show the job's folder."),
        p.choice("cache_mode", "Keep Results", caches, "When results that lie there are kept."),
        p.file(
            "worker",
            "Worker's Python",
            "$LIGHTMOULD_PYTHON",
            "*",
            "Interpreter that has lightmould's engine. Empty is the one that the environment "
            "variable LIGHTMOULD_PYTHON or lightmould.toml names.",
        ),
        *more,
    )
