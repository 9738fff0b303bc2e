"""Which faces of a mesh cameras see: the slow twin of `cpu.sight`, a ray for every point."""

from collections.abc import Sequence

import numpy as np

from lightmould.model import Camera, Mesh
from lightmould.model.arrays import Floats
from lightmould.model.camera import check_pinhole, project
from lightmould.raster.fragments import Array, Singles
from lightmould.raster.kernels_sight import LARGER, NEARER, POINTS


def sight(
    mesh: Mesh, cameras: Sequence[Camera], faces: Array | None = None
) -> tuple[Singles, Singles]:
    """How cameras see the faces of a mesh, as `cpu.sight`.

    Args:
        mesh: counter-clockwise seen from outside.
        cameras: pinholes.
        faces: indices of those that are asked for; None is all. Every face may hide them.
    """
    asked = np.arange(len(mesh.faces)) if faces is None else faces
    corners = mesh.positions[mesh.faces]
    cosine = np.zeros((len(cameras), len(asked)), np.float32)
    density = np.zeros(cosine.shape, np.float32)
    for n, camera in enumerate(cameras):
        check_pinhole(camera)
        for i, f in enumerate(asked):
            cosine[n, i], density[n, i] = _look(camera, corners, int(f))
    return cosine, density


def _look(camera: Camera, corners: Floats, face: int) -> tuple[float, float]:
    """The cosine and the density of one face."""
    a, b, c = corners[face]
    normal = np.cross(b - a, c - a)
    eye = camera.world_from_camera[:3, 3]
    length = np.linalg.norm(normal)
    if length == 0 or normal @ (eye - a) <= 0:
        return 0.0, 0.0
    for point in np.array(POINTS) @ corners[face]:
        toward = eye - point
        depth = float(toward @ camera.world_from_camera[:3, 2])
        pixel = project(camera, point[None])[0]
        inside = (pixel >= 0).all() and (pixel <= camera.size).all()
        if not inside or not camera.near <= depth <= camera.far:
            continue
        shares = _hits(eye, point - eye, corners)
        shares[face] = np.nan
        if ((shares * depth >= camera.near) & (shares * (1 + NEARER) < 1)).any():
            continue
        cosine = normal @ toward / length / np.linalg.norm(toward)
        pixels = camera.focal[0] * camera.focal[1] * (normal @ toward) / length / depth**3
        return float(max(cosine, 1e-30)), float(np.sqrt(pixels))
    return 0.0, 0.0


def _hits(origin: Floats, ray: Floats, corners: Floats) -> Floats:
    """(F,) where a ray meets triangles, in lengths of it; NaN where it does not.

    Source: Moeller & Trumbore 1997, "Fast, minimum storage ray/triangle intersection".
    """
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    away = np.cross(ray, second)
    determinant = (first * away).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        start = origin - corners[:, 0]
        u = (start * away).sum(axis=1) / determinant
        turned = np.cross(start, first)
        v = (turned @ ray) / determinant
        share = (second * turned).sum(axis=1) / determinant
        inside = (u >= -LARGER) & (v >= -LARGER) & (u + v <= 1 + LARGER)
    return np.where(inside & np.isfinite(share), share, np.nan)
