"""RealityCapture's and RealityScan's "Internal/External camera parameters" in CSV.

#name,x,y,alt,heading,pitch,roll,f,px,py,k1,k2,k3,k4,t1,t2: angles in degrees, a Z-up world that is
turned into ours, a focal length for a picture 36 mm along its longer side, and a principal point
measured from the middle in parts of that side. Brown's k1 to k3 are OpenCV's; how k4, t1 and t2
bend is documented nowhere, so they are refused unless they are 0. The pose is a turn about Z by
minus the heading, then about X by the pitch, then about Y by the roll.

Source: nerfstudio's documentation, "Using custom data", RealityCapture; RealityCapture's "XMP
Camera Math".
"""

import csv
import io
from math import atan2, degrees, hypot, radians
from pathlib import PurePath

import numpy as np

from lightmould.errors import FormatError, at
from lightmould.formats.poses import limits, reading, writing
from lightmould.formats.poses.format import Holds, SizeOf
from lightmould.formats.poses.reading import word
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.axes import Y_UP_FROM_Z_UP, Z_UP_FROM_Y_UP
from lightmould.model.distortion import radial_tangential

COLUMNS = (
    *("#name", "x", "y", "alt", "heading", "pitch", "roll"),
    *("f", "px", "py", "k1", "k2", "k3", "k4", "t1", "t2"),
)
FILM = 36.0
"""Longer side of the picture that f is told for, millimetres."""

HOLDS = Holds(size=False, aspect=False, terms=frozenset({"k1", "k2", "k3"}))

_UNKNOWN = ("k4", "t1", "t2")
_UPRIGHT = 1e-9  # cosine of a pitch at which heading and roll turn about the same axis


def read(data: bytes, source: PurePath, size_of: SizeOf) -> Poses:
    """The cameras of a table; sizes are those of the pictures.

    Raises:
        FormatError: naming the line.
    """
    table = csv.reader(io.StringIO(reading.text_of(data, source)), strict=True)
    try:
        rows = [(at(source, table.line_num), row) for row in table if row]
    except csv.Error as error:
        where = at(source, table.line_num)
        raise FormatError(where, str(error), "comma-separated values", "Export it again.") from None
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    missing = [name for name in COLUMNS[:-9] if header.count(name) != 1]
    if missing or "f" not in header:
        found = f"columns {', '.join(header)[:80]}"
        fix = "Export Internal/External camera parameters."
        raise FormatError(at(source, 1), found, ", ".join(COLUMNS), fix)
    if len(rows) < 2:
        raise FormatError(source, "no cameras", "at least one", "Align the pictures first.")
    pictures = [_named(row, header, where) for where, row in rows[1:]]
    paths = [reading.foreign_picture(one["#name"], where) for one, (where, _) in pictures]
    names = reading.names_of(paths, [where for _, (where, _) in pictures])
    return Poses(
        tuple(
            Shot(_camera(name, one, size_of(path), where), path)
            for name, path, (one, (where, _)) in zip(names, paths, pictures, strict=True)
        )
    )


def _named(
    row: list[str], header: list[str], where: str
) -> tuple[dict[str, str], tuple[str, list[str]]]:
    """The cells of a row by their columns, and the row's place."""
    if len(row) != len(header):
        found, wanted = f"{len(row)} cells", f"{len(header)}, as in the first line"
        raise FormatError(where, found, wanted, "Correct that line.")
    return dict(zip(header, row, strict=True)), (where, row)


def _camera(name: str, row: dict[str, str], size: tuple[int, int], where: str) -> Camera:
    value = {
        key: word(row[key].strip(), where) if key in row else 0.0
        for key in COLUMNS
        if key != "#name"
    }
    odd = [f"{key} = {value[key]}" for key in _UNKNOWN if value[key]]
    if odd:
        fix = "Export undistorted pictures, or choose the distortion model Brown3."
        raise FormatError(where, ", ".join(odd), "0", fix)
    pose = np.eye(4)
    pose[:3, :3] = _turned(*(radians(value[key]) for key in ("heading", "pitch", "roll")))
    pose[:3, 3] = value["x"], value["y"], value["alt"]
    longer = max(size)
    with np.errstate(all="ignore"):  # what overflows is refused as a camera
        world = Y_UP_FROM_Z_UP @ pose
    return reading.camera(
        where,
        name=name,
        size=size,
        focal=(value["f"] * longer / FILM,) * 2,
        center=(size[0] / 2 + value["px"] * longer, size[1] / 2 + value["py"] * longer),
        world_from_camera=world,
        distortion=radial_tangential(k1=value["k1"], k2=value["k2"], k3=value["k3"]),
    )


def _turned(heading: float, pitch: float, roll: float) -> Floats:
    """(3, 3) world_from_camera in a Z-up world; radians."""
    z = np.array(
        [
            [np.cos(heading), np.sin(heading), 0],
            [-np.sin(heading), np.cos(heading), 0],
            [0, 0, 1],
        ]
    )
    x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    y = np.array([[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]])
    return np.asarray(z @ x @ y)


def _angles(turn: Floats) -> tuple[float, float, float]:
    """Heading, pitch and roll of a rotation, radians."""
    level = hypot(turn[2, 0], turn[2, 2])
    pitch = atan2(turn[2, 1], level)
    if level < _UPRIGHT:
        return atan2(-turn[1, 0], turn[0, 0]), pitch, 0.0
    return atan2(turn[0, 1], turn[1, 1]), pitch, atan2(-turn[2, 0], turn[2, 2])


def write(poses: Poses) -> str:
    """A table.

    Raises:
        SettingsError: naming the camera: a lens or a name that the format can't hold.
    """
    limits.check(poses, HOLDS)
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    for shot in poses.shots:
        camera = shot.camera
        (width, height), (cx, cy), longer = camera.size, camera.center, max(camera.size)
        pose = Z_UP_FROM_Y_UP @ camera.world_from_camera
        numbers = (
            *pose[:3, 3].tolist(),
            *(degrees(angle) for angle in _angles(pose[:3, :3])),
            camera.focal[0] * FILM / longer,
            (cx - width / 2) / longer,
            (cy - height / 2) / longer,
            *writing.terms(camera.distortion, ("k1", "k2", "k3")),
            *(0.0, 0.0, 0.0),
        )
        table.writerow((writing.picture(shot), *(repr(float(number)) for number in numbers)))
    return stream.getvalue()
