"""Who draws: the CPU or OpenGL, and why."""

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from lightmould.capture.egl import EglRenderer
from lightmould.capture.frame import USUAL, Frame, Output, Style
from lightmould.capture.gl.painter import Painter
from lightmould.capture.pictures import Arrays
from lightmould.capture.renderer import Renderer
from lightmould.capture.scene import Scene
from lightmould.errors import ToolError
from lightmould.model import Camera

Choice: TypeAlias = Literal["auto", "cpu", "egl"]

GPUS = ("dri/renderD*", "nvidia[0-9]*", "dxg")
"""Files in /dev of which one is there where a GPU is."""


class Backend(Protocol):
    """Draws one scene for any number of cameras; may be used by several threads."""

    @property
    def name(self) -> str:
        """Of the backend: cpu or egl."""

    @property
    def device(self) -> str:
        """What draws, in its own words."""

    @property
    def scene(self) -> Scene:
        """What is seen."""

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What is wanted of each frame."""

    @property
    def style(self) -> Style:
        """How it is seen."""

    @property
    def digest(self) -> str:
        """The sha256 of all that is known of the scene."""

    def render(self, camera: Camera) -> Frame:
        """One frame."""

    def frames(self, cameras: Sequence[Camera]) -> Iterator[Frame]:
        """Frames in the order of their cameras."""

    def fill(self, camera: Camera, arrays: Arrays, scale: float = 1.0) -> None:
        """Draw over what was in the arrays of `pictures.blank`; scale is of `depth_code`."""


def choose(
    choice: Choice,
    scene: Scene,
    outputs: Sequence[Output] = USUAL,
    style: Style | None = None,
    devices: Path = Path("/dev"),
) -> tuple[Backend, str]:
    """A backend, and why this one.

    Args:
        choice: which; "auto" is OpenGL where a GPU draws, else the CPU.
        scene: what is seen.
        outputs: what is wanted of each frame.
        style: how it is seen.
        devices: where the system lists its devices.

    Raises:
        FormatError: a color map can't be read.
        ToolError: OpenGL was asked for and is missing, or takes no such scene.
    """
    if choice == "egl":
        drawn = EglRenderer(scene, outputs, style)
        return drawn, f"asked for; {drawn.device}"
    why = "asked for"
    if choice == "auto":
        try:
            painter = _gpu(devices)
            if not isinstance(painter, str):
                drawn = EglRenderer(scene, outputs, style, painter)
                return drawn, f"a GPU: {drawn.device}"
            why = painter
        except ToolError as error:
            why = f"{error.where}: {error.found}; wanted {error.wanted}"
    return Renderer(scene, outputs, style), why


def _gpu(devices: Path) -> Painter | str:
    """A painter that a GPU draws for; else why there is none.

    Raises:
        ToolError: there should be one.
    """
    if not any(path for pattern in GPUS for path in devices.glob(pattern)):
        return "no GPU here"
    if importlib.util.find_spec("moderngl") is None:
        return 'OpenGL needs `pip install "lightmould[gl]"`'
    painter = Painter()
    if painter.ready.hardware:
        return painter
    painter.end()
    return f"no GPU of OpenGL's: {painter.ready.renderer}"
