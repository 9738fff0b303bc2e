"""A scene's arrays in the form that shaders read; a view's numbers, too."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightmould.capture.gl.wire import Shot
from lightmould.capture.pictures import Arrays
from lightmould.model.arrays import Floats
from lightmould.raster.fragments import Array

VERTEX = "3f 3f 2f 3f"
"""Place, normal, uv and color, one after the other."""

POINT = "3f 3f 3f 1f/i"
"""Place, normal, color and object; whole numbers of 16 bits are exact."""

_SLACK = 1e-4
"""Of the nearest and the farthest depth, so that nothing falls out by a rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What a graphics card holds of a scene.

    Attributes:
        center: (3,) float64, the scene's middle: told from there, places may be float32.
        corners: (8, 3) float64, of the box around everything, from the center.
        vertices: (N, 11) float32, see `VERTEX`.
        indices: (F * 3,) uint32.
        faces: (F, 8) uint32: normal times twice the area and its product with a corner (float32),
            twice the area in texels (float32), material, object, 0.
        materials: (M, 8) uint32: base color (float32), first level, levels, 0 0 0.
        dots: (P, 10) float32, see `POINT`.
    """

    center: Floats
    corners: Floats
    vertices: Array
    indices: NDArray[np.uint32]
    faces: NDArray[np.uint32]
    materials: NDArray[np.uint32]
    dots: Array


def tables(arrays: Arrays) -> Tables:
    """A scene's tables.

    Args:
        arrays: of `lightmould.capture.look.Look`.
    """
    positions, dots = arrays["positions"], arrays["dots"]
    every = np.concatenate([positions, dots])
    low, high = every.min(axis=0), every.max(axis=0)
    center = (low + high) / 2
    sides = np.stack([low - center, high - center])
    corners = np.stack(
        [sides[[i, j, k], [0, 1, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    )
    vertices, indices = _vertices(arrays, center)
    objects = arrays["object_of"][len(arrays["faces"]) :, None]
    points = [dots - center, arrays["dot_normals"], arrays["dot_colors"], objects]
    return Tables(
        center=center,
        corners=corners,
        vertices=vertices,
        indices=indices,
        faces=_faces(arrays, center),
        materials=_materials(arrays),
        dots=np.concatenate(points, axis=1).astype(np.float32),
    )


def _vertices(arrays: Arrays, center: Floats) -> tuple[Array, NDArray[np.uint32]]:
    """Corners that share place, normal and uv are one vertex."""
    faces = arrays["faces"].reshape(-1).astype(np.int64)
    keys, rows = faces, [faces]
    for name, table in (("face_normals", "normals"), ("face_uvs", "uvs")):
        indices = arrays[name].reshape(-1).astype(np.int64)
        if len(indices):
            _, keys = np.unique(keys, return_inverse=True)
            keys = keys.reshape(-1) * len(arrays[table]) + indices
        rows.append(indices)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    vertices = np.zeros((len(first), 11), np.float32)
    vertices[:, :3] = (arrays["positions"] - center)[rows[0][first]]
    vertices[:, 3:6] = arrays["normals"][rows[1][first]]
    if len(arrays["uvs"]):
        vertices[:, 6:8] = arrays["uvs"][rows[2][first]]
    vertices[:, 8:] = arrays["colors"][rows[0][first]] if len(arrays["colors"]) else 1
    return vertices, inverse.reshape(-1).astype(np.uint32)


def _faces(arrays: Arrays, center: Floats) -> NDArray[np.uint32]:
    count = len(arrays["faces"])
    table = np.zeros((count, 8), np.float32)
    a, b, c = np.moveaxis((arrays["positions"] - center)[arrays["faces"]], 1, 0)
    normal = np.cross(b - a, c - a)
    table[:, :3], table[:, 3] = normal, (normal * a).sum(axis=1)
    table[:, 4] = _texels(arrays)
    whole = table.view(np.uint32)
    whole[:, 5], whole[:, 6] = arrays["material"], arrays["object_of"][:count]
    return whole


def _texels(arrays: Arrays) -> Floats:
    """(F,) twice the area in texels of the color map's first level; 0 without one."""
    first, count = arrays["levels"][arrays["material"]].T
    if not len(arrays["face_uvs"]) or not len(arrays["level"]):
        return np.zeros(len(first))
    a, b, c = np.moveaxis(arrays["uvs"].astype(np.float64)[arrays["face_uvs"]], 1, 0)
    one, two = b - a, c - a
    area = np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0])
    _, width, height, _ = arrays["level"][first].T.astype(np.float64)
    return np.where(count > 0, area * width * height, 0.0)


def _materials(arrays: Arrays) -> NDArray[np.uint32]:
    table = np.zeros((len(arrays["base"]), 8), np.float32)
    table[:, :3] = arrays["base"]
    whole = table.view(np.uint32)
    whole[:, 3:5] = arrays["levels"]
    return whole


def view(shot: Shot, known: Tables, radius: float, *, camera_normals: bool) -> Array:
    """(64,) float32, the block `View` of the shaders."""
    width, height, fx, fy, cx, cy, near, far = shot.lens
    world_from_camera = np.array(shot.world_from_camera).reshape(4, 4)
    turn, eye = world_from_camera[:3, :3], world_from_camera[:3, 3] - known.center
    # Right, up and depth of what is there.
    camera_from_scene = np.zeros((3, 4))
    camera_from_scene[:, :3] = (turn * (1, 1, -1)).T
    camera_from_scene[:, 3] = -camera_from_scene[:, :3] @ eye
    # Rows from below, as OpenGL has them, are rows from above for us; the third is for clipping.
    clip_from_camera = np.array(
        [
            [2 * fx / width, 0, 2 * cx / width - 1],
            [0, -2 * fy / height, 2 * cy / height - 1],
            [0, 0, 1],
            [0, 0, 1],
        ]
    )
    clip_from_scene = clip_from_camera @ camera_from_scene
    clip_from_scene[2, 3] -= 2 * near
    depths = known.corners @ camera_from_scene[2, :3] + camera_from_scene[2, 3]
    nearest = max(near, depths.min() * (1 - _SLACK))
    farthest = max(min(far, depths.max() * (1 + _SLACK)), nearest * (1 + _SLACK))
    ends = np.array([1 / farthest, 1 / nearest], np.float32)
    step = 1 / np.subtract(*ends.view(np.int32)[::-1].astype(np.float64))
    wanted_from_camera, wanted_from_world = (np.eye(4) for _ in range(2))
    (wanted_from_world if camera_normals else wanted_from_camera)[:3, :3] = (
        turn.T if camera_normals else turn
    )
    rest = (fx, fy, cx, cy, *eye, near, width, height, radius, shot.scale, ends[0], step, 0, 0)
    matrices = [clip_from_scene, wanted_from_camera, wanted_from_world]
    return np.concatenate([*map(np.ravel, matrices), rest]).astype(np.float32)
