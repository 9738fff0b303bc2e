"""A heat map of a coverage: the mesh from four sides, each face in the color of its views."""

import numpy as np
from numpy.typing import NDArray

from lightmould.model import Camera, Mesh
from lightmould.model.arrays import Floats
from lightmould.model.coverage import Coverage
from lightmould.model.heat import face_colors
from lightmould.raster import cpu
from lightmould.raster.cpu.sight import unit_normals
from lightmould.rigs import Lens, enclosing, framing, ring

BACKGROUND = 0.16
_SAMPLES = 2  # along either side of a pixel


def preview(mesh: Mesh, coverage: Coverage, side: int = 512) -> NDArray[np.float32]:
    """The mesh from four sides, two from above and two from below.

    Args:
        mesh: that was looked at.
        coverage: of its faces.
        side: height and width of each of the four pictures, pixels.

    Returns:
        (2 side, 2 side, 3) sRGB, 0 to 1.
    """
    low, high = mesh.bounds
    middle = (low + high) / 2
    radius = float(np.linalg.norm(mesh.positions - middle, axis=1).max())
    lens = Lens((side * _SAMPLES, side * _SAMPLES), 0.7)
    distance = framing(radius, lens.fov)
    above, below = (ring(middle, distance, 4, lens, tilt) for tilt in (0.5, -0.5))
    around = (
        enclosing(above, mesh.positions).cameras[:2] + enclosing(below, mesh.positions).cameras[2:]
    )
    colors = face_colors(coverage)
    pictures = [_drawn(mesh, colors, camera) for camera in around]
    rows = [np.concatenate(pictures[i : i + 2], axis=1) for i in (0, 2)]
    return np.concatenate(rows)


def _drawn(mesh: Mesh, colors: Floats, camera: Camera) -> NDArray[np.float32]:
    """The mesh before a plain background, lit from the camera."""
    ones = np.ones((len(mesh.positions), 1))
    clip = np.concatenate([mesh.positions, ones], axis=1) @ camera.clip_from_world.T
    fragments = cpu.rasterize(clip[None].astype(np.float32), mesh.faces, camera.size)
    toward = np.abs(unit_normals(mesh) @ camera.world_from_camera[:3, 2])
    shaded = colors * (0.35 + 0.65 * toward[:, None])
    ground = np.full((1, 3), BACKGROUND)
    seen = np.concatenate([shaded, ground])[fragments.triangle[0]]  # -1 is the background
    width, height = (n // _SAMPLES for n in camera.size)
    boxes = seen.reshape(height, _SAMPLES, width, _SAMPLES, 3)
    return np.asarray(boxes.mean(axis=(1, 3)), np.float32)
