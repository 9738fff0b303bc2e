"""Finished pictures of an asset: antialiased by supersampling, for scores, previews and report."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lightmould.engine.fused import gather
from lightmould.engine.texturing.atlas import Corners
from lightmould.engine.texturing.look import Look
from lightmould.engine.views import Views
from lightmould.model import Camera

SAMPLES = 3
"""Samples along a pixel's side."""


def render(
    camera: Camera, corners: Corners, look: Look, samples: int = SAMPLES
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The asset as a camera sees it.

    Args:
        camera: where from.
        corners: the mesh.
        look: its textures and light.
        samples: along a pixel's side.

    Returns:
        (H, W, 3) linear color on black, and (H, W) coverage.
    """
    fine = _enlarged(camera, samples)
    image = gather.picture(fine, corners, look, samples)
    return image[..., :3], image[..., 3]


def render_all(views: Views, corners: Corners, look: Look) -> Views:
    """The asset as every camera of some views sees it."""
    pictures = [render(camera, corners, look) for camera in views.cameras]
    color = np.stack([color for color, _ in pictures])
    return Views(views.cameras, color, np.stack([alpha for _, alpha in pictures]))


def _enlarged(camera: Camera, samples: int) -> Camera:
    return replace(
        camera,
        size=(camera.size[0] * samples, camera.size[1] * samples),
        focal=(camera.focal[0] * samples, camera.focal[1] * samples),
        center=(camera.center[0] * samples, camera.center[1] * samples),
    )
