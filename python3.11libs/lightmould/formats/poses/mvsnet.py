"""MVSNet's folders: cams/00000000_cam.txt for each picture, and pair.txt.

A camera's file holds a 4 x 4 camera_from_world with +Z forward and +Y down, a 3 x 3 calibration
matrix, and its nearest depth, the step between depths and, in newer ones, their count and the
farthest. Pixel (0, 0) is the outer corner, as in COLMAP, which most such folders are made from.
Pictures are known by their number. pair.txt, written for those who want it, is not read.

Source: https://github.com/YoYo000/MVSNet, "File Formats".
"""

from pathlib import PurePosixPath

import numpy as np

from lightmould.errors import FormatError, at
from lightmould.formats.poses import limits, reading
from lightmould.formats.poses.format import Contents, Files, Holds
from lightmould.formats.poses.reading import words
from lightmould.formats.poses.writing import by_name, text
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats

HOLDS = Holds(size=False, names=False, depths=True)

DEPTHS = 192
"""Steps between near and far, as MVSNet's authors have them."""

NEIGHBORS = 10
"""Pictures that pair.txt names for each, at most."""

_SUFFIX = "_cam.txt"


def read(files: Files) -> Poses:
    """The cameras of all files, in the order of their names.

    Raises:
        FormatError: naming the file and the line.
    """
    names = sorted((name for name in files.contents if name.name.endswith(_SUFFIX)), key=str)
    shots = []
    for name in names:
        stem = name.name.removesuffix(_SUFFIX)
        picture = PurePosixPath(f"{stem}.jpg")
        size = files.size_of(picture)
        shots.append(Shot(_camera(files, name, stem, size)))
    if not shots:
        fix = "Name the folder that holds cams."
        raise FormatError(str(files.folder), "no cameras", f"files *{_SUFFIX}", fix)
    return Poses(tuple(shots))


def _camera(files: Files, name: PurePosixPath, stem: str, size: tuple[int, int]) -> Camera:
    path = files.folder / name
    lines = [
        (at(path, number), line.split())
        for number, line in enumerate(reading.text_of(files.contents[name], path).split("\n"), 1)
        if line.strip()
    ]
    where, extrinsic = _block(lines, 0, "extrinsic", (4, 4), str(path))
    _, intrinsic = _block(lines, 5, "intrinsic", (3, 3), str(path))
    if not np.array_equal(extrinsic[3], (0, 0, 0, 1)):
        found, fix = str(extrinsic[3].tolist()), "Correct the matrix."
        raise FormatError(lines[4][0], found, "the row 0 0 0 1", fix)
    if len(lines) != 10:
        place = lines[10][0] if len(lines) > 10 else str(path)
        found = f"{len(lines)} lines that are not empty"
        raise FormatError(place, found, "10, the last of them depths", "Correct the file.")
    near, far = _depths(*lines[9])
    return reading.camera(
        where,
        name=stem,
        size=size,
        world_from_camera=reading.world_from_camera(extrinsic[:3, :3], extrinsic[:3, 3]),
        near=near,
        far=far,
        **reading.lens_of(intrinsic, lines[6][0]),
    )


def _block(
    lines: list[tuple[str, list[str]]], start: int, title: str, shape: tuple[int, int], path: str
) -> tuple[str, Floats]:
    """Place and rows of the matrix below its title."""
    place, found = lines[start] if start < len(lines) else (path, [])
    if found != [title]:
        fix = "Correct the file."
        raise FormatError(place, " ".join(found)[:60] or "its end", f"the word {title}", fix)
    rows = lines[start + 1 : start + 1 + shape[0]]
    if len(rows) < shape[0]:
        raise FormatError(place, f"{len(rows)} rows", f"{shape[0]} below it", "Correct the file.")
    return place, np.array([words(line, shape[1], where) for where, line in rows])


def _depths(where: str, line: list[str]) -> tuple[float, float]:
    """Nearest and farthest depth."""
    if not 2 <= len(line) <= 4:
        found, wanted = f"{len(line)} numbers", "nearest, step, and maybe count and farthest depth"
        raise FormatError(where, found, wanted, "Correct that line.")
    numbers = words(line, len(line), where)
    near, step = float(numbers[0]), float(numbers[1])
    if len(numbers) == 4:
        return near, float(numbers[3])
    count = float(numbers[2]) if len(numbers) == 3 else DEPTHS
    return near, near + step * (count - 1)


def write(poses: Poses) -> Contents:
    """cams/ and pair.txt.

    Raises:
        SettingsError: naming the camera: a lens that the format can't hold.
    """
    limits.check(poses, HOLDS)
    cameras = by_name(poses)
    files = {
        PurePosixPath("cams", f"{index:08d}{_SUFFIX}"): _text(camera).encode()
        for index, camera in enumerate(cameras)
    }
    return {**files, PurePosixPath("pair.txt"): _pairs(cameras).encode()}


def _text(camera: Camera) -> str:
    (fx, fy), (cx, cy) = camera.focal, camera.center
    step = (camera.far - camera.near) / (DEPTHS - 1)
    rows = "\n".join(text(row) for row in reading.opencv_from_world(camera))
    lens = "\n".join(text(row) for row in ((fx, 0, cx), (0, fy, cy), (0, 0, 1)))
    depths = f"{camera.near!r} {step!r} {DEPTHS} {camera.far!r}"
    return f"extrinsic\n{rows}\n\nintrinsic\n{lens}\n\n{depths}\n"


def _pairs(cameras: tuple[Camera, ...]) -> str:
    """For each picture those taken in the most similar direction, scored by the cosine."""
    axes = np.array([camera.world_from_camera[:3, 2] for camera in cameras])
    lines = [str(len(cameras))]
    for index, cosines in enumerate(axes @ axes.T):
        order = [int(other) for other in np.argsort(-cosines, kind="stable") if other != index]
        best = order[:NEIGHBORS]
        scores = "".join(f" {other} {max(float(cosines[other]), 0.0):.6f}" for other in best)
        lines += [str(index), f"{len(best)}{scores}"]
    return "\n".join(lines) + "\n"
