# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""A producer that renders nothing: 640 x 480 RGBA that change, to measure what transport takes."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or __package__:
    from lightmould.tools.blender.inside import publisher
else:  # in Blender, this folder is on the path and nothing else of ours is
    import publisher

_PICTURES = [
    np.random.default_rng(index).integers(0, 256, (480, 640, 4), np.uint8) for index in range(8)
]


def frame(item: publisher.Item) -> dict[str, Any]:
    """One of eight pictures of noise."""
    return {"color": _PICTURES[item.index % len(_PICTURES)]}


publisher.serve(frame)
