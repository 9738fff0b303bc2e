"""Runs in Blender: pictures of known scenes by `live`, and what Cycles and Blender say of them.

python inside_live.py SCRIPTS OUT.npz
"""

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

import bpy
import numpy as np

QUAD = ((-0.8, -0.5, 0.3), (0.9, -0.6, -0.4), (0.7, 0.8, -0.1), (-1.0, 0.9, 0.6))
QUAD_NUMBER, BALL_NUMBER = 300, 2
EYE = (0.5, -5.0, 3.0)
POINTS = ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (-0.2, 2.0, -1.2), (0.0, 0.0, 40.0), (9.0, 0.0, 0.0))
SUN = 2.0  # W/m2
ALBEDO = 0.4
LENSES: tuple[dict[str, Any], ...] = (
    {"sensor_fit": "AUTO", "shift_x": 0.1, "shift_y": -0.05, "size": (40, 30), "aspect": (1, 1)},
    {"sensor_fit": "AUTO", "shift_x": 0.0, "shift_y": 0.1, "size": (30, 44), "aspect": (1, 1.5)},
    {"sensor_fit": "VERTICAL", "shift_x": 0.05, "shift_y": 0, "size": (40, 26), "aspect": (2, 1)},
    {"sensor_fit": "HORIZONTAL", "shift_x": 0, "shift_y": 0, "size": (24, 40), "aspect": (1, 1)},
)


def new_scene(pose: Any, size: tuple[int, int]) -> Any:
    """An empty one with a camera."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(scene.camera)
    scene.camera.matrix_world = np.transpose(pose).tolist()
    scene.render.resolution_x, scene.render.resolution_y = size
    return scene


def add(name: str, data: Any, number: int = 0, albedo: float | None = None) -> Any:
    """A new object in the open scene."""
    thing = bpy.data.objects.new(name, data)
    thing.pass_index = number
    bpy.context.scene.collection.objects.link(thing)
    if albedo is not None:
        material = bpy.data.materials.new(name)
        material.use_nodes = True
        shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
        shader.inputs["Base Color"].default_value = (albedo, albedo / 2, 0.1, 1)
        shader.inputs["Roughness"].default_value = 1
        for dull in ("Specular", "Specular IOR Level"):
            if dull in shader.inputs:
                shader.inputs[dull].default_value = 0
        thing.data.materials.append(material)
    return thing


def quad(name: str) -> Any:
    """Two triangles."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(QUAD, [], [(0, 1, 2), (0, 2, 3)])
    return mesh


def ball(name: str) -> Any:
    """A smooth sphere of radius 1."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=128, ring_count=64)
    mesh = bpy.context.object.data
    bpy.data.objects.remove(bpy.context.object)
    mesh.name = name
    for polygon in mesh.polygons:
        polygon.use_smooth = True
    return mesh


def known(see: Any) -> dict[str, Any]:
    """A quad and a ball, of which everything follows from formulas."""
    pose = see.viewpoint.look_at(EYE, (0, 0, 0))
    new_scene(pose, (64, 48))
    add("quad", quad("quad"), QUAD_NUMBER, ALBEDO)
    found = {f"quad {name}": value for name, value in everything(see).items()}
    found["quad camera"] = see.viewpoint.pinhole().intrinsics
    new_scene(pose, (64, 48))
    add("ball", ball("ball"), BALL_NUMBER, ALBEDO)
    seen = see.viewpoint.pinhole()
    found |= {f"ball {name}": value for name, value in everything(see).items()}
    found["pose"] = pose
    found["by depth"] = see.viewpoint.visible(seen, POINTS, found["ball depth"])
    found["by ray"] = see.viewpoint.unhidden(seen, POINTS)
    corners = see.viewpoint.box_3d(bpy.data.objects["ball"])
    found["box 3d"] = corners
    found["box 2d"] = np.array(see.viewpoint.box_2d(seen, corners))
    found["box seen"] = np.array(see.viewpoint.boxes(found["ball ids"])[BALL_NUMBER])
    return found


def everything(see: Any) -> dict[str, Any]:
    """All that is measured."""
    found: dict[str, Any] = see.live.render(depth=True, normal=True, ids=True)
    return found


def busy(see: Any) -> Any:
    """Modifiers, mirrors, instances, text, and what is hidden, in two ways."""
    scene = new_scene(see.viewpoint.look_at((1.0, -7.0, 3.0), (0, 0, 0.3)), (96, 72))
    bpy.ops.mesh.primitive_monkey_add(size=1.5, location=(-1.6, 0, 0.5))
    monkey = bpy.context.object
    monkey.pass_index = 3
    monkey.scale = (-1, 1, 1.2)
    rounded = monkey.modifiers.new("rounded", "SUBSURF")
    rounded.levels, rounded.render_levels = 0, 1
    for polygon in monkey.data.polygons:
        polygon.use_smooth = True
    bpy.ops.object.text_add(location=(0.2, -0.5, -0.4), rotation=(1.2, 0, 0.2))
    bpy.context.object.pass_index = 4
    group = bpy.data.collections.new("group")
    cone = bpy.data.objects.new("cone", quad("leaf"))
    cone.pass_index = 7
    group.objects.link(cone)
    for place in ((1.6, 0.5, 0.2), (1.2, 1.5, 1.0)):
        holder = add("holder", None)
        holder.instance_type, holder.instance_collection = "COLLECTION", group
        holder.location = place
    add("hidden", quad("hidden"), 9).hide_render = True
    add("not in the viewport", quad("shown"), 10).hide_viewport = True
    return scene


def by_cycles(see: Any, scene: Any) -> dict[str, Any]:
    """The same measured by Cycles, one sample a pixel; rows from above."""
    copies = see.pixels.Copies()
    render, cycles, layer = scene.render, scene.cycles, scene.view_layers[0]
    render.engine, cycles.samples, cycles.use_denoising = "CYCLES", 1, False
    cycles.use_adaptive_sampling = False
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    layer.use_pass_z = layer.use_pass_normal = layer.use_pass_object_index = True
    layer.use_pass_position = True
    bpy.ops.render.render(scene=scene.name)
    width, height = copies.size
    names = {"Depth": "depth", "Normal": "normal", "IndexOB": "ids", "Position": "position"}
    return {
        names[name]: pixels.reshape(height, width, -1)[::-1].copy()
        for name, pixels in copies.layers.items()
        if name in names
    }


def lenses(see: Any) -> dict[str, Any]:
    """How far positions that Cycles sees are from the centers of their pixels, in pixels."""
    found: dict[str, Any] = {}
    for number, lens in enumerate(LENSES):
        scene = new_scene(see.viewpoint.look_at((0.5, -4.0, 2.5), (0, 0, 0)), lens["size"])
        add("ball", ball("ball"))
        data, render = scene.camera.data, scene.render
        data.sensor_fit, data.shift_x = lens["sensor_fit"], lens["shift_x"]
        data.shift_y = lens["shift_y"]
        render.pixel_aspect_x, render.pixel_aspect_y = lens["aspect"]
        render.resolution_percentage = 150
        scene.camera.scale = (2, 2, 2)  # of no effect in Blender
        seen = see.viewpoint.pinhole()
        measured = by_cycles(see, scene)
        shown = measured["depth"][..., 0] < 1e9
        places = np.indices(shown.shape)[::-1].transpose(1, 2, 0) + 0.5
        off = (seen.pixels(measured["position"]) - places)[shown]
        found[f"off {number}"] = np.abs(off).max()
        found[f"seen {number}"] = shown.mean()
        see.viewpoint.aim(scene, scene.camera, seen)
        again = see.viewpoint.pinhole()
        found[f"again {number}"] = np.array(
            [
                np.abs(again.intrinsics - seen.intrinsics).max(),
                np.abs(again.world_from_camera - seen.world_from_camera).max(),
                again.size != seen.size,
            ]
        )
    return found


def lit(see: Any) -> dict[str, Any]:
    """A sunlit quad by Cycles, out of memory and through a file."""
    scene = new_scene(see.viewpoint.look_at((0, -0.01, 3), (0, 0, 0)), (24, 24))
    add("quad", quad("quad"), albedo=ALBEDO)
    add("sun", bpy.data.lights.new("sun", "SUN")).data.energy = SUN
    scene.render.film_transparent = True
    scene.render.engine = "BLENDER_WORKBENCH"
    light = see.lit.Light()
    memory = light.render(scene, 4)
    trusted = bool(light._in_memory)
    light._in_memory = False
    return {
        "lit": memory,
        "lit by file": light.render(scene, 4),
        "trusted": trusted,
        "engine kept": scene.render.engine == "BLENDER_WORKBENCH",
        "lit by live": see.live.render(samples=4, ids=True)["color"],
    }


def changes(see: Any) -> dict[str, Any]:
    """Pictures after changes, and what an evaluation from nothing makes of them."""
    scene = new_scene(see.viewpoint.look_at((0.3, -4.0, 2.0), (0, 0, 0)), (32, 24))
    thing = add("ball", ball("ball"), BALL_NUMBER, ALBEDO)
    thinned = thing.modifiers.new("thinned", "DECIMATE")
    thing.keyframe_insert("location", frame=1)
    thing.location.x = -1
    thing.keyframe_insert("location", frame=10)
    shader = next(
        node for node in thing.data.materials[0].node_tree.nodes if node.type == "BSDF_PRINCIPLED"
    )
    places = np.zeros(3 * len(thing.data.vertices), np.float32)
    thing.data.vertices.foreach_get("co", places)
    acts: dict[str, Callable[[], object]] = {
        "scale": lambda: setattr(thing, "scale", (1, 1, 0.5)),
        "paint": lambda: setattr(shader.inputs["Base Color"], "default_value", (1, 0, 0, 1)),
        "modifier": lambda: setattr(thinned, "ratio", 0.05),
        "frame": lambda: scene.frame_set(10),
        "vertices": lambda: thing.data.vertices.foreach_set("co", places * 0.7),
        "number": lambda: setattr(thing, "pass_index", 5),
        "lens": lambda: setattr(scene.camera.data, "lens", 30),
        "more": lambda: add("quad", quad("quad"), 6),
        "less": lambda: setattr(thing, "hide_render", True),
    }
    found = {"change": np.array(list(acts))}
    for name, act in acts.items():
        everything(see)
        before = everything(see)
        act()
        after = everything(see)
        scene.render.use_persistent_data = False
        wanted = see.soup.as_rendered(
            scene, lambda depsgraph: see.live._measured(depsgraph, (True, True, True, True))
        )
        found[f"change {name}"] = np.array(
            [
                any((after[key] != before[key]).any() for key in after),
                all((after[key] == wanted[key]).all() for key in after),
            ]
        )
    return found


def refusals(see: Any) -> dict[str, Any]:
    """What is said where nothing right can be drawn."""
    scene = new_scene(np.eye(4), (8, 8))
    said = {}
    scene.camera.data.type = "ORTHO"
    said["lens"] = refused(see)
    scene.camera.data.type = "PERSP"
    add("cloud", bpy.data.volumes.new("cloud"))
    said["kind"] = refused(see)
    scene.camera = None
    said["camera"] = refused(see)
    return {"said": json.dumps(said)}


def refused(see: Any) -> str:
    """The words of the error."""
    try:
        see.live.render()
    except (see.models.RefusedError, RuntimeError) as error:
        return str(error)
    return ""


class See:
    """Our modules, imported in Blender."""

    def __init__(self) -> None:
        for name in ("live", "lit", "models", "pixels", "soup", "viewpoint"):
            setattr(self, name, importlib.import_module(name))


def main(scripts: str, out: str) -> None:
    """Write all there is to say of all scenes."""
    sys.path.insert(0, scripts)
    see = See()
    found = known(see) | lenses(see) | lit(see) | changes(see) | refusals(see)
    scene = busy(see)
    found |= {f"busy {name}": value for name, value in everything(see).items()}
    found |= {f"cycles {name}": value for name, value in by_cycles(see, scene).items()}
    np.savez(out, **found)


arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
main(*arguments)
