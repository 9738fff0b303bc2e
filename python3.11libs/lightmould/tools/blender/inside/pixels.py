# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""What Cycles has rendered, copied while it is still in memory: no file, no compositor.

Blender hands its result to nobody in background, but Cycles' own engine class is Python, and its
result can be read as soon as its `render` returns. Nothing documents that: where it fails, or where
another engine renders, there are no layers, and the pixels have to come through a file.
"""

import importlib
from typing import Any

PROBLEMS = (AttributeError, ImportError, RuntimeError, TypeError, ValueError)


class Copies:
    """The layers of the last rendering.

    Attributes:
        size: (width, height), pixels.
        layers: name to pixels: (pixels, channels) float32, rows from below; empty where they
            can't be had.
    """

    def __init__(self) -> None:
        self.size = (0, 0)
        self.layers: dict[str, Any] = {}
        try:
            self._listen(importlib.import_module("cycles").CyclesRender)
        except PROBLEMS:
            return

    def forget(self) -> None:
        """Before a rendering that may not be Cycles'."""
        self.layers = {}

    def _listen(self, engine: Any) -> None:
        render = engine.render

        def render_and_copy(this: Any, depsgraph: Any) -> None:
            render(this, depsgraph)
            try:
                self._copy(this.get_result())
            except PROBLEMS:
                self.forget()

        engine.render = render_and_copy

    def _copy(self, result: Any) -> None:
        # Cycles renders view layer by view layer; the last time all are there.
        self.size = (result.resolution_x, result.resolution_y)
        count = self.size[0] * self.size[1]
        self.layers = {
            one.name: _pixels(one, count) for layer in result.layers for one in layer.passes
        }


def _pixels(one: Any, count: int) -> Any:
    numpy: Any = importlib.import_module("numpy")
    found = numpy.zeros((count, one.channels), numpy.float32)
    try:
        one.rect.foreach_get(found)
    except TypeError:  # what wants pixels in one version wants floats in the next
        one.rect.foreach_get(found.reshape(-1))
    return found
