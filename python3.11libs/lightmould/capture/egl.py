"""Pictures of a scene by OpenGL, without a display: as the CPU's, but for roundings."""

from collections.abc import Iterator, Sequence

from lightmould.capture.frame import USUAL, Frame, Output, Style
from lightmould.capture.gl import wire
from lightmould.capture.gl.painter import Painter
from lightmould.capture.look import look
from lightmould.capture.pictures import Arrays, blank
from lightmould.capture.scene import Scene
from lightmould.model import Camera
from lightmould.raster.cpu.sight import lens_of


class EglRenderer:
    """Draws one scene for any number of cameras, in a process of its own; see `Renderer`.

    Args:
        scene: what is seen.
        outputs: what is wanted of each frame.
        style: how it is seen.
        painter: the process, if it runs already; it is ours from now on.

    Attributes:
        name: of the backend.
        device: what OpenGL calls itself.

    Raises:
        FormatError: a color map can't be read.
        ToolError: OpenGL is missing, or takes no such scene.
    """

    name = "egl"

    def __init__(
        self,
        scene: Scene,
        outputs: Sequence[Output] = USUAL,
        style: Style | None = None,
        painter: Painter | None = None,
    ) -> None:
        self.scene, self.outputs, self.style = scene, tuple(outputs), style or Style()
        known = look(scene)
        self.digest = known.digest
        self._painter = painter or Painter()
        self.device = self._painter.ready.renderer
        arrays = known.arrays
        stage = wire.Stage(
            wire.plain(arrays),
            self.style.lit,
            self.style.background,
            self.style.normal_space == "camera",
            self.style.point_size / 2,
        )
        self._painter.set(stage, arrays)

    def render(self, camera: Camera) -> Frame:
        """One frame.

        Raises:
            SettingsError: the camera's lens distorts, or its picture is too large.
            ToolError: OpenGL's process ended.
        """
        arrays = blank(camera.size, self.outputs)
        self.fill(camera, arrays)
        return Frame(**arrays)

    def frames(self, cameras: Sequence[Camera]) -> Iterator[Frame]:
        """Frames in the order of their cameras.

        Raises:
            SettingsError: as `render` does.
            ToolError: as `render` does.
        """
        return (self.render(camera) for camera in cameras)

    def fill(self, camera: Camera, arrays: Arrays, scale: float = 1.0) -> None:
        """Draw over what was in the arrays.

        Args:
            camera: who looks.
            arrays: what is wanted, as `pictures.blank` makes it for the camera's size.
            scale: of `depth_code`, a metre.

        Raises:
            SettingsError: as `render` does.
            ToolError: as `render` does.
        """
        lens = tuple(lens_of(camera).tolist())
        pose = tuple(camera.world_from_camera.reshape(-1).tolist())
        shot = wire.Shot(lens, pose, scale, tuple(arrays))
        self._painter.paint(shot, arrays, f"camera {camera.name!r}")

    def close(self) -> None:
        """End the process; it ends by itself with the last that knows of it."""
        self._painter.end()
