"""The transforms.json family: NeRF-synthetic, instant-ngp and nerfstudio.

Their world is Z-up and ours Y-up, so poses are turned (see `lightmould.model.axes`); cameras look
along -Z with +Y up in both.

Read: focal lengths, centers, sizes and lenses of a frame win over those of the file, fl_x over
camera_angle_x; what is missing is a square pixel, the middle of the picture, the picture's own
size, no distortion. A file_path or mask_path without an image's suffix means .png. Other keys are
ignored, but lenses other than OpenCV's are refused.

Source: the readers' own documents, https://docs.nerf.studio/quickstart/data_conventions.html and
https://github.com/NVlabs/instant-ngp/blob/master/docs/nerf_dataset_tips.md.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from math import atan, pi, tan
from pathlib import PurePath, PurePosixPath
from typing import Any, Literal, TypeAlias

import numpy as np

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats.poses import limits, reading, writing
from lightmould.formats.poses.format import Holds, SizeOf
from lightmould.formats.poses.reading import shown
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP, Z_UP_FROM_Y_UP
from lightmould.model.distortion import Distortion, Fisheye, radial_tangential

Dialect: TypeAlias = Literal["nerf-synthetic", "instant-ngp", "nerfstudio"]

_BROWN = frozenset({"k1", "k2", "k3", "p1", "p2"})
HOLDS: Mapping[Dialect, Holds] = {
    "nerf-synthetic": Holds(off_center=False, aspect=False, varying=False),
    "instant-ngp": Holds(varying=False, terms=_BROWN, fisheye=True),
    "nerfstudio": Holds(terms=_BROWN, fisheye=True),
}
"""What each of them can say."""

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".exr", ".hdr", ".tif", ".tiff", ".bmp"})
_BROWNS = frozenset({"PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "SIMPLE_RADIAL", "RADIAL"})
_TERMS = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2")
_NUMBERS = ("w", "h", "cx", "cy", "fl_x", "fl_y", "camera_angle_x", "camera_angle_y")
_OTHER_LENSES = ("ortho", "equirectangular", "latlong")


def read(text: str | bytes, source: PurePath, size_of: SizeOf) -> Poses:
    """The pictures of a transforms file and their cameras.

    Args:
        text: JSON.
        source: the file's name, for errors.
        size_of: (width, height) of a picture, asked only where the file does not say it.

    Raises:
        FormatError: naming `frames[i]`: a pose, a lens or a path can't be used.
    """
    data = codec.parse(text, source)
    frames = data.get("frames") if isinstance(data, dict) else None
    if not isinstance(frames, list) or not frames:
        found = f"frames {shown(frames)}" if isinstance(data, dict) else shown(data)
        raise FormatError(source, found, 'an object with a list of "frames"', "Write them.")
    places = [f"{source}: frames[{index}]" for index in range(len(frames))]
    paths = [_path(frame, "file_path", where) for frame, where in zip(frames, places, strict=True)]
    names = reading.names_of(paths, [f"{where}.file_path" for where in places])
    shots = []
    for path, name, frame, where in zip(paths, names, frames, places, strict=True):
        mask = None if frame.get("mask_path") is None else _path(frame, "mask_path", where)
        camera = _camera(name, ChainMap(frame, data), where, partial(size_of, path))
        shots.append(Shot(camera, path, mask))
    return Poses(tuple(shots))


def _path(frame: Any, key: str, where: str) -> PurePosixPath:
    path = frame.get(key) if isinstance(frame, dict) else None
    if not isinstance(path, str):
        raise FormatError(where, shown(frame), f"an object with a {key}", "Name the picture.")
    return _suffixed(reading.picture(path, f"{where}.{key}"))


def _suffixed(path: PurePosixPath) -> PurePosixPath:
    known = path.suffix.lower() in SUFFIXES
    return path if known else path.with_name(f"{path.name}.png")


def _camera(
    name: str, given: Mapping[str, Any], where: str, size_of: Callable[[], tuple[int, int]]
) -> Camera:
    distortion = _distortion(given, where)
    numbers = {key: _number(given, key, where) for key in _NUMBERS}
    width, height = _size(numbers["w"], numbers["h"], where) or size_of()
    cx, cy = numbers["cx"], numbers["cy"]
    return reading.camera(
        where,
        name=name,
        size=(width, height),
        focal=_focal(numbers, (width, height), where),
        center=(width / 2 if cx is None else cx, height / 2 if cy is None else cy),
        world_from_camera=_pose(given.get("transform_matrix"), f"{where}.transform_matrix"),
        distortion=distortion,
    )


def _distortion(given: Mapping[str, Any], where: str) -> Distortion | None:
    model = given.get("camera_model", "PINHOLE")
    terms = {key: _number(given, key, where) or 0.0 for key in _TERMS}
    fisheye = model == "OPENCV_FISHEYE" or bool(given.get("is_fisheye"))
    odd = [f"{key} {given[key]}" for key in _OTHER_LENSES if given.get(key)]
    if not fisheye and str(model).upper() not in _BROWNS:
        odd.append(f"camera_model {shown(model)}")
    # In these programs k4 goes on where k3 ends; in OpenCV it begins a denominator.
    used = ("k1", "k2", "k3", "k4") if fisheye else ("k1", "k2", "k3", "p1", "p2")
    odd += [f"{key} = {given[key]}" for key, value in terms.items() if value and key not in used]
    if odd:
        wanted = "a pinhole, OPENCV with k1 to k3, p1, p2, or OPENCV_FISHEYE"
        fix = "Undistort the pictures first, for example by COLMAP's image_undistorter."
        raise FormatError(where, ", ".join(odd), wanted, fix)
    if fisheye:
        return Fisheye(**{key: terms[key] for key in used})
    return radial_tangential(**{key: terms[key] for key in used})


def _number(given: Mapping[str, Any], key: str, where: str) -> float | None:
    value = given.get(key)
    return None if value is None else reading.number(value, f"{where}.{key}")


def _size(width: float | None, height: float | None, where: str) -> tuple[int, int] | None:
    if width is None or height is None:
        return None
    if width % 1 or height % 1:
        raise FormatError(where, f"w {width}, h {height}", "whole pixels", "Correct the size.")
    return int(width), int(height)


def _focal(
    numbers: Mapping[str, float | None], size: tuple[int, int], where: str
) -> tuple[float, float]:
    fx = _focal_along("x", numbers, size[0], where)
    fy = _focal_along("y", numbers, size[1], where)
    if fx is None:
        found, wanted = "neither fl_x nor camera_angle_x", "a focal length"
        raise FormatError(where, found, wanted, "Write one of them.")
    return fx, fx if fy is None else fy


def _focal_along(
    axis: Literal["x", "y"], numbers: Mapping[str, float | None], pixels: int, where: str
) -> float | None:
    focal, angle = numbers[f"fl_{axis}"], numbers[f"camera_angle_{axis}"]
    if focal is not None or angle is None:
        return focal
    if not 0 < angle < pi:
        found, fix = f"camera_angle_{axis} {angle}", "Write the whole angle in radians."
        raise FormatError(where, found, "an angle between 0 and pi", fix)
    return pixels / 2 / tan(angle / 2)


def _pose(rows: Any, where: str) -> Floats:
    """(4, 4) world_from_camera in our world."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise FormatError(where, shown(rows), "4 rows of 4 numbers", "Write the camera's pose.")
    if [len(row) for row in rows] != [4] * 4:
        found, fix = f"rows of {[len(row) for row in rows]} numbers", "End with the row 0 0 0 1."
        raise FormatError(where, found, "4 rows of 4 numbers", fix)
    matrix = [reading.number(value, where) for value in chain.from_iterable(rows)]
    with np.errstate(all="ignore"):  # what overflows is refused as a camera
        pose: Floats = Y_UP_FROM_Z_UP @ np.array(matrix).reshape(4, 4)
    return pose


def write(poses: Poses, dialect: Dialect = "nerf-synthetic") -> str:
    """A transforms file.

    "nerf-synthetic" is what nvdiffrec reads: one size and focal length, square pixels, the
    principal point in the middle, PNG files named without their suffix; fl_x and its like are
    there too, since they are exact. "instant-ngp" has one lens for all and suffixes, "nerfstudio"
    a lens for each frame.

    Raises:
        SettingsError: naming the camera: the dialect can't hold it.
    """
    limits.check(poses, HOLDS[dialect])
    first = poses.cameras[0]
    if dialect == "nerfstudio":
        fisheye = {isinstance(camera.distortion, Fisheye) for camera in poses.cameras}
        if len(fisheye) > 1:
            fix = "Undistort the pictures, or write a file for each kind of lens."
            raise SettingsError("poses", "fisheyes and others", "one camera_model for all", fix)
        whole: dict[str, Any] = {"camera_model": "OPENCV_FISHEYE" if fisheye.pop() else "OPENCV"}
    elif dialect == "instant-ngp":
        whole = {"camera_angle_x": _angle(first), **_lens(first)}
        whole |= {"is_fisheye": True} if isinstance(first.distortion, Fisheye) else {}
    else:
        whole = {"camera_angle_x": _angle(first), **_lens(first)}
    frames = [_frame(shot, dialect) for shot in poses.shots]
    return codec.write({**whole, "frames": frames})


def _frame(shot: Shot, dialect: Dialect) -> dict[str, Any]:
    name = writing.picture(shot)
    lens = _lens(shot.camera) if dialect == "nerfstudio" else {}
    if dialect == "nerf-synthetic":
        _refuse_beyond_nerf(shot)
        name = "./" + name.removesuffix(".png")
    else:
        name = str(_known(shot))
    return {"file_path": name, **lens, **_turned(shot.camera)}


def _known(shot: Shot) -> PurePosixPath:
    path = shot.named_picture
    if _suffixed(path) != path:
        wanted = f"a suffix, one of {', '.join(sorted(SUFFIXES))}"
        where = f"camera {shot.camera.name!r}"
        raise SettingsError(where, f"the picture {path}", wanted, "Rename the picture.")
    return path


def _refuse_beyond_nerf(shot: Shot) -> None:
    path, where = shot.named_picture, f"camera {shot.camera.name!r}"
    plain = path.suffix == ".png" and _suffixed(path.with_suffix("")) == path
    for fits, wanted in (
        (plain, "a .png file"),
        (not set("*?[") & set(str(path)), "a name without * ? ["),
    ):
        if not fits:
            fix = 'Write the "nerfstudio" dialect, or rename the file.'
            raise SettingsError(where, f"the picture {path}", wanted, fix)


def _angle(camera: Camera) -> float:
    return 2 * atan(camera.size[0] / 2 / camera.focal[0])


def _lens(camera: Camera) -> dict[str, float]:
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    lens: dict[str, float] = {"fl_x": fx, "fl_y": fy, "cx": cx, "cy": cy, "w": width, "h": height}
    if camera.distortion is not None:
        names = (
            ("k1", "k2", "k3", "k4") if isinstance(camera.distortion, Fisheye) else writing.BROWN
        )
        terms = zip(names, writing.terms(camera.distortion, names), strict=True)
        lens |= {name: value for name, value in terms if value}
    return lens


def _turned(camera: Camera) -> dict[str, list[list[float]]]:
    pose = Z_UP_FROM_Y_UP @ camera.world_from_camera
    return {"transform_matrix": (pose + 0.0).tolist()}  # no -0.0
