"""Cameras: exact, one convention; a pinhole, or one behind a lens that bends."""

from collections import Counter
from dataclasses import dataclass, replace
from math import inf, isfinite

import numpy as np

from lightmould.errors import SettingsError
from lightmould.model.arrays import Floats, locked
from lightmould.model.distortion import Distortion, RadialTangential, terms_of


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera that looks along its own -Z with +Y up.

    Pixels: (0, 0) is the outer corner of the first (top left) pixel, x to the right, y down, so
    the center of that pixel is (0.5, 0.5).

    Attributes:
        name: unique within a rig; a plain file stem.
        size: (width, height) in pixels.
        focal: (fx, fy) in pixels.
        center: (cx, cy), the principal point, in pixels.
        world_from_camera: (4, 4) rigid transform, metres.
        near: metres; nothing nearer matters.
        far: metres; nothing farther matters.
        distortion: of the lens; None is a pinhole, and terms that are all 0 become None. Whoever
            can't follow it has to refuse it, see `check_pinhole`.
    """

    name: str
    size: tuple[int, int]
    focal: tuple[float, float]
    center: tuple[float, float]
    world_from_camera: Floats
    near: float = 0.01
    far: float = 1000.0
    distortion: Distortion | None = None

    def __post_init__(self) -> None:
        where = f"camera {self.name!r}"
        matrix = locked(f"{where} world_from_camera", self.world_from_camera, (4, 4), np.float64)
        object.__setattr__(self, "world_from_camera", matrix)
        if isinstance(self.distortion, RadialTangential) and not terms_of(self.distortion):
            object.__setattr__(self, "distortion", None)
        if not _is_stem(self.name):
            raise SettingsError(where, "that name", "a plain file stem", "Rename the camera.")
        if min(self.size) < 1:
            raise SettingsError(where, f"size {self.size}", "at least 1x1 pixel", "Enlarge it.")
        lens = (*self.focal, *self.center)
        if not all(isfinite(number) for number in lens) or min(self.focal) <= 0:
            found = f"focal {self.focal}, center {self.center}"
            raise SettingsError(where, found, "finite, focal above 0", "Check the lens.")
        if not 0 < self.near < self.far < inf:
            found, fix = f"near {self.near}, far {self.far}", "Check the clipping planes."
            raise SettingsError(where, found, "0 < near < far, both finite", fix)
        rotation = matrix[:3, :3]
        small = np.abs(rotation).max() < 2  # else the product may overflow
        rigid = small and np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
        if not rigid or np.linalg.det(rotation) < 0 or not np.allclose(matrix[3], (0, 0, 0, 1)):
            raise SettingsError(
                f"{where} world_from_camera",
                "scale, shear or a mirror",
                "a rotation and a translation",
                "Take the scale out of the pose.",
            )

    @property
    def camera_from_world(self) -> Floats:
        """(4, 4) inverse of `world_from_camera`."""
        inverse = np.eye(4)
        rotation = self.world_from_camera[:3, :3].T
        inverse[:3, :3] = rotation
        inverse[:3, 3] = -rotation @ self.world_from_camera[:3, 3]
        return inverse

    @property
    def clip_from_camera(self) -> Floats:
        """(4, 4) projection to OpenGL clip space: x right, y up, z / w from -1 near to 1 far.

        Raises:
            SettingsError: the lens distorts.
        """
        check_pinhole(self)
        (width, height), (fx, fy), (cx, cy) = self.size, self.focal, self.center
        depth = self.far - self.near
        return np.array(
            [
                [2 * fx / width, 0, 1 - 2 * cx / width, 0],
                [0, 2 * fy / height, 2 * cy / height - 1, 0],
                [0, 0, -(self.far + self.near) / depth, -2 * self.far * self.near / depth],
                [0, 0, -1, 0],
            ]
        )

    @property
    def clip_from_world(self) -> Floats:
        """(4, 4) world to clip space."""
        return self.clip_from_camera @ self.camera_from_world


def _is_stem(name: str) -> bool:
    """Whether every system takes this as a file's name."""
    odd = set(name) & set('/\\:*?"<>|') or name != name.strip(" .")
    return bool(name) and not odd and min(name) >= " "


def project(camera: Camera, points: Floats) -> Floats:
    """Project world points to pixels.

    Args:
        camera: the camera that looks at them.
        points: (N, 3) metres, world space.

    Returns:
        (N, 2) pixels; NaN where a point is not in front of the camera or the lens folds over.

    Source: Hartley & Zisserman 2004, eq. 6.8, z flipped because we look down -Z.
    """
    seen = points @ camera.camera_from_world[:3, :3].T + camera.camera_from_world[:3, 3]
    depth = np.where(seen[:, 2] < 0, -seen[:, 2], np.nan)
    normalized = seen[:, :2] * (1, -1) / depth[:, None]
    if camera.distortion is not None:
        normalized = camera.distortion.distorted(normalized)
    pixels: Floats = normalized * camera.focal + camera.center
    return pixels


def check_pinhole(camera: Camera) -> None:
    """Refuse a camera whose lens distorts, for those who draw straight lines.

    Raises:
        SettingsError: naming the camera and the terms.
    """
    if camera.distortion is not None:
        terms = ", ".join(
            f"{name} {value:g}" for name, value in terms_of(camera.distortion).items()
        )
        found = f"a {type(camera.distortion).__name__} lens ({terms or 'equidistant'})"
        fix = "Undistort the pictures first: `lightmould poses convert --undistort`."
        raise SettingsError(f"camera {camera.name!r}", found, "a pinhole", fix)


def resampled(camera: Camera, size: tuple[int, int], scale: tuple[float, float]) -> Camera:
    """The same camera for the same picture with other pixels.

    Args:
        camera: the camera.
        size: (width, height) of the new picture; what lies beyond it is cut at its right and lower
            side.
        scale: new pixels for each old one, along x and y.
    """
    return replace(
        camera,
        size=size,
        focal=(camera.focal[0] * scale[0], camera.focal[1] * scale[1]),
        center=(camera.center[0] * scale[0], camera.center[1] * scale[1]),
    )


@dataclass(frozen=True, slots=True)
class CameraRig:
    """A named set of cameras (a "rig" alone would mean a skeleton in Houdini).

    Attributes:
        name: what it is called.
        cameras: each with a name of its own.
        val: names of those that are held out to validate with.
        test: names of those that are held out to score with; all the others are to learn from.
    """

    name: str
    cameras: tuple[Camera, ...]
    val: tuple[str, ...] = ()
    test: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"camera rig {self.name!r}"
        names = {camera.name for camera in self.cameras}
        for kind in ([camera.name for camera in self.cameras], [*self.val, *self.test]):
            twice = sorted(name for name, count in Counter(kind).items() if count > 1)
            if twice:
                raise SettingsError(where, f"{twice} twice", "unique names", "Rename the cameras.")
        unknown = sorted({*self.val, *self.test} - names)
        if unknown:
            found = f"{unknown} held out"
            raise SettingsError(where, found, "names of its cameras", "Correct the names.")

    @property
    def train(self) -> tuple[str, ...]:
        """Names of the cameras to learn from."""
        held_out = {*self.val, *self.test}
        return tuple(camera.name for camera in self.cameras if camera.name not in held_out)
