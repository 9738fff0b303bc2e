"""Runs in Blender for `benchmarks/render.py`: what others do, and the bare calls of what we do.

    render_inside.py once SCENE.json VIEW OUT    one view, as a program that is started for each
    render_inside.py bare SCRIPTS REQUEST.json   every frame of a request, pixels left alone

Each prints the seconds that its render calls took, by the clock and of processors.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bpy


def once(scene_file: str, view: str, out: str) -> tuple[float, float]:
    """Import, render with depth and normal, and save: picture and layers."""
    told = json.loads(Path(scene_file).read_bytes())
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.obj_import(filepath=told["model"])
    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    camera.matrix_world = list(zip(*told["poses"][int(view)], strict=True))
    camera.data.angle = told["fov"]
    world = scene.world = bpy.data.worlds.new("light")
    if not world.node_tree:
        world.use_nodes = True
    picture = world.node_tree.nodes.new("ShaderNodeTexEnvironment")
    picture.image = bpy.data.images.load(told["light"])
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    world.node_tree.links.new(background.inputs["Color"], picture.outputs["Color"])
    scene.render.engine, scene.render.film_transparent = "CYCLES", True
    scene.render.resolution_x, scene.render.resolution_y = told["size"]
    scene.cycles.samples, scene.cycles.use_denoising = told["samples"], told["denoise"]
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.max_bounces = told["bounces"]
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_normal = True
    took = timed(lambda: bpy.ops.render.render(scene=scene.name))
    image, result = scene.render.image_settings, bpy.data.images["Render Result"]
    image.file_format, image.color_mode = "PNG", "RGBA"
    result.save_render(f"{out}.png", scene=scene)
    if hasattr(image, "media_type"):
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format = "OPEN_EXR_MULTILAYER"
    result.save_render(f"{out}.exr", scene=scene)
    return took


def bare(scripts: str, request_file: str) -> tuple[float, float]:
    """The render calls of our own stage, in our order; nobody looks at the pixels."""
    sys.path.insert(0, scripts)
    request = json.loads(Path(request_file).read_bytes())
    stage = importlib.import_module("stage").Stage(request)

    def calls() -> None:
        for kind in ("data", "color"):
            for view in request["views"]:
                stage.render(kind, view)

    return timed(calls)


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of all processors."""
    began, spent = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began, time.process_time() - spent


def main(verb: str, *rest: str) -> None:
    """Do as asked."""
    wall, processors = once(*rest) if verb == "once" else bare(*rest)
    print(f"\ncalls {wall} {processors}", flush=True)


arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
main(*arguments)
