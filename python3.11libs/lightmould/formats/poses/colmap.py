"""COLMAP's sparse models, text or binary: cameras, images, points3D, and rigs and frames if there.

Poses are camera_from_world, cameras look along +Z with +Y down, pixel (0, 0) is the outer corner of
the first pixel, as ours. The world is kept. Images are read in the order of their ids; their poses
are whole without rigs and frames, which have to agree where they are there. Written are models
without them, which every version of COLMAP reads.

Source: https://colmap.github.io/format.html and https://colmap.github.io/cameras.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

import numpy as np

from lightmould.errors import FormatError
from lightmould.formats.poses import reading
from lightmould.formats.poses.format import Holds
from lightmould.formats.poses.writing import BROWN
from lightmould.model import Camera, Points, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.distortion import Distortion, Fisheye, radial_tangential

HOLDS = Holds(terms=frozenset(BROWN), fisheye=True, points=True)

FISHEYES = ("OPENCV_FISHEYE", "SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE")
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "SIMPLE_PINHOLE": ("f", "cx", "cy"),
    "PINHOLE": ("fx", "fy", "cx", "cy"),
    "SIMPLE_RADIAL": ("f", "cx", "cy", "k1"),
    "RADIAL": ("f", "cx", "cy", "k1", "k2"),
    "OPENCV": ("fx", "fy", "cx", "cy", "k1", "k2", "p1", "p2"),
    "OPENCV_FISHEYE": ("fx", "fy", "cx", "cy", "k1", "k2", "k3", "k4"),
    "FULL_OPENCV": ("fx", "fy", "cx", "cy", *BROWN),
    "FOV": ("fx", "fy", "cx", "cy", "omega"),
    "SIMPLE_RADIAL_FISHEYE": ("f", "cx", "cy", "k1"),
    "RADIAL_FISHEYE": ("f", "cx", "cy", "k1", "k2"),
    "THIN_PRISM_FISHEYE": (*("fx", "fy", "cx", "cy"), *BROWN[:6], "sx1", "sy1"),
}
"""Of each camera model by its number in binary files, in their order."""

NO_ERROR = -1.0
"""Of a point whose reprojection error nobody has computed."""

_REFUSED = ("FOV", "THIN_PRISM_FISHEYE")
_APART = 1e-4  # of frames and images that are the same, radians and parts of the distance

Pose: TypeAlias = tuple[Floats, Floats]
"""(4,) quaternion and (3,) translation, from the left coordinates' to the right's in its name."""

Sensor: TypeAlias = tuple[str, int]
"""Its kind, such as CAMERA, and its id."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A line of cameras: one lens, which many images may share."""

    model: str
    size: tuple[int, int]
    parameters: Floats
    where: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image's pose, lens, name and the points that it saw.

    Attributes:
        sightings: (S, 3) pixels and the point's id, -1 for none.
    """

    camera_from_world: Pose
    lens: int
    name: str
    sightings: Floats
    where: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point and its color; who saw it is told by the images."""

    position: Floats
    color: Floats


@dataclass(frozen=True, slots=True)
class Rig:
    """Sensors that move together: their poses in the rig, None for the one that it is told by."""

    sensor_from_rig: Mapping[Sensor, Pose | None]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a rig was at one moment, and which images were taken then."""

    rig: int
    rig_from_world: Pose
    images: tuple[tuple[Sensor, int], ...]
    where: str


@dataclass(frozen=True, slots=True)
class Model:
    """All tables by id, whether they were text or binary."""

    lenses: Mapping[int, Lens]
    images: Mapping[int, Image]
    points: Mapping[int, Point]
    rigs: Mapping[int, Rig]
    frames: Mapping[int, Frame]


def poses_of(model: Model, source: str) -> Poses:
    """The poses that the tables tell.

    Raises:
        FormatError: they contradict each other, or hold what is no camera.
    """
    if not model.images:
        raise FormatError(source, "no images", "at least one", "Export the reconstruction again.")
    _check_frames(model)
    images = [model.images[key] for key in sorted(model.images)]
    pictures = [reading.picture(image.name, image.where) for image in images]
    names = reading.names_of(pictures, [image.where for image in images])
    shots = tuple(
        Shot(_camera(name, image, model), picture)
        for name, image, picture in zip(names, images, pictures, strict=True)
    )
    return Poses(shots, _points(model, images) if model.points else None)


def _camera(name: str, image: Image, model: Model) -> Camera:
    lens = model.lenses.get(image.lens)
    if lens is None:
        found, fix = f"camera {image.lens}", "Restore the file of cameras."
        raise FormatError(image.where, found, f"one of {sorted(model.lenses)[:8]}", fix)
    quaternion, translation = image.camera_from_world
    rotation = reading.rotation_of(quaternion, image.where)
    named = dict(zip(PARAMETERS[lens.model], lens.parameters.tolist(), strict=True))
    f = named.get("f", 0.0)
    return reading.camera(
        lens.where,
        name=name,
        size=lens.size,
        focal=(named.get("fx", f), named.get("fy", f)),
        center=(named["cx"], named["cy"]),
        world_from_camera=reading.world_from_camera(rotation, translation),
        distortion=_distortion(lens, named),
    )


def _distortion(lens: Lens, named: dict[str, float]) -> Distortion | None:
    if lens.model in _REFUSED:
        wanted = f"one of {', '.join(sorted(PARAMETERS.keys() - set(_REFUSED)))}"
        fix = "Undistort the images with COLMAP's image_undistorter."
        raise FormatError(lens.where, f"a {lens.model} camera", wanted, fix)
    terms = {key: value for key, value in named.items() if key in BROWN}
    return Fisheye(**terms) if lens.model in FISHEYES else radial_tangential(**terms)


def _points(model: Model, images: list[Image]) -> Points:
    rows = {key: row for row, key in enumerate(sorted(model.points))}
    shots, points, pixels = [], [], []
    for index, image in enumerate(images):
        seen = image.sightings[image.sightings[:, 2] >= 0]
        for x, y, key in seen.tolist():
            if int(key) not in rows:
                found, fix = f"point {int(key)}", "Restore the file of points."
                raise FormatError(image.where, found, "a point of the model", fix)
            shots.append(index)
            points.append(rows[int(key)])
            pixels.append((x, y))
    ordered = [model.points[key] for key in rows]
    return Points(
        np.array([point.position for point in ordered]),
        np.array([point.color for point in ordered]),
        np.array(shots),
        np.array(points),
        np.array(pixels),
    )


def _check_frames(model: Model) -> None:
    """Refuse frames that say that images were taken elsewhere."""
    for frame in model.frames.values():
        rig = model.rigs.get(frame.rig)
        for sensor, key in frame.images:
            if sensor[0] != "CAMERA":
                continue
            if rig is None or sensor not in rig.sensor_from_rig or key not in model.images:
                found = f"rig {frame.rig}, sensor {sensor}, image {key}"
                fix = "Restore the model's files."
                raise FormatError(frame.where, found, "those of the other files", fix)
            told = _composed(rig.sensor_from_rig[sensor], frame.rig_from_world, frame.where)
            image = model.images[key]
            own = _matrix(image.camera_from_world, image.where)
            scale = 1 + float(np.abs(own[:3, 3]).max())
            apart = np.abs(told - own).max(axis=0) / (1, 1, 1, scale)
            if not apart.max() < _APART:
                found = f"image {key} elsewhere than {image.where} has it"
                fix = "Write both anew with COLMAP's model_converter, or remove rigs and frames."
                raise FormatError(frame.where, found, "the same pose", fix)


def _composed(first: Pose | None, second: Pose, where: str) -> Floats:
    """(4, 4) `first` after `second`; None is no move."""
    moved = _matrix(second, where)
    return moved if first is None else np.asarray(_matrix(first, where) @ moved)


def _matrix(pose: Pose, where: str) -> Floats:
    matrix = np.eye(4)
    matrix[:3, :3] = reading.rotation_of(pose[0], where)
    matrix[:3, 3] = pose[1]
    return matrix


def model_of(camera: Camera) -> tuple[str, tuple[float, ...]]:
    """The camera model that holds a lens, and its parameters."""
    lens = (*camera.focal, *camera.center)
    distortion = camera.distortion
    if distortion is None:
        return "PINHOLE", lens
    if isinstance(distortion, Fisheye):
        terms = (distortion.k1, distortion.k2, distortion.k3, distortion.k4)
        return "OPENCV_FISHEYE", (*lens, *terms)
    few = not any((distortion.k3, distortion.k4, distortion.k5, distortion.k6))
    name = "OPENCV" if few else "FULL_OPENCV"
    return name, (*lens, *(getattr(distortion, key) for key in PARAMETERS[name][4:]))


def tables_of(poses: Poses) -> Model:
    """The tables that tell of poses: equal lenses are shared, ids count from 1."""
    lenses: dict[int, Lens] = {}
    ids: dict[tuple[object, ...], int] = {}
    images: dict[int, Image] = {}
    for number, shot in enumerate(poses.shots, 1):
        model, parameters = model_of(shot.camera)
        key = (model, shot.camera.size, parameters)
        lens = ids.setdefault(key, len(ids) + 1)
        lenses[lens] = Lens(model, shot.camera.size, np.array(parameters), "")
        matrix = reading.opencv_from_world(shot.camera)
        pose = reading.quaternion_of(matrix[:3, :3]), matrix[:3, 3]
        sightings = _sightings(poses.points, number - 1)
        images[number] = Image(pose, lens, str(shot.named_picture), sightings, "")
    points = {}
    if poses.points is not None:
        rows = zip(poses.points.positions, poses.points.colors, strict=True)
        points = {number: Point(place, color) for number, (place, color) in enumerate(rows, 1)}
    return Model(lenses, images, points, {}, {})


def _sightings(points: Points | None, shot: int) -> Floats:
    if points is None:
        return np.zeros((0, 3))
    seen = points.shots == shot
    return np.column_stack([points.pixels[seen], points.points[seen] + 1.0])


def tracks_of(model: Model) -> dict[int, list[tuple[int, int]]]:
    """Who saw each point: image id and the place in its list."""
    tracks: dict[int, list[tuple[int, int]]] = {key: [] for key in model.points}
    for number, image in model.images.items():
        for place, key in enumerate(image.sightings[:, 2].astype(int).tolist()):
            if key in tracks:
                tracks[key].append((number, place))
    return tracks


def file_names(suffix: str) -> tuple[PurePosixPath, ...]:
    """The files of a model: those that have to be there, then rigs and frames."""
    names = ("cameras", "images", "points3D", "rigs", "frames")
    return tuple(PurePosixPath(f"{name}{suffix}") for name in names)
