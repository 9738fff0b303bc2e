"""Cubes of random colors in random poses, with their corners: the scene, in Blender.

For `keypoints.py` and for `lightmould stream bench`; arguments are the size, 640 480 by default.
"""

import math
import sys

import bpy
import live
import numpy as np
import publisher
import viewpoint

CUBES = 3
SIDES = (0.5, 0.8, 1.2)  # metres; how large cubes are is what kind of picture it is
SIZE = tuple(map(int, sys.argv[1:3])) or (640, 480)


def cubes():
    """Cubes and a camera that sees 4 metres around the origin."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    made = []
    for number in range(CUBES):
        bpy.ops.mesh.primitive_cube_add(size=1)
        thing = bpy.context.object
        material = bpy.data.materials.new(f"paint {number}")
        material.use_nodes = True
        thing.data.materials.append(material)
        thing.pass_index = 1 + number
        thing.rotation_mode = "QUATERNION"
        made.append(thing)
    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.rotation_euler = (0, -8, 0), (math.pi / 2, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    return made


def frame(item):
    """Color, depth, ids, kind; corners, (24, 2) pixels, and which of them one sees.

    Kinds are as frequent as the parameter `weights` says.
    """
    rng = item.rng()
    kind = rng.choice(len(SIDES), p=item.parameters.get("weights"))
    for number, thing in enumerate(things):
        turn = rng.normal(size=4)
        thing.scale = [SIDES[kind]] * 3
        thing.rotation_quaternion = turn / np.linalg.norm(turn)
        thing.location = (1.6 * (number - 1) + rng.uniform(-0.2, 0.2), *rng.uniform(-0.7, 0.7, 2))
        shader = thing.data.materials[0].node_tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = (*rng.uniform(0.05, 1, 3), 1)
    arrays = live.render(color=True, depth=True, ids=True)
    seen = viewpoint.pinhole()
    points = np.concatenate([viewpoint.box_3d(thing) for thing in things])
    arrays["corners"] = seen.pixels(points).astype(np.float32)
    arrays["visible"] = viewpoint.unhidden(seen, points)
    arrays["kind"] = np.array(kind)
    return arrays


things = cubes()
publisher.serve(frame)
