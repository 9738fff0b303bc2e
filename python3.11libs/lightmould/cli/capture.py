"""`lightmould capture`: color, depth and normals along a trajectory, without a display."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from lightmould.capture import reading, sequence, trajectory
from lightmould.capture.backend import Backend, Choice, choose
from lightmould.capture.encoding import Coding, Numbers
from lightmould.capture.frame import USUAL, Output, Style
from lightmould.capture.renderer import Renderer
from lightmould.errors import ToolError
from lightmould.formats import codec


@Parameter(name="*", negative_iterable=())
@dataclass(frozen=True)
class Look:
    """How the scene is seen, and how that is written."""

    outputs: tuple[Output, ...] = USUAL
    """What is written, of color, depth, normal, id and uv."""

    unlit: Annotated[bool, Parameter(negative="")] = False
    """Colors as they are on the surface; else a light at the camera shades them."""

    background: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Color where nothing is seen, sRGB, 0 to 1."""

    normals: Literal["world", "camera"] = "world"
    """Space of the normals."""

    numbers: Numbers = "png"
    """Files of depth and normals: png (16 and 8 bits) or npy (float32)."""

    depth_scale: float = 1000.0
    """Of depth in PNG, a metre: 1000 is millimetres."""

    point_size: float = 3.0
    """Diameter of points, pixels."""

    backend: Choice = "auto"
    """What draws: cpu, egl (OpenGL), or auto: OpenGL where a GPU is, else the CPU."""


SHADED = Look()


def capture(  # noqa: PLR0913 - flags
    mesh: Path,
    poses: Path,
    *,
    out: Path,
    also: tuple[Path, ...] = (),
    size: tuple[int, int] | None = None,
    look: Look = SHADED,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Capture color, depth and normals of a mesh along a trajectory, without a display.

    Run again, it goes on where it was.

    Args:
        mesh: OBJ with its materials, or PLY: a mesh or points.
        poses: The trajectory: Open3D's JSON, a rig, any file that `lightmould poses` reads.
        out: Folder for image/00000.png, depth/00000.png, normal/00000.png and manifest.json.
        also: Further files of the scene.
        size: Width and height, pixels, for other pictures than those of the trajectory.
        look: How.
        json: Print the manifest as JSON instead of a line a frame.
    """
    scene = reading.read((mesh, *also))
    style = Style(not look.unlit, look.background, look.normals, look.point_size)
    outputs = tuple(dict.fromkeys(look.outputs))
    cameras, coding = trajectory.read(poses, scene, size), Coding(look.numbers, look.depth_scale)

    def told(index: int, kept: bool) -> None:  # noqa: FBT001 - a callback
        if not json:
            sys.stdout.write(f"{'Keep' if kept else 'Capture'} image {index:05d}\n")

    def captured(drawn: Backend, why: str) -> sequence.Manifest:
        sys.stderr.write(f"backend {drawn.name}: {why}\n")
        return sequence.capture(drawn, sequence.ask(drawn, cameras, coding), out, told)

    drawn, why = choose(look.backend, scene, outputs, style)
    try:
        manifest = captured(drawn, why)
    except ToolError as error:
        if look.backend != "auto" or drawn.name == "cpu":
            raise
        why = f"{error.where}: {error.found}; every image again, so that all are of one backend"
        manifest = captured(Renderer(scene, outputs, style), why)
    sys.stdout.write(codec.write(manifest) if json else f"captured {out}\n")
    return 0
