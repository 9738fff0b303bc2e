# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""What Cycles makes of a scene's own materials and lights, as 8-bit sRGB, rows from above."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import shading
from pixels import Copies

COMBINED = "Combined"
TEST_SIZE = 16  # pixels


class Light:
    """Renders by Cycles; tries once whether pixels can be had from memory, else takes a file."""

    def __init__(self) -> None:
        self._copies = Copies()
        self._in_memory: bool | None = None  # until it was tried

    def render(self, scene: Any, samples: int) -> Any:
        """(H, W, 4) uint8, alpha not multiplied; noise is left as it is."""
        render = {"engine": "CYCLES", "use_compositing": False, "use_sequencer": False}
        # Cleaning takes longer than rendering, and a Blender without the means for it crashes.
        cycles = {"samples": samples, "use_denoising": False}
        with _set(scene.render, render), _set(scene.cycles, cycles):
            if self._in_memory is None:
                self._in_memory = self._memory_is_true(scene)
            return _picture(self._rendered(scene))

    def _rendered(self, scene: Any) -> Any:
        """(H, W, 4) float32, linear, rows from below."""
        bpy.ops.render.render(scene=scene.name)
        return self._copied() if self._in_memory else _through_file(scene)

    def _copied(self) -> Any:
        width, height = self._copies.size
        return self._copies.layers[COMBINED].reshape(height, width, -1)

    def _memory_is_true(self, scene: Any) -> bool:
        """Whether a small picture is the same, bit by bit, in memory and in a file."""
        side = {"resolution_x": TEST_SIZE, "resolution_y": TEST_SIZE}
        with _set(scene.render, {**side, "resolution_percentage": 100}):
            bpy.ops.render.render(scene=scene.name)
            known = _through_file(scene)
            return COMBINED in self._copies.layers and np.array_equal(self._copied(), known)


def _through_file(scene: Any) -> Any:
    """The last picture, by way of an uncompressed EXR in the folder for temporary files."""
    kind = {"file_format": "OPEN_EXR", "color_mode": "RGBA", "color_depth": "32"}
    image = scene.render.image_settings
    if hasattr(image, "media_type"):  # 5.0 and later
        kind = {"media_type": "IMAGE", **kind}
    with _set(image, {**kind, "exr_codec": "NONE"}), tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "lit.exr")
        bpy.data.images["Render Result"].save_render(path, scene=scene)
        picture = bpy.data.images.load(path)
        try:
            width, height = picture.size
            pixels = np.zeros(width * height * 4, np.float32)
            picture.pixels.foreach_get(pixels)
        finally:
            bpy.data.images.remove(picture)
    return pixels.reshape(height, width, 4)


@contextmanager
def _set(owner: Any, values: dict[str, Any]) -> Iterator[None]:
    """Settings that are as wanted for a while."""
    before = {name: getattr(owner, name) for name in values}
    try:
        for name, value in values.items():
            setattr(owner, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


def _picture(pixels: Any) -> Any:
    """8 bits of sRGB, rows from above, of linear color that alpha is multiplied into."""
    alpha = pixels[..., 3:]
    straight = pixels[..., :3] / np.where(alpha > 0, alpha, 1)
    found = np.zeros(pixels.shape, np.uint8)
    found[..., :3] = shading.encoded(straight)
    found[..., 3:] = np.rint(np.clip(alpha, 0, 1) * 255)
    return found[::-1].copy()
