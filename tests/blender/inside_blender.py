"""Runs in Blender: one odd model in every format, then our scripts, each in the same process.

python inside_blender.py SCRIPTS (export FOLDER | PROGRAM REQUEST.json ...)

What a script raises is written beside its request.
"""

import importlib
import sys
from pathlib import Path

import bpy


def export(folder: Path) -> None:
    """The model with a texture of its own, in every format."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    material = paint(folder)
    bpy.ops.mesh.primitive_monkey_add(size=0.5, location=(0.4, 0.2, -0.1), rotation=(0.3, 0.2, 1))
    bpy.context.object.scale = (1, 1.5, 0.8)
    bpy.ops.mesh.primitive_cone_add(radius1=0.2, depth=0.7, location=(-0.4, -0.3, 0.2))
    bpy.context.object.scale = (1, -2, 1)
    for thing in bpy.data.objects:
        thing.data.materials.append(material)
    importlib.import_module("models").mend_numpy()
    window, scene = bpy.ops.wm, bpy.ops.export_scene
    window.save_as_mainfile(filepath=str(folder / "model.blend"), copy=True)
    window.obj_export(filepath=str(folder / "model.obj"), export_pbr_extensions=True)
    scene.fbx(filepath=str(folder / "model.fbx"))
    scene.gltf(filepath=str(folder / "model.glb"), export_format="GLB")
    scene.gltf(filepath=str(folder / "model.gltf"), export_format="GLTF_SEPARATE")
    for suffix in ("usdc", "usda") if "usd_export" in dir(window) else ():
        window.usd_export(filepath=str(folder / f"model.{suffix}"))
    for suffix in ("ply", "stl"):
        if f"{suffix}_export" in dir(window):
            getattr(window, f"{suffix}_export")(filepath=str(folder / f"model.{suffix}"))
        else:
            getattr(bpy.ops.export_mesh, suffix)(filepath=str(folder / f"model.{suffix}"))


def paint(folder: Path) -> object:
    """A material with a texture and constants that are not Blender's own."""
    image = bpy.data.images.new("paint", 16, 16)
    image.pixels = [c for y in range(16) for x in range(16) for c in (x / 15, y / 15, 0.3, 1)]
    image.filepath_raw, image.file_format = str(folder / "paint.png"), "PNG"
    image.save()
    material = bpy.data.materials.new("my paint")
    material.use_nodes = True
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(folder / "paint.png"))
    tree.links.new(shader.inputs["Base Color"], texture.outputs["Color"])
    shader.inputs["Roughness"].default_value = 0.3
    shader.inputs["Metallic"].default_value = 0.25
    return material


def run(program: str, requests: list[str]) -> None:
    """Our script, once for each request."""
    script = importlib.import_module(program)
    for request in requests:
        sys.argv[-1] = request
        try:
            script.main()
        except Exception as error:  # noqa: BLE001
            Path(f"{request}.error").write_text(str(error), encoding="utf-8")


def main(scripts: str, verb: str, *rest: str) -> None:
    sys.path.insert(0, scripts)
    if verb == "export":
        export(Path(rest[0]))
    else:
        run(verb, list(rest))


arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
main(*arguments)
