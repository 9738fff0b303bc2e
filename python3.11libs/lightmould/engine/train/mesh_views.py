"""Pictures of a mesh with its materials under a light, made by our own renderer."""

from dataclasses import dataclass, replace
from math import pi, tan
from pathlib import Path

import numpy as np

from lightmould.engine.texturing import atlas, known_light, material, picture
from lightmould.engine.texturing.atlas import Corners
from lightmould.engine.texturing.look import Look
from lightmould.engine.train.mapping import Inputs
from lightmould.engine.views import Views
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import mtl, obj
from lightmould.formats.asset import placed, read_obj_asset
from lightmould.model import Asset, Camera
from lightmould.model.arrays import Floats

DISTANCE, FOV, SHIFT, TILT = 3.0, pi / 4, 0.25, 0.4
"""How nvdiffrec looks at a mesh: metres, radians vertically, metres at most, radians."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is rendered.

    Attributes:
        asset: as its files say.
        corners: of its mesh, with uvs in the unit square.
        look: its materials as one texture, and the light.
    """

    asset: Asset
    corners: Corners
    look: Look


def scene_of(files: Inputs, scale: float) -> Scene:
    """The reference mesh of a configuration under its light.

    Args:
        files: of the configuration.
        scale: factor on the light's radiance.

    Raises:
        FormatError: a file can't be read.
        SettingsError: there is no light.
    """
    if files.envmap is None:
        raise SettingsError("envmap", "none", "a light for the mesh", "Name a .hdr file.")
    asset = _asset(files.ref_mesh, files.mtl_override)
    mesh, texture = material.baked(asset)
    light = known_light.read(files.envmap, scale)
    return Scene(asset, atlas.corners_of(mesh), Look(texture, light))


def render(scene: Scene, cameras: tuple[Camera, ...]) -> Views:
    """The scene as cameras of one size see it; nothing is clipped or rounded."""
    width, height = cameras[0].size
    blank = np.zeros((0, height, width), np.float32)
    empty = Views(cameras, np.zeros((*blank.shape, 3), np.float32), blank)
    return picture.render_all(empty, scene.corners, scene.look)


def around(
    count: int, size: tuple[int, int], planes: tuple[float, float], rng: np.random.Generator
) -> tuple[Camera, ...]:
    """Cameras on all sides of the origin, any side up, each a little off its aim.

    Args:
        count: how many.
        size: [height, width], pixels.
        planes: near and far, metres.
        rng: chooses.
    """
    cameras = []
    for index in range(count):
        camera_from_world = _moved(_turn(rng), rng.uniform(-SHIFT, SHIFT, 3))
        one = _camera(f"{index:06d}", size, camera_from_world)
        cameras.append(replace(one, near=planes[0], far=planes[1]))
    return tuple(cameras)


def turntable(count: int, size: tuple[int, int]) -> tuple[Camera, ...]:
    """Cameras once around the origin, a little above it."""
    sine, cosine = np.sin(TILT), np.cos(TILT)
    tilt = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    cameras = []
    for index in range(count):
        sine, cosine = np.sin(2 * pi * index / count), np.cos(2 * pi * index / count)
        turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
        name = f"val_{index:06d}"
        cameras.append(_camera(name, size, _moved(tilt @ turn, np.zeros(3))))
    return tuple(cameras)


def _asset(path: Path, override: Path | None) -> Asset:
    """An OBJ with its own materials, or with those of another file in their place."""
    if override is None:
        return read_obj_asset(path)
    file = obj.read(path.read_bytes(), path)
    there = [placed(one, override.parent) for one in mtl.read(override.read_bytes(), override)]
    if not there:
        raise FormatError(override, "no materials", "at least one", "Add newmtl and its words.")
    # As nvdiffrec does: names that are not there mean the first.
    named = {one.name: one for one in there}
    chosen = tuple(named.get(name, there[0]) for name in file.materials) or (there[0],)
    faces = np.where(file.face_materials < 0, 0, file.face_materials)
    return Asset(file.mesh, chosen, faces)


def _camera(name: str, size: tuple[int, int], camera_from_world: Floats) -> Camera:
    height, width = size
    focal = height / 2 / tan(FOV / 2)
    pose = np.eye(4)
    pose[:3, :3] = camera_from_world[:3, :3].T
    pose[:3, 3] = -pose[:3, :3] @ camera_from_world[:3, 3]
    return Camera(name, (width, height), (focal, focal), (width / 2, height / 2), pose)


def _moved(turn: Floats, shift: Floats) -> Floats:
    """(4, 4) camera_from_world: turned, shifted, then moved away from the camera."""
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = shift - (0.0, 0.0, DISTANCE)
    return matrix


def _turn(rng: np.random.Generator) -> Floats:
    """(3, 3) any rotation, all equally likely.

    Source: Muller 1959: four normal numbers are a direction in 4-space, here a quaternion.
    """
    w, x, y, z = (quaternion := rng.normal(size=4)) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
