"""Poses to be written and read: any that hypothesis finds, and how near two of them are."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath, PurePosixPath

import numpy as np
from hypothesis import strategies as st

from lightmould.errors import FormatError
from lightmould.formats.poses.format import Files, Format
from lightmould.formats.poses.reading import rotation_of
from lightmould.model import Camera, Points, Poses, Shot
from lightmould.model.distortion import Distortion, Fisheye, RadialTangential

FOLDER = PurePath("poses")
TERMS = st.floats(-0.2, 0.2)
PLACES = st.floats(-50, 50)

LENSES: dict[str, st.SearchStrategy[Distortion | None]] = {
    "pinhole": st.none(),
    "two": st.builds(RadialTangential, TERMS, TERMS),
    "radial": st.builds(RadialTangential, TERMS, TERMS, TERMS),
    "brown": st.builds(RadialTangential, TERMS, TERMS, TERMS, p1=TERMS, p2=TERMS),
    "rational": st.builds(RadialTangential, *[TERMS] * 8),
    "fisheye": st.builds(Fisheye, TERMS, TERMS, TERMS, TERMS),
}


def poses_of(draw: st.DrawFn, *, lens: str, plain: bool) -> Poses:
    """Two or three cameras; plain ones are those that the poorest format can hold."""
    count = draw(st.integers(2, 3))
    sizes = st.tuples(st.integers(1, 5000), st.integers(1, 5000))
    first = size, focal = draw(sizes), draw(st.floats(0.2, 5)) * 1000
    shots = []
    for index in range(count):
        pose = np.eye(4)
        quaternion = np.array(draw(st.tuples(*[st.floats(-1, 1)] * 4)))
        length = np.linalg.norm(quaternion)
        turn = quaternion / length if length > 0.1 else np.array([1.0, 0, 0, 0])
        pose[:3, :3] = rotation_of(turn, "")
        pose[:3, 3] = draw(st.tuples(PLACES, PLACES, PLACES))
        size, focal = first
        fy, center = focal, (size[0] / 2, size[1] / 2)
        if not plain:
            size, fy = draw(sizes), focal * draw(st.floats(0.5, 2))
            shares = draw(st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)))
            center = size[0] * shares[0], size[1] * shares[1]
        bend = draw(LENSES[lens])
        camera = Camera(f"v{index}", size, (focal, fy), center, pose, 0.1, 90.0, bend)
        shots.append(Shot(camera, PurePosixPath(f"{camera.name}.png")))
    return Poses(tuple(shots))


@st.composite
def poses(draw: st.DrawFn, lens: str = "pinhole", plain: bool = False) -> Poses:  # noqa: FBT001, FBT002
    """See `poses_of`."""
    return poses_of(draw, lens=lens, plain=plain)


def seen_points(poses: Poses) -> Poses:
    """The same poses with three points and four sightings."""
    positions, colors = np.arange(9.0).reshape(3, 3), np.array([[1, 2, 255], [0, 0, 0], [9, 9, 9]])
    pixels = np.array([[1.5, 2.5], [3.25, 4], [5, 6], [7, 8.125]])
    points = Points(positions, colors, np.array([0, 1, 1, 0]), np.array([0, 0, 2, 2]), pixels)
    return replace(poses, points=points)


def sizes_of(poses: Poses) -> Callable[[PurePosixPath], tuple[int, int]]:
    """Sizes of pictures by their names, else by their numbers."""
    by_name = {shot.camera.name: shot.camera.size for shot in poses.shots}

    def size_of(path: PurePosixPath) -> tuple[int, int]:
        if path.stem in by_name:
            return by_name[path.stem]
        if not path.stem.isdecimal() or int(path.stem) >= len(by_name):
            raise FormatError(path, "no such picture", "one of the poses", "Name another.")
        return poses.cameras[int(path.stem)].size

    return size_of


def through(form: Format, poses: Poses) -> Poses:
    """Written and read again."""
    return form.read(Files(FOLDER, form.write(poses), sizes_of(poses)))


def apart(one: Poses, other: Poses) -> float:
    """The largest relative difference of cameras, in the order of their lists."""
    pairs = zip(one.cameras, other.cameras, strict=True)
    return max(_apart(first, second) for first, second in pairs)


def _apart(one: Camera, other: Camera) -> float:
    if one.size != other.size:
        return float("inf")
    scale = 1 + float(np.abs(one.world_from_camera[:3, 3]).max())
    pose = np.abs(one.world_from_camera - other.world_from_camera)
    pose[:3, 3] /= scale
    size = np.array(one.size)
    focal = np.abs(np.array(one.focal) / other.focal - 1)
    center = np.abs(np.array(one.center) - other.center) / size
    return float(max(pose.max(), focal.max(), center.max(), _bend_apart(one, other)))


def _bend_apart(one: Camera, other: Camera) -> float:
    if one.distortion is None or other.distortion is None:
        return 0.0 if one.distortion is other.distortion else float("inf")
    if type(one.distortion) is not type(other.distortion):
        return float("inf")
    names = one.distortion.__dataclass_fields__
    return max(abs(getattr(one.distortion, n) - getattr(other.distortion, n)) for n in names)
