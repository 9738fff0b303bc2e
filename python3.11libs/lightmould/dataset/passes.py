"""The data pictures beside mask, depth and normal, out of what Blender measured.

Distance, position and the camera's normal follow from depth, normal and camera, to the last bits of
a float; what the surface is made of, and which object it is of, only Blender knows.
"""

import numpy as np
from numpy.typing import NDArray

from lightmould.dataset.images import Pixels
from lightmould.model import Camera
from lightmould.model.dataset import PASSES, PassName

LAYERS: dict[PassName, tuple[tuple[str, ...], int]] = {
    "instance": (("IndexOB", "Object Index"), 1),
    "albedo": (("albedo",), 3),
    "roughness": (("roughness",), 1),
    "metallic": (("metallic",), 1),
    "uv": (("UV",), 2),
}
"""What Blender calls the layer of a pass, before 5.0 and since, and how many channels it has."""

CHANNELS: dict[PassName, int] = {
    "distance": 1,
    "position": 3,
    "normal_camera": 3,
    **{name: channels for name, (_, channels) in LAYERS.items()},
}
"""Of every pass."""


def layer(name: PassName, layers: dict[str, Pixels]) -> Pixels | None:
    """(height, width, channels) what Blender measured for a pass; None if it did not."""
    known, channels = LAYERS[name]
    found = next((layers[each] for each in known if each in layers), None)
    return None if found is None or found.shape[2] < channels else found[..., :channels]


def derived(name: PassName, camera: Camera, depth: Pixels, normal: Pixels) -> Pixels:
    """A pass that follows from others.

    Args:
        name: distance, position or normal_camera.
        camera: a pinhole.
        depth: (height, width, 1) along the viewing axis, metres; inf where nothing is seen.
        normal: (height, width, 3) unit, in the world; 0 where nothing is seen.

    Returns:
        (height, width, 1 or 3), with `Pass.nothing` where nothing is seen.

    Source: Hartley & Zisserman 2004, eq. 6.8, z flipped because we look down -Z.
    """
    turn = camera.world_from_camera[:3, :3]
    if name == "normal_camera":
        return np.asarray(normal @ turn.astype(np.float32), np.float32)
    seen = np.isfinite(depth)
    along = np.where(seen, depth, 0).astype(np.float64) * rays(camera)
    found = along @ turn.T + camera.world_from_camera[:3, 3]
    if name == "distance":
        found = np.linalg.norm(along, axis=2, keepdims=True)
    return np.where(seen, found, float(PASSES[name].nothing)).astype(np.float32)


def rays(camera: Camera) -> NDArray[np.float64]:
    """(height, width, 3) through the pixels' centers, the camera's axes; of length 1 along -Z."""
    width, height = camera.size
    y, x = np.mgrid[:height, :width] + 0.5
    (fx, fy), (cx, cy) = camera.focal, camera.center
    return np.stack([(x - cx) / fx, (cy - y) / fy, np.full(x.shape, -1.0)], axis=2)
