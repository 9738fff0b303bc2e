"""The SOP Lightmould Camera Points: a rig or a file of poses as points, with what each one sees."""

from collections.abc import Mapping
from functools import lru_cache
from math import degrees
from pathlib import Path, PurePosixPath
from typing import Any

import hou
import numpy as np

from lightmould.dataset import poses as pose_files
from lightmould.errors import FormatError, SettingsError
from lightmould.formats import coverage as coverage_file
from lightmould.formats.color import linear_from_srgb
from lightmould.formats.poses.reading import quaternion_of
from lightmould.houdini import geometry as geo
from lightmould.houdini import nodes, telling
from lightmould.houdini import parameters as p
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.heat import face_colors
from lightmould.rigs.pose import FULL_FRAME_MM

FRUSTUM = ((0, 1), (0, 2), (0, 3), (0, 4), (1, 2, 3, 4, 1))
"""Lines of a frustum: from the camera to each corner of its picture, and around the picture."""


def cook(node: hou.SopNode) -> None:
    """Write points, frusta and coverage into the geometry of the node that cooks.

    Raises:
        hou.NodeError: a file can't be read, or does not fit the geometry.
    """
    with telling.on_node():
        target = node.geometry()
        if target is None:
            raise SettingsError(node.path(), "no geometry", "a node that cooks", "Cook it.")
        target.clear()
        kept = node.inputGeometry(0)
        if kept is not None:
            target.merge(kept)
        path = p.path(node, "rig")
        if path is not None:
            _write(chosen(read(path, p.text(node, "format")), p.text(node, "split")), node, target)
        model = node.inputGeometry(1)
        if model is not None:
            target.merge(_seen(node, model))


def reload(kwargs: Mapping[str, Any]) -> None:
    """Read the file again, whether or not it looks changed."""
    _read.cache_clear()
    nodes.operator(kwargs["node"], "node").cook(force=True)


def read(path: Path, form: str) -> tuple[tuple[Camera, str], ...]:
    """The cameras of a rig or of poses, each with what its picture is for.

    Args:
        path: a file, or the folder of one.
        form: name of the format; `auto` tells by the file.

    Raises:
        FormatError: there is none, or it can't be read.
    """
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _read(path, form, stamp)


@lru_cache(maxsize=4)
def _read(path: Path, form: str, _stamp: int) -> tuple[tuple[Camera, str], ...]:
    found = pose_files.find(path, None if form == "auto" else form)
    shots = pose_files.read(found, _no_size).shots
    return tuple((shot.camera, shot.split or "train") for shot in shots)


def _no_size(picture: PurePosixPath) -> tuple[int, int]:
    fix = "Run `lightmould poses convert` to a format that does, and read that."
    raise FormatError(str(picture), "poses that don't tell their pictures' sizes", "sizes", fix)


def chosen(shots: tuple[tuple[Camera, str], ...], split: str) -> tuple[tuple[Camera, str], ...]:
    """Those for one purpose; `all` is every one."""
    return tuple(shot for shot in shots if split in ("all", shot[1]))


def frustum(camera: Camera, length: float) -> Floats:
    """(5, 3) the camera's place, and the corners of its picture at a distance.

    The corners are the lower left, lower right, upper right and upper left one.
    """
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    corners = np.array([[0, height], [width, height], [width, 0], [0, 0]], np.float64)
    rays = np.concatenate([(corners - (cx, cy)) / (fx, -fy), np.full((4, 1), -1.0)], axis=1)
    own = np.concatenate([np.zeros((1, 3)), rays * length])
    places: Floats = own @ camera.world_from_camera[:3, :3].T + camera.world_from_camera[:3, 3]
    return places


def _write(
    shots: tuple[tuple[Camera, str], ...], node: hou.SopNode, geometry: hou.Geometry
) -> None:
    """A point for each camera, and lines for what it sees."""
    if not shots:
        return
    cloud = hou.Geometry()
    cloud.createPoints([tuple(one.world_from_camera[:3, 3].tolist()) for one, _ in shots])
    rows = np.array([attributes(one) for one, _ in shots])
    for name, first, last in (("orient", 0, 4), ("res", 7, 9)):
        geo.point_attribute(cloud, name, rows[:, first:last])
    for name, column in (("fov", 4), ("focal", 5), ("aperture", 6), ("near", 9), ("far", 10)):
        geo.point_attribute(cloud, name, rows[:, column])
    geo.point_names(cloud, "name", [one.name for one, _ in shots])
    geo.point_names(cloud, "split", [split for _, split in shots])
    geometry.merge(cloud)
    if p.switched(node, "frusta"):
        length = p.number(node, "frusta_size")
        drawn = hou.Geometry()
        drawn.createPoints(np.concatenate([frustum(one, length) for one, _ in shots]).tolist())
        lines = [[5 * i + corner for corner in line] for i in range(len(shots)) for line in FRUSTUM]
        drawn.createPolygons(lines, is_closed=False)
        geometry.merge(drawn)


def attributes(camera: Camera) -> tuple[float, ...]:
    """What a camera's point carries: orient (4), fov, focal, aperture, res (2), near, far."""
    w, x, y, z = quaternion_of(camera.world_from_camera[:3, :3]).tolist()
    width, height = camera.size
    fx = camera.focal[0]
    fov = degrees(2 * np.arctan(width / 2 / fx))
    focal_mm = fx * FULL_FRAME_MM / width
    lens = (fov, focal_mm, FULL_FRAME_MM, float(width), float(height))
    return (x, y, z, w, *lens, camera.near, camera.far)


def _seen(node: hou.SopNode, model: hou.Geometry) -> hou.Geometry:
    """The second input, with how well each face is seen."""
    colored = hou.Geometry()
    colored.merge(model)
    path = p.path(node, "coverage_file") if p.switched(node, "coverage") else None
    if path is None:
        return colored
    if not path.is_file():
        fix = "Measure it: `lightmould rig ... --coverage`, or the object Camera Rig."
        raise FormatError(path, "no such file", "a coverage", fix)
    found = coverage_file.read(path.read_bytes(), path)
    count = geo.face_count(colored)
    if len(found.views) != count:
        where, wanted = str(path), f"{count}, one for each triangle of the second input"
        fix = "Triangulate it, and measure the coverage of that model."
        raise SettingsError(where, f"{len(found.views)} faces", wanted, fix)
    for name in ("views", "incidence", "density"):
        geo.face_attribute(colored, name, getattr(found, name))
    geo.face_attribute(colored, "Cd", linear_from_srgb(face_colors(found)))
    return colored
