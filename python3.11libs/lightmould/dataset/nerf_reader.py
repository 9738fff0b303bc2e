"""What nvdiffrec's reader of NeRF-synthetic folders stumbles over, told before it does.

It reads `camera_angle_x`, `file_path` and `transform_matrix` and ignores everything else in
silence; a picture is an 8-bit RGBA PNG, found by its `file_path` and any suffix.
"""

import glob
from collections.abc import Iterator
from math import isclose, pi
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from lightmould.errors import DatasetError, FormatError, LightmouldError
from lightmould.formats import codec, png

FILES = ("transforms_train.json", "transforms_test.json")
_TERMS = ("k1", "k2", "k3", "k4", "p1", "p2")
_FIX = "Convert it: lightmould poses convert FOLDER --to nerf-synthetic OUT --undistort."


def faults(folder: Path, size: tuple[int, int] | None = None) -> Iterator[LightmouldError]:
    """Every fault of a folder, in the order in which nvdiffrec would come across them.

    Args:
        folder: with the two files of `FILES`.
        size: (width, height) as `train_res` has it; None is that of the first picture.
    """
    for name in FILES:
        path = folder / name
        try:
            data = codec.parse(path.read_bytes(), path)
        except OSError as error:
            found = (error.strerror or str(error)).lower()
            yield DatasetError(path, found, "a file of cameras", "Write it, or name its folder.")
            continue
        except FormatError as error:
            yield error
            continue
        for fault, found_size in _of_file(data, path, size):
            size = size or found_size
            if fault is not None:
                yield fault


def _of_file(
    data: Any, path: Path, size: tuple[int, int] | None
) -> Iterator[tuple[DatasetError | None, tuple[int, int] | None]]:
    frames = data.get("frames") if isinstance(data, dict) else None
    if not isinstance(frames, list) or not frames:
        yield DatasetError(path, "no frames", "at least one", "Add views to it."), None
        return
    yield from ((fault, None) for fault in _of_lens(data, path))
    for index, frame in enumerate(frames):
        where = f"{path}: frames[{index}]"
        try:
            _check_pose(frame, where)
            picture, found = _picture(frame, where, path.parent)
        except (DatasetError, FormatError) as fault:
            yield DatasetError(fault.where, fault.found, fault.wanted, fault.fix), None
            continue
        size = size or found
        if found != size:
            told, wanted = f"{found[0]}x{found[1]} pixels", f"{size[0]}x{size[1]}, as train_res"
            fix = "Scale the pictures to one size, and write it into train_res, height first."
            yield DatasetError(picture, told, wanted, fix), None
        yield None, found


def _of_lens(data: dict[str, Any], path: Path) -> Iterator[DatasetError]:
    """A lens that is not what the one angle says; everything but that angle is ignored."""
    angle = data.get("camera_angle_x")
    if not _is_number(angle) or not 0 < angle < pi:
        wanted = "the whole horizontal angle, 0 to pi"
        yield DatasetError(path, f"camera_angle_x {angle!r}", wanted, _FIX)
    for one in (data, *data["frames"]):
        told = one if isinstance(one, dict) else {}
        bent = [name for name in _TERMS if told.get(name)]
        if bent:
            yield DatasetError(path, f"a lens that bends ({', '.join(bent)})", "a pinhole", _FIX)
        for found in _skewed(told):
            wanted = "square pixels around the middle of the picture"
            yield DatasetError(path, found, wanted, _FIX)
        if told is not data and ("camera_angle_x" in told or "fl_x" in told):
            yield DatasetError(path, "a lens for each frame", "one for all", _FIX)
            return


def _skewed(told: dict[str, Any]) -> Iterator[str]:
    fx, fy = told.get("fl_x"), told.get("fl_y")
    if _is_number(fx) and _is_number(fy) and not isclose(fx, fy, rel_tol=1e-4):
        yield f"fl_x {fx}, fl_y {fy}"
    for center, side in (("cx", "w"), ("cy", "h")):
        middle, length = told.get(center), told.get(side)
        if _is_number(middle) and _is_number(length) and abs(2 * middle - length) > 1e-3 * length:
            yield f"{center} {middle} of {side} {length}"


def _check_pose(frame: Any, where: str) -> None:
    rows = frame.get("transform_matrix") if isinstance(frame, dict) else None
    try:
        pose = np.array(rows, np.float64)
    except (TypeError, ValueError):
        pose = np.zeros(0)
    rotation = pose[:3, :3] if pose.shape == (4, 4) else np.zeros((3, 3))
    rigid = np.isfinite(pose).all() and np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3)
    if not rigid or np.linalg.det(rotation) < 0:
        wanted = "4 rows of 4 numbers: a rotation and a translation"
        fix = "Write world_from_camera, without scale."
        raise DatasetError(f"{where}.transform_matrix", "another matrix", wanted, fix)


def _picture(frame: dict[str, Any], where: str, folder: Path) -> tuple[Path, tuple[int, int]]:
    """The picture that nvdiffrec would find, and its size."""
    name, where = frame.get("file_path"), f"{where}.file_path"
    if not isinstance(name, str) or not name:
        raise DatasetError(where, "no picture named", "its path without suffix", "Name it.")
    if glob.has_magic(name) or glob.has_magic(str(folder)):
        fix = "Rename the file or the folder."
        raise DatasetError(where, f"{folder / name}", "a path without * ? [", fix)
    found = sorted(Path(path) for path in glob.glob(f"{folder / name}.*"))  # noqa: PTH207  # its own way
    if not found and (folder / name).is_file():
        fix = "Leave the suffix out: nvdiffrec appends its own."
        raise DatasetError(where, f"{name}, with a suffix", "the path without suffix", fix)
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "no file"
        raise DatasetError(where, names, f"one file {name}.*", "Leave one of them, a PNG.")
    return found[0], _size(found[0])


def _size(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        told = png.header(file.read(png.LENGTH), path)
    if (told.bits, told.channels) != (8, "RGBA"):
        found, fix = f"{told.channels} of {told.bits} bits", "Save it as RGBA, 8 bits a channel."
        raise DatasetError(path, found, "RGBA of 8 bits, straight alpha", fix)
    return told.size


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
