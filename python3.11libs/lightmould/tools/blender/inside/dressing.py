# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Dresses the stage for a view: its own light, sun, background and paint.

Nothing is built for what no view asks for. What is built is changed from view to view by numbers
alone, so that Cycles keeps its shaders and its geometry.
"""

from collections.abc import Callable
from typing import Any

import bpy
import mathutils

PLAIN: dict[str, Any] = {
    "light": None,
    "light_turn": 0.0,
    "light_strength": 1.0,
    "sun": None,
    "background": "transparent",
    "background_color": (0.0, 0.0, 0.0),
    "paints": [],
}
UNPAINTED = {"hue": 0.0, "value": 1.0, "roughness": 0.0, "metallic": 0.0}
FULL_TURN = 6.283185307179586


class Dressing:
    """What may differ from view to view.

    Args:
        views: all that are asked for.
        image: gives the picture of a path, in linear color.
    """

    def __init__(self, views: list[dict[str, Any]], image: Callable[[str], Any]) -> None:
        looks = [view["look"] for view in views if view["look"]]
        self._needed = bool(looks)
        self._painted = any(look["paints"] for look in looks)
        self._plain = any(look["background"] == "color" for look in looks)
        self._sunny = any(look["sun"] for look in looks)
        self._image = image

    def prepare(self, tree: Any, shader: Any) -> None:
        """Let each object differ from a material, by numbers that it carries itself."""
        if not self._painted:
            return
        color = shader.inputs["Base Color"]
        mixer, cut = (
            tree.nodes.new("ShaderNodeHueSaturation"),
            tree.nodes.new("ShaderNodeVectorMath"),
        )
        _hand_over(tree, color, mixer.inputs["Color"])
        tree.links.new(_sum(tree, _own(tree, "hue"), 0.5), mixer.inputs["Hue"])  # half is no turn
        tree.links.new(_own(tree, "value"), mixer.inputs["Value"])
        cut.operation, cut.inputs[1].default_value = "MINIMUM", (1.0, 1.0, 1.0)
        tree.links.new(mixer.outputs["Color"], cut.inputs[0])
        tree.links.new(cut.outputs[0], color)
        for name in ("roughness", "metallic"):
            socket = shader.inputs[name.capitalize()]
            total = _sum(tree, _own(tree, name), 0.0)
            total.node.use_clamp = True
            _hand_over(tree, socket, total.node.inputs[1])
            tree.links.new(total, socket)

    def take(self, scene: Any, things: list[Any]) -> None:
        """Take over a scene that is set up to show the model in the light that all views share.

        Args:
            scene: with a world.
            things: the model's objects, in the order of their numbers.
        """
        if not self._needed:
            return
        self._scene, self._things = scene, things
        tree = scene.world.node_tree
        nodes = {node.type: node for node in tree.nodes}
        self._light, self._picture = nodes["BACKGROUND"], nodes["TEX_ENVIRONMENT"]
        self._mapping, self._shared = nodes["MAPPING"], self._picture.image
        self._turn = self._mapping.inputs["Rotation"].default_value[2]
        if self._plain:
            self._set_up_background(tree, nodes["OUTPUT_WORLD"])
        if self._sunny:
            self._sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
            scene.collection.objects.link(self._sun)

    def wear(self, look: dict[str, Any] | None) -> None:
        """Make the stage look as a view wants it."""
        if not self._needed:
            return
        look = look or PLAIN
        self._wear_light(look)
        self._wear_background(look)
        if self._sunny:
            self._wear_sun(look["sun"])
        if self._painted:
            self._wear_paints(look["paints"])

    def _set_up_background(self, tree: Any, output: Any) -> None:
        """What the camera itself sees of the world is mixed from the light and an even color."""
        self._even = tree.nodes.new("ShaderNodeBackground")
        self._share = tree.nodes.new("ShaderNodeMath")
        mix, path = tree.nodes.new("ShaderNodeMixShader"), tree.nodes.new("ShaderNodeLightPath")
        self._share.operation = "MULTIPLY"
        tree.links.new(path.outputs["Is Camera Ray"], self._share.inputs[0])
        for source, target in zip((self._share, self._light, self._even), mix.inputs, strict=True):
            tree.links.new(source.outputs[0], target)
        tree.links.new(mix.outputs[0], output.inputs["Surface"])

    def _wear_light(self, look: dict[str, Any]) -> None:
        picture = self._image(look["light"]) if look["light"] else self._shared
        if self._picture.image != picture:
            self._picture.image = picture
            self._scene.world.cycles.sample_map_resolution = picture.size[0]
        # What turns directions for the look-up turns the picture the other way.
        self._mapping.inputs["Rotation"].default_value[2] = self._turn - look["light_turn"]
        self._light.inputs["Strength"].default_value = look["light_strength"]

    def _wear_background(self, look: dict[str, Any]) -> None:
        self._scene.render.film_transparent = look["background"] == "transparent"
        if self._plain:
            self._share.inputs[1].default_value = float(look["background"] == "color")
            self._even.inputs["Color"].default_value = (*look["background_color"], 1.0)

    def _wear_sun(self, sun: dict[str, Any] | None) -> None:
        self._sun.hide_render = sun is None
        if sun is not None:
            light = self._sun.data
            light.energy, light.angle, light.color = sun["strength"], sun["angle"], sun["color"]
            # A sun shines along its own -Z.
            turn = mathutils.Vector(sun["toward"]).to_track_quat("Z", "Y")
            self._sun.matrix_world = turn.to_matrix().to_4x4()

    def _wear_paints(self, paints: list[dict[str, float]]) -> None:
        for number, thing in enumerate(self._things):
            paint = paints[number % len(paints)] if paints else UNPAINTED
            for name, value in paint.items():
                thing[_key(name)] = value / FULL_TURN if name == "hue" else value
            thing.update_tag()  # else its numbers of the view before are used


def _key(name: str) -> str:
    """The custom property of an object that holds a number of its paint."""
    return f"lightmould_{name}"


def _own(tree: Any, name: str) -> Any:
    """The socket with a number that each object carries itself."""
    node = tree.nodes.new("ShaderNodeAttribute")
    node.attribute_type, node.attribute_name = "OBJECT", _key(name)
    return node.outputs[2]  # the number; its name differs among Blenders


def _sum(tree: Any, socket: Any, constant: float) -> Any:
    """The socket of a sum, whose second term may be linked to instead."""
    node = tree.nodes.new("ShaderNodeMath")
    node.operation, node.inputs[1].default_value = "ADD", constant
    tree.links.new(socket, node.inputs[0])
    return node.outputs[0]


def _hand_over(tree: Any, socket: Any, target: Any) -> None:
    """Give what feeds a socket, a link or a constant, to another one."""
    target.default_value = socket.default_value
    if socket.is_linked:
        tree.links.new(socket.links[0].from_socket, target)
