# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Blender's cameras as pinholes and back, and what they see of objects and points.

Everything is in Blender's own world, whose Z points up; pixels and axes are as in `pinhole`.
"""

from typing import Any

import bpy
import numpy as np
from models import RefusedError
from pinhole import Pinhole, turned

SENSOR_MM = 36.0
NEARLY = 1e-3  # of a depth; what two ways to the same surface may differ by


def pinhole(scene: Any = None) -> Pinhole:
    """The camera of a scene, by default the open one, as it would render now.

    Raises:
        RefusedError: there is none, or none that a pinhole can stand for.
    """
    scene = scene or bpy.context.scene
    layer = scene.view_layers[0]
    layer.update()
    return of(camera_of(scene).evaluated_get(layer.depsgraph), scene.render)


def camera_of(scene: Any) -> Any:
    """The object that a scene is seen through.

    Raises:
        RefusedError: there is none.
    """
    if scene.camera is None:
        raise RefusedError(scene.name, "no camera", "one", "Add one and make it active.")
    return scene.camera


def of(camera: Any, render: Any) -> Pinhole:
    """An evaluated camera object as a pinhole, for the size that is set for rendering.

    Raises:
        RefusedError: it is not a perspective camera.
    """
    lens = camera.data
    if camera.type != "CAMERA" or lens.type != "PERSP":
        found = f"a camera of type {getattr(lens, 'type', camera.type)}"
        raise RefusedError(camera.name, found, "PERSP", "Change the camera's lens.")
    share = render.resolution_percentage / 100
    width, height = int(render.resolution_x * share), int(render.resolution_y * share)
    aspect = render.pixel_aspect_y / render.pixel_aspect_x
    fit = lens.sensor_fit
    if fit == "AUTO":
        fit = "HORIZONTAL" if width >= height * aspect else "VERTICAL"
        sensor = lens.sensor_width
    else:
        sensor = lens.sensor_height if fit == "VERTICAL" else lens.sensor_width
    side = width if fit == "HORIZONTAL" else height * aspect
    fx = lens.lens / sensor * side
    center = width / 2 - lens.shift_x * side, height / 2 + lens.shift_y * side / aspect
    world_from_camera = np.array(camera.matrix_world, np.float64)
    world_from_camera[:3, :3] /= np.linalg.norm(world_from_camera[:3, :3], axis=0)
    size, clip = (width, height), (lens.clip_start, lens.clip_end)
    return Pinhole(size, (fx, fx / aspect), center, *clip, world_from_camera)


def aim(scene: Any, camera: Any, seen: Pinhole) -> None:
    """Make a camera object, and the size of a scene's pictures, what a pinhole is."""
    (width, height), (fx, fy), (cx, cy) = seen.size, seen.focal, seen.center
    camera.matrix_world = np.transpose(seen.world_from_camera).tolist()  # Blender wants columns
    lens = camera.data
    lens.type, lens.sensor_fit, lens.sensor_width = "PERSP", "HORIZONTAL", SENSOR_MM
    lens.lens = fx * SENSOR_MM / width
    lens.shift_x = (width / 2 - cx) / width
    lens.shift_y = (cy - height / 2) / width * (fx / fy)
    lens.clip_start, lens.clip_end = seen.near, seen.far
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    # Blender allows aspects of 1 and more only.
    render.pixel_aspect_x, render.pixel_aspect_y = max(1.0, fy / fx), max(1.0, fx / fy)


def look_at(eye: Any, target: Any, up: Any = (0.0, 0.0, 1.0)) -> Any:
    """(4, 4) world_from_camera of a camera at `eye` that looks at `target`.

    Raises:
        RefusedError: they are the same, or `up` is along the line of sight.
    """
    eye, target = np.asarray(eye, np.float64), np.asarray(target, np.float64)
    back = eye - target
    right = np.cross(np.asarray(up, np.float64), back)
    if not np.linalg.norm(right) > 0:
        found, wanted = f"{eye} to {target}, up {up}", "a line of sight that is not along up"
        raise RefusedError("look_at", found, wanted, "Change one of them.")
    back, right = back / np.linalg.norm(back), right / np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, np.cross(back, right), back, eye
    return pose


def box_3d(thing: Any) -> Any:
    """(8, 3), the corners of an object's bounding box in the world, metres; along its own axes."""
    bpy.context.view_layer.update()
    evaluated = thing.evaluated_get(bpy.context.view_layer.depsgraph)
    matrix = np.array(evaluated.matrix_world, np.float64)
    return turned(matrix[:3, :3], np.array(evaluated.bound_box, np.float64)) + matrix[:3, 3]


def box_2d(seen: Pinhole, points: Any) -> tuple[float, float, float, float] | None:
    """(left, top, right, bottom) in pixels of what points, (N, 3), span in the picture.

    It is cut at the picture's border; None if nothing is left, or a point is not in front.
    """
    pixels = seen.pixels(points)
    if not np.isfinite(pixels).all():
        return None
    left, top = np.clip(pixels.min(axis=0), 0, seen.size).tolist()
    right, bottom = np.clip(pixels.max(axis=0), 0, seen.size).tolist()
    return (left, top, right, bottom) if left < right and top < bottom else None


def boxes(ids: Any) -> dict[int, tuple[int, int, int, int]]:
    """(left, top, right, bottom) of what is visible, in whole pixels, by the object's number."""
    found = {}
    for number in np.unique(ids[ids > 0]).tolist():
        shown = ids == number
        rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
        found[number] = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    return found


def visible(seen: Pinhole, points: Any, depth: Any) -> Any:
    """(N) whether points, (N, 3), are in the picture and nothing of a depth picture hides them.

    What is seen at the center of a point's pixel decides: at outlines, up to a pixel off.
    """
    pixels, depths = seen.pixels(points), seen.depths(points)
    inside = (pixels >= 0).all(axis=1) & (pixels < seen.size).all(axis=1)  # NaN is neither
    columns, rows = np.where(inside[:, None], pixels, 0).astype(np.int64).T
    return inside & (depths >= seen.near) & (depths <= depth[rows, columns] * (1 + NEARLY))


def unhidden(seen: Pinhole, points: Any) -> Any:
    """(N) whether a straight line leads from the camera to each of the points, (N, 3)."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    layer.update()
    eye, found = seen.world_from_camera[:3, 3], []
    for point in np.asarray(points, np.float64):
        way = point - eye
        length = float(np.linalg.norm(way))
        reach = length * (1 - NEARLY)
        found.append(not scene.ray_cast(layer.depsgraph, eye, way / length, distance=reach)[0])
    return np.array(found, np.bool_)
