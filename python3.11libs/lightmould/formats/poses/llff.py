"""poses_bounds.npy, the poses of LLFF and NeRD: one row of 17 numbers for each picture.

A row is a 3 x 5 matrix, row by row, and two depths. The matrix is [R | t | (height, width, focal)];
R's columns are the camera's down, right and backward in the world, t is its position. Pictures are
not named: the rows are in the order of the pictures' names.

The world is the file's own, whatever structure from motion made of it: nothing is turned, moved or
scaled, and neither its up axis nor its unit is known. The principal point is the picture's middle.

Written are the depths that are read back as near and far, where there is room between them.

Source: https://github.com/Fyusion/LLFF, "Using your own poses without running COLMAP".
"""

from io import BytesIO
from pathlib import PurePath
from tokenize import TokenError

import numpy as np

from lightmould.errors import FormatError
from lightmould.formats.poses import limits, reading, writing
from lightmould.formats.poses.format import Holds
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats

NUMBERS = 17

HOLDS = Holds(off_center=False, aspect=False, names=False, depths=True)

SLACK = 10.0
"""The depths are percentiles of points that were found, so parts of the object lie beyond them."""

_DAMAGED = (ValueError, TypeError, SyntaxError, EOFError, MemoryError, OverflowError, TokenError)
_MAGIC = b"\x93NUMPY"  # what begins otherwise, NumPy may take for a zip or a pickle


def read(data: bytes, source: PurePath) -> tuple[Camera, ...]:
    """The cameras of a file, named by their row: "000000", "000001", ...

    Their near and far are the file's depths, widened by `SLACK`.

    Args:
        data: the file's bytes; pickled objects are refused.
        source: the file's name, for errors.

    Raises:
        FormatError: naming the row: a pose, a size or a depth can't be used.
    """
    return tuple(_camera(index, row, source) for index, row in enumerate(_rows(data, source)))


def read_poses(data: bytes, source: PurePath) -> Poses:
    """The same as poses of pictures that are not named.

    Raises:
        FormatError: as `read`.
    """
    return Poses(tuple(Shot(camera) for camera in read(data, source)))


def _rows(data: bytes, source: PurePath) -> Floats:
    wanted, fix = "an array of numbers in .npy form", "Make it anew, as LLFF's imgs2poses.py does."
    if not data.startswith(_MAGIC):
        raise FormatError(source, "something else", wanted, fix)
    try:
        rows: Floats = np.load(BytesIO(data), allow_pickle=False)
    except _DAMAGED as error:
        raise FormatError(source, str(error) or "too large an array", wanted, fix) from error
    if rows.ndim != 2 or rows.shape[1] != NUMBERS or not len(rows) or rows.dtype.kind != "f":
        raise FormatError(
            source,
            f"an array of shape {rows.shape} and type {rows.dtype}",
            f"{NUMBERS} floating point numbers for each picture",
            "Write each picture's 3 x 5 matrix, then its near and far depth.",
        )
    return np.asarray(rows, np.float64)


def _camera(index: int, row: Floats, source: PurePath) -> Camera:
    where = f"{source}: row {index}"
    if not np.isfinite(row).all():
        found = f"{row[~np.isfinite(row)][0]} in column {int(np.argmin(np.isfinite(row)))}"
        fix = "Take the picture and its row out, or find its pose again."
        raise FormatError(where, found, "finite numbers", fix)
    matrix, (near, far) = row[:15].reshape(3, 5), row[15:]
    height, width, focal = (float(number) for number in matrix[:, 4])
    if height % 1 or width % 1:
        found, fix = f"height {height}, width {width}", "Correct the last column."
        raise FormatError(where, found, "whole pixels", fix)
    pose = np.eye(4)
    pose[:3, :4] = np.stack([matrix[:, 1], -matrix[:, 0], matrix[:, 2], matrix[:, 3]], axis=1)
    return reading.camera(
        where,
        name=f"{index:06d}",
        size=(int(width), int(height)),
        focal=(focal, focal),
        center=(width / 2, height / 2),
        world_from_camera=pose,
        near=float(near) / SLACK,
        far=float(far) * SLACK,
    )


def write(poses: Poses) -> bytes:
    """The poses of pictures in the order of their names.

    Raises:
        SettingsError: naming the camera: a lens that the format can't hold.
    """
    limits.check(poses, HOLDS)
    rows = [_row(camera) for camera in writing.by_name(poses)]
    stream = BytesIO()
    np.save(stream, np.array(rows), allow_pickle=False)
    return stream.getvalue()


def _row(camera: Camera) -> Floats:
    right, up, backward, place = camera.world_from_camera[:3].T
    lens = (camera.size[1], camera.size[0], camera.focal[0])
    matrix = np.stack([-up, right, backward, place, lens], axis=1)
    near, far = camera.near * SLACK, camera.far / SLACK
    depths = (near, far) if near < far else (camera.near, camera.far)
    return np.append(matrix.ravel(), depths)
