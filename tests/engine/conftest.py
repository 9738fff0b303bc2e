"""A scene that needs no Blender: a torus with painted stripes, rendered by our own shader."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lightmould.engine.isosurfaces.dual import dual_mesh
from lightmould.engine.texturing import appearance, atlas, light, octahedron, picture, shading
from lightmould.engine.texturing.look import Look
from lightmould.engine.views import Views
from lightmould.model import Camera, Mesh
from lightmould.rigs.pose import look_at

# As the engine itself does: threads that wait for one another stall on a busy machine.
torch.set_num_threads(1)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is true, and what was seen of it."""

    mesh: Mesh
    look: Look
    train: Views
    test: Views


def torus_distance(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(...,) metres to a torus of radii 0.6 and 0.25 that lies in the xz plane."""
    ring = np.hypot(points[..., 0], points[..., 2]) - 0.6
    return np.hypot(ring, points[..., 1]) - 0.25


def cameras(count: int, size: int, first: int = 0) -> tuple[Camera, ...]:
    """Evenly spread over a sphere of radius 3, looking at the origin."""
    turns = np.arange(count) + 0.5
    height = 1 - 2 * turns / count
    around = turns * np.pi * (3 - np.sqrt(5)) + first
    ring = np.sqrt(1 - height**2)
    places = 3 * np.stack([ring * np.cos(around), height, ring * np.sin(around)], axis=1)
    focal, middle = size * 1.5, size / 2
    return tuple(
        Camera(
            f"{first + i:06d}",
            (size, size),
            (focal, focal),
            (middle, middle),
            look_at(place, np.zeros(3)),
        )
        for i, place in enumerate(places)
    )


@pytest.fixture(scope="session")
def scene() -> Scene:
    """24 views to learn from and 4 to score with, 64 x 64 pixels."""
    side = 56
    grid = np.indices((side, side, side)).transpose(1, 2, 3, 0) * (2.0 / (side - 1)) - 1.0
    cells, faces = dual_mesh(torus_distance(grid))
    mesh = atlas.unwrapped(cells * (2.0 / (side - 1)) - 1.0, faces, 128)
    corners = atlas.corners_of(mesh)
    where = atlas.texels_of(mesh, 128).positions
    stripe = (np.sin(6 * np.arctan2(where[..., 0], where[..., 2])) > 0)[..., None]
    albedo = np.where(stripe, (0.7, 0.3, 0.1), (0.1, 0.3, 0.6)).astype(np.float32)
    plain = appearance.start(albedo, light.even(1.0))
    texture = plain.texture.copy()
    texture[..., shading.ROUGHNESS] = 0.5
    glow = 0.8 + 0.4 * octahedron.directions(light.SIDE)[..., 0, 1:2]
    look = Look(texture, np.broadcast_to(glow, plain.light.shape).astype(np.float32))
    blank = np.zeros((0, 64, 64, 3), np.float32)
    train = Views(cameras(24, 64), blank, blank[..., 0])
    test = Views(cameras(4, 64, first=24), blank, blank[..., 0])
    return Scene(
        mesh,
        look,
        picture.render_all(train, corners, look),
        picture.render_all(test, corners, look),
    )
