"""`lightmould poses`: convert files of poses, and check poses against pictures."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import App, Parameter

from lightmould.dataset import agreement, conversion, poses
from lightmould.dataset.agreement import Agreement
from lightmould.dataset.diagnosis import STRANGE
from lightmould.errors import FormatError
from lightmould.formats import codec, obj
from lightmould.formats.poses import limits
from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Mesh
from lightmould.model.arrays import Floats

app = App(name="poses", help="Files of camera poses: convert them, check them against pictures.")

WRONG = 1
"""Exit code of a check that found a mistake."""


@app.command
def convert(
    source: Path,
    out: Path,
    *,
    to: str,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    undistort: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Convert poses from any format to any other.

    What the other format can't hold is refused by name before anything is written; what it leaves
    out without making a camera wrong is said on standard error. docs/poses.md lists the formats.

    Args:
        source: A file of poses, or a folder that holds it.
        out: Folder for the new files.
        to: The format to write.
        from_: The format to read; found out if not given.
        undistort: Resample the pictures to what the format can hold, into OUT/images.
    """
    asked = conversion.Conversion(source, out, to, from_)
    done = conversion.straightened(asked) if undistort else conversion.converted(asked)
    for sentence in limits.lost(done.poses, FORMATS[to].holds):
        sys.stderr.write(f"left out: {sentence}\n")
    paths = poses.write(done.contents, out)
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    return 0


@app.command
def check(
    dataset: Path,
    *,
    mesh: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """See whether poses, masks, points and a mesh belong together; exits with 1 if not.

    Args:
        dataset: A dataset's folder, or a folder of photos with poses.
        mesh: The object as OBJ, in the coordinates of the poses.
        json: Print JSON.
    """
    found = agreement.look(agreement.subject_of(dataset), _mesh(mesh))
    sys.stdout.write(codec.write(_summary(found)) if json else _lines(found))
    return WRONG if found.fault else 0


def _mesh(path: Path | None) -> Mesh | None:
    if path is None:
        return None
    try:
        return obj.read(path.read_bytes(), path).mesh
    except OSError as error:
        found = error.strerror or str(error)
        raise FormatError(path, found, "a readable OBJ", "Correct the path.") from error


@dataclass(frozen=True, slots=True)
class Summary:
    """What a check found, for programs.

    Attributes:
        views: how many pictures.
        hull_median: intersection over union of masks and their hull.
        hull_lowest: of the view that fits least.
        mesh_median: the same with a mesh.
        pixel_median: how far points are seen from where they should be.
        fault: short name of the mistake; empty if there is none.
        found: what is wrong.
        fix: what to do.
    """

    views: int
    hull_median: float
    hull_lowest: float
    mesh_median: float | None
    pixel_median: float | None
    fault: str
    found: str
    fix: str


def _summary(found: Agreement) -> Summary:
    fault = found.fault
    return Summary(
        views=len(found.names),
        hull_median=float(np.median(found.hull)),
        hull_lowest=float(found.hull.min()),
        mesh_median=_median(found.mesh),
        pixel_median=_median(found.pixels),
        fault=fault.name if fault else "",
        found=fault.found if fault else "",
        fix=fault.fix if fault else "",
    )


def _median(values: Floats | None) -> float | None:
    """The median, if it is a number: a point behind a camera is seen nowhere."""
    if values is None or not np.isfinite(middle := float(np.median(values))):
        return None
    return middle


def _lines(found: Agreement) -> str:
    lines = [f"views   {len(found.names)}", _overlap_line("hull", found.hull, found.names)]
    if found.mesh is not None:
        lines.append(_overlap_line("mesh", found.mesh, found.names))
    if found.pixels is not None:
        median, high = np.percentile(found.pixels, (50, 95))
        lines.append(
            f"points  {median:.2f} px from where they were found (median), {high:.2f} px "
            f"(95 %), of {len(found.pixels)}"
        )
    if found.fault is None and found.fit < STRANGE:
        lines.append("No usual mistake explains the poor fit: look for rough masks, inexact poses,")
        lines.append("or parts so thin that no hull of this size can show them.")
    elif found.fault is None:
        lines.append("Poses and pictures belong together.")
    else:
        fault = found.fault
        lines.append(f"Wrong: {fault.found}.")
        if fault.after > fault.before:
            lines.append(
                f"Undone, the hull fits by {fault.after:.2f} instead of {fault.before:.2f}."
            )
        lines.append(fault.fix)
    return "\n".join(lines) + "\n"


def _overlap_line(what: str, overlaps: Floats, names: tuple[str, ...]) -> str:
    worst = int(np.argmin(overlaps))
    return (
        f"{what:<7} overlaps the masks by {np.median(overlaps):.3f} (median IoU), least in "
        f"{names[worst]}: {overlaps[worst]:.3f}"
    )
