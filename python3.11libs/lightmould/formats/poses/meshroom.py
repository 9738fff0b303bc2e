"""Meshroom's and AliceVision's .sfm files in JSON.

Numbers are text. A view names its picture (by an absolute path, whose last part counts), an
intrinsic and a pose; views without either were not found and are left out. A pose is the center of
the camera and a rotation, camera_from_world written column by column, +Z forward and +Y down. An
intrinsic tells focal lengths in pixels up to version 1.2.1, in millimetres and an aspect since; the
principal point from the corner in 1.2.0 and before, from the middle since. Written is version
1.2.0, which every later one reads.

Source: AliceVision's documentation of its data formats, and the compatibility files of its tests.
"""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, TypeAlias

import numpy as np

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.formats.poses import limits, reading, writing
from lightmould.formats.poses.format import Holds
from lightmould.formats.poses.reading import shown, word
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.distortion import Distortion, Fisheye, radial_tangential

HOLDS = Holds(terms=frozenset({"k1", "k2", "k3", "p1", "p2"}), fisheye=True)

Version: TypeAlias = tuple[int, ...]

NEWEST: Version = (1, 2, 11)
"""The newest version of the format whose meaning is known."""

_RADIAL = ("k1", "k2", "k3")
_LENSES = {
    "none": (),
    "pinhole": (),
    "radial1": ("k1",),
    "radialk1": ("k1",),
    "radial3": _RADIAL,
    "radialk3": _RADIAL,
    "brown": (*_RADIAL, "p1", "p2"),
    "fisheye4": (*_RADIAL, "k4"),
    "fisheye": (*_RADIAL, "k4"),
}
_FISHEYES = ("fisheye4", "fisheye")
_FIX = "Undistort the pictures in Meshroom (PrepareDenseScene), or export the file again."
_ID = 1


def claims(data: bytes) -> bool:
    """Whether the JSON is Meshroom's."""
    return b'"intrinsics"' in data and b'"views"' in data


def read(data: bytes, source: PurePath) -> Poses:
    """The views that have a pose and an intrinsic.

    Raises:
        FormatError: naming the place in the file.
    """
    plain = codec.parse(data.removeprefix(b"\xef\xbb\xbf"), source)
    if not isinstance(plain, dict) or "views" not in plain:
        fix = "Export a scene from Meshroom."
        raise FormatError(source, shown(plain), "an object with views", fix)
    version = tuple(int(one) for one in _numbers(plain.get("version"), 3, f"{source}: version"))
    if version > NEWEST:
        found, wanted = f"version {version}", f"{NEWEST} at most"
        raise FormatError(source, found, wanted, "Export it with an older Meshroom.")
    poses = _by_id(plain, "poses", "poseId", source)
    lenses = _by_id(plain, "intrinsics", "intrinsicId", source)
    views = _by_id(plain, "views", "viewId", source)
    found_views = []
    for where, view in views.values():
        pose, lens = poses.get(str(view.get("poseId"))), lenses.get(str(view.get("intrinsicId")))
        if "rigId" in view and pose is None:
            found, fix = f"rig {view['rigId']}", "Export the scene with independent poses."
            raise FormatError(where, found, "a view with a pose of its own", fix)
        if pose is not None and lens is not None:
            path = reading.foreign_picture(view.get("path"), f"{where}.path")
            found_views.append((where, path, pose, lens))
    if not found_views:
        found, fix = "no view with a pose and an intrinsic", "Run structure from motion first."
        raise FormatError(source, found, "at least one", fix)
    names = reading.names_of([one[1] for one in found_views], [one[0] for one in found_views])
    return Poses(
        tuple(
            Shot(_camera(name, pose, lens, version), path)
            for name, (_, path, pose, lens) in zip(names, found_views, strict=True)
        )
    )


def _by_id(
    plain: dict[str, Any], table: str, key: str, source: PurePath
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Place and object of each row by its id."""
    rows = plain.get(table)
    if not isinstance(rows, list):
        fix = "Export a scene with views, intrinsics and poses."
        raise FormatError(source, f"{table} {shown(rows)}", f"a list of {table}", fix)
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for index, row in enumerate(rows):
        where = f"{source}: {table}[{index}]"
        number = row.get(key) if isinstance(row, dict) else None
        if not isinstance(number, str | int) or str(number) in found:
            raise FormatError(where, f"{key} {shown(number)}", "an id of its own", _FIX)
        found[str(number)] = where, row
    return found


def _number(value: object, where: str) -> float:
    return word(value, where) if isinstance(value, str) else reading.number(value, where)


def _numbers(values: object, count: int, where: str) -> Floats:
    if not isinstance(values, list) or len(values) != count:
        raise FormatError(where, shown(values), f"a list of {count} numbers", _FIX)
    return np.array([_number(one, f"{where}[{i}]") for i, one in enumerate(values)])


def _camera(
    name: str,
    pose: tuple[str, dict[str, Any]],
    lens: tuple[str, dict[str, Any]],
    version: Version,
) -> Camera:
    where, given = lens
    size = _size(given, where)
    principal = _numbers(given.get("principalPoint"), 2, f"{where}.principalPoint")
    if version >= (1, 2, 1):
        principal += np.array(size) / 2
    place, told = pose
    transform = told.get("pose")
    transform = transform.get("transform") if isinstance(transform, dict) else None
    if not isinstance(transform, dict):
        raise FormatError(f"{place}.pose", shown(told), "a transform", _FIX)
    turn = _numbers(transform.get("rotation"), 9, f"{place}.rotation").reshape(3, 3).T
    center = _numbers(transform.get("center"), 3, f"{place}.center")
    world = reading.world_from_camera(turn, np.zeros(3))
    world[:3, 3] = center
    return reading.camera(
        f"{place}, {where}",
        name=name,
        size=size,
        focal=_focal(given, size, version, where),
        center=(float(principal[0]), float(principal[1])),
        world_from_camera=world,
        distortion=_distortion(given, version, where),
    )


def _size(given: dict[str, Any], where: str) -> tuple[int, int]:
    width, height = (_number(given.get(side), f"{where}.{side}") for side in ("width", "height"))
    if width % 1 or height % 1:
        raise FormatError(where, f"{width} x {height}", "whole pixels", _FIX)
    return int(width), int(height)


def _focal(
    given: dict[str, Any], size: tuple[int, int], version: Version, where: str
) -> tuple[float, float]:
    """Focal lengths in pixels, as each version tells them."""
    if version < (1, 2, 0):
        focal = _number(given.get("pxFocalLength"), f"{where}.pxFocalLength")
        return focal, focal
    if version < (1, 2, 2):
        fx, fy = _numbers(given.get("pxFocalLength"), 2, f"{where}.pxFocalLength").tolist()
        return fx, fy
    sensor = _number(given.get("sensorWidth", 36.0), f"{where}.sensorWidth")
    length = _number(given.get("focalLength"), f"{where}.focalLength")
    ratio = _number(given.get("pixelRatio", 1.0), f"{where}.pixelRatio")
    if min(sensor, length, ratio) <= 0:
        found = f"sensorWidth {sensor}, focalLength {length}, pixelRatio {ratio}"
        raise FormatError(where, found, "numbers above 0", _FIX)
    pixels = length / sensor * size[0]
    if version < (1, 2, 5):
        return pixels, pixels / ratio
    return (pixels, pixels * ratio) if version < (1, 2, 11) else (pixels / ratio, pixels)


def _distortion(given: dict[str, Any], version: Version, where: str) -> Distortion | None:
    kind = given.get("type")
    if version >= (1, 2, 8):
        bend, undo = given.get("distortionType"), given.get("undistortionType", "none")
        if kind != "pinhole" or undo != "none":
            found = f"type {shown(kind)}, undistortionType {shown(undo)}"
            raise FormatError(where, found, "a pinhole with a distortion", _FIX)
        kind = bend
    if kind not in _LENSES:
        raise FormatError(where, f"the lens {shown(kind)}", f"one of {', '.join(_LENSES)}", _FIX)
    names = _LENSES[kind]
    if not names:
        return None
    place = f"{where}.distortionParams"
    values = _numbers(given.get("distortionParams"), len(names), place).tolist()
    terms = dict(zip(names, values, strict=True))
    return Fisheye(**terms) if kind in _FISHEYES else radial_tangential(**terms)


def write(poses: Poses) -> str:
    """A scene of views, intrinsics and poses.

    Raises:
        SettingsError: naming the camera: a lens or a name that the format can't hold.
    """
    limits.check(poses, HOLDS)
    lenses: dict[str, dict[str, Any]] = {}
    ids: dict[str, str] = {}
    views, placed = [], []
    for number, shot in enumerate(poses.shots, _ID):
        lens = _intrinsic(shot.camera)
        key = ids.setdefault(codec.write_line(lens), str(len(ids) + _ID))
        lenses[key] = {"intrinsicId": key, **lens}
        width, height = (str(side) for side in shot.camera.size)
        link = {"viewId": str(number), "poseId": str(number), "intrinsicId": key}
        views.append({**link, "path": writing.picture(shot), "width": width, "height": height})
        turn = reading.opencv_from_world(shot.camera)[:3, :3]
        center = _texts(shot.camera.world_from_camera[:3, 3])
        transform = {"rotation": _texts(turn.T.reshape(-1)), "center": center}
        placed.append({"poseId": str(number), "pose": {"transform": transform, "locked": "0"}})
    tables = {"views": views, "intrinsics": list(lenses.values()), "poses": placed}
    return codec.write({"version": ["1", "2", "0"], **tables})


def _intrinsic(camera: Camera) -> dict[str, Any]:
    names = _LENSES["fisheye4" if isinstance(camera.distortion, Fisheye) else "brown"]
    kind = "fisheye4" if isinstance(camera.distortion, Fisheye) else "brown"
    kind, names = ("pinhole", ()) if camera.distortion is None else (kind, names)
    return {
        "width": str(camera.size[0]),
        "height": str(camera.size[1]),
        "serialNumber": "",
        "type": kind,
        "initializationMode": "calibrated",
        "pxInitialFocalLength": repr(camera.focal[0]),
        "pxFocalLength": _texts(camera.focal),
        "principalPoint": _texts(camera.center),
        "distortionParams": _texts(writing.terms(camera.distortion, names)),
        "locked": "0",
    }


def _texts(numbers: Iterable[float]) -> list[str]:
    return writing.text(numbers).split()
