"""COLMAP's binary files, see `colmap`: little endian, no padding, ids of 32 or 64 bits."""

import struct
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from lightmould.errors import FormatError
from lightmould.formats.poses import colmap, limits, writing
from lightmould.formats.poses.colmap import Frame, Image, Lens, Model, Point, Pose, Rig, Sensor
from lightmould.formats.poses.format import Contents, Files
from lightmould.model import Poses
from lightmould.model.arrays import Floats

_MODELS = tuple(colmap.PARAMETERS)
_SENSORS = {0: "CAMERA", 1: "IMU"}
_LONGEST_NAME = 4096
_NO_POINT = 2**64 - 1
_LARGEST_ID = 2**53  # what a double holds exactly
_FIX = "The file is damaged: export the model again."
_SIGHTING = np.dtype([("pixel", "<f8", 2), ("point", "<u8")])

Row = TypeVar("Row")


class _Bytes:
    """A file's bytes, taken from the front; says where they end too soon."""

    def __init__(self, data: bytes, source: object) -> None:
        self._data, self._source, self._at = data, source, 0

    @property
    def where(self) -> str:
        """The file and the byte that comes next."""
        return f"{self._source}: byte {self._at}"

    def take(self, form: str) -> tuple[int, ...]:
        """Whole numbers by a form of `struct`."""
        values: tuple[int, ...] = struct.unpack(f"<{form}", self._raw(struct.calcsize(f"<{form}")))
        return values

    def floats(self, count: int) -> Floats:
        """(count,) finite doubles."""
        where = self.where
        values = np.frombuffer(self._raw(8 * count), "<f8").astype(np.float64)
        if not np.isfinite(values).all():
            raise FormatError(where, "a number that is not finite", "finite numbers", _FIX)
        return values

    def pose(self) -> Pose:
        """A quaternion and a translation."""
        values = self.floats(7)
        return values[:4], values[4:]

    def sensor(self) -> Sensor:
        """A sensor's kind and id."""
        kind, number = self.take("iI")
        return _SENSORS.get(kind, str(kind)), number

    def skip(self, count: int) -> None:
        """Leave bytes out."""
        self._raw(count)

    def name(self) -> str:
        """Text up to a zero byte."""
        end = self._data.find(b"\0", self._at, self._at + _LONGEST_NAME)
        where = self.where
        if end < 0:
            raise FormatError(where, "no end of a name", f"{_LONGEST_NAME} bytes at most", _FIX)
        raw = self._raw(end - self._at)
        self._at += 1
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise FormatError(where, f"the name {raw!r}", "UTF-8", "Rename the image.") from None

    def sightings(self) -> Floats:
        """(S, 3) pixels and a point's id each, -1 for none."""
        (count,), where = self.take("Q"), self.where
        rows = np.frombuffer(self._raw(count * _SIGHTING.itemsize), _SIGHTING)
        pixels, points = rows["pixel"], rows["point"]
        if not np.isfinite(pixels).all():
            raise FormatError(where, "a keypoint that is not finite", "finite numbers", _FIX)
        known = points != _NO_POINT
        if (points[known] >= _LARGEST_ID).any():
            raise FormatError(where, "a point's id beyond all others", "an id", _FIX)
        ids = np.where(known, points, 0).astype(np.float64)
        return np.column_stack([pixels.astype(np.float64), np.where(known, ids, -1.0)])

    def end(self) -> None:
        """Refuse bytes that nobody took."""
        if self._at != len(self._data):
            found = f"{len(self._data) - self._at} more bytes"
            raise FormatError(self.where, found, "the end of the file", _FIX)

    def _raw(self, count: int) -> bytes:
        left = len(self._data) - self._at
        if count > left:
            raise FormatError(self.where, f"{left} bytes left", f"{count} more", _FIX)
        self._at += count
        return self._data[self._at - count : self._at]


def read(files: Files) -> Poses:
    """The model in a folder's cameras.bin, images.bin, points3D.bin, rigs.bin and frames.bin.

    Raises:
        FormatError: naming the file and the byte.
    """
    model = Model(
        lenses=dict(_rows(files, "cameras.bin", _lens)),
        images=dict(_rows(files, "images.bin", _image)),
        points=dict(_rows(files, "points3D.bin", _point)),
        rigs=dict(_rows(files, "rigs.bin", _rig)),
        frames=dict(_rows(files, "frames.bin", _frame)),
    )
    return colmap.poses_of(model, str(files.folder / "images.bin"))


def _rows(
    files: Files, name: str, read_row: Callable[[_Bytes], tuple[int, Row]]
) -> Iterator[tuple[int, Row]]:
    """The rows of a file by their ids; none where it is not there."""
    if name not in files:
        return
    data = _Bytes(files[name], files.folder / name)
    (count,), known = data.take("Q"), set[int]()
    for _ in range(count):
        where = data.where
        key, row = read_row(data)
        if key in known:
            raise FormatError(where, f"the id {key} again", "each id once", _FIX)
        known.add(key)
        yield key, row
    data.end()


def _lens(data: _Bytes) -> tuple[int, Lens]:
    where = data.where
    key, number, width, height = data.take("IiQQ")
    if not 0 <= number < len(_MODELS):
        fix = "Undistort the images with COLMAP's image_undistorter."
        wanted = f"0 to {len(_MODELS) - 1} ({', '.join(_MODELS)})"
        raise FormatError(where, f"the camera model {number}", wanted, fix)
    model = _MODELS[number]
    parameters = data.floats(len(colmap.PARAMETERS[model]))
    return key, Lens(model, (width, height), parameters, where)


def _image(data: _Bytes) -> tuple[int, Image]:
    where = data.where
    (key,), pose = data.take("I"), data.pose()
    (lens,), name = data.take("I"), data.name()
    return key, Image(pose, lens, name, data.sightings(), where)


def _point(data: _Bytes) -> tuple[int, Point]:
    (key,), position = data.take("Q"), data.floats(3)
    color = np.array(data.take("3B"), np.float64)
    data.floats(1)
    (length,) = data.take("Q")
    data.skip(8 * length)
    return key, Point(position, color)


def _rig(data: _Bytes) -> tuple[int, Rig]:
    key, count = data.take("II")
    sensors: dict[Sensor, Pose | None] = {}
    for index in range(count):
        sensor = data.sensor()
        posed = index > 0 and data.take("B")[0]
        sensors[sensor] = data.pose() if posed else None
    return key, Rig(sensors)


def _frame(data: _Bytes) -> tuple[int, Frame]:
    where = data.where
    (key, rig), pose = data.take("II"), data.pose()
    (count,) = data.take("I")
    images = tuple((data.sensor(), data.take("Q")[0]) for _ in range(count))
    return key, Frame(rig, pose, images, where)


def write(poses: Poses) -> Contents:
    """cameras.bin, images.bin and points3D.bin.

    Raises:
        SettingsError: naming the camera: a lens or a name that the format can't hold.
    """
    limits.check(poses, colmap.HOLDS)
    for shot in poses.shots:
        writing.picture(shot)
    model = colmap.tables_of(poses)
    cameras, images, points, *_ = colmap.file_names(".bin")
    tracks = colmap.tracks_of(model)
    rows = {
        cameras: [_packed_lens(key, lens) for key, lens in model.lenses.items()],
        images: [_packed_image(key, image) for key, image in model.images.items()],
        points: [_packed_point(key, point, tracks[key]) for key, point in model.points.items()],
    }
    return {name: struct.pack("<Q", len(parts)) + b"".join(parts) for name, parts in rows.items()}


def _packed_lens(key: int, lens: Lens) -> bytes:
    head = struct.pack("<IiQQ", key, _MODELS.index(lens.model), *lens.size)
    return head + lens.parameters.astype("<f8").tobytes()


def _packed_image(key: int, image: Image) -> bytes:
    pose = np.concatenate(image.camera_from_world).astype("<f8").tobytes()
    name = image.name.encode() + b"\0"
    rows = np.zeros(len(image.sightings), _SIGHTING)
    rows["pixel"] = image.sightings[:, :2]
    rows["point"] = image.sightings[:, 2]
    lens, count = struct.pack("<I", image.lens), struct.pack("<Q", len(rows))
    return struct.pack("<I", key) + pose + lens + name + count + rows.tobytes()


def _packed_point(key: int, point: Point, track: list[tuple[int, int]]) -> bytes:
    place = struct.pack("<Q3d", key, *point.position)
    color = struct.pack("<3Bd", *(int(value) for value in point.color), colmap.NO_ERROR)
    seen = b"".join(struct.pack("<II", *one) for one in track)
    return place + color + struct.pack("<Q", len(track)) + seen
