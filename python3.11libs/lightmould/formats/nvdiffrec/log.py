"""nvdiffrec's lines on standard output, so that whoever watches one program can watch the other.

Each function returns one line, or several, with their line breaks.

Source: nvdiffrec's printed output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from lightmould.model import Mesh

_RULE = "-" * 9


@dataclass(frozen=True, slots=True)
class Step:
    """What is told of a step.

    Attributes:
        iteration: from 0, anew in each pass.
        image_loss: mean over the steps since the last told.
        other_loss: of regularizers, alike.
        rate: the materials' learning rate.
        seconds: of one step, mean over the steps since the last told.
        left: steps of this pass still to come.
    """

    iteration: int
    image_loss: float
    other_loss: float
    rate: float
    seconds: float
    left: int


def flags(values: Mapping[str, Any]) -> str:
    """Every key and its value."""
    lines = [f"{name} {value}" for name, value in values.items()]
    return "\n".join(["Config / Flags:", _RULE, *lines, _RULE, ""])


def reference(mesh: Mesh) -> str:
    """The mesh that is imitated."""
    faces, vertices = len(mesh.faces), len(mesh.positions)
    return f"DatasetMesh: ref mesh has {faces} triangles and {vertices} vertices\n"


def coarser_than(found: tuple[int, int], reference: tuple[int, ...]) -> str:
    """A warning: textures of a size (height, width) can't hold what those of the reference do."""
    sizes = f"[{found[0]}, {found[1]}] < [{reference[0]}, {reference[1]}]"
    what = "Picked a texture resolution lower than the reference mesh"
    return f"---> WARNING: {what} {sizes}\n"


def pictures(kind: str, count: int, size: tuple[int, int]) -> str:
    """A folder of views: "NERF" or "LLFF", how many, (width, height)."""
    return f"Dataset{kind}: {count} images with shape [{size[1]}, {size[0]}]\n"


def base(mesh: Mesh) -> str:
    """The mesh whose textures the last pass finds."""
    return f"Base mesh has {len(mesh.faces)} triangles and {len(mesh.positions)} vertices.\n"


def step(told: Step) -> str:
    """How far a pass is."""
    rest = _duration(told.left * told.seconds)
    return (
        f"iter={told.iteration:5d}, img_loss={told.image_loss:.6f}, "
        f"reg_loss={told.other_loss:.6f}, lr={told.rate:.5f}, "
        f"time={told.seconds * 1000:.1f} ms, rem={rest}\n"
    )


def validation_begins() -> str:
    """Views are about to be scored."""
    return "Running validation\n"


def validation(mse: float, psnr: float) -> str:
    """The means of the scores."""
    return f"MSE,      PSNR\n{mse:1.8f}, {psnr:2.3f}\n"


def written(folder: PurePath, mesh: Mesh) -> str:
    """A mesh and its material are on disk."""
    counts = {
        "vertices": len(mesh.positions),
        "texcoords": len(mesh.uvs) if mesh.uvs is not None else 0,
        "normals": len(mesh.normals) if mesh.normals is not None else 0,
        "faces": len(mesh.faces),
    }
    lines = [f"    writing {count} {name}" for name, count in counts.items()]
    first = f"Writing mesh:  {folder / 'mesh.obj'}"
    last = f"Writing material:  {folder / 'mesh.mtl'}", "Done exporting mesh"
    return "\n".join([first, *lines, *last, ""])


def scores(rows: list[tuple[float, float]]) -> str:
    """metrics.txt: squared error and PSNR of each view, then the means."""
    lines = [f"{index}, {mse:1.8f}, {psnr:1.8f}" for index, (mse, psnr) in enumerate(rows)]
    mse, psnr = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    return "\n".join(["ID, MSE, PSNR", *lines, f"AVERAGES: {mse:1.4f}, {psnr:2.3f}", ""])


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600.0), ("m", 60.0)):
        if seconds > length:
            return f"{seconds / length:.2f} {unit}"
    return f"{seconds:.2f} s"
