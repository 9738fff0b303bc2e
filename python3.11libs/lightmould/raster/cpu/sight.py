"""Which faces of a mesh cameras see, and how well."""

from collections.abc import Sequence

import numpy as np

from lightmould.model import Camera, Mesh
from lightmould.model.arrays import Floats
from lightmould.model.camera import check_pinhole
from lightmould.raster import kernels_sight
from lightmould.raster.fragments import Singles
from lightmould.raster.pool import shared


def sight(mesh: Mesh, cameras: Sequence[Camera]) -> tuple[Singles, Singles]:
    """How cameras see the faces of a mesh: exactly, pixels play no part in it.

    A camera sees a face when it is in front of it, and one of four points of the face, its middle
    and those halfway from there to its corners, lies in the picture, between the clipping planes,
    with no other face between it and the camera. What is nearer than the near plane hides nothing;
    nor does what is nearer than the point by less than a millionth of the distance.

    Args:
        mesh: counter-clockwise seen from outside; faces without area are seen by nobody.
        cameras: pinholes.

    Returns:
        The cosine (N, F) of the angle between the normal and the way from the first such point to
        the camera, and the density (N, F) there, pixels per metre of surface. 0 where a face is
        not seen.

    Raises:
        SettingsError: a camera's lens distorts.
    """
    normals = unit_normals(mesh)
    cosine = np.zeros((len(cameras), len(mesh.faces)), np.float32)
    density = np.zeros(cosine.shape, np.float32)
    pieces = [
        (mesh.positions, mesh.faces, normals, camera.world_from_camera, lens_of(camera), *rows)
        for camera, *rows in zip(cameras, cosine, density, strict=True)
    ]
    shared().run(kernels_sight.look, pieces)
    return cosine, density


def unit_normals(mesh: Mesh) -> Floats:
    """(F, 3) unit normals of faces; 0 where a face has no area."""
    a, b, c = np.moveaxis(mesh.positions[mesh.faces], 1, 0)
    normals = np.cross(b - a, c - a)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.where(length > 0, length, 1.0))


def lens_of(camera: Camera) -> Floats:
    """(8,) width, height, fx, fy, cx, cy, near, far.

    Raises:
        SettingsError: the lens distorts.
    """
    check_pinhole(camera)
    numbers = (*camera.size, *camera.focal, *camera.center, camera.near, camera.far)
    return np.array(numbers, np.float64)
