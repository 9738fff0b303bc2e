"""What readers of poses share: numbers, poses and cameras out of foreign data, or an error."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from math import isfinite, nan
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from lightmould.errors import FormatError, SettingsError
from lightmould.formats.wavefront import inner_path
from lightmould.model import Camera
from lightmould.model.arrays import Floats

OURS_FROM_OPENCV: Floats = np.diag([1.0, -1.0, -1.0, 1.0])
"""(4, 4) between cameras that look along +Z with +Y down and ours; its own inverse."""


def shown(value: object) -> str:
    """A value for an error: JSON, shortened."""
    text = json.dumps(value, default=str)
    return text if len(text) < 80 else f"{text[:77]}..."


def number(value: object, where: str) -> float:
    """A finite number.

    Raises:
        FormatError: it is something else.
    """
    given = value if isinstance(value, int | float) and not isinstance(value, bool) else nan
    if abs(given) <= sys.float_info.max:
        return float(given)
    raise FormatError(where, shown(value), "a finite number", "Correct that field.")


def whole(value: object, where: str) -> int:
    """A whole number.

    Raises:
        FormatError: it is something else.
    """
    found = number(value, where)
    if found % 1:
        raise FormatError(where, shown(value), "a whole number", "Correct that field.")
    return int(found)


def numbers(values: object, count: int, where: str) -> Floats:
    """(count,) finite numbers of a list.

    Raises:
        FormatError: there are others, or more, or fewer.
    """
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != count:
        raise FormatError(where, shown(values), f"a list of {count} numbers", "Correct that field.")
    return np.array([number(value, f"{where}[{i}]") for i, value in enumerate(values)])


def words(text: Iterable[str], count: int, where: str) -> Floats:
    """(count,) finite numbers of words.

    Raises:
        FormatError: there are others, or more, or fewer.
    """
    given = list(text)
    if len(given) != count:
        found = f"{len(given)} words ({' '.join(given)[:60]})"
        raise FormatError(where, found, f"{count} numbers", "Correct that line.")
    return np.array([word(one, where) for one in given])


def word(text: str, where: str) -> float:
    """The finite number that a word is.

    Raises:
        FormatError: it is not one.
    """
    try:
        value = float("nan" if "_" in text else text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise FormatError(where, shown(text), "a finite number", "Correct that number.")
    return value


def whole_word(text: str, where: str) -> int:
    """The whole number, 0 or more, that a word is.

    Raises:
        FormatError: it is not one.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise FormatError(where, shown(text), "a whole number, 0 or more", "Correct that number.")
    return int(text)


def text_of(data: bytes, where: object) -> str:
    """UTF-8 text without a byte order mark, its lines ended by line feeds alone.

    Raises:
        FormatError: it is not UTF-8, or holds zero bytes.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"the byte {data[error.start]:#04x} at {error.start}"
        raise FormatError(str(where), found, "UTF-8", "Save the file as UTF-8.") from None
    if "\0" in text:
        found = f"a zero byte at {data.index(0)}"
        raise FormatError(str(where), found, "text", "Restore the file.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def ended(text: str, where: object) -> str:
    """The text, if its last line has an end: one that is cut short may still be a number.

    Raises:
        FormatError: it has none.
    """
    if not text.endswith("\n"):
        found, fix = "a last line without an end", "Restore the file; if it is whole, end the line."
        raise FormatError(str(where), found, "a line break after each line", fix)
    return text


def world_from_camera(rotation: Floats, translation: Floats) -> Floats:
    """(4, 4) our pose of an OpenCV camera's (3, 3) and (3,) camera_from_world."""
    pose = np.eye(4)
    with np.errstate(all="ignore"):  # what overflows is refused as a camera
        pose[:3, :3] = rotation.T
        pose[:3, 3] = -rotation.T @ translation
        return np.asarray(pose @ OURS_FROM_OPENCV)


def opencv_from_world(camera: Camera) -> Floats:
    """(4, 4) camera_from_world of our camera, seen by OpenCV: +Z forward, +Y down."""
    return np.asarray(OURS_FROM_OPENCV @ camera.camera_from_world)


def camera(where: str, **fields: Any) -> Camera:
    """The camera of these fields.

    Raises:
        FormatError: naming `where`: it is none.
    """
    try:
        return Camera(**fields)
    except SettingsError as error:
        found = f"{error.found} ({error.where})"
        raise FormatError(where, found, error.wanted, error.fix) from None


def lens_of(matrix: Floats, where: str) -> dict[str, tuple[float, float]]:
    """Focal lengths and center of a (3, 3) calibration matrix.

    Raises:
        FormatError: it has skew, or is none.
    """
    rest = matrix[[1, 2, 2, 2], [0, 0, 1, 2]]
    if not np.array_equal(rest, (0, 0, 0, 1)):
        wanted = "fx 0 cx, 0 fy cy, 0 0 1"
        raise FormatError(where, shown(matrix.tolist()), wanted, "Correct the matrix.")
    if abs(matrix[0, 1]) > 1e-9 * abs(matrix[0, 0]):
        found, fix = f"skew {matrix[0, 1]}", "Calibrate the camera without skew."
        raise FormatError(where, found, "pixels whose sides are at right angles", fix)
    (fx, _, cx), (_, fy, cy) = matrix[0], matrix[1]
    return {"focal": (float(fx), float(fy)), "center": (float(cx), float(cy))}


def rotation_of(quaternion: Floats, where: str) -> Floats:
    """(3, 3) rotation of a quaternion w, x, y, z in Hamilton's convention.

    Raises:
        FormatError: it is not of length 1.
    """
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(quaternion))
    if not abs(length - 1) < 1e-3:
        found = f"a quaternion of length {length:g}"
        raise FormatError(where, found, "length 1", "Correct the rotation.")
    w, x, y, z = quaternion / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_of(rotation: Floats) -> Floats:
    """(4,) w, x, y, z of a (3, 3) rotation, w not negative.

    Source: Bar-Itzhack 2000, the eigenvector of the largest eigenvalue of a symmetric 4 x 4 matrix.
    """
    (a, b, c), (d, e, f), (g, h, i) = rotation
    symmetric = np.array(
        [
            [a + e + i, h - f, c - g, d - b],
            [h - f, a - e - i, b + d, c + g],
            [c - g, b + d, e - a - i, f + h],
            [d - b, c + g, f + h, i - a - e],
        ]
    )
    _, vectors = np.linalg.eigh(symmetric)
    found: Floats = vectors[:, -1]
    return -found if found[0] < 0 else found


def picture(text: object, where: str) -> PurePosixPath:
    """The path of a picture that does not leave its folder.

    Raises:
        FormatError: it is no text, or climbs out.
    """
    if not isinstance(text, str):
        raise FormatError(where, shown(text), "a picture's name", "Name the picture.")
    return inner_path(text, where)


def foreign_picture(text: object, where: str) -> PurePosixPath:
    """The path of a picture; of an absolute one its name alone, for it is of another machine.

    Raises:
        FormatError: it is no text, or climbs out.
    """
    if isinstance(text, str):
        plain = text.replace("\\", "/")
        if plain.startswith("/") or plain[1:2] == ":":
            text = plain.rpartition("/")[2]
    return picture(text, where)


def names_of(paths: Sequence[PurePosixPath], places: Sequence[str]) -> list[str]:
    """Each picture's stem, or its whole path where stems are not unique.

    Raises:
        FormatError: naming the place: two pictures are the same.
    """
    stems = Counter(path.stem for path in paths)
    names: dict[str, int] = {}
    for index, (path, where) in enumerate(zip(paths, places, strict=True)):
        whole_path = "_".join(path.with_suffix("").parts)
        name = path.stem if stems[path.stem] == 1 else whole_path
        if name in names:
            found, fix = f"{path} as in {places[names[name]]}", "Remove or rename one of them."
            raise FormatError(where, found, "a picture of its own", fix)
        names[name] = index
    return list(names)
