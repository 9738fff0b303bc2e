"""Cameras in OpenCV's YAML, in the two forms that are found.

- intri.yml and extri.yml, as EasyMocap has them: `names`; for each K_NAME, dist_NAME, H_NAME and
  W_NAME; Rot_NAME (3 x 3) or R_NAME (a rotation vector), T_NAME. This form is written.
- The file of OpenCV's calibration sample: image_width, image_height, camera_matrix,
  distortion_coefficients, and extrinsic_parameters, whose rows are a rotation vector and a
  translation for each picture. Pictures are known by their order.

Poses are camera_from_world, +Z forward, +Y down. In OpenCV pixel (0, 0) is the center of the first
pixel, so that half a pixel lies between its principal points and ours.

Source: OpenCV's documentation, "Camera Calibration and 3D Reconstruction"; EasyMocap's
documentation, "Camera parameters".
"""

import re
from pathlib import PurePosixPath

import numpy as np

from lightmould.errors import FormatError, SettingsError
from lightmould.formats.poses import filestorage, limits, reading, writing
from lightmould.formats.poses.filestorage import Value, Values
from lightmould.formats.poses.format import Contents, Files, Holds
from lightmould.formats.poses.open3d import HALF
from lightmould.formats.poses.reading import whole_word
from lightmould.formats.poses.writing import BROWN
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.distortion import Distortion, Fisheye, radial_tangential

HOLDS = Holds(terms=frozenset(BROWN))

_NAME = re.compile(r"[\w-]+", re.ASCII)
_LENGTHS = (4, 5, 8, 12, 14)
_FIX = "Write the file with OpenCV's FileStorage."


def read(files: Files) -> Poses:
    """The cameras of all .yml and .yaml files of a folder, together.

    Raises:
        FormatError: naming the file and the line.
    """
    values: Values = {}
    for name, data in files.contents.items():
        for key, value in filestorage.read(data, files.folder / name).items():
            if key in values and key != "names":
                raise FormatError(value.where, f"{key} as in {values[key].where}", "it once", _FIX)
            values[key] = value
    if "names" in values:
        names = values["names"].texts()
        shots = [_named(name, values, files) for name in names]
    else:
        shots = _calibrated(values, files)
    if not shots or len({shot.camera.name for shot in shots}) < len(shots):
        where = values["names"].where if "names" in values else str(files.folder)
        raise FormatError(where, "no camera, or one twice", "each camera once", _FIX)
    return Poses(tuple(shots))


def _found(values: Values, key: str, files: Files) -> Value:
    if key not in values:
        where, fix = str(files.folder), "Put intri.yml and extri.yml into one folder."
        raise FormatError(where, f"no {key} in {', '.join(map(str, files.contents))}", key, fix)
    return values[key]


def _named(name: str, values: Values, files: Files) -> Shot:
    where = _found(values, f"K_{name}", files).where
    if f"W_{name}" in values:
        sizes = (_found(values, f"{side}_{name}", files) for side in "WH")
        width, height = (whole_word(one.text(), one.where) for one in sizes)
    else:
        width, height = files.size_of(PurePosixPath(f"{name}.png"))
    translation = _found(values, f"T_{name}", files).matrix((3, 1), (1, 3)).reshape(3)
    dist = values.get(f"dist_{name}") or values.get(f"D_{name}")
    camera = reading.camera(
        where,
        name=name,
        size=(width, height),
        world_from_camera=reading.world_from_camera(_rotation(name, values, files), translation),
        distortion=None if dist is None else _distortion(dist),
        **_lens(values[f"K_{name}"]),
    )
    return Shot(camera)


def _rotation(name: str, values: Values, files: Files) -> Floats:
    """The rotation as matrix or as vector; where there are both they have to agree."""
    vector = values.get(f"R_{name}")
    turned = None if vector is None else rotation_of(vector.matrix((3, 1), (1, 3)).reshape(3))
    if turned is not None and f"Rot_{name}" not in values:
        return turned
    told = _found(values, f"Rot_{name}", files)
    rotation = told.matrix((3, 3))
    if turned is not None and not np.abs(turned - rotation).max() < 1e-3:
        found = f"another rotation than R_{name}"
        raise FormatError(told.where, found, "the same in both", "Remove the wrong one.")
    return rotation


def _calibrated(values: Values, files: Files) -> list[Shot]:
    """The pictures of a calibration."""
    width, height = (
        whole_word(one.text(), one.where)
        for one in (_found(values, f"image_{side}", files) for side in ("width", "height"))
    )
    lens, dist = _found(values, "camera_matrix", files), values.get("distortion_coefficients")
    fisheye = "fisheye_model" in values and values["fisheye_model"].text() not in ("0", "false")
    told = _found(values, "extrinsic_parameters", files)
    return [
        Shot(
            reading.camera(
                told.where,
                name=f"{index:06d}",
                size=(width, height),
                world_from_camera=reading.world_from_camera(rotation_of(row[:3]), row[3:]),
                distortion=None if dist is None else _distortion(dist, fisheye=fisheye),
                **_lens(lens),
            )
        )
        for index, row in enumerate(told.matrix((-1, 6)))
    ]


def _lens(value: Value) -> dict[str, tuple[float, float]]:
    lens = reading.lens_of(value.matrix((3, 3)), value.where)
    cx, cy = lens["center"]
    return {**lens, "center": (cx + HALF, cy + HALF)}


def _distortion(value: Value, *, fisheye: bool = False) -> Distortion | None:
    terms = value.matrix((1, -1), (-1, 1)).reshape(-1).tolist()
    if len(terms) not in _LENGTHS:
        found, wanted = f"{len(terms)} terms", f"one of {_LENGTHS}"
        raise FormatError(value.where, found, wanted, "Calibrate again.")
    if any(terms[8:]):
        found, fix = f"thin prism or tilt {terms[8:]}", "Undistort the pictures first."
        raise FormatError(value.where, found, "Brown's lens", fix)
    if fisheye and len(terms) == 4:
        return Fisheye(*terms)
    return radial_tangential(**dict(zip(BROWN, terms, strict=False)))


def rotation_of(vector: Floats) -> Floats:
    """(3, 3) rotation about a (3,) vector by its length, radians.

    Source: Rodrigues 1840, as in OpenCV's Rodrigues.
    """
    with np.errstate(over="ignore"):
        angle = float(np.linalg.norm(vector))
    if angle == 0 or not angle < 1e6:
        return np.eye(3) if angle == 0 else np.zeros((3, 3))  # the latter is no rotation
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def vector_of(rotation: Floats) -> Floats:
    """(3,) axis times angle of a (3, 3) rotation."""
    w, *axis = reading.quaternion_of(rotation)
    length = float(np.linalg.norm(axis))
    angle = 2 * np.arctan2(length, w)
    return np.array(axis) * (angle / length if length else 2.0)


def write(poses: Poses) -> Contents:
    """intri.yml and extri.yml.

    Raises:
        SettingsError: naming the camera: a lens or a name that the format can't hold.
    """
    limits.check(poses, HOLDS)
    intri: dict[str, Floats | int | list[str]] = {"names": [one.name for one in poses.cameras]}
    extri = dict(intri)
    for camera in poses.cameras:
        name = camera.name
        if not _NAME.fullmatch(name):
            found, fix = f"the name {name!r}", "Rename the picture."
            raise SettingsError(f"camera {name!r}", found, "letters, digits, _ and -", fix)
        (fx, fy), (cx, cy) = camera.focal, camera.center
        intri[f"K_{name}"] = np.array([[fx, 0, cx - HALF], [0, fy, cy - HALF], [0, 0, 1]])
        intri[f"dist_{name}"] = _terms(camera)
        intri[f"H_{name}"], intri[f"W_{name}"] = camera.size[1], camera.size[0]
        matrix = reading.opencv_from_world(camera)
        extri[f"R_{name}"] = vector_of(matrix[:3, :3]).reshape(3, 1)
        extri[f"Rot_{name}"] = matrix[:3, :3]
        extri[f"T_{name}"] = matrix[:3, 3:]
    files = {"intri.yml": intri, "extri.yml": extri}
    return {PurePosixPath(name): filestorage.write(values) for name, values in files.items()}


def _terms(camera: Camera) -> Floats:
    terms = writing.terms(camera.distortion)
    return np.array([terms if any(terms[5:]) else terms[:5]])
