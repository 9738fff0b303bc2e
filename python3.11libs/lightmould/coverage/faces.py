"""How well cameras see each face of a mesh."""

from collections.abc import Iterator, Sequence

import numpy as np

from lightmould.model import Camera, Mesh
from lightmould.model.coverage import UNSEEN, Coverage
from lightmould.raster import cpu

_LOOKS = 1 << 22  # faces times cameras at once, in 32 MB


def measure(mesh: Mesh, cameras: Sequence[Camera]) -> Coverage:
    """How well cameras see each face of a mesh; see `raster.cpu.sight` for what seeing means.

    Args:
        mesh: counter-clockwise seen from outside.
        cameras: pinholes.

    Raises:
        SettingsError: a camera's lens distorts.
    """
    corners = mesh.positions[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    views = np.zeros(len(mesh.faces), np.int32)
    best, density = np.zeros(len(mesh.faces)), np.zeros(len(mesh.faces))
    for part in batches(mesh, cameras):
        cosines, densities = cpu.sight(mesh, cameras[part])
        views += (cosines > 0).sum(axis=0, dtype=np.int32)
        best = np.maximum(best, cosines.max(axis=0))
        density = np.maximum(density, densities.max(axis=0))
    incidence = np.where(views > 0, np.arccos(np.clip(best, 0, 1)), UNSEEN)
    areas = np.linalg.norm(normals, axis=1) / 2
    return Coverage(len(cameras), views, incidence, density, areas)


def batches(mesh: Mesh, cameras: Sequence[Camera]) -> Iterator[slice]:
    """As many cameras at once as memory is meant for."""
    at_once = max(1, _LOOKS // max(len(mesh.faces), 1))
    for first in range(0, len(cameras), at_once):
        yield slice(first, first + at_once)
