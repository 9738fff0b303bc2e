"""Textures and light that make a fixed mesh look like its pictures.

From a coarse texture, seen at few points, to the finest: broad patches of roughness and metal and
the light come first, and noise finds no foothold.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import ndimage

from lightmould.engine.backend import backend
from lightmould.engine.fused import adam, gather
from lightmould.engine.guard import Guard
from lightmould.engine.texturing import light as lights
from lightmould.engine.texturing import shading
from lightmould.engine.texturing.atlas import Corners
from lightmould.engine.texturing.look import LightFrame, Look
from lightmould.engine.texturing.points import PointLook, Points
from lightmould.engine.views import Views
from lightmould.errors import ReconstructionError
from lightmould.raster.fragments import Singles
from lightmould.settings.reconstruction import AppearanceLevel, Reconstruction

_log = logging.getLogger(__name__)

ALBEDO_RATE, FINISH_RATE, SLOPE_RATE, LIGHT_RATE = 0.08, 0.03, 0.008, 0.2
"""First step lengths: albedo, roughness and metallic, the normals, the light's logarithm."""

SOFTNESS = 1e-2
"""Differences below its root count by their squares, as scores do; above, by their size."""

TOWARD_PAINT, TOWARD_MESH = 0.001, 0.002
"""Share of its way to zero that metalness, and the normals' slope, goes by itself each step."""

TINT = 0.003
"""Weight of the light's color: what is colored is paint unless the pictures tell otherwise."""

LEANING, ROUGHNESS = 0.05, 0.3
"""Where metalness and roughness begin."""

BRIGHTEST = 0.6
"""Where the albedo of all but the brightest hundredth begins: chalk, not mirrors."""

COARSEST = 128
"""Texels along the side of the smallest texture that is worth fitting."""


def gathered(views: Views, corners: Corners, frame: LightFrame = "world") -> Points:
    """The surface points at all fully covered pixels.

    Args:
        views: pictures.
        corners: the mesh.
        frame: what the light stands still with.

    Raises:
        ReconstructionError: the mesh is in none of the pictures.
    """
    points = gather.gathered(views, corners, frame)
    if not len(points):
        raise ReconstructionError(
            "appearance", "a mesh in no picture", "one in view", "Check the poses."
        )
    return points


def start(albedo: Singles, light: Singles) -> Look:
    """Half-smooth paint under a guess of the light.

    Args:
        albedo: (S, S, 3) linear, right up to one factor.
        light: (N, N, 3) that goes with it.
    """
    factor = BRIGHTEST / max(float(np.percentile(albedo, 99)), 1e-3)
    texture = np.zeros((*albedo.shape[:2], shading.CHANNELS), np.float32)
    texture[..., shading.KD] = np.clip(albedo * factor, 0.0, 1.0)
    texture[..., shading.ROUGHNESS] = ROUGHNESS
    texture[..., shading.METALLIC] = LEANING
    return Look(texture, (light / factor).astype(np.float32))


def fit(
    look: Look,
    points: Points,
    how: Reconstruction,
    level: AppearanceLevel,
    rng: np.random.Generator,
    tell: Callable[[int, float], None],
) -> Look:
    """Improve textures and light by gradient descent.

    Args:
        look: where to begin.
        points: of `gathered`.
        how: the device, limits of the materials, and whether the light is known.
        level: how finely and how long.
        rng: chooses the points of each step.
        tell: called with (step, loss).

    Raises:
        ReconstructionError: it ran away again and again.
        ToolError: the device can't be used.
    """
    texture = adam.Texture(resized(look.texture, texture_size(how, level)), _limits(how))
    light = adam.Light(look.light, TINT)
    state = (*texture.state, *light.state)
    guard = Guard(f"appearance, {len(texture.values)} texels", state, _log.warning)
    passes = level.steps // level.every + 1
    order = np.concatenate([rng.permutation(level.every) for _ in range(passes)])
    compute = backend(how.device)
    for step in range(level.steps):
        radiance = light.radiance()
        every = level.every, int(order[step])
        now = PointLook(texture.values, lights.filtered(radiance))
        found = compute.point_difference(points, now, every, SOFTNESS)
        if guard.check(step, found.loss, (found.images,)):
            speed = guard.speed * level.speed(step)
            texture.step(found.texture, speed * _rates(level), speed * _pulls())
            if not how.lock_light:
                light.step(lights.filtered_backward(found.images), LIGHT_RATE * speed)
        tell(step, found.loss)
    return replace(look, texture=texture.values, light=light.radiance())


def texture_size(how: Reconstruction, level: AppearanceLevel) -> int:
    """Texels along the side of a level's texture."""
    return max(how.texture_size >> level.halvings, min(COARSEST, how.texture_size))


def resized(texture: Singles, size: int) -> Singles:
    """A texture (size, size, C) that looks the same; smaller ones by means, larger by lines."""
    height, width, channels = texture.shape
    if size < height and height % size == 0:
        part = height // size
        return np.asarray(
            texture.reshape(size, part, size, part, channels).mean(axis=(1, 3)), np.float32
        )
    if size == height:
        return texture.copy()
    rows = (np.arange(size) + 0.5) * height / size - 0.5
    columns = (np.arange(size) + 0.5) * width / size - 0.5
    where = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    planes = [
        ndimage.map_coordinates(texture[..., c], where, order=1, mode="nearest")
        for c in range(channels)
    ]
    return np.asarray(np.stack(planes, axis=-1), np.float32)


def limited(look: Look, how: Reconstruction) -> Look:
    """The look with albedo, roughness and metalness within their limits."""
    low, high = _limits(how).T
    return replace(look, texture=np.clip(look.texture, low, high))


def _limits(how: Reconstruction) -> Singles:
    """(8, 2) least and largest value of each channel."""
    limits = np.array([(0, 1)] * 5 + [(-1, 1)] * 2 + [(0, 1)], np.float32)
    limits[shading.KD] = np.stack([how.kd_min, how.kd_max], axis=1)
    occluded, rough, metal = zip(how.ks_min, how.ks_max, strict=True)
    limits[shading.OCCLUSION] = occluded
    limits[shading.ROUGHNESS] = np.maximum(rough, shading.LEAST_ROUGHNESS)
    limits[shading.METALLIC] = metal
    return limits


def _rates(level: AppearanceLevel) -> Singles:
    rates = np.zeros(shading.CHANNELS, np.float32)
    rates[shading.KD] = ALBEDO_RATE
    rates[[shading.ROUGHNESS, shading.METALLIC]] = FINISH_RATE * level.finish
    rates[shading.SLOPE] = SLOPE_RATE
    return rates


def _pulls() -> Singles:
    pulls = np.zeros(shading.CHANNELS, np.float32)
    pulls[shading.METALLIC], pulls[shading.SLOPE] = TOWARD_PAINT, TOWARD_MESH
    return pulls
