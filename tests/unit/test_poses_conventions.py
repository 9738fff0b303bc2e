"""Every format against its own formula: what we write, its documentation projects as we do.

Each function below reads a file as plainly as can be and projects world points as the format's
source says, so that a mistake which reading and writing share shows up here.
"""

import csv
import json
import re
import struct
from collections.abc import Callable, Mapping
from math import cos, radians, sin
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from lightmould.formats.poses.registry import FORMATS
from lightmould.model import Camera, Poses, Shot
from lightmould.model.arrays import Floats
from lightmould.model.axes import Z_UP_FROM_Y_UP
from lightmould.model.camera import project
from lightmould.model.distortion import RadialTangential

POINTS = np.random.default_rng(3).uniform(-0.6, 0.6, (20, 3))
BROWN = RadialTangential(-0.1, 0.02, 0.005, p1=0.003, p2=-0.002)


def camera(lens: RadialTangential | None, *, plain: bool) -> Camera:
    """One that stands at (2, 1, 3) and looks at the origin, a little tilted."""
    place, up = np.array([2.0, 1.0, 3.0]), np.array([0.2, 1.0, 0.1])
    backward = place / np.linalg.norm(place)
    right = np.cross(up, backward) / np.linalg.norm(np.cross(up, backward))
    pose = np.eye(4)
    pose[:3] = np.stack([right, np.cross(backward, right), backward, place], axis=1)
    focal, center = ((600.0, 600.0), (240.0, 320.0)) if plain else ((600.0, 630.0), (250.5, 300.25))
    return Camera("one", (480, 640), focal, center, pose, 0.5, 20.0, lens)


def opencv(seen: Floats, k: Floats, terms: Mapping[str, float] | None = None) -> Floats:
    """OpenCV's projection of points in its camera's coordinates."""
    x, y = seen[:, 0] / seen[:, 2], seen[:, 1] / seen[:, 2]
    t = dict.fromkeys(("k1", "k2", "k3", "p1", "p2"), 0.0) | dict(terms or {})
    r = x**2 + y**2
    gain = 1 + t["k1"] * r + t["k2"] * r**2 + t["k3"] * r**3
    u = x * gain + 2 * t["p1"] * x * y + t["p2"] * (r + 2 * x**2)
    v = y * gain + t["p1"] * (r + 2 * y**2) + 2 * t["p2"] * x * y
    return np.stack([k[0, 0] * u + k[0, 2], k[1, 1] * v + k[1, 2]], axis=1)


def turned(points: Floats) -> Floats:
    """Points in the Z-up world of some formats."""
    return points @ Z_UP_FROM_Y_UP[:3, :3].T


def matrix(fx: float, fy: float, cx: float, cy: float) -> Floats:
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def quaternion(w: float, x: float, y: float, z: float) -> Floats:
    """Eigen's toRotationMatrix."""
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def colmap_lens(model: str, p: list[float]) -> tuple[Floats, dict[str, float]]:
    names = {"PINHOLE": (), "OPENCV": ("k1", "k2", "p1", "p2")}
    names["FULL_OPENCV"] = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
    return matrix(*p[:4]), dict(zip(names[model], p[4:], strict=True))


def colmap(files: Mapping[str, bytes]) -> Floats:
    _, model, width, height, *p = files["cameras.txt"].decode().split()
    assert (width, height) == ("480", "640")
    k, terms = colmap_lens(model, [float(one) for one in p])
    _, *pose, lens, name = files["images.txt"].decode().splitlines()[0].split()
    assert (lens, name) == ("1", "one.png")
    q = [float(one) for one in pose]
    return opencv(POINTS @ quaternion(*q[:4]).T + q[4:], k, terms)


def colmap_binary(files: Mapping[str, bytes]) -> Floats:
    count, _, model, width, height = struct.unpack_from("<QIiQQ", files["cameras.bin"])
    assert (count, width, height) == (1, 480, 640)
    p = np.frombuffer(files["cameras.bin"], "<f8", offset=32).tolist()
    k, terms = colmap_lens({1: "PINHOLE", 4: "OPENCV", 6: "FULL_OPENCV"}[model], p)
    pose = struct.unpack_from("<7d", files["images.bin"], 12)
    assert files["images.bin"][72:80] == b"one.png\0"
    return opencv(POINTS @ quaternion(*pose[:4]).T + pose[4:], k, terms)


def transforms(files: Mapping[str, bytes]) -> Floats:
    """NeRF: rays (x / f, -y / f, -1), camera-to-world, Z up."""
    (text,) = files.values()
    data = json.loads(text)
    frame = data | data["frames"][0]
    seen = np.c_[turned(POINTS), np.ones(20)] @ np.linalg.inv(frame["transform_matrix"]).T
    k = matrix(frame["fl_x"], frame["fl_y"], frame["cx"], frame["cy"])
    terms = {key: frame.get(key, 0.0) for key in ("k1", "k2", "k3", "p1", "p2")}
    return opencv(seen[:, :3] * (1, -1, -1), k, terms)


def llff(files: Mapping[str, bytes]) -> Floats:
    """LLFF: columns are down, right, backward."""
    row = np.frombuffer(files["poses_bounds.npy"][-17 * 8 :])
    m = row[:15].reshape(3, 5)
    down, right, backward, place, (height, width, focal) = m.T
    seen = POINTS - place
    depth = -seen @ backward
    x, y = seen @ right / depth, seen @ down / depth
    return np.stack([width / 2 + focal * x, height / 2 + focal * y], axis=1)


def mvsnet(files: Mapping[str, bytes]) -> Floats:
    words = files["cams/00000000_cam.txt"].decode().split()
    pose = np.array(words[1:17], float).reshape(4, 4)
    k = np.array(words[18:27], float).reshape(3, 3)
    assert [float(word) for word in (words[27], words[30])] == [0.5, 20.0]
    return opencv(POINTS @ pose[:3, :3].T + pose[:3, 3], k)


def opencv_yaml(files: Mapping[str, bytes]) -> Floats:
    """Half a pixel more: OpenCV's (0, 0) is the first pixel's center."""

    def of(file: str, name: str) -> Floats:
        text = files[file].decode()
        found = re.search(rf"^{name}: .*?data: \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
        assert found
        return np.array(found[1].split(","), float)

    terms = dict(zip(("k1", "k2", "p1", "p2", "k3"), of("intri.yml", "dist_one"), strict=True))
    rotation = of("extri.yml", "Rot_one").reshape(3, 3)
    x, y, z = vector = of("extri.yml", "R_one")
    axis, angle = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]), np.linalg.norm(vector)
    series, term = np.eye(3), np.eye(3)
    for n in range(1, 40):  # the exponential
        term = term @ axis / n
        series = series + term
    np.testing.assert_allclose(series, rotation, atol=1e-9)
    assert angle < 4
    seen = POINTS @ rotation.T + of("extri.yml", "T_one")
    return opencv(seen, of("intri.yml", "K_one").reshape(3, 3), terms) + 0.5


def bundler(files: Mapping[str, bytes]) -> Floats:
    """The manual: P = R X + t; p = -P / P.z; p' = f r(p) p, from the middle, y up."""
    head, counts, *rest = files["bundle.out"].decode().splitlines()
    assert (head, counts) == ("# Bundle file v0.3", "1 0")
    f, k1, k2 = (float(word) for word in rest[0].split())
    rotation = np.array([row.split() for row in rest[1:4]], float)
    seen = POINTS @ rotation.T + np.array(rest[4].split(), float)
    p = -seen[:, :2] / seen[:, 2:]
    r = (p**2).sum(axis=1, keepdims=True)
    x, y = (f * (1 + k1 * r + k2 * r**2) * p).T
    return np.stack([240 + x, 320 - y], axis=1)


def metashape(files: Mapping[str, bytes]) -> Floats:
    """The manual's appendix: p1 goes with x, p2 with y; u = w / 2 + cx + x' (f + b1)."""
    chunk = ET.fromstring(files["cameras.xml"]).find("chunk")  # noqa: S314
    assert chunk is not None
    lens = {one.tag: float(one.text or 0) for one in chunk.iter() if one.tag in LENS}
    pose = np.array((chunk.findtext(".//transform") or "").split(), float).reshape(4, 4)
    seen = np.c_[POINTS, np.ones(20)] @ np.linalg.inv(pose).T
    x, y = seen[:, 0] / seen[:, 2], seen[:, 1] / seen[:, 2]
    r = x**2 + y**2
    gain = 1 + lens["k1"] * r + lens["k2"] * r**2 + lens["k3"] * r**3
    u = x * gain + lens["p1"] * (r + 2 * x**2) + 2 * lens["p2"] * x * y
    v = y * gain + lens["p2"] * (r + 2 * y**2) + 2 * lens["p1"] * x * y
    right = 240 + lens["cx"] + u * (lens["f"] + lens["b1"])
    return np.stack([right, 320 + lens["cy"] + v * lens["f"]], axis=1)


LENS = ("f", "cx", "cy", "b1", "k1", "k2", "k3", "p1", "p2")


def realitycapture(files: Mapping[str, bytes]) -> Floats:
    """nerfstudio: Rz(-heading) Rx(pitch) Ry(roll), OpenGL's camera, Z up; 36 mm for 640 pixels."""
    (row,) = csv.DictReader(files["cameras.csv"].decode().splitlines())
    v = {key: float(value) for key, value in row.items() if key != "#name"}
    h, p, r = (radians(v[key]) for key in ("heading", "pitch", "roll"))
    z = np.array([[cos(h), sin(h), 0], [-sin(h), cos(h), 0], [0, 0, 1]])
    x = np.array([[1, 0, 0], [0, cos(p), -sin(p)], [0, sin(p), cos(p)]])
    y = np.array([[cos(r), 0, sin(r)], [0, 1, 0], [-sin(r), 0, cos(r)]])
    seen = (turned(POINTS) - [v["x"], v["y"], v["alt"]]) @ (z @ x @ y)
    f = v["f"] * 640 / 36
    k = matrix(f, f, 240 + v["px"] * 640, 320 + v["py"] * 640)
    return opencv(seen * (1, -1, -1), k, {key: v[key] for key in ("k1", "k2", "k3")})


def meshroom(files: Mapping[str, bytes]) -> Floats:
    """Rotations are Eigen's: stored column by column."""
    data = json.loads(files["cameras.sfm"])
    (lens,), (pose,) = data["intrinsics"], data["poses"]
    transform = pose["pose"]["transform"]
    rotation = np.array(transform["rotation"], float).reshape(3, 3, order="F")
    seen = (POINTS - np.array(transform["center"], float)) @ rotation.T
    k = matrix(*np.array([*lens["pxFocalLength"], *lens["principalPoint"]], float))
    names = ("k1", "k2", "k3", "p1", "p2")
    params = [float(one) for one in lens["distortionParams"]]
    return opencv(seen, k, dict(zip(names, params, strict=False)))


def open3d(files: Mapping[str, bytes]) -> Floats:
    """Column by column; half a pixel more."""
    (one,) = json.loads(files["trajectory.json"])["parameters"]
    pose = np.array(one["extrinsic"]).reshape(4, 4, order="F")
    k = np.array(one["intrinsic"]["intrinsic_matrix"]).reshape(3, 3, order="F")
    return opencv(POINTS @ pose[:3, :3].T + pose[:3, 3], k) + 0.5


def usd(files: Mapping[str, bytes]) -> Floats:
    """USD's own frustum."""
    pytest.importorskip("pxr")
    from pxr import Gf, Sdf, Usd, UsdGeom  # noqa: PLC0415

    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.ImportFromString(files["cameras.usda"].decode())
    stage = Usd.Stage.Open(layer)
    (prim,) = (one for one in stage.Traverse() if one.IsA(UsdGeom.Camera))
    frustum = UsdGeom.Camera(prim).GetCamera(Usd.TimeCode.Default()).frustum
    clip = frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix()
    x, y, _ = np.array([clip.Transform(Gf.Vec3d(*point)) for point in POINTS.tolist()]).T
    return np.stack([(x + 1) / 2 * 480, (1 - y) / 2 * 640], axis=1)


PROJECTIONS: dict[str, tuple[Callable[[Mapping[str, bytes]], Floats], dict[str, Any]]] = {
    "nerfstudio": (transforms, {"lens": BROWN}),
    "instant-ngp": (transforms, {"lens": BROWN}),
    "nerf-synthetic": (transforms, {"plain": True}),
    "colmap": (colmap, {"lens": BROWN}),
    "colmap-binary": (colmap_binary, {"lens": BROWN}),
    "llff": (llff, {"plain": True}),
    "mvsnet": (mvsnet, {}),
    "opencv": (opencv_yaml, {"lens": BROWN}),
    "bundler": (bundler, {"lens": RadialTangential(-0.1, 0.02), "plain": True}),
    "metashape": (metashape, {"lens": BROWN}),
    "realitycapture": (realitycapture, {"lens": RadialTangential(-0.1, 0.02, 0.1), "plain": True}),
    "meshroom": (meshroom, {"lens": BROWN}),
    "open3d": (open3d, {}),
    "usd": (usd, {}),
}


@pytest.mark.parametrize("name", PROJECTIONS)
def test_what_is_written_is_projected_by_the_formats_own_formula_as_we_do(name: str) -> None:
    theirs, how = PROJECTIONS[name]
    ours = camera(how.get("lens"), plain=how.get("plain", False))
    if name == "usd":
        pytest.importorskip("pxr")
    files = FORMATS[name].write(Poses((Shot(ours, PurePosixPath("one.png")),)))
    plain = {str(path): data for path, data in files.items()}
    np.testing.assert_allclose(theirs(plain), project(ours, POINTS), atol=1e-4)


def test_every_format_of_others_has_its_formula_here() -> None:
    assert set(PROJECTIONS) == set(FORMATS) - {"lightmould"}
