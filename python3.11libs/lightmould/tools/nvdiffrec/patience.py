"""How long nvdiffrec may be silent at what it is at, and what the silence means by then."""

from lightmould.errors import LightmouldError, ReconstructionError, ToolError
from lightmould.settings import Nvdiffrec
from lightmould.tools.nvdiffrec.monitor import Monitor, Stage


def overdue(monitor: Monitor, how: Nvdiffrec, now: float) -> LightmouldError | None:
    """The error of a run that has been silent for too long; None while it may go on."""
    silent = (now - monitor.heard) / 60
    match monitor.stage:
        case Stage.STARTING | Stage.BUILDING:
            return _slow_start(silent) if silent > how.build_minutes else None
        case Stage.ATLAS:
            return _slow_atlas(silent) if silent > how.atlas_minutes else None
        case _:
            return _stuck(monitor.stage, silent) if silent > how.quiet_minutes else None


def _slow_start(minutes: float) -> ToolError:
    fix = (
        "See what compiles (ninja, nvcc) and whether the machine is short of memory; raise "
        "build_minutes in [nvdiffrec] if it is just slow."
    )
    found = f"nothing said for {minutes:.1f} min while it starts and compiles"
    return ToolError("nvdiffrec", found, "its first step", fix)


def _slow_atlas(minutes: float) -> ReconstructionError:
    fix = (
        "The shape is a heap of triangles: check masks and poses (lightmould poses check), raise "
        "sdf_regularizer or iter, or halve dmtet_grid; atlas_minutes in [nvdiffrec] is the limit."
    )
    found = f"unwrapping (xatlas) for {minutes:.1f} min without an end"
    return ReconstructionError("nvdiffrec", found, "an atlas within minutes", fix)


def _stuck(stage: Stage, minutes: float) -> ToolError:
    fix = (
        "See by nvidia-smi whether the GPU works, or hangs and has to be reset; raise "
        "quiet_minutes in [nvdiffrec] if it is just slow."
    )
    found = f"nothing said for {minutes:.1f} min ({stage.value})"
    return ToolError("nvdiffrec", found, "a line every few seconds", fix, "silent")
