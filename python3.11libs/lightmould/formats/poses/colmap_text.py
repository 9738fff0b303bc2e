"""COLMAP's text files, see `colmap`."""

from collections.abc import Iterator

import numpy as np

from lightmould.errors import FormatError, at
from lightmould.formats.poses import colmap, limits, reading, writing
from lightmould.formats.poses.colmap import Frame, Image, Lens, Model, Point, Pose, Rig, Sensor
from lightmould.formats.poses.format import Contents, Files
from lightmould.formats.poses.reading import whole_word, words
from lightmould.model import Poses
from lightmould.model.arrays import Floats

_FIX = "Correct that line, or export the model again."


def read(files: Files) -> Poses:
    """The model in a folder's cameras.txt, images.txt, points3D.txt, rigs.txt and frames.txt.

    Raises:
        FormatError: naming the file and the line.
    """
    model = Model(
        lenses=dict(_lenses(files)),
        images=dict(_images(files)),
        points=dict(_points(files)),
        rigs=dict(_rigs(files)),
        frames=dict(_frames(files)),
    )
    return colmap.poses_of(model, str(files.folder / "images.txt"))


def _lines(files: Files, name: str, *, empty: bool = False) -> Iterator[tuple[str, str]]:
    """Place and text of each line that is no comment; of empty ones only if asked."""
    if name not in files:
        return
    path = files.folder / name
    text = reading.text_of(files[name], path)
    lines = (reading.ended(text, path) if name == "cameras.txt" else text).split("\n")
    for number, line in enumerate(lines, 1):
        last = number == len(lines) and not line
        if not line.startswith("#") and not last and (empty or line.strip()):
            yield at(path, number), line


def _split(line: str, count: int, where: str) -> list[str]:
    parts = line.split()
    if len(parts) < count:
        raise FormatError(where, f"{len(parts)} words", f"at least {count}", _FIX)
    return parts


def _once(where: str, key: int, known: dict[int, str]) -> int:
    if key in known:
        raise FormatError(where, f"the id {key} as in {known[key]}", "each id once", _FIX)
    known[key] = where
    return key


def _lenses(files: Files) -> Iterator[tuple[int, Lens]]:
    known: dict[int, str] = {}
    for where, line in _lines(files, "cameras.txt"):
        parts = _split(line, 5, where)
        model = parts[1]
        if model not in colmap.PARAMETERS:
            fix = "Undistort the images with COLMAP's image_undistorter."
            wanted = f"one of {', '.join(colmap.PARAMETERS)}"
            raise FormatError(where, f"the camera model {model}", wanted, fix)
        size = whole_word(parts[2], where), whole_word(parts[3], where)
        parameters = words(parts[4:], len(colmap.PARAMETERS[model]), where)
        key = _once(where, whole_word(parts[0], where), known)
        yield key, Lens(model, size, parameters, where)


def _images(files: Files) -> Iterator[tuple[int, Image]]:
    known: dict[int, str] = {}
    lines = _lines(files, "images.txt", empty=True)
    for where, line in lines:
        if not line.strip():
            continue
        parts = line.split(None, 9)
        if len(parts) < 10:
            raise FormatError(where, f"{len(parts)} words", "10, the last of them a name", _FIX)
        pose = words(parts[1:8], 7, where)
        place, seen = next(lines, (where, ""))  # the last image may have none
        numbers = seen.split()
        if len(numbers) % 3:
            found = f"{len(numbers)} numbers"
            wanted = "x, y and a point's id for each keypoint; an empty line for none"
            raise FormatError(place, found, wanted, _FIX)
        sightings = words(numbers, len(numbers), place).reshape(-1, 3)
        key = _once(where, whole_word(parts[0], where), known)
        lens = whole_word(parts[8], where)
        yield key, Image((pose[:4], pose[4:]), lens, parts[9].strip(), sightings, where)


def _points(files: Files) -> Iterator[tuple[int, Point]]:
    known: dict[int, str] = {}
    for where, line in _lines(files, "points3D.txt"):
        parts = _split(line, 8, where)
        numbers = words(parts[1:7], 6, where)
        key = _once(where, whole_word(parts[0], where), known)
        yield key, Point(numbers[:3], _color(numbers[3:], where))


def _color(values: Floats, where: str) -> Floats:
    if values.min() < 0 or values.max() > 255 or (values % 1).any():
        raise FormatError(where, f"the color {values.tolist()}", "0 to 255", _FIX)
    return values


def _rigs(files: Files) -> Iterator[tuple[int, Rig]]:
    known: dict[int, str] = {}
    for where, line in _lines(files, "rigs.txt"):
        parts = _split(line, 4, where)
        key, count = whole_word(parts[0], where), whole_word(parts[1], where)
        sensors: dict[Sensor, Pose | None] = {(parts[2], whole_word(parts[3], where)): None}
        rest = parts[4:]
        for _ in range(count - 1):
            (kind, number, posed), rest = _taken(rest, 3, where)
            pose = None
            if posed != "0":
                given, rest = _taken(rest, 7, where)
                values = words(given, 7, where)
                pose = values[:4], values[4:]
            sensors[kind, whole_word(number, where)] = pose
        yield _once(where, key, known), Rig(sensors)


def _frames(files: Files) -> Iterator[tuple[int, Frame]]:
    known: dict[int, str] = {}
    for where, line in _lines(files, "frames.txt"):
        parts = _split(line, 10, where)
        pose = words(parts[2:9], 7, where)
        images: list[tuple[Sensor, int]] = []
        rest = parts[10:]
        for _ in range(whole_word(parts[9], where)):
            (kind, sensor, image), rest = _taken(rest, 3, where)
            images.append(((kind, whole_word(sensor, where)), whole_word(image, where)))
        key = _once(where, whole_word(parts[0], where), known)
        rig = whole_word(parts[1], where)
        yield key, Frame(rig, (pose[:4], pose[4:]), tuple(images), where)


def _taken(parts: list[str], count: int, where: str) -> tuple[list[str], list[str]]:
    """The first words, and the rest."""
    if len(parts) < count:
        raise FormatError(where, "the end of the line", f"{count} more words", _FIX)
    return parts[:count], parts[count:]


def write(poses: Poses) -> Contents:
    """cameras.txt, images.txt and points3D.txt.

    Raises:
        SettingsError: naming the camera: a lens or a name that the format can't hold.
    """
    limits.check(poses, colmap.HOLDS)
    for shot in poses.shots:
        writing.picture(shot)
    model = colmap.tables_of(poses)
    cameras, images, points, *_ = colmap.file_names(".txt")
    tracks = colmap.tracks_of(model)
    texts = {
        cameras: "".join(
            f"{key} {lens.model} {lens.size[0]} {lens.size[1]} {writing.text(lens.parameters)}\n"
            for key, lens in model.lenses.items()
        ),
        images: "".join(_image_lines(key, image) for key, image in model.images.items()),
        points: "".join(
            f"{key} {writing.text(point.position)} {_bytes(point.color)} {colmap.NO_ERROR}"
            + "".join(f" {image} {place}" for image, place in tracks[key])
            + "\n"
            for key, point in model.points.items()
        ),
    }
    return {name: text.encode() for name, text in texts.items()}


def _image_lines(key: int, image: Image) -> str:
    pose = writing.text(np.concatenate(image.camera_from_world))
    seen = " ".join(f"{x!r} {y!r} {int(point)}" for x, y, point in image.sightings.tolist())
    return f"{key} {pose} {image.lens} {image.name}\n{seen}\n"


def _bytes(color: Floats) -> str:
    return " ".join(str(int(value)) for value in color)
