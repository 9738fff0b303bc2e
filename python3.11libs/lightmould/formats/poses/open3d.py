"""Open3D's camera trajectories: PinholeCameraTrajectory in JSON.

Matrices are written column by column: a 4 x 4 camera_from_world with +Z forward and +Y down, and a
3 x 3 calibration matrix, whose pixel (0, 0) is the center of the first pixel. Pictures are known by
their order.

Source: http://www.open3d.org/docs/release/python_api/open3d.camera.PinholeCameraTrajectory.html;
the files that its visualizer saves with the key P, whose principal point is (width - 1) / 2.
"""

from pathlib import PurePath
from typing import Any

from lightmould.errors import FormatError
from lightmould.formats import codec
from lightmould.formats.poses import limits, reading, writing
from lightmould.formats.poses.format import Holds
from lightmould.formats.poses.reading import numbers, shown, whole
from lightmould.model import Camera, Poses, Shot

HOLDS = Holds(names=False)

HALF = 0.5
"""From the center of the first pixel to its outer corner, pixels."""

_KINDS = ("PinholeCameraTrajectory", "PinholeCameraParameters")


def claims(data: bytes) -> bool:
    """Whether the JSON is Open3D's."""
    return any(f'"{kind}"'.encode() in data for kind in _KINDS)


def read(data: bytes, source: PurePath) -> Poses:
    """The cameras of a trajectory, or the one of a single view.

    Raises:
        FormatError: naming `parameters[i]`: a pose or a lens can't be used.
    """
    plain = codec.parse(data.removeprefix(b"\xef\xbb\xbf"), source)
    kind = plain.get("class_name") if isinstance(plain, dict) else None
    if kind not in _KINDS:
        found, fix = f"class_name {shown(kind)}", "Save it with Open3D."
        raise FormatError(source, found, f"one of {', '.join(_KINDS)}", fix)
    given = plain.get("parameters") if kind == _KINDS[0] else [plain]
    if not isinstance(given, list) or not given:
        raise FormatError(source, f"parameters {shown(given)}", "a list of cameras", "Write them.")
    return Poses(
        tuple(
            Shot(_camera(one, f"{index:06d}", f"{source}: parameters[{index}]"))
            for index, one in enumerate(given)
        )
    )


def _camera(given: Any, name: str, where: str) -> Camera:
    lens = given.get("intrinsic") if isinstance(given, dict) else None
    if not isinstance(lens, dict):
        raise FormatError(where, shown(given), "an object with an intrinsic", "Write it.")
    pose = numbers(given.get("extrinsic"), 16, f"{where}.extrinsic").reshape(4, 4).T
    if pose[3].tolist() != [0, 0, 0, 1]:
        found, fix = shown(pose[3].tolist()), "Write the matrix column by column."
        raise FormatError(f"{where}.extrinsic", found, "0 0 0 1 in its last row", fix)
    place = f"{where}.intrinsic"
    matrix = numbers(lens.get("intrinsic_matrix"), 9, f"{place}.intrinsic_matrix").reshape(3, 3).T
    found_lens = reading.lens_of(matrix, f"{place}.intrinsic_matrix")
    cx, cy = found_lens["center"]
    return reading.camera(
        where,
        name=name,
        size=(whole(lens.get("width"), f"{place}.width"), whole(lens.get("height"), place)),
        focal=found_lens["focal"],
        center=(cx + HALF, cy + HALF),
        world_from_camera=reading.world_from_camera(pose[:3, :3], pose[:3, 3]),
    )


def write(poses: Poses) -> str:
    """A trajectory.

    Raises:
        SettingsError: naming the camera: a lens that the format can't hold.
    """
    limits.check(poses, HOLDS)
    version = {"version_major": 1, "version_minor": 0}
    parameters = [{**_parameters(camera), **version} for camera in writing.by_name(poses)]
    return codec.write({"class_name": _KINDS[0], "parameters": parameters, **version})


def _parameters(camera: Camera) -> dict[str, Any]:
    (fx, fy), (cx, cy) = camera.focal, camera.center
    return {
        "class_name": _KINDS[1],
        "extrinsic": reading.opencv_from_world(camera).T.reshape(-1).tolist(),
        "intrinsic": {
            "width": camera.size[0],
            "height": camera.size[1],
            "intrinsic_matrix": [fx, 0.0, 0.0, 0.0, fy, 0.0, cx - HALF, cy - HALF, 1.0],
        },
    }
