# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""The stage: the model with its materials, the light and the camera, seen by two scenes.

One scene makes the picture; the other, without light, measures depth and normal.
"""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from dressing import Dressing
from models import RefusedError, load
from pinhole import Pinhole
from viewpoint import aim

OLDEST = (3, 4, 0)
LOOKS = {"albedo": "Base Color", "roughness": "Roughness", "metallic": "Metallic"}
NAME_BYTES = 63  # Blender cuts longer names
KINDS = ("color", "data")
POINT_SAMPLING_WIDTH = 0.01  # pixels; the narrowest filter there is


def version() -> str:
    """Of this Blender."""
    found: str = bpy.app.version_string
    if bpy.app.version < OLDEST:
        raise RefusedError("Blender", found, "3.4 or later", "Install a newer Blender.")
    return found


class Stage:
    """Everything that is in front of the camera, and the two scenes that look at it.

    Attributes:
        scenes: by the kind of frame that they make.
        instances: names of the objects, in the order of their numbers.
        stays_noisy: cleaning was asked for, and this Blender can't.
    """

    def __init__(self, request: dict[str, Any]) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._images: dict[tuple[str, str], Any] = {}
        self._camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        self._dressing = Dressing(request["views"], lambda path: self._image(path, "linear"))
        self._looks = [name for name in LOOKS if name in request["passes"]]
        things = load_model(request["model"])
        self.instances = [thing.name for thing in things]
        self._replace_materials(things, request)
        picture, measure = (_new_scene(name, [*things, self._camera]) for name in KINDS)
        picture.world = self._world(request["light"], request["light_turn"])
        self._dressing.take(picture, things)
        _set_up_picture(picture, request["bounces"])
        self.stays_noisy = request["denoise"] and not _denoise(picture)
        _set_up_measure(measure)
        self._add_passes(measure, things, request["passes"])
        self.scenes = dict(zip(KINDS, (picture, measure), strict=True))

    def _aim(self, scene: Any, view: dict[str, Any]) -> None:
        """Put the camera where the view wants it and set sizes and seed."""
        names = ("size", "focal", "center", "near", "far")
        pose = np.array(view["world_from_camera"], np.float64)
        aim(scene, self._camera, Pinhole(*(view[name] for name in names), pose))
        scene.cycles.seed = view["seed"]
        scene.cycles.samples = view["samples"] if scene == self.scenes["color"] else 1
        scene.eevee.taa_render_samples = view["samples"]

    def render(self, kind: str, view: dict[str, Any]) -> None:
        """Make a frame of a view: its picture, or what is at the centers of its pixels."""
        scene = self.scenes[kind]
        self._aim(scene, view)
        self._dressing.wear(view["look"])
        bpy.ops.render.render(scene=scene.name)

    def save(self, kind: str, path: Path) -> None:
        """Write the layers of the last frame, of that kind, as multi-layer EXR."""
        bpy.data.images["Render Result"].save_render(str(path), scene=self.scenes[kind])

    def _add_passes(self, scene: Any, things: list[Any], passes: list[str]) -> None:
        """Measure more than depth and normal; what materials say needs a layer that shows them."""
        shape = scene.view_layers[0]
        shape.use_pass_uv = "uv" in passes
        shape.use_pass_object_index = "instance" in passes
        for number, thing in enumerate(things, 1):
            thing.pass_index = number
        if self._looks:
            scene.render.use_persistent_data = False  # else the second layer shows the first's
            layer = scene.view_layers.new("looks")
            layer.use_pass_combined = layer.use_pass_z = False
            for name in self._looks:
                told = layer.aovs.add()
                told.name, told.type = name, "COLOR" if name == "albedo" else "VALUE"

    def _tell(self, tree: Any, shader: Any) -> None:
        """Let a material say what it is made of, besides showing it."""
        for name in self._looks:
            told = tree.nodes.new("ShaderNodeOutputAOV")
            setattr(told, "aov_name" if hasattr(told, "aov_name") else "name", name)
            source = shader.inputs[LOOKS[name]]
            value = told.inputs["Color" if name == "albedo" else "Value"]
            value.default_value = source.default_value
            if source.is_linked:
                tree.links.new(value, source.links[0].from_socket)

    def _replace_materials(self, things: list[Any], request: dict[str, Any]) -> None:
        """Put the request's materials in place of those that the importer made."""
        wanted = {_cut(one["name"]): one for one in request["materials"]}
        made: dict[str, Any] = {}
        for thing in things:
            if not thing.material_slots:
                thing.data.materials.append(None)
            for slot in thing.material_slots:
                name = slot.material.name if slot.material else ""
                if name and name not in wanted:
                    where, known = request["model"], f"one of {sorted(wanted)}"
                    raise RefusedError(where, f"material {name!r}", known, "Check the MTL file.")
                if name not in made:
                    made[name] = self._material(wanted.get(name, request["plain"]))
                slot.material = made[name]

    def _material(self, look: dict[str, Any]) -> Any:
        material = bpy.data.materials.new(f"lightmould {look['name']}")
        tree = _tree(material)
        shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
        shader.distribution = "GGX"  # one bounce within the microfacets, as the engine has it
        shader.inputs["IOR"].default_value = 1.5
        shader.inputs["Base Color"].default_value = (*look["base_color"], 1.0)
        shader.inputs["Roughness"].default_value = look["roughness"]
        shader.inputs["Metallic"].default_value = look["metallic"]
        for socket, texture in (
            ("Base Color", look["base_color_map"]),
            ("Roughness", look["roughness_map"]),
            ("Metallic", look["metallic_map"]),
        ):
            if texture:
                tree.links.new(shader.inputs[socket], self._texture(tree, texture))
        if look["normal_map"]:
            bump = tree.nodes.new("ShaderNodeNormalMap")
            tree.links.new(bump.inputs["Color"], self._texture(tree, look["normal_map"]))
            tree.links.new(shader.inputs["Normal"], bump.outputs["Normal"])
        output = tree.nodes.new("ShaderNodeOutputMaterial")
        tree.links.new(output.inputs["Surface"], shader.outputs["BSDF"])
        self._dressing.prepare(tree, shader)
        self._tell(tree, shader)
        return material

    def _texture(self, tree: Any, texture: dict[str, Any]) -> Any:
        """The socket that carries a texture's value."""
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = self._image(texture["path"], texture["color_space"])
        channel = texture["channel"]
        if channel == "rgb":
            return node.outputs["Color"]
        if channel == "a":
            return node.outputs["Alpha"]
        split = tree.nodes.new("ShaderNodeSeparateColor")
        tree.links.new(split.inputs["Color"], node.outputs["Color"])
        return split.outputs[{"r": "Red", "g": "Green", "b": "Blue"}[channel]]

    def _image(self, path: str, color_space: str) -> Any:
        if (path, color_space) not in self._images:
            if not Path(path).is_file():
                raise RefusedError(path, "no file", "an image", "Put the file there.")
            image = bpy.data.images.load(path)
            image.colorspace_settings.name = "sRGB" if color_space == "srgb" else "Non-Color"
            image.alpha_mode = "CHANNEL_PACKED"  # else color is multiplied by alpha
            if 0 in image.size:
                raise RefusedError(path, "nothing Blender can decode", "an image", "Save it anew.")
            self._images[path, color_space] = image
        return self._images[path, color_space]

    def _world(self, light: str | None, turn: list[float]) -> Any:
        world = bpy.data.worlds.new("light")
        tree = _tree(world)
        background = tree.nodes.new("ShaderNodeBackground")
        background.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
        output = tree.nodes.new("ShaderNodeOutputWorld")
        tree.links.new(output.inputs["Surface"], background.outputs["Background"])
        if light is not None:
            direction = tree.nodes.new("ShaderNodeTexCoord")
            mapping = tree.nodes.new("ShaderNodeMapping")
            mapping.inputs["Rotation"].default_value = turn
            picture = tree.nodes.new("ShaderNodeTexEnvironment")
            picture.image = self._image(light, "linear")
            # Blender's own choice is finer than the picture: a third slower, and no less noisy.
            world.cycles.sampling_method = "MANUAL"
            world.cycles.sample_map_resolution = picture.image.size[0]
            tree.links.new(mapping.inputs["Vector"], direction.outputs["Generated"])
            tree.links.new(picture.inputs["Vector"], mapping.outputs["Vector"])
            tree.links.new(background.inputs["Color"], picture.outputs["Color"])
        return world


def load_model(path: str) -> list[Any]:
    """The mesh objects of an OBJ, turned from its Y-up to Blender's Z-up world."""
    load(path, "y")
    return [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.data.polygons]


def _new_scene(name: str, things: list[Any]) -> Any:
    scene = bpy.data.scenes.new(name)
    for thing in things:
        scene.collection.objects.link(thing)
    scene.camera = things[-1]
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_percentage = 100
    render.film_transparent = True
    render.use_file_extension = False
    render.use_persistent_data = True
    render.use_compositing = render.use_sequencer = False
    render.dither_intensity = 0.0
    image = render.image_settings
    if hasattr(image, "media_type"):  # 5.0 and later
        image.media_type = "MULTI_LAYER_IMAGE"
    image.file_format, image.color_depth, image.exr_codec = "OPEN_EXR_MULTILAYER", "32", "NONE"
    if hasattr(image, "use_exr_interleave"):  # else 5.0 fails where pixels are not square
        image.use_exr_interleave = True
    scene.cycles.device = "CPU"
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.use_denoising = False
    return scene


def _set_up_picture(scene: Any, bounces: int) -> None:
    scene.cycles.pixel_filter_type = "BOX"  # a pixel's alpha is the area that is covered
    scene.cycles.filter_width = 1.0
    for kind in ("max", "diffuse", "glossy", "transmission", "transparent_max"):
        setattr(scene.cycles, f"{kind}_bounces", bounces)
    scene.display_settings.display_device = "sRGB"
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    scene.view_settings.exposure, scene.view_settings.gamma = 0.0, 1.0


def _denoise(scene: Any) -> bool:
    """Clean pictures of noise, guided by what is painted; whether this Blender can."""
    try:
        scene.cycles.denoiser = "OPENIMAGEDENOISE"
    except TypeError:  # not one of the choices of a Blender that was built without it
        return False
    scene.cycles.use_denoising = True
    scene.cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    scene.cycles.denoising_prefilter = "NONE"
    return True


def _set_up_measure(scene: Any) -> None:
    scene.cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    scene.cycles.filter_width = POINT_SAMPLING_WIDTH
    scene.cycles.max_bounces = 0
    layer = scene.view_layers[0]
    layer.use_pass_combined = False
    layer.use_pass_z = layer.use_pass_normal = True
    layer.material_override = _unlit()


def _unlit() -> Any:
    """A material that costs nothing to shade."""
    material = bpy.data.materials.new("unlit")
    tree = _tree(material)
    emission = tree.nodes.new("ShaderNodeEmission")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(output.inputs["Surface"], emission.outputs["Emission"])
    return material


def _tree(owner: Any) -> Any:
    """The empty node tree of a new material or world."""
    if not owner.node_tree:  # 4.5 and earlier
        owner.use_nodes = True
    owner.node_tree.nodes.clear()
    return owner.node_tree


def _cut(name: str) -> str:
    """The name as Blender keeps it."""
    return name.encode()[:NAME_BYTES].decode(errors="ignore")
