"""Which directions see past the object itself: what its mirrors reflect of the light.

The surface is looked at from many directions far away; what is behind something else there does
not see that direction.

Source: Williams 1978, "Casting curved shadows on curved surfaces".
"""

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.texturing import octahedron
from lightmould.model import Mesh
from lightmould.model.arrays import Floats
from lightmould.model.mesh import vertex_normals
from lightmould.raster import cpu

SIDE = 12
"""Directions along the octahedral square: 144 of them, some 17 degrees apart."""

PIXELS = 192
"""Along the side of a picture from far away."""

BATCH = 16
"""Pictures at once."""

SLACK = 1.5
"""Pixels by which a point may be behind the surface that hides it: it is that surface."""

GRAZING = 0.1
"""Directions with a smaller cosine to the normal say nothing, and count as free."""


def visibility(mesh: Mesh) -> NDArray[np.uint8]:
    """(V, SIDE + 2, SIDE + 2) 255 where a vertex sees a direction, else 0; with border."""
    toward = octahedron.directions(SIDE).reshape(-1, 3)
    normals = vertex_normals(mesh.positions, mesh.faces)
    center = (mesh.positions.min(axis=0) + mesh.positions.max(axis=0)) / 2
    radius = float(np.linalg.norm(mesh.positions - center, axis=1).max())
    lifted = (mesh.positions - center) / radius + normals * (SLACK * 2 / PIXELS)
    solid = (mesh.positions - center) / radius
    seen = np.zeros((len(solid), len(toward)), np.uint8)
    for first in range(0, len(toward), BATCH):
        frames = np.stack([_frame(direction) for direction in toward[first : first + BATCH]])
        seen[:, first : first + BATCH] = _seen(solid, lifted, mesh, frames).T
    free = (seen > 0) | (normals @ toward.T < GRAZING)
    flat = np.where(free, np.uint8(255), np.uint8(0))[:, octahedron.border(SIDE)]
    return np.ascontiguousarray(flat.reshape(len(solid), SIDE + 2, SIDE + 2))


def _seen(solid: Floats, lifted: Floats, mesh: Mesh, frames: Floats) -> NDArray[np.bool_]:
    """(B, V) whether each lifted vertex is in front of all that lies behind it in each picture."""
    margin = 1.1
    clip = np.ones((len(frames), len(solid), 4), np.float32)
    clip[..., :3] = np.einsum("bij,vj->bvi", frames, solid) / margin
    fragments = cpu.rasterize(clip, mesh.faces, (PIXELS, PIXELS))
    depth = np.where(fragments.triangle >= 0, fragments.depth, np.float32(2.0))
    places = np.einsum("bij,vj->bvi", frames, lifted) / margin
    column = np.clip(((places[..., 0] + 1) / 2 * PIXELS).astype(int), 0, PIXELS - 1)
    row = np.clip(((1 - places[..., 1]) / 2 * PIXELS).astype(int), 0, PIXELS - 1)
    nearest = depth[np.arange(len(frames))[:, None], row, column]
    return np.asarray(places[..., 2] < nearest + SLACK * 2 / PIXELS)


def _frame(direction: Floats) -> Floats:
    """(3, 3) rows: right, up, and away from a far eye in this direction."""
    helper = np.eye(3)[int(np.argmin(np.abs(direction)))]
    right = np.cross(helper, direction)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(direction, right), -direction])
