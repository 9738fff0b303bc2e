"""The values that everything else passes around: frozen and checked; numpy and nothing else."""

from lightmould.model.asset import Asset, Map, Material
from lightmould.model.camera import Camera, CameraRig
from lightmould.model.check import Check
from lightmould.model.command import Command, Job, Step
from lightmould.model.dataset import Dataset, Placement, View
from lightmould.model.drawn import Paint, Stance, Sun, ViewLook
from lightmould.model.event import (
    Event,
    Failed,
    Finished,
    Metric,
    Progress,
    Record,
    Runner,
    Started,
    Warned,
    Wrote,
)
from lightmould.model.frame import Frame, FrameKind
from lightmould.model.mesh import Mesh
from lightmould.model.path_map import PathMap, PathRule
from lightmould.model.patience import Patience
from lightmould.model.poses import Points, Poses, Shot
from lightmould.model.result import ViewResult

__all__ = [
    "Asset",
    "Camera",
    "CameraRig",
    "Check",
    "Command",
    "Dataset",
    "Event",
    "Failed",
    "Finished",
    "Frame",
    "FrameKind",
    "Job",
    "Map",
    "Material",
    "Mesh",
    "Metric",
    "Paint",
    "PathMap",
    "PathRule",
    "Patience",
    "Placement",
    "Points",
    "Poses",
    "Progress",
    "Record",
    "Runner",
    "Shot",
    "Stance",
    "Started",
    "Step",
    "Sun",
    "View",
    "ViewLook",
    "ViewResult",
    "Warned",
    "Wrote",
]
