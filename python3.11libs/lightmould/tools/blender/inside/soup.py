# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""All triangles of a scene as it is evaluated for rendering: modifiers, instances, curves, text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import bpy
import looks
import numpy as np
from models import RefusedError
from pinhole import of_length_1, turned
from smooth import of_corners

ENGINE = "LIGHTMOULD_SOUP"
UNPAINTED = (0.8, 0.8, 0.8)  # what Blender takes for a face without a material
SOLID = frozenset({"MESH", "CURVE", "SURFACE", "FONT", "META"})
UNSEEN = frozenset({"ARMATURE", "CAMERA", "EMPTY", "LATTICE", "LIGHT", "LIGHT_PROBE", "SPEAKER"})

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Soup:
    """Triangles of the world.

    Attributes:
        vertices: (V, 3) float64, metres.
        triangles: (T, 3), numbers of vertices.
        normals: (T, 3, 3) float32, of each corner, of length 1.
        mirrored: (T), -1 where a mirror has turned the triangle's corners round, else 1.
        objects: (T) uint16, `pass_index` of the object.
        paints: (T, 3) float32, linear.
    """

    vertices: Any
    triangles: Any
    normals: Any
    mirrored: Any
    objects: Any
    paints: Any


def as_rendered(scene: Any, act: Callable[[Any], Value]) -> Value:
    """What a function makes of the evaluated scene that a renderer gets.

    Only render engines get it, with the modifiers and the visibility that are set for rendering:
    so this registers an engine that renders nothing, and lets it render.
    """
    made: list[Value] = []
    errors: list[Exception] = []

    def attempt(depsgraph: Any) -> None:
        try:
            made.append(act(depsgraph))
        except Exception as error:  # noqa: BLE001  # Blender would print it and go on
            errors.append(error)

    _Engine.act = staticmethod(attempt)
    bpy.utils.register_class(_Engine)  # and out again: what is registered at its end hangs bpy
    before = scene.render.engine
    try:
        scene.render.engine = ENGINE
        bpy.ops.render.render(scene=scene.name)
    finally:
        scene.render.engine = before
        bpy.utils.unregister_class(_Engine)
    if errors:
        raise errors[0]
    return made[0]


class _Engine(bpy.types.RenderEngine):  # type: ignore[misc]  # bpy has no types
    bl_idname = ENGINE
    bl_label = "None, which only looks"
    act: Callable[[Any], None]

    def render(self, depsgraph: Any) -> None:
        self.act(depsgraph)


def gather(depsgraph: Any) -> Soup:
    """Everything solid that a camera can see.

    Raises:
        RefusedError: something is visible that is not made of triangles.
    """
    parts: list[Soup] = []
    read: dict[int, tuple[Any, ...]] = {}
    for instance in depsgraph.object_instances:
        thing = instance.object
        if not instance.show_self or thing.type in UNSEEN or not thing.visible_camera:
            continue
        if thing.type not in SOLID:
            fix = "Hide it from rendering, or ask for color alone, with samples."
            raise RefusedError(thing.name, f"a {thing.type.lower()}", "something solid", fix)
        place = thing.data.as_pointer()
        if thing.type != "MESH" or place not in read:
            read[place] = _read(thing)
        parts.append(_placed(thing, np.array(instance.matrix_world), *read[place]))
    return _joined(parts)


def _read(thing: Any) -> tuple[Any, Any, Any, Any]:
    """Vertices, triangles, normals of their corners, and numbers of their materials."""
    mesh = thing.to_mesh()
    if mesh is None:  # as text without letters has none
        return _array((0, 3)), np.zeros((0, 3), np.int32), _array((0, 3, 3)), np.zeros(0, np.int32)
    mesh.calc_loop_triangles()
    found = mesh.loop_triangles
    count = len(found)
    vertices = _array((len(mesh.vertices), 3))
    triangles, materials = np.zeros((count, 3), np.int32), np.zeros(count, np.int32)
    mesh.vertices.foreach_get("co", vertices.reshape(-1))
    found.foreach_get("vertices", triangles.reshape(-1))
    found.foreach_get("material_index", materials)
    normals = of_corners(mesh, vertices, triangles)
    thing.to_mesh_clear()
    return vertices, triangles, normals, materials


def _array(shape: tuple[int, ...]) -> Any:
    return np.zeros(shape, np.float32)


def _placed(
    thing: Any, matrix: Any, vertices: Any, triangles: Any, normals: Any, materials: Any
) -> Soup:
    rotation = matrix[:3, :3]
    cofactors = np.cross(rotation[[1, 2, 0]], rotation[[2, 0, 1]])
    sign = 1.0 if rotation[0] @ cofactors[0] >= 0 else -1.0
    facing = of_length_1(turned(sign * cofactors, normals))
    paints = [_paint(slot.material) for slot in thing.material_slots] or [UNPAINTED]
    count = len(triangles)
    return Soup(
        turned(rotation, vertices) + matrix[:3, 3],
        triangles,
        facing.astype(np.float32),
        np.full(count, sign),
        np.full(count, thing.pass_index, np.uint16),
        np.array(paints, np.float32)[np.minimum(materials, len(paints) - 1)],
    )


def _paint(material: Any) -> tuple[float, ...]:
    """A material's color where it is a constant, else the one that the viewport shows."""
    if material is None:
        return UNPAINTED
    shader = looks.principled(material) if material.use_nodes else None
    color = shader.inputs["Base Color"] if shader else None
    shown = material.diffuse_color if color is None or color.is_linked else color.default_value
    return tuple(shown[:3])


def _joined(parts: list[Soup]) -> Soup:
    if not parts:
        none = _array((0, 3))
        return Soup(
            none, none.astype(np.int32), _array((0, 3, 3)), _array((0,)),
            np.zeros(0, np.uint16), none,
        )  # fmt: skip
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    return Soup(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=True)]),
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("normals", "mirrored", "objects", "paints")
        ),
    )
