"""The transforms.json family: NeRF-synthetic, instant-ngp and nerfstudio.

Their world is Z-up and ours Y-up, so poses are turned (see `lightmould.model.axes`); cameras look
along -Z with +Y up in both.

Read: focal lengths, centers and sizes of a frame win over those of the file, fl_x over
camera_angle_x; what is missing is a square pixel, the middle of the picture, the picture's own
size. A file_path or mask_path without an image's suffix means .png. Other keys are ignored, but a
lens that is not a plain pinhole is refused.

Source: the readers' own documents, https://docs.nerf.studio/quickstart/data_conventions.html and
https://github.com/NVlabs/instant-ngp/blob/master/docs/nerf_dataset_tips.md.
"""

import json
import sys
from collections import ChainMap, Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import atan, isclose, pi, tan
from pathlib import PurePath, PurePosixPath
from typing import Any, Literal, TypeAlias

import numpy as np

from lightmould.errors import FormatError, SettingsError
from lightmould.formats import codec
from lightmould.formats.wavefront import inner_path, writable_path
from lightmould.model import Camera
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP, Z_UP_FROM_Y_UP

Dialect: TypeAlias = Literal["nerf-synthetic", "nerfstudio"]
SizeOf: TypeAlias = Callable[[PurePosixPath], tuple[int, int]]

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".exr", ".hdr", ".tif", ".tiff", ".bmp"})
_PINHOLES = frozenset({"PINHOLE", "SIMPLE_PINHOLE", "OPENCV", "SIMPLE_RADIAL", "RADIAL"})
_DISTORTION = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2")
_NUMBERS = ("w", "h", "cx", "cy", "fl_x", "fl_y", "camera_angle_x", "camera_angle_y")
_OTHER_LENSES = ("is_fisheye", "ortho", "equirectangular", "latlong")


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and who took it.

    Attributes:
        color: relative to the file's folder, with its suffix.
        camera: named after the picture.
        mask: like `color`, where the file names one (nerfstudio's mask_path); not written.
    """

    color: PurePosixPath
    camera: Camera
    mask: PurePosixPath | None = None


def read(text: str | bytes, source: PurePath, size_of: SizeOf) -> tuple[Frame, ...]:
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
        found = f"frames {_shown(frames)}" if isinstance(data, dict) else _shown(data)
        raise FormatError(source, found, 'an object with a list of "frames"', "Write them.")
    places = [f"{source}: frames[{index}]" for index in range(len(frames))]
    paths = [_path(frame, "file_path", where) for frame, where in zip(frames, places, strict=True)]
    names = _names(paths, places)
    masks = [_mask(frame, where) for frame, where in zip(frames, places, strict=True)]
    return tuple(
        Frame(path, _camera(name, ChainMap(frame, data), where, partial(size_of, path)), mask)
        for path, mask, name, frame, where in zip(paths, masks, names, frames, places, strict=True)
    )


def _path(frame: Any, key: str, where: str) -> PurePosixPath:
    path = frame.get(key) if isinstance(frame, dict) else None
    if not isinstance(path, str):
        raise FormatError(where, _shown(frame), f"an object with a {key}", "Name the picture.")
    return _suffixed(inner_path(path, f"{where}.{key}"))


def _mask(frame: Any, where: str) -> PurePosixPath | None:
    return None if frame.get("mask_path") is None else _path(frame, "mask_path", where)


def _suffixed(path: PurePosixPath) -> PurePosixPath:
    known = path.suffix.lower() in _SUFFIXES
    return path if known else path.with_name(f"{path.name}.png")


def _names(paths: Sequence[PurePosixPath], places: Sequence[str]) -> list[str]:
    """Each picture's stem, or its whole path where stems are not unique."""
    stems = Counter(path.stem for path in paths)
    names: dict[str, int] = {}
    for index, (path, where) in enumerate(zip(paths, places, strict=True)):
        whole = "_".join(path.with_suffix("").parts)
        name = path.stem if stems[path.stem] == 1 else whole
        if name in names:
            found, fix = f"{path} as in frames[{names[name]}]", "Remove or rename one of them."
            raise FormatError(f"{where}.file_path", found, "a picture of its own", fix)
        names[name] = index
    return list(names)


def _camera(
    name: str, given: Mapping[str, Any], where: str, size_of: Callable[[], tuple[int, int]]
) -> Camera:
    _refuse_other_lenses(given, where)
    numbers = {key: _number(given, key, where) for key in _NUMBERS}
    width, height = _size(numbers["w"], numbers["h"], where) or size_of()
    cx, cy = numbers["cx"], numbers["cy"]
    try:
        return Camera(
            name=name,
            size=(width, height),
            focal=_focal(numbers, (width, height), where),
            center=(width / 2 if cx is None else cx, height / 2 if cy is None else cy),
            world_from_camera=_pose(given.get("transform_matrix"), f"{where}.transform_matrix"),
        )
    except SettingsError as error:
        found = f"{error.found} ({error.where})"
        raise FormatError(where, found, error.wanted, error.fix) from None


def _refuse_other_lenses(given: Mapping[str, Any], where: str) -> None:
    found = [f"{key} {given[key]}" for key in _OTHER_LENSES if given.get(key)]
    found += [f"{key} = {given[key]}" for key in _DISTORTION if _number(given, key, where)]
    model = given.get("camera_model", "PINHOLE")
    if str(model).upper() not in _PINHOLES:
        found.append(f"camera_model {_shown(model)}")
    if found:
        fix = "Undistort the pictures first, for example by COLMAP's image_undistorter."
        raise FormatError(where, ", ".join(found), "a pinhole without distortion", fix)


def _number(given: Mapping[str, Any], key: str, where: str) -> float | None:
    value = given.get(key)
    if value is not None and not _is_number(value):
        raise FormatError(f"{where}.{key}", _shown(value), "a number", "Correct that field.")
    return None if value is None else float(value)


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max


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
        raise FormatError(where, _shown(rows), "4 rows of 4 numbers", "Write the camera's pose.")
    if [len(row) for row in rows] != [4] * 4:
        found, fix = f"rows of {[len(row) for row in rows]} numbers", "End with the row 0 0 0 1."
        raise FormatError(where, found, "4 rows of 4 numbers", fix)
    for value in chain.from_iterable(rows):
        if not _is_number(value):
            raise FormatError(where, _shown(value), "numbers", "Correct that number.")
    pose: Floats = Y_UP_FROM_Z_UP @ np.array(rows, dtype=np.float64)
    return pose


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 80 else f"{text[:77]}..."


def write(frames: Sequence[Frame], dialect: Dialect = "nerf-synthetic") -> str:
    """A transforms file.

    "nerf-synthetic" is what nvdiffrec reads: one size and focal length, square pixels, the
    principal point in the middle, PNG files named without their suffix; fl_x and its like are
    there too, since they are exact. "nerfstudio" says all of that for each frame.

    Raises:
        SettingsError: naming the camera: there is none, or the dialect can't hold it.
    """
    if not frames:
        raise SettingsError("transforms", "no frames", "at least one", "Add a camera.")
    names = [writable_path(frame.color, f"camera {frame.camera.name!r}") for frame in frames]
    if dialect == "nerfstudio":
        rows = [
            {"file_path": name, **_lens(frame.camera), **_turned(frame.camera)}
            for name, frame in zip(names, frames, strict=True)
        ]
        return codec.write({"camera_model": "OPENCV", "frames": rows})
    first = frames[0].camera
    for frame in frames:
        _refuse_beyond_nerf(frame, first)
    angle = 2 * atan(first.size[0] / 2 / first.focal[0])
    rows = [
        {"file_path": "./" + name.removesuffix(".png"), **_turned(frame.camera)}
        for name, frame in zip(names, frames, strict=True)
    ]
    return codec.write({"camera_angle_x": angle, **_lens(first), "frames": rows})


def _refuse_beyond_nerf(frame: Frame, first: Camera) -> None:
    camera, path = frame.camera, frame.color
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    centered = isclose(2 * cx, width, rel_tol=1e-9) and isclose(2 * cy, height, rel_tol=1e-9)
    plain = path.suffix == ".png" and _suffixed(path.with_suffix("")) == path
    where = f"camera {camera.name!r}"
    for fits, found, wanted in (
        (camera.size == first.size, f"size {camera.size}", f"{first.size} for all"),
        (camera.focal == first.focal, f"focal {camera.focal}", f"{first.focal} for all"),
        (isclose(fx, fy, rel_tol=1e-9), f"focal {camera.focal}", "square pixels"),
        (centered, f"center {camera.center}", "the middle of the picture"),
        (camera.center == first.center, f"center {camera.center}", f"{first.center} for all"),
        (plain, f"the picture {path}", "a .png file"),
        (not set("*?[") & set(str(path)), f"the picture {path}", "a name without * ? ["),
    ):
        if not fits:
            fix = 'Write the "nerfstudio" dialect, or change the cameras or the file names.'
            raise SettingsError(where, found, wanted, fix)


def _lens(camera: Camera) -> dict[str, float]:
    (width, height), (fx, fy), (cx, cy) = camera.size, camera.focal, camera.center
    return {"fl_x": fx, "fl_y": fy, "cx": cx, "cy": cy, "w": width, "h": height}


def _turned(camera: Camera) -> dict[str, list[list[float]]]:
    pose = Z_UP_FROM_Y_UP @ camera.world_from_camera
    return {"transform_matrix": (pose + 0.0).tolist()}  # no -0.0
