"""Pictures of a scene on the CPU, without a display, a driver or a system package."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np

from lightmould.capture.desk import Desk
from lightmould.capture.frame import USUAL, Frame, Output, Style
from lightmould.capture.look import look
from lightmould.capture.order import ordered
from lightmould.capture.paint import paint
from lightmould.capture.pictures import KINDS, Arrays, blank
from lightmould.capture.scene import Scene
from lightmould.model import Camera
from lightmould.model.arrays import Floats, Ints
from lightmould.raster import kernels_draw, kernels_points, kernels_resolve
from lightmould.raster.cpu.sight import lens_of
from lightmould.raster.fragments import Array
from lightmould.raster.pool import shared
from lightmould.raster.shares import bands
from lightmould.raster.surfaces import Pictures


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is the same for all rows of a frame.

    Attributes:
        lens: (8,) float64 width, height, fx, fy, cx, cy, near, far.
        turn: (3, 3) float64, from the camera's axes to those of normals.
        normals: (N, 3) float32, in the space that is wanted.
        dot_normals: (P, 3) float32.
        pieces: (Q, 3) int32 into the two below, of triangles that reach out of what can be drawn.
        piece_owner: (Q,) int32, whose piece it is.
        piece_screen: (Q * 3, 3) float64.
        piece_fixed: (Q * 3, 2) int32.
    """

    lens: Floats
    turn: Floats
    normals: Array
    dot_normals: Array
    pieces: Ints
    piece_owner: Ints
    piece_screen: Floats
    piece_fixed: Ints


class Renderer:
    """Draws one scene for any number of cameras; may be used by several threads.

    Args:
        scene: what is seen.
        outputs: what is wanted of each frame.
        style: how it is seen.

    Attributes:
        name: of the backend.
        device: what draws.

    Raises:
        FormatError: a color map can't be read.
    """

    name = "cpu"
    device = "lightmould's rasterizer"

    def __init__(
        self, scene: Scene, outputs: Sequence[Output] = USUAL, style: Style | None = None
    ) -> None:
        self.scene, self.outputs, self.style = scene, tuple(outputs), style or Style()
        self._look = ordered(look(scene))
        self._paint = paint(self._look.surfaces)
        self._desks: dict[tuple[int, int], SimpleQueue[Desk]] = {}

    @property
    def digest(self) -> str:
        """The sha256 of all that is known of the scene."""
        return self._look.digest

    def render(self, camera: Camera) -> Frame:
        """One frame, its rows shared out to every core.

        Raises:
            SettingsError: the camera's lens distorts, or its picture is too large.
        """
        with self._desk(camera.size) as desk:
            arrays = blank(camera.size, self.outputs)
            sight, out = self._sight(camera, desk), _pictures(arrays)
            rows = bands(camera.size[1], shared().count)
            shared().run(self._draw, [(sight, desk, out, *some) for some in rows])
        return Frame(**arrays)

    def frames(self, cameras: Sequence[Camera]) -> Iterator[Frame]:
        """Frames in the order of their cameras, each drawn by one core.

        Raises:
            SettingsError: as `render` does.
        """
        step = 2 * shared().count
        for start in range(0, len(cameras), step):
            some = cameras[start : start + step]
            done = [Frame()] * len(some)

            def draw(index: int, camera: Camera, done: list[Frame] = done) -> None:
                arrays = blank(camera.size, self.outputs)
                self.fill(camera, arrays)
                done[index] = Frame(**arrays)

            shared().run(draw, [*enumerate(some)])
            yield from done

    def fill(self, camera: Camera, arrays: Arrays, scale: float = 1.0) -> None:
        """Draw on this thread alone, over what was in the arrays.

        Args:
            camera: who looks.
            arrays: what is wanted, as `pictures.blank` makes it for the camera's size.
            scale: of `depth_code`, a metre.

        Raises:
            SettingsError: as `render` does.
        """
        with self._desk(camera.size) as desk:
            sight = self._sight(camera, desk)
            self._draw(sight, desk, _pictures(arrays), 0, camera.size[1], scale)

    @contextmanager
    def _desk(self, size: tuple[int, int]) -> Iterator[Desk]:
        """Room to draw pictures of this size in, which nobody else uses meanwhile."""
        idle = self._desks.setdefault(size, SimpleQueue())
        try:
            desk = idle.get_nowait()
        except Empty:
            desk = Desk.room(self._look, size)
        yield desk
        idle.put(desk)

    def _sight(self, camera: Camera, desk: Desk) -> Sight:
        """Where everything is for one camera; the desk's part of it is filled."""
        scene, placed, lens = self._look, desk.placed, lens_of(camera)
        for positions, eye, screen, fixed in (
            (scene.positions, placed.eye, placed.screen, placed.fixed),
            (scene.dots, placed.dot_eye, placed.dot_screen, placed.dot_fixed),
        ):
            kernels_draw.place(positions, camera.camera_from_world, lens, eye, screen, fixed)
        corners, owner = kernels_draw.cut(scene.surfaces.faces, placed.eye, placed.fixed, lens)
        screen, fixed = np.zeros((len(corners), 3)), np.zeros((len(corners), 2), np.int32)
        kernels_draw.settle(corners, lens, screen, fixed)
        turn = np.ascontiguousarray(camera.world_from_camera[:3, :3])
        normals, dot_normals = scene.surfaces.normals, scene.dot_normals
        if self.style.normal_space == "camera":
            turned, turn = turn.astype(np.float32), np.eye(3)
            normals, dot_normals = normals @ turned, dot_normals @ turned
        pieces = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
        return Sight(lens, turn, normals, dot_normals, pieces, owner, screen, fixed)

    def _draw(
        self, sight: Sight, desk: Desk, out: Pictures, first: int, last: int, scale: float = 1.0
    ) -> None:
        """Rows first to last."""
        scene, placed, lit, lens = self._look, desk.placed, self.style.lit, sight.lens
        surfaces = scene.surfaces._replace(normals=sight.normals)
        count = len(surfaces.faces)
        self._clear(desk, out, first, last, sight.lens[7])
        rows = (first, last, desk.nearness, desk.seen)
        kernels_draw.see(surfaces.faces, scene.owner, placed.fixed, placed.screen, *rows)
        kernels_draw.see(
            sight.pieces, sight.piece_owner, sight.piece_fixed, sight.piece_screen, *rows
        )
        radius = self.style.point_size / 2
        kernels_points.dot(placed.dot_screen, placed.dot_fixed, radius, count, *rows)
        seen = (lit, desk.seen, first, last)
        kernels_resolve.resolve(
            surfaces, self._paint, placed.eye, lens, sight.turn, *seen,
            scene.object_of, scale, out,
        )  # fmt: skip
        if len(scene.dots):
            kernels_points.resolve_points(
                scene.dot_colors, sight.dot_normals, placed.dot_screen, lens, sight.turn, *seen,
                count, surfaces.encoded, scene.object_of, scale, out,
            )  # fmt: skip

    def _clear(self, desk: Desk, out: Pictures, first: int, last: int, far: float) -> None:
        desk.nearness[first:last], desk.seen[first:last] = 1 / far, -1
        for name, array in out._asdict().items():
            if len(array):
                array[first:last] = KINDS[name][2]
        if len(out.color):
            # Whole rows: numpy is slow at repeating three numbers.
            color = np.rint(np.array(self.style.background) * 255).astype(np.uint8)
            out.color[first:last] = np.tile(color, (out.color.shape[1], 1))


def _pictures(arrays: Arrays) -> Pictures:
    """What is wanted, and arrays of no rows for all the rest."""
    nothing = {
        name: np.zeros((0, 0, *channels), dtype) for name, (channels, dtype, _) in KINDS.items()
    }
    return Pictures(**{**nothing, **arrays})
