# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Pictures of the open scene as NumPy arrays, for scripts that serve them: no display, no files.

    import live

    arrays = live.render(depth=True, ids=True)

What is measured is exact: what the center of each pixel sees, without noise or antialiasing, the
same to the last bit whichever process renders it. It is drawn by `spans`, from the triangles that
Blender's renderers get. Color is quick and as exact, from each material's constant color under a
headlight; with `samples`, it is what Cycles makes of the scene's own materials and lights.
"""

from functools import cache
from typing import Any

import bpy
import shading
import spans
from lit import Light
from soup import as_rendered, gather
from viewpoint import camera_of, of


def render(
    *,
    color: bool = True,
    depth: bool = False,
    normal: bool = False,
    ids: bool = False,
    samples: int = 0,
) -> dict[str, Any]:
    """What the scene's camera sees, rows from above.

    Args:
        color: (H, W, 4) uint8, sRGB, alpha not multiplied.
        depth: (H, W) float32, metres along the axis; inf where nothing is seen.
        normal: (H, W, 3) float32, of the world, facing the camera; 0 where nothing is seen.
        ids: (H, W) uint16, `pass_index` of the object; 0 where nothing is seen.
        samples: paths a pixel of lit color; 0 for flat color.

    Returns:
        What is wanted, by name.

    Raises:
        models.RefusedError: there is no camera, or none that a pinhole can stand for, or something
            visible is not solid.
        RuntimeError: Blender can't render.
    """
    scene = bpy.context.scene
    camera_of(scene)
    scene.render.use_persistent_data = True  # else everything is evaluated anew for each picture
    found: dict[str, Any] = {}
    flat = color and not samples
    if flat or depth or normal or ids:
        found = as_rendered(
            scene, lambda depsgraph: _measured(depsgraph, (flat, depth, normal, ids))
        )
    if color and samples:
        found["color"] = _light().render(scene, samples)
    return found


@cache
def _light() -> Light:
    return Light()


def _measured(depsgraph: Any, wanted: tuple[bool, bool, bool, bool]) -> dict[str, Any]:
    color, depth, normal, ids = wanted
    camera = of(depsgraph.scene.camera, depsgraph.scene.render)
    soup = gather(depsgraph)
    drawn = spans.draw(camera.seen(soup.vertices)[soup.triangles], camera)
    found: dict[str, Any] = {}
    if depth:
        found["depth"] = shading.depth(drawn)
    if ids:
        found["ids"] = shading.ids(drawn, soup.objects)
    if color or normal:
        facing = shading.facing(drawn, soup.normals, soup.mirrored)
        if color:
            back = camera.world_from_camera[:3, 2]
            found["color"] = shading.color(drawn, facing, soup.paints, back)
        if normal:
            found["normal"] = shading.normals(drawn, facing)
    return found
