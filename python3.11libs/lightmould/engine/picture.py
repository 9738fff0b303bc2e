"""Finished pictures of an asset: antialiased by supersampling, for scores, previews and report."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from lightmould.engine import shading
from lightmould.engine.appearance import Look
from lightmould.engine.atlas import Corners
from lightmould.engine.light import filtered
from lightmould.engine.views import Views
from lightmould.model import Camera

SAMPLES = 3
"""Samples along a pixel's side."""


def render(
    camera: Camera, corners: Corners, look: Look
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The asset as a camera sees it.

    Returns:
        (H, W, 3) linear color on black, and (H, W) coverage.
    """
    width, height = camera.size
    fine = _enlarged(camera)
    seen = shading.seen_by(fine, corners)
    texture = torch.from_numpy(look.texture).permute(2, 0, 1)[None].contiguous()
    with torch.no_grad():
        light = filtered(torch.from_numpy(look.light))
        color = shading.shade(seen, shading.sample(texture, seen.uvs), light)
    flat = np.zeros((height * width * SAMPLES * SAMPLES, 4), np.float32)
    flat[seen.pixels.numpy(), :3] = color.numpy()
    flat[seen.pixels.numpy(), 3] = 1.0
    blocks = flat.reshape(height, SAMPLES, width, SAMPLES, 4).mean(axis=(1, 3))
    return blocks[..., :3], blocks[..., 3]


def render_all(views: Views, corners: Corners, look: Look) -> Views:
    """The asset as every camera of some views sees it."""
    pictures = [render(camera, corners, look) for camera in views.cameras]
    color = np.stack([color for color, _ in pictures])
    return Views(views.cameras, color, np.stack([alpha for _, alpha in pictures]))


def _enlarged(camera: Camera) -> Camera:
    return replace(
        camera,
        size=(camera.size[0] * SAMPLES, camera.size[1] * SAMPLES),
        focal=(camera.focal[0] * SAMPLES, camera.focal[1] * SAMPLES),
        center=(camera.center[0] * SAMPLES, camera.center[1] * SAMPLES),
    )
