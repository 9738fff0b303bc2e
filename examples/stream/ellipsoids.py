"""Silhouettes of ellipsoids as wide and as high as is asked for: the scene, in Blender."""

import math

import bpy
import live
import publisher

SIDE = 32  # pixels


def ball():
    """A ball of radius 1 in front of a camera that sees 4 x 4 metres where it is."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=4, radius=1)
    thing = bpy.context.object
    thing.pass_index = 1
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location, camera.rotation_euler = (0, -20, 0), (math.pi / 2, 0, 0)
    camera.data.angle = 2 * math.atan(2 / 20)
    scene = bpy.context.scene
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    return thing


def frame(item):
    """(32, 32) whether one sees it."""
    width, height = item.parameters["size"]
    thing.scale = (width, 0.5, height)
    return live.render(color=False, ids=True)


thing = ball()
publisher.serve(frame)
