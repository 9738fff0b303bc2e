"""Bundler's bundle.out and its list of pictures.

A camera is f, k1, k2, a 3 x 3 camera_from_world rotation and a translation; it looks along -Z with
+Y up, as ours. Pixels are measured from the picture's middle, x to the right and y up, so the
principal point is the middle. Cameras are in the order of the list; those whose f is 0 were not
found, and are left out as Bundler means it. A point is its position, its color, and who saw it:
camera, key and pixel.

Source: Bundler v0.4 User's Manual, "Output format and scene representation".
"""

import re
from collections.abc import Iterator
from pathlib import PurePath, PurePosixPath

import numpy as np

from lightmould.errors import FormatError, at
from lightmould.formats.poses import limits, reading, writing
from lightmould.formats.poses.format import Contents, Files, Holds, SizeOf
from lightmould.formats.poses.reading import whole_word, words
from lightmould.model import Camera, Points, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.distortion import radial_tangential

HOLDS = Holds(
    size=False, off_center=False, aspect=False, terms=frozenset({"k1", "k2"}), points=True
)

_FOCAL = re.compile(r" 0( [\d.eE+]+)?\s*$")
"""What follows a picture's path in the list where EXIF told its focal length."""

_FIX = "Correct that line, or write the file anew."


class _Lines:
    """The lines of a file one by one; says where they end too soon."""

    def __init__(self, text: str, path: PurePath) -> None:
        self._rest: Iterator[tuple[int, str]] = iter(enumerate(text.split("\n"), 1))
        self._path = path
        self.where = str(path)

    def next(self, what: str) -> list[str]:
        """The words of the next line that is neither empty nor a comment."""
        for number, line in self._rest:
            parts = line.split()
            if parts and not parts[0].startswith("#"):
                self.where = at(self._path, number)
                return parts
        raise FormatError(self._path, "the end of the file", what, _FIX)

    def numbers(self, count: int, what: str) -> Floats:
        """(count,) numbers of the next line."""
        return words(self.next(what), count, self.where)


def read(files: Files) -> Poses:
    """The cameras and points of bundle.out, with the names of the list if there is one.

    Raises:
        FormatError: naming the file and the line.
    """
    name = next(name for name in files.contents if name.suffix == ".out")
    path = files.folder / name
    lines = _Lines(reading.ended(reading.text_of(files.contents[name], path), path), path)
    head = lines.next("how many cameras and points there are")
    if len(head) != 2:
        raise FormatError(lines.where, " ".join(head)[:60], "counts of cameras and points", _FIX)
    count, points = (whole_word(word, lines.where) for word in head)
    pictures, places = _listed(files, count, path)
    shots: list[Shot] = []
    rows: dict[int, int] = {}
    names = reading.names_of(pictures, places)
    for index in range(count):
        camera = _camera(lines, names[index], files.size_of, pictures[index])
        if camera is not None:
            rows[index] = len(shots)
            shots.append(Shot(camera, pictures[index]))
    if not shots:
        raise FormatError(path, "no camera that was found", "at least one", "Run Bundler again.")
    return Poses(tuple(shots), _points(lines, points, rows, shots) if points else None)


def _listed(files: Files, count: int, path: PurePath) -> tuple[list[PurePosixPath], list[str]]:
    """Pictures and where they are named."""
    found = next((name for name in files.contents if name.name.endswith("list.txt")), None)
    if found is None:
        return [PurePosixPath(f"{index:06d}.jpg") for index in range(count)], [str(path)] * count
    where = files.folder / found
    lines = enumerate(reading.text_of(files.contents[found], where).split("\n"), 1)
    named = [(at(where, number), _FOCAL.sub("", line).strip()) for number, line in lines if line]
    if len(named) != count:
        raise FormatError(where, f"{len(named)} pictures", f"{count}, as in {path.name}", _FIX)
    pictures = [reading.foreign_picture(line, place) for place, line in named]
    return pictures, [place for place, _ in named]


def _camera(lines: _Lines, name: str, size_of: SizeOf, picture: PurePosixPath) -> Camera | None:
    f, k1, k2 = lines.numbers(3, "f k1 k2 of a camera").tolist()
    where = lines.where
    rotation = np.array([lines.numbers(3, "a row of a rotation") for _ in range(3)])
    translation = lines.numbers(3, "a translation")
    if f == 0:
        return None
    width, height = size_of(picture)
    pose = np.eye(4)
    with np.errstate(all="ignore"):  # what overflows is refused as a camera
        pose[:3, :3], pose[:3, 3] = rotation.T, -rotation.T @ translation
    return reading.camera(
        where,
        name=name,
        size=(width, height),
        focal=(f, f),
        center=(width / 2, height / 2),
        world_from_camera=pose,
        distortion=radial_tangential(k1=k1, k2=k2),
    )


def _points(lines: _Lines, count: int, rows: dict[int, int], shots: list[Shot]) -> Points:
    positions, colors, seen, pixels = [], [], [], []
    for index in range(count):
        positions.append(lines.numbers(3, "a point"))
        color = lines.numbers(3, "a color")
        if color.min() < 0 or color.max() > 255 or (color % 1).any():
            raise FormatError(lines.where, f"the color {color.tolist()}", "0 to 255", _FIX)
        colors.append(color)
        views = lines.next("who saw the point")
        told = whole_word(views[0], lines.where)
        table = words(views[1:], 4 * told, lines.where).reshape(-1, 4)
        for camera, _, x, y in table.tolist():
            if camera not in rows:
                raise FormatError(lines.where, f"camera {camera:g}", "one that was found", _FIX)
            width, height = shots[rows[int(camera)]].camera.size
            seen.append((rows[int(camera)], index))
            pixels.append((x + width / 2, height / 2 - y))
    who = np.array(seen).reshape(-1, 2)
    return Points(np.array(positions), np.array(colors), who[:, 0], who[:, 1], np.array(pixels))


def write(poses: Poses) -> Contents:
    """bundle.out and list.txt.

    Raises:
        SettingsError: naming the camera: a lens or a name that the format can't hold.
    """
    limits.check(poses, HOLDS)
    listed = "".join(f"{writing.picture(shot)}\n" for shot in poses.shots)
    count = 0 if poses.points is None else len(poses.points.positions)
    parts = ["# Bundle file v0.3", f"{len(poses.shots)} {count}"]
    parts += [line for camera in poses.cameras for line in _camera_lines(camera)]
    if poses.points is not None:
        parts += _point_lines(poses.points, poses.cameras)
    text = "\n".join(parts) + "\n"
    return {PurePosixPath("bundle.out"): text.encode(), PurePosixPath("list.txt"): listed.encode()}


def _camera_lines(camera: Camera) -> list[str]:
    lens = (camera.focal[0], *writing.terms(camera.distortion, ("k1", "k2")))
    matrix = camera.camera_from_world
    rows = (lens, *matrix[:3, :3], matrix[:3, 3])
    return [writing.text(row) for row in rows]


def _point_lines(points: Points, cameras: tuple[Camera, ...]) -> Iterator[str]:
    order = np.argsort(points.points, kind="stable")
    starts = np.searchsorted(points.points[order], np.arange(len(points.positions) + 1))
    for index, (position, color) in enumerate(zip(points.positions, points.colors, strict=True)):
        yield writing.text(position)
        yield " ".join(str(value) for value in color.tolist())
        seen = order[starts[index] : starts[index + 1]].tolist()
        views = []
        for key, row in enumerate(seen):
            shot = int(points.shots[row])
            (width, height), (x, y) = cameras[shot].size, points.pixels[row].tolist()
            views.append(f" {shot} {key} {x - width / 2!r} {height / 2 - y!r}")
        yield f"{len(views)}{''.join(views)}"
